/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into an ended span's bytes without decoding them. Pure. */
#ifndef TELEMETRY_SAMPLING_TAIL_SCAN_H
#define TELEMETRY_SAMPLING_TAIL_SCAN_H

#include "telemetry/sampling/match.h"
#include "telemetry/wire.h"

typedef struct cspan_scan {
  const uint8_t *at;
  const uint8_t *end;
} cspan_scan;

typedef struct cspan_scan_field {
  const uint8_t *start; /* its tag */
  uint32_t tag;
  uint64_t value;      /* of a number */
  const uint8_t *data; /* of bytes */
  size_t len;
} cspan_scan_field;

static inline cspan_scan cspan_scan_of(const uint8_t *data, size_t len) {
  return (cspan_scan){data, data + len};
}

static inline bool cspan_scan_varint(cspan_scan *scan, uint64_t *out) {
  if (scan->at < scan->end && *scan->at < 0x80) {
    *out = *scan->at++;
    return true;
  }
  *out = 0;
  for (unsigned shift = 0; shift < 64 && scan->at < scan->end; shift += 7) {
    uint8_t byte = *scan->at++;
    *out |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      return true;
    }
  }
  return false;
}

/* The next field; false at the end, and where it is no protobuf. */
static inline bool cspan_scan_next(cspan_scan *scan, cspan_scan_field *field) {
  uint64_t tag;
  field->start = scan->at;
  if (!cspan_scan_varint(scan, &tag) || tag > UINT32_MAX) {
    return false;
  }
  field->tag = (uint32_t)tag;
  size_t left;
  switch (tag & 7) {
  case WIRE_BYTES:
    if (!cspan_scan_varint(scan, &field->value)) {
      return false;
    }
    break;
  case WIRE_FIXED64:
    field->value = 8;
    break;
  case WIRE_FIXED32:
    field->value = 4;
    break;
  case WIRE_VARINT:
    field->data = NULL;
    field->len = 0;
    return cspan_scan_varint(scan, &field->value);
  default:
    return false;
  }
  left = (size_t)(scan->end - scan->at);
  if (field->value > left) {
    return false;
  }
  field->data = scan->at;
  field->len = (size_t)field->value;
  scan->at += field->len;
  return true;
}

/* For each attempt that failed and was made again (docs/spans.md). */
#define CSPAN_RETRY_EVENT "aws.retry"
/* How many attempts a call took, the first one included (docs/spans.md). */
#define CSPAN_RETRY_ATTEMPTS "aws.retry.attempts"

/* Whether one of the span's attributes is what is looked for. */
bool cspan_scan_has_attribute(const uint8_t *span, size_t size, const cspan_attr_match *match);
/* Its events "aws.retry"; its attribute aws.retry.attempts less 1 where that is more. */
int64_t cspan_scan_retries(const uint8_t *span, size_t size);
/* The trace state; NULL data for none. */
cspan_str cspan_scan_state(const uint8_t *span, size_t size);

#endif
