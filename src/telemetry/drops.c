/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/drops.h"

#include <stdio.h>

#include "base/log.h"
#include "base/sys.h"
#include "telemetry/core.h"

/* Fields of Span and Status. */
enum {
  TAG_TRACE_ID = 0x0A,
  TAG_SPAN_ID = 0x12,
  TAG_NAME = 0x2A,
  TAG_KIND = 0x30,
  TAG_START = 0x39,
  TAG_END = 0x41,
  TAG_ATTRIBUTE = 0x4A,
  TAG_STATUS = 0x7A,
  STATUS_MESSAGE = 0x12,
  STATUS_CODE = 0x18
};
enum { KIND_INTERNAL = 1, FLAG_HAS_IS_REMOTE = 0x100 };
enum { SPAN_MAX = 1024, FIXED_FIELDS_MAX = 256, ATTRIBUTES = 3 };

bool cspan_drop_report_init(cspan_drop_report *report) {
  const cspan_scope scope = {.name = "cloudspan/telemetry", .version = cspan_version()};
  *report = (cspan_drop_report){.scope = cspan_tracer_create(NULL, &scope)};
  return report->scope != NULL;
}

void cspan_drop_report_free(cspan_drop_report *report) {
  cspan_tracer_free(report->scope);
  cspan_enc_free(&report->span);
  *report = (cspan_drop_report){.scope = NULL};
}

void cspan_drop_report_after_fork(cspan_drop_report *report, bool in_use) {
  if (in_use) {
    report->span = (cspan_enc){.data = NULL};
  }
  report->pending = (cspan_drops){0};
  report->sending = (cspan_drops){0};
}

static bool is_empty(const cspan_drops *drops) {
  return drops->queue_full == 0 && drops->export_failed == 0;
}

void cspan_drop_report_add(cspan_drop_report *report, uint64_t queue_full, uint64_t export_failed) {
  cspan_drops *drops = &report->pending;
  if (queue_full == 0 && export_failed == 0) {
    return;
  }
  int64_t now = cspan_unix_ns();
  if (is_empty(drops)) {
    drops->first_unix_ns = now;
  }
  /* The wall clock may have been set back meanwhile. */
  drops->last_unix_ns = now > drops->first_unix_ns ? now : drops->first_unix_ns;
  drops->queue_full += queue_full;
  drops->export_failed += export_failed;
}

bool cspan_drop_report_is_due(const cspan_drop_report *report) {
  return report->pending.queue_full > 0 && is_empty(&report->sending);
}

bool cspan_drop_report_take(cspan_drop_report *report) {
  if (is_empty(&report->pending) || !is_empty(&report->sending)) {
    return false;
  }
  report->sending = report->pending;
  report->pending = (cspan_drops){0};
  return true;
}

void cspan_drop_report_done(cspan_drop_report *report, bool told) {
  const cspan_drops *sent = &report->sending;
  cspan_drops *pending = &report->pending;
  if (!told && !is_empty(sent)) {
    if (pending->last_unix_ns < sent->last_unix_ns) {
      pending->last_unix_ns = sent->last_unix_ns;
    }
    pending->first_unix_ns = sent->first_unix_ns;
    pending->queue_full += sent->queue_full;
    pending->export_failed += sent->export_failed;
  }
  report->sending = (cspan_drops){0};
}

static void write_fixed_fields(cspan_enc *enc, const cspan_drops *drops) {
  static const char name[] = "otel.sdk.spans_dropped";
  uint8_t trace_id[16];
  uint8_t span_id[8];
  cspan_random_id(trace_id, 2);
  cspan_random_id(span_id, 1);
  uint8_t *p = enc->data + enc->len;
  p = wire_bytes(p, TAG_TRACE_ID, trace_id, sizeof trace_id);
  p = wire_bytes(p, TAG_SPAN_ID, span_id, sizeof span_id);
  p = wire_varint(p, WIRE_TAG(16, WIRE_FIXED32));
  p = wire_fixed32(p, CSPAN_TRACE_FLAG_SAMPLED | CSPAN_TRACE_FLAG_RANDOM | FLAG_HAS_IS_REMOTE);
  p = wire_bytes(p, TAG_NAME, name, sizeof name - 1);
  *p++ = TAG_KIND;
  *p++ = KIND_INTERNAL;
  *p++ = TAG_START;
  p = wire_fixed64(p, (uint64_t)drops->first_unix_ns);
  *p++ = TAG_END;
  p = wire_fixed64(p, (uint64_t)drops->last_unix_ns);
  enc->len = (uint32_t)(p - enc->data);
}

static void write_status(cspan_enc *enc, const cspan_drops *drops) {
  char message[128];
  int len = snprintf(message, sizeof message,
                     "%llu span%s %s dropped because the queue was full, %llu because their "
                     "export failed",
                     (unsigned long long)drops->queue_full, cspan_plural(drops->queue_full),
                     cspan_was_were(drops->queue_full), (unsigned long long)drops->export_failed);
  size_t message_len = (size_t)len;
  uint8_t *p = enc->data + enc->len;
  *p++ = TAG_STATUS;
  p = wire_varint(p, 2 + wire_bytes_size(message_len));
  p = wire_bytes(p, STATUS_MESSAGE, message, message_len);
  *p++ = STATUS_CODE;
  *p++ = CSPAN_SPAN_ERROR;
  enc->len = (uint32_t)(p - enc->data);
}

bool cspan_drop_report_write(cspan_drop_report *report, cspan_request_run *out) {
  const cspan_drops *drops = &report->sending;
  cspan_enc *enc = &report->span;
  if (is_empty(drops)) {
    return false;
  }
  const cspan_attr attributes[ATTRIBUTES] = {
      cspan_attr_string("otel.component.type", "batching_span_processor"),
      cspan_attr_int64("otel.sdk.spans.dropped.queue_full", (int64_t)drops->queue_full),
      cspan_attr_int64("otel.sdk.spans.dropped.export_failed", (int64_t)drops->export_failed)};
  cspan_enc_begin(enc, SPAN_MAX, ATTRIBUTES);
  if (!cspan_enc_room(enc, FIXED_FIELDS_MAX)) {
    return false;
  }
  write_fixed_fields(enc, drops);
  for (size_t i = 0; i < ATTRIBUTES; i++) {
    if (!cspan_enc_set(enc, TAG_ATTRIBUTE, &attributes[i])) {
      return false;
    }
  }
  if (!cspan_enc_room(enc, FIXED_FIELDS_MAX)) {
    return false;
  }
  write_status(enc, drops);
  *out = (cspan_request_run){.tracer = report->scope, .bytes = enc->data, .size = enc->len};
  return true;
}
