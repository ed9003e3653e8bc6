/* SPDX-License-Identifier: Apache-2.0 */
#include "services/s3/storage.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/s3/fields.h"

enum {
  DEFAULT_PART_MIB = 10,
  MIN_PART_MIB = 5,
  DEFAULT_PARTS_IN_FLIGHT = 4,
  DEFAULT_DELETES_IN_FLIGHT = 16,
  MAX_IN_FLIGHT = 1024
};

void cspan_storage_copy_input(void *to, size_t to_size, const void *from) {
  size_t size = 0;
  memcpy(&size, from, sizeof size);
  memset(to, 0, to_size);
  memcpy(to, from, size && size < to_size ? size : to_size);
}

/* The static name, or NULL when there is no such algorithm. */
static const char *known_algorithm(const char *name) {
  static const char *const known[] = {"CRC32", "CRC32C", "CRC64NVME", "SHA256"};
  for (size_t i = 0; i < CSPAN_S3_COUNT(known); i++) {
    if (strcmp(known[i], name) == 0) {
      return known[i];
    }
  }
  return NULL;
}

static cspan_status check_options(const cspan_storage_options *options, cspan_error **error) {
  if (options->part_size_bytes < 0 ||
      (options->part_size_bytes > 0 && options->part_size_bytes < MIN_PART_MIB * CSPAN_MIB)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "part_size_bytes is %lld; S3 takes parts of at least 5 MiB (5242880)",
                           (long long)options->part_size_bytes);
  }
  if (options->max_in_flight < 0 || options->max_in_flight > MAX_IN_FLIGHT) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "max_in_flight is %d; use 1 to %d",
                           options->max_in_flight, (int)MAX_IN_FLIGHT);
  }
  if (options->checksum_algorithm && !known_algorithm(options->checksum_algorithm)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "checksum_algorithm is \"%.40s\"; use CRC32, CRC32C, CRC64NVME or "
                           "SHA256",
                           options->checksum_algorithm);
  }
  return CSPAN_OK;
}

cspan_status cspan_storage_create(cspan_s3 *client, const cspan_storage_options *options,
                                  cspan_storage **out, cspan_error **error) {
  cspan_storage_options all = {0};
  if (!client || !out) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_storage_create needs a client and a place for the result");
  }
  *out = NULL;
  if (options) {
    cspan_storage_copy_input(&all, sizeof all, options);
  }
  cspan_status status = check_options(&all, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_storage *storage = cspan_calloc(1, sizeof *storage);
  if (!storage) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  storage->client = client;
  storage->provider = all.provider;
  storage->part_size_bytes =
      all.part_size_bytes ? all.part_size_bytes : DEFAULT_PART_MIB * CSPAN_MIB;
  storage->max_parts_in_flight = all.max_in_flight ? all.max_in_flight : DEFAULT_PARTS_IN_FLIGHT;
  storage->max_deletes_in_flight =
      all.max_in_flight ? all.max_in_flight : DEFAULT_DELETES_IN_FLIGHT;
  storage->checksum_algorithm =
      all.checksum_algorithm ? known_algorithm(all.checksum_algorithm) : NULL;
  *out = storage;
  return CSPAN_OK;
}

void cspan_storage_free(cspan_storage *storage) {
  cspan_free(storage);
}
