/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that clients send to the sandbox. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/complete_request.h"
#include "sandbox/delete_request.h"
#include "sandbox/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sbx_delete_request batch = {0};
  sbx_complete_request complete = {0};
  if (cspan_sbx_delete_parse((const char *)data, size, &batch) == SBX_OK) {
    require(batch.count >= 1 && batch.count <= 1000);
    for (size_t i = 0; i < batch.count; i++) {
      require(batch.items[i].key_len > 0 && batch.items[i].key_len < size);
    }
  }
  if (cspan_sbx_complete_parse((const char *)data, size, &complete) == SBX_OK) {
    require(complete.count >= 1 && complete.count <= SBX_PART_MAX);
    for (size_t i = 0; i < complete.count; i++) {
      require(complete.parts[i].number >= 1 && complete.parts[i].number <= SBX_PART_MAX);
      require(complete.parts[i].etag[0] != '\0');
    }
  }
  cspan_sbx_delete_free(&batch);
  cspan_sbx_complete_free(&complete);
  return 0;
}
