/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/sts_answer.h"

#include <string.h>

#include "aws/xml.h"
#include "base/alloc.h"
#include "base/error.h"

enum { ACCOUNT_LEN = 12 };

const char *cspan_account_of_arn(const char *arn, char out[13]) {
  const char *at = arn;
  for (int colons = 0; at && colons < 4; colons++) {
    at = strchr(at, ':');
    at = at ? at + 1 : NULL;
  }
  if (!at || strspn(at, "0123456789") != ACCOUNT_LEN || at[ACCOUNT_LEN] != ':') {
    return NULL;
  }
  memcpy(out, at, ACCOUNT_LEN);
  out[ACCOUNT_LEN] = '\0';
  return out;
}

static const char *text_of(const cspan_xml_node *node, const char *name) {
  const char *text = cspan_xml_text(node, name);
  return text && *text ? text : NULL;
}

cspan_status cspan_sts_answer_parse(const char *xml, size_t len, const char *result,
                                    cspan_arena *arena, cspan_credentials *out,
                                    cspan_error **error) {
  cspan_xml_node *root = NULL;
  char account[ACCOUNT_LEN + 1];
  time_t expires = 0;
  memset(out, 0, sizeof *out);
  cspan_status status = cspan_xml_parse(xml, len, arena, &root, error);
  if (status != CSPAN_OK) {
    return status;
  }
  const cspan_xml_node *assumed = cspan_xml_child(root, result);
  const cspan_xml_node *credentials = cspan_xml_child(assumed, "Credentials");
  const char *expiration = text_of(credentials, "Expiration");
  const char *arn = text_of(cspan_xml_child(assumed, "AssumedRoleUser"), "Arn");
  out->access_key_id = text_of(credentials, "AccessKeyId");
  out->secret_access_key = text_of(credentials, "SecretAccessKey");
  out->session_token = text_of(credentials, "SessionToken");
  if (!out->access_key_id || !out->secret_access_key || !out->session_token) {
    cspan_sts_answer_wipe(out);
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the answer of STS has no credentials");
  }
  if (!expiration || !cspan_parse_iso8601(expiration, &expires)) {
    cspan_sts_answer_wipe(out);
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "the answer of STS does not say when the credentials expire");
  }
  out->expiration_unix_s = (int64_t)expires;
  if (cspan_account_of_arn(arn, account)) {
    out->account_id = cspan_arena_strdup(arena, account);
  }
  return CSPAN_OK;
}

static void wipe_text(const char *text) {
  if (text) {
    cspan_memzero((char *)text, strlen(text));
  }
}

void cspan_sts_answer_wipe(cspan_credentials *credentials) {
  wipe_text(credentials->secret_access_key);
  wipe_text(credentials->session_token);
  memset(credentials, 0, sizeof *credentials);
}
