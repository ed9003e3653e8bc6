/* SPDX-License-Identifier: Apache-2.0 */
/* What CreateSession of S3 Express answers: credentials that are whole and end some time, or an
 * error that quotes nothing of it. */
#include <stdlib.h>
#include <string.h>

#include "aws/express.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_given(const char *text) {
  return text != NULL && *text != '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_error *error = NULL;
  cspan_credentials credentials = {.access_key_id = NULL};
  cspan_arena *arena = cspan_arena_create((size_t)1 << 20);
  const char *text = size ? (const char *)data : "";
  cspan_status status = cspan_express_parse(text, size, arena, &credentials, &error);
  bool is_whole = is_given(credentials.access_key_id) && is_given(credentials.secret_access_key) &&
                  is_given(credentials.session_token);
  if ((status == CSPAN_OK && !is_whole) || (error == NULL) != (status == CSPAN_OK) ||
      (error && strlen(cspan_error_message(error)) > 300)) {
    abort();
  }
  cspan_error_free(error);
  cspan_arena_free(arena);
  return 0;
}
