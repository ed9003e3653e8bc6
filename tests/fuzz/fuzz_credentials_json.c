/* SPDX-License-Identifier: Apache-2.0 */
/* What a credential_process prints: credentials that are whole, or an error that quotes nothing
 * of it. */
#include <stdlib.h>
#include <string.h>

#include "aws/credentials_json.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cspan_status take(void *sink, const cspan_credentials *credentials, cspan_error **error) {
  int *taken = sink;
  (void)error;
  if (!credentials->access_key_id || !*credentials->access_key_id ||
      !credentials->secret_access_key || !*credentials->secret_access_key) {
    abort();
  }
  ++*taken;
  return CSPAN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_error *error = NULL;
  int taken = 0;
  const char *text = size ? (const char *)data : "";
  cspan_status status = cspan_credentials_json(text, size, "ORIGIN", take, &taken, &error);
  if (taken != (status == CSPAN_OK) || (error == NULL) != (status == CSPAN_OK) ||
      (error && strlen(cspan_error_message(error)) > 120)) {
    abort();
  }
  cspan_error_free(error);
  return 0;
}
