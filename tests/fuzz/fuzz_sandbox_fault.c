/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as text: what is accepted can be added, or is refused for its numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "sandbox/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_sandbox_fault fault;
  char *storage = NULL;
  cspan_error *error = NULL;
  char *text = cspan_strndup((const char *)data, size);
  if (!text) {
    return 0;
  }
  cspan_status status = cspan_sandbox_parse_fault(text, &fault, &storage, &error);
  if ((status == CSPAN_OK) != (error == NULL) || (status == CSPAN_OK) != (storage != NULL)) {
    abort();
  }
  if (status == CSPAN_OK) {
    sbx_faults *faults = cspan_sbx_faults_new();
    if (faults && cspan_sbx_faults_add(faults, &fault, NULL) == CSPAN_OK) {
      sbx_strike strike = cspan_sbx_faults_match(faults, "GetObject", "some/key", 1, false);
      if (strike.kind != 0 && strike.kind != fault.kind) {
        abort();
      }
    }
    cspan_sbx_faults_free(faults);
  }
  cspan_error_free(error);
  cspan_free(storage);
  cspan_free(text);
  return 0;
}
