/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to OTLP over HTTP. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/otlp_outcome.h"

static bool is_retryable(int http_status) {
  return http_status == 429 || http_status == 502 || http_status == 503 || http_status == 504;
}

static const char *code_of(int http_status) {
  static const struct {
    int status;
    const char *code;
  } codes[] = {
      {400, "http_400"}, {401, "http_401"}, {403, "http_403"}, {404, "http_404"},
      {405, "http_405"}, {413, "http_413"}, {415, "http_415"}, {429, "http_429"},
      {500, "http_500"}, {502, "http_502"}, {503, "http_503"}, {504, "http_504"},
  };
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i].status == http_status)
      return codes[i].code;
  return http_status >= 500 ? "http_5xx" : http_status >= 400 ? "http_4xx" : "http_other";
}

static bool is_protobuf(const char *content_type) {
  return content_type && (cspan_starts_with(content_type, "application/x-protobuf") ||
                          cspan_starts_with(content_type, "application/protobuf"));
}

static bool is_json(const char *content_type) {
  return content_type && cspan_starts_with(content_type, "application/json");
}

static void read_failure(const cspan_otlp_reply *reply, int64_t unix_seconds,
                         cspan_otlp_outcome *out) {
  bool has_retry_info;
  out->status = CSPAN_ERR_SERVICE;
  out->code = code_of(reply->http_status);
  out->retryable = is_retryable(reply->http_status);
  cspan_otlp_outcome said = {.retry_after_ms = -1};
  if (is_protobuf(reply->content_type))
    cspan_otlp_read_status(reply->body, reply->body_len, &said, &has_retry_info);
  else if (is_json(reply->content_type))
    cspan_otlp_read_status_json(reply->body, reply->body_len, &said);
  snprintf(out->message, sizeof out->message, "the receiver answered HTTP status %d%s",
           reply->http_status, said.message[0] ? ": " : "");
  cspan_otlp_say(out, said.message, strlen(said.message));
  if (reply->retry_after)
    out->retry_after_ms = cspan_otlp_retry_after(reply->retry_after, unix_seconds);
}

static bool read_answer(const cspan_otlp_reply *reply, cspan_otlp_outcome *out) {
  if (reply->body_len == 0)
    return true;
  if (is_protobuf(reply->content_type))
    return cspan_otlp_read_response(reply->body, reply->body_len, out);
  return !is_json(reply->content_type) ||
         cspan_otlp_read_response_json(reply->body, reply->body_len, out);
}

void cspan_otlp_read_http(const cspan_otlp_reply *reply, int64_t unix_seconds,
                          cspan_otlp_outcome *out) {
  *out = (cspan_otlp_outcome){.retry_after_ms = -1, .code = "", .http_status = reply->http_status};
  if (reply->http_status < 200 || reply->http_status > 299) {
    read_failure(reply, unix_seconds, out);
    return;
  }
  /* The status alone says that it was accepted; what cannot be read adds nothing. */
  if (!read_answer(reply, out)) {
    out->rejected_items = 0;
    out->message[0] = '\0';
    cspan_otlp_say(out, "the receiver's answer is malformed",
                   strlen("the receiver's answer is malformed"));
    out->warned = true;
  }
}
