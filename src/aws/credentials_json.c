/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_json.h"

#include <jansson.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

static cspan_status failed(const char *origin, const char *what, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                         "the credential_process of the %s printed %s", origin, what);
}

static const char *text_of(const json_t *root, const char *name) {
  const char *text = json_string_value(json_object_get(root, name));
  return text && *text ? text : NULL;
}

static cspan_status emit_json(const json_t *root, const char *origin,
                              cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  const char *expiration = text_of(root, "Expiration");
  time_t expires = 0;
  if (json_integer_value(json_object_get(root, "Version")) != 1) {
    return failed(origin, "no JSON object with \"Version\": 1", error);
  }
  if (expiration && !cspan_parse_iso8601(expiration, &expires)) {
    return failed(origin, "an \"Expiration\" that is no ISO 8601 time", error);
  }
  cspan_credentials credentials = {
      .access_key_id = text_of(root, "AccessKeyId"),
      .secret_access_key = text_of(root, "SecretAccessKey"),
      .session_token = text_of(root, "SessionToken"),
      .account_id = text_of(root, "AccountId"),
      .expiration_unix_s = (int64_t)expires,
  };
  if (!credentials.access_key_id || !credentials.secret_access_key) {
    return failed(origin, "no \"AccessKeyId\" or no \"SecretAccessKey\"", error);
  }
  return emit(sink, &credentials, error);
}

static void wipe_json(json_t *root) {
  const char *key;
  json_t *value;
  json_object_foreach(root, key, value) {
    if (json_is_string(value)) {
      cspan_memzero((char *)json_string_value(value), json_string_length(value));
    }
  }
}

cspan_status cspan_credentials_json(const char *text, size_t len, const char *origin,
                                    cspan_credentials_emit_fn emit, void *sink,
                                    cspan_error **error) {
  json_error_t why; /* its text quotes the input: not shown */
  json_t *root = json_loadb(text, len, 0, &why);
  if (!json_is_object(root)) {
    json_decref(root);
    return failed(origin, "no JSON object", error);
  }
  cspan_status status = emit_json(root, origin, emit, sink, error);
  wipe_json(root);
  json_decref(root);
  return status;
}
