/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers over gRPC and HTTP have in common. */
#include "telemetry/otlp_outcome.h"

#include <string.h>

#include "base/text.h"
#include "telemetry/otlp_wire.h"
#include "telemetry/text_wire.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };
/* No receiver asks for more in earnest; keeps the arithmetic in range. */
#define MAX_RETRY_AFTER_MS (INT64_C(24) * 3600 * 1000)

void cspan_otlp_say(cspan_otlp_outcome *out, const char *text, size_t len) {
  size_t used = strlen(out->message);
  size_t room = sizeof out->message - 1 - used;
  if (!cspan_utf8_valid(text, len))
    return; /* not a sentence */
  size_t take = cspan_text_cut(text, len, room);
  for (size_t i = 0; i < take; i++) {
    char c = text[i];
    out->message[used + i] = (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c;
  }
  out->message[used + take] = '\0';
}

static bool read_partial_success(const cspan_pb_field *message, cspan_otlp_outcome *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_VARINT)) {
      out->rejected_items = field.value > INT64_MAX ? 0 : (int64_t)field.value;
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      out->message[0] = '\0';
      cspan_otlp_say(out, (const char *)field.data, field.len);
    }
  }
  out->warned = out->rejected_items > 0 || out->message[0];
  return !reader.bad;
}

bool cspan_otlp_read_response(const uint8_t *data, size_t len, cspan_otlp_outcome *out) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  bool ok = true;
  while (cspan_pb_next(&reader, &field))
    if (cspan_pb_is(&field, 1, WIRE_BYTES))
      ok = read_partial_success(&field, out) && ok;
  return ok && !reader.bad;
}

/* google.protobuf.Duration to milliseconds, rounded up. */
static int64_t read_duration(const cspan_pb_field *message) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  uint64_t seconds = 0;
  uint64_t nanos = 0;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_VARINT))
      seconds = field.value;
    else if (cspan_pb_is(&field, 2, WIRE_VARINT))
      nanos = field.value;
  }
  /* Negative numbers are the largest here. */
  if (seconds > INT64_MAX || nanos >= UINT64_C(1000) * NS_PER_MS)
    return 0;
  if (seconds >= MAX_RETRY_AFTER_MS / MS_PER_S)
    return MAX_RETRY_AFTER_MS;
  return (int64_t)(seconds * MS_PER_S + (nanos + NS_PER_MS - 1) / NS_PER_MS);
}

/* google.protobuf.Any: only RetryInfo is of interest. */
static void read_detail(const cspan_pb_field *message, cspan_otlp_outcome *out,
                        bool *has_retry_info) {
  static const char type[] = "/google.rpc.RetryInfo";
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  cspan_pb_field value = {0};
  bool is_retry_info = false;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES))
      is_retry_info =
          field.len >= sizeof type - 1 &&
          memcmp(field.data + field.len - (sizeof type - 1), type, sizeof type - 1) == 0;
    else if (cspan_pb_is(&field, 2, WIRE_BYTES))
      value = field;
  }
  if (!is_retry_info)
    return;
  *has_retry_info = true;
  out->retry_after_ms = 0;
  reader = cspan_pb_read(value.data, value.len);
  while (cspan_pb_next(&reader, &field))
    if (cspan_pb_is(&field, 1, WIRE_BYTES))
      out->retry_after_ms = read_duration(&field);
}

bool cspan_otlp_read_status(const uint8_t *data, size_t len, cspan_otlp_outcome *out,
                            bool *has_retry_info) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  bool said = out->message[0] != '\0';
  *has_retry_info = false;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_BYTES) && !said)
      cspan_otlp_say(out, (const char *)field.data, field.len);
    else if (cspan_pb_is(&field, 3, WIRE_BYTES))
      read_detail(&field, out, has_retry_info);
  }
  return !reader.bad;
}

int64_t cspan_otlp_retry_after(const char *value, int64_t unix_seconds) {
  uint64_t seconds;
  time_t date;
  if (cspan_parse_u64(value, &seconds))
    return seconds >= MAX_RETRY_AFTER_MS / MS_PER_S ? MAX_RETRY_AFTER_MS
                                                    : (int64_t)seconds * MS_PER_S;
  if (!value || !cspan_parse_http_date(value, &date))
    return -1;
  int64_t ahead = (int64_t)date - unix_seconds;
  if (ahead < 0)
    return 0;
  return ahead >= MAX_RETRY_AFTER_MS / MS_PER_S ? MAX_RETRY_AFTER_MS : ahead * MS_PER_S;
}
