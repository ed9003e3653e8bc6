/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional requests, RFC 9110 section 13 as S3 applies it. */
#include <string.h>

#include "base/text.h"
#include "sandbox/call.h"

typedef struct conditions {
  const char *match;
  const char *none_match;
  const char *modified_since;
  const char *unmodified_since;
} conditions;

static conditions conditions_of(const sbx_call *call, bool copy) {
  const sbx_request *r = &call->request;
  if (copy) {
    return (conditions){
        .match = cspan_sbx_header(r, "x-amz-copy-source-if-match"),
        .none_match = cspan_sbx_header(r, "x-amz-copy-source-if-none-match"),
        .modified_since = cspan_sbx_header(r, "x-amz-copy-source-if-modified-since"),
        .unmodified_since = cspan_sbx_header(r, "x-amz-copy-source-if-unmodified-since"),
    };
  }
  return (conditions){
      .match = cspan_sbx_header(r, "If-Match"),
      .none_match = cspan_sbx_header(r, "If-None-Match"),
      .modified_since = cspan_sbx_header(r, "If-Modified-Since"),
      .unmodified_since = cspan_sbx_header(r, "If-Unmodified-Since"),
  };
}

/* A date that cannot be read is as if it were not there. */
static bool parse_date(const char *text, time_t *out) {
  return text && (cspan_parse_http_date(text, out) || cspan_parse_iso8601(text, out));
}

sbx_error cspan_sbx_check_read(const sbx_call *call, const sbx_object *object, bool copy) {
  conditions c = conditions_of(call, copy);
  sbx_error unchanged = copy ? SBX_PRECONDITION_FAILED : SBX_NOT_MODIFIED;
  time_t then;
  if (c.match) {
    if (!cspan_sbx_etag_matches(c.match, object->etag)) {
      return SBX_PRECONDITION_FAILED;
    }
  } else if (parse_date(c.unmodified_since, &then) && object->modified > then) {
    return SBX_PRECONDITION_FAILED;
  }
  if (c.none_match) {
    return cspan_sbx_etag_matches(c.none_match, object->etag) ? unchanged : SBX_OK;
  }
  return parse_date(c.modified_since, &then) && object->modified <= then ? unchanged : SBX_OK;
}

sbx_error cspan_sbx_check_write(sbx_call *call, const sbx_object *object) {
  const char *none_match = cspan_sbx_header(&call->request, "If-None-Match");
  const char *match = cspan_sbx_header(&call->request, "If-Match");
  if (none_match && strcmp(none_match, "*") != 0) {
    return cspan_sbx_fail(call, SBX_NOT_IMPLEMENTED,
                          "For a write, If-None-Match can only be \"*\".");
  }
  if (none_match && object) {
    return SBX_PRECONDITION_FAILED;
  }
  if (match && !object) {
    return SBX_NO_SUCH_KEY;
  }
  return match && !cspan_sbx_etag_matches(match, object->etag) ? SBX_PRECONDITION_FAILED : SBX_OK;
}
