/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/metadata_json.h"

#include <jansson.h>
#include <string.h>

#include "aws/credentials/sts_answer.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

enum { SAID_MAX = 200, WIPE_DEPTH = 4 };

static const char *text_of(const json_t *root, const char *name) {
  const char *text = json_string_value(json_object_get(root, name));
  return text && *text ? text : NULL;
}

static const char *either(const json_t *root, const char *name, const char *other) {
  const char *text = text_of(root, name);
  return text ? text : text_of(root, other);
}

static void wipe(json_t *json, int depth) {
  const char *key;
  json_t *value;
  json_object_foreach(json, key, value) {
    if (json_is_string(value)) {
      cspan_memzero((char *)json_string_value(value), json_string_length(value));
    } else if (json_is_object(value) && depth < WIPE_DEPTH) {
      wipe(value, depth + 1);
    }
  }
}

void cspan_json_wipe(void *json) {
  wipe(json, 0);
}

/* For a terminal: one line, no more than SAID_MAX bytes. */
static void clean(const char *text, char out[SAID_MAX]) {
  size_t len = 0;
  for (; text && text[len] && len + 1 < SAID_MAX; len++) {
    unsigned char c = (unsigned char)text[len];
    out[len] = (char)(c < 0x20 || c >= 0x7f ? ' ' : c);
  }
  out[len] = '\0';
}

static cspan_status say_failure(const json_t *root, const char *what, const char *happened,
                                cspan_error **error) {
  char code[SAID_MAX];
  char message[SAID_MAX];
  clean(either(root, "code", "Code"), code);
  clean(either(root, "message", "Message"), message);
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "%s %s%s%s%s%s", what, happened,
                         code[0] || message[0] ? ": " : "", code, code[0] && message[0] ? ": " : "",
                         message);
}

cspan_status cspan_metadata_json_failure(const char *text, size_t len, int http_status,
                                         const char *what, cspan_error **error) {
  json_t *root = json_loadb(text, len, 0, NULL);
  char happened[64] = "answered with HTTP status ";
  char *at = happened + strlen(happened);
  for (int divisor = 100; divisor > 0; divisor /= 10) {
    *at++ = (char)('0' + http_status / divisor % 10);
  }
  *at = '\0';
  cspan_status status = say_failure(root, what, happened, error);
  json_decref(root);
  return status;
}

static cspan_status emit_object(const json_t *root, const char *what,
                                cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  const char *code = text_of(root, "Code");
  const char *expiration = text_of(root, "Expiration");
  const char *arn = text_of(root, "RoleArn");
  char account[13];
  time_t expires = 0;
  cspan_credentials credentials = {
      .access_key_id = text_of(root, "AccessKeyId"),
      .secret_access_key = text_of(root, "SecretAccessKey"),
      .session_token = either(root, "Token", "SessionToken"),
      .account_id = text_of(root, "AccountId"),
  };
  if ((code && strcmp(code, "Success") != 0) || text_of(root, "code")) {
    return say_failure(root, what, "refused", error);
  }
  if (!credentials.access_key_id || !credentials.secret_access_key) {
    return say_failure(root, what, "gave no \"AccessKeyId\" or no \"SecretAccessKey\"", error);
  }
  if (expiration && !cspan_parse_iso8601(expiration, &expires)) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "%s gave an \"Expiration\" that is no ISO 8601 time", what);
  }
  credentials.expiration_unix_s = (int64_t)expires;
  if (!credentials.account_id && arn) {
    credentials.account_id = cspan_account_of_arn(arn, account);
  }
  return emit(sink, &credentials, error);
}

cspan_status cspan_metadata_json(const char *text, size_t len, const char *what,
                                 cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  json_t *root = json_loadb(text, len, 0, NULL);
  if (!json_is_object(root)) {
    json_decref(root);
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "%s gave no JSON object", what);
  }
  cspan_status status = emit_object(root, what, emit, sink, error);
  cspan_json_wipe(root);
  json_decref(root);
  return status;
}
