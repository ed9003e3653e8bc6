/* SPDX-License-Identifier: Apache-2.0 */
/* What the services of the credential chain answer: credentials that are whole, or an error that
 * quotes no secret. The first byte chooses the service. */
#include <stdlib.h>
#include <string.h>

#include "aws/credentials/container_url.h"
#include "aws/credentials/metadata_json.h"
#include "aws/credentials/sso_answer.h"
#include "aws/credentials/sts_answer.h"
#include "aws/credentials/token_file.h"
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

static cspan_status parse_sts(const char *text, size_t size, int *taken, cspan_error **error) {
  cspan_credentials credentials;
  cspan_arena *arena = cspan_arena_create((size_t)1 << 20);
  cspan_status status =
      cspan_sts_answer_parse(text, size, "AssumeRoleResult", arena, &credentials, error);
  if (status == CSPAN_OK) {
    take(taken, &credentials, error);
    cspan_sts_answer_wipe(&credentials);
  }
  cspan_arena_free(arena);
  return status;
}

/* Members of a token file, and an error's document. */
static void parse_token(const char *text, size_t size) {
  cspan_service_error told;
  cspan_arena *arena = cspan_arena_create((size_t)1 << 20);
  json_t *token = json_loadb(text, size, 0, NULL);
  cspan_token_time(token, "expiresAt");
  cspan_token_text(token, "accessToken");
  cspan_json_wipe(token);
  json_decref(token);
  cspan_token_failure(text, size, arena, &told);
  if (told.message && strpbrk(told.message, "\n\r\033")) {
    abort();
  }
  cspan_arena_free(arena);
}

static void parse_url(const char *text, size_t size) {
  char url[512];
  size_t len = size < sizeof url - 1 ? size : sizeof url - 1;
  memcpy(url, text, len);
  url[len] = '\0';
  if (cspan_container_url_allowed(url) && strpbrk(url, " \r\n\\")) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_error *error = NULL;
  cspan_status status = CSPAN_OK;
  int taken = 0;
  if (size == 0) {
    return 0;
  }
  const char *text = (const char *)data + 1;
  size--;
  switch (data[0] % 5) {
  case 0:
    status = cspan_metadata_json(text, size, "SERVICE", take, &taken, &error);
    break;
  case 1:
    status = parse_sts(text, size, &taken, &error);
    break;
  case 2:
    status = cspan_sso_answer(text, size, "1", take, &taken, &error);
    break;
  case 3:
    parse_token(text, size);
    return 0;
  default:
    parse_url(text, size);
    return 0;
  }
  if (taken != (status == CSPAN_OK) || (error == NULL) != (status == CSPAN_OK) ||
      (error && strlen(cspan_error_message(error)) > 700)) {
    abort();
  }
  cspan_error_free(error);
  return 0;
}
