/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/sso_answer.h"

#include <jansson.h>
#include <string.h>

#include "aws/credentials/metadata_json.h"
#include "aws/credentials/token_file.h"
#include "base/error.h"

enum { MS_PER_S = 1000, TEXT_MAX = 300 };

cspan_status cspan_sso_answer(const char *json, size_t len, const char *account,
                              cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  json_t *root = json_loadb(json, len, 0, NULL);
  const json_t *role = json_object_get(root, "roleCredentials");
  const json_t *expiration = json_object_get(role, "expiration");
  const cspan_credentials credentials = {
      .access_key_id = cspan_token_text(role, "accessKeyId"),
      .secret_access_key = cspan_token_text(role, "secretAccessKey"),
      .session_token = cspan_token_text(role, "sessionToken"),
      .account_id = account,
      .expiration_unix_s = json_integer_value(expiration) / MS_PER_S,
  };
  cspan_status status;
  if (!credentials.access_key_id || !credentials.secret_access_key || !credentials.session_token) {
    status = cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the answer has no credentials");
  } else if (credentials.expiration_unix_s <= 0) {
    status = cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                             "the answer does not say when the credentials expire");
  } else {
    status = emit(sink, &credentials, error);
  }
  cspan_json_wipe(root);
  json_decref(root);
  return status;
}

/* Capped, on one line: it ends up in logs and on terminals. */
static cspan_status copy_text(const json_t *root, const char *const *names, cspan_arena *arena,
                              const char **out) {
  const char *text = NULL;
  for (; *names && !text; names++) {
    text = cspan_token_text(root, *names);
  }
  if (!text) {
    return CSPAN_OK;
  }
  size_t len = strlen(text);
  char *copy = cspan_arena_strndup(arena, text, len < TEXT_MAX ? len : TEXT_MAX);
  if (!copy) {
    return CSPAN_ERR_NOMEM;
  }
  for (char *c = copy; *c; c++) {
    unsigned char byte = (unsigned char)*c;
    *c = byte < 0x20 || byte >= 0x7f ? ' ' : *c;
  }
  *out = copy;
  return CSPAN_OK;
}

cspan_status cspan_token_failure(const char *json, size_t len, cspan_arena *arena,
                                 cspan_service_error *out) {
  static const char *const codes[] = {"error", "__type", "code", NULL};
  static const char *const messages[] = {"error_description", "message", "Message", NULL};
  json_t *root = json_loadb(json ? json : "", len, 0, NULL);
  memset(out, 0, sizeof *out);
  cspan_status status = copy_text(root, codes, arena, &out->code);
  if (status == CSPAN_OK) {
    status = copy_text(root, messages, arena, &out->message);
  }
  json_decref(root);
  return status;
}
