/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sys.h"
#include "services/s3/storage.h"

static cspan_status file_size(const cspan_body *source, int64_t *size, cspan_error **error) {
  struct stat info;
  if (stat(source->path, &info) != 0) {
    char why[128];
    return cspan_error_set(error, CSPAN_ERR_IO, "cannot read %s: %s", source->path,
                           cspan_errno_text(errno, why, sizeof why));
  }
  if (!S_ISREG(info.st_mode)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s is not a regular file: use a read callback for it", source->path);
  }
  int64_t rest = (int64_t)info.st_size - source->offset_bytes;
  *size = source->size_bytes > 0 ? source->size_bytes : rest;
  if (rest < 0 || *size > rest) {
    return cspan_error_set(error, CSPAN_ERR_IO,
                           "%s has %lld bytes; %lld were asked for from offset %lld", source->path,
                           (long long)info.st_size, (long long)source->size_bytes,
                           (long long)source->offset_bytes);
  }
  return CSPAN_OK;
}

cspan_status cspan_storage_source_size(const cspan_body *source, int64_t *size,
                                       cspan_error **error) {
  int sources = (source->data != NULL) + (source->path != NULL) + (source->read != NULL);
  *size = -1;
  if (sources > 1 || (sources == 0 && source->size_bytes > 0)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the source needs exactly one of data, path and read");
  }
  if (source->offset_bytes < 0 || source->size_bytes < (source->read ? -1 : 0)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the source has a negative offset or size");
  }
  if (source->path) {
    return file_size(source, size, error);
  }
  *size = source->size_bytes;
  return CSPAN_OK;
}

cspan_status cspan_storage_source_read(const cspan_body *source, const cspan_context *context,
                                       void *buffer, size_t want, size_t *got,
                                       cspan_error **error) {
  for (*got = 0; *got < want;) {
    cspan_status status = cspan_context_status(context);
    if (status != CSPAN_OK) {
      return cspan_error_set(error, status, "%s while the source was read",
                             status == CSPAN_ERR_CANCELLED ? "cancelled" : "the deadline passed");
    }
    ptrdiff_t n = source->read(source->user, (char *)buffer + *got, want - *got);
    if (n < 0 || (size_t)n > want - *got) {
      return cspan_error_set(error, CSPAN_ERR_IO,
                             n < 0 ? "the read callback of the source failed"
                                   : "the read callback of the source gave more than it was asked "
                                     "for");
    }
    if (n == 0) {
      return CSPAN_OK;
    }
    *got += (size_t)n;
  }
  return CSPAN_OK;
}
