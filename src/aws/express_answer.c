/* SPDX-License-Identifier: Apache-2.0 */
/* What CreateSession answers. */
#include "aws/express.h"
#include "aws/xml.h"
#include "base/error.h"
#include "base/text.h"

static const char *text_of(const cspan_xml_node *node, const char *name) {
  const char *text = cspan_xml_text(node, name);
  return text && *text ? text : NULL;
}

cspan_status cspan_express_parse(const char *xml, size_t len, cspan_arena *arena,
                                 cspan_credentials *out, cspan_error **error) {
  cspan_xml_node *root = NULL;
  time_t expires = 0;
  cspan_status status = cspan_xml_parse(xml, len, arena, &root, error);
  if (status != CSPAN_OK) {
    return status;
  }
  const cspan_xml_node *node = cspan_xml_child(root, "Credentials");
  const char *expiration = text_of(node, "Expiration");
  *out = (cspan_credentials){.access_key_id = text_of(node, "AccessKeyId"),
                             .secret_access_key = text_of(node, "SecretAccessKey"),
                             .session_token = text_of(node, "SessionToken")};
  if (!out->access_key_id || !out->secret_access_key || !out->session_token || !expiration ||
      !cspan_parse_iso8601(expiration, &expires)) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "the answer to CreateSession lacks an AccessKeyId, SecretAccessKey, "
                           "SessionToken or Expiration");
  }
  out->expiration_unix_s = (int64_t)expires;
  return CSPAN_OK;
}
