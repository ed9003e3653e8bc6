/* SPDX-License-Identifier: Apache-2.0 */
/* A receiver's answer in JSON: the messages that otlp_outcome.c reads in protobuf. */
#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/otlp_outcome.h"

/* A 64-bit integer is a string in protobuf's JSON; a number is read as well. */
static int64_t count_of(const json_t *value) {
  int64_t count = 0;
  if (json_is_integer(value))
    count = json_integer_value(value);
  else if (json_is_string(value) && !cspan_parse_i64(json_string_value(value), &count))
    count = 0;
  return count > 0 ? count : 0;
}

static void say_string(cspan_otlp_outcome *out, const json_t *value) {
  if (json_is_string(value))
    cspan_otlp_say(out, json_string_value(value), json_string_length(value));
}

bool cspan_otlp_read_response_json(const uint8_t *data, size_t len, cspan_otlp_outcome *out) {
  json_t *root = json_loadb((const char *)data, len, JSON_ALLOW_NUL, NULL);
  bool ok = json_is_object(root);
  const json_t *partial = json_object_get(root, "partialSuccess");
  out->rejected_items = count_of(json_object_get(partial, "rejectedSpans"));
  if (out->rejected_items == 0)
    out->rejected_items = count_of(json_object_get(partial, "rejectedDataPoints"));
  out->message[0] = '\0';
  say_string(out, json_object_get(partial, "errorMessage"));
  out->warned = out->rejected_items > 0 || out->message[0];
  json_decref(root);
  return ok;
}

bool cspan_otlp_read_status_json(const uint8_t *data, size_t len, cspan_otlp_outcome *out) {
  json_t *root = json_loadb((const char *)data, len, JSON_ALLOW_NUL, NULL);
  bool ok = json_is_object(root);
  say_string(out, json_object_get(root, "message"));
  json_decref(root);
  return ok;
}
