/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a call, as sent and as shown. */
#include "aws/call_url.h"

#include <string.h>

#include "base/text.h"

cspan_status cspan_call_url(const struct cspan_call *call, const char *more_query, cspan_buf *out) {
  const cspan_call_request *request = &call->request;
  const char *query = cspan_buf_text(&request->query);
  bool more = more_query && *more_query;
  cspan_buf_clear(out);
  cspan_buf_reserve(out, 250); /* most URLs: one allocation */
  cspan_buf_str(out, request->endpoint.https ? "https://" : "http://");
  cspan_buf_str(out, request->endpoint.host_header);
  cspan_buf_str(out, request->wire_path);
  if (*query || more) {
    cspan_buf_char(out, '?');
    cspan_buf_str(out, query);
    cspan_buf_append(out, "&", *query && more);
    cspan_buf_str(out, more_query);
  }
  return cspan_buf_status(out);
}

/* Counts what does not fit, as snprintf does. */
typedef struct cut_text {
  char *text;
  size_t capacity;
  size_t len;
} cut_text;

static void put(cut_text *out, const char *text, size_t len) {
  if (out->len + 1 < out->capacity) {
    size_t room = out->capacity - 1 - out->len;
    size_t take = len < room ? len : room;
    memcpy(out->text + out->len, text, take);
    out->text[out->len + take] = '\0';
  }
  out->len += len;
}

static bool is_secret_parameter(const char *text, size_t name_len) {
  static const char *const names[] = {"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token",
                                      "Signature", "AWSAccessKeyId"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char name[32];
    if (name_len < sizeof name) {
      memcpy(name, text, name_len);
      name[name_len] = '\0';
      if (cspan_ieq(name, names[i])) {
        return true;
      }
    }
  }
  return false;
}

static void put_query(cut_text *out, const char *query) {
  const char *at = query;
  put(out, "?", *query != '\0');
  while (*at) {
    size_t len = strcspn(at, "&");
    size_t name_len = strcspn(at, "=&");
    if (name_len < len && is_secret_parameter(at, name_len)) {
      put(out, at, name_len + 1);
      put(out, "REDACTED", strlen("REDACTED"));
    } else {
      put(out, at, len);
    }
    at += len;
    put(out, at, *at == '&');
    at += *at == '&';
  }
}

size_t cspan_call_redacted_url(const struct cspan_call *call, char *text, size_t capacity) {
  cut_text out = {text, capacity, 0};
  if (capacity > 0) {
    text[0] = '\0';
  }
  if (!call->request.has_endpoint || !call->request.wire_path) {
    return 0;
  }
  const char *scheme = call->request.endpoint.https ? "https://" : "http://";
  put(&out, scheme, strlen(scheme));
  put(&out, call->request.endpoint.host_header, strlen(call->request.endpoint.host_header));
  put(&out, call->request.wire_path, strlen(call->request.wire_path));
  put_query(&out, cspan_buf_text(&call->request.query));
  return out.len;
}
