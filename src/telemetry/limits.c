/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a span: options, then the variables of spans, then those of all signals, then
 * the defaults (common, Attribute Limits; trace/sdk, Span Limits). */
#include "telemetry/core.h"
#include "telemetry/settings.h"

enum { DEFAULT_COUNT = 128, SPAN_BYTES_MAX = 1 << 20 };

/* A limit from the options; `fallback` where it is not given. */
static uint32_t limit(int64_t given, uint32_t fallback) {
  if (given == 0) {
    return fallback;
  }
  return given < 0 ? 0 : given < UINT32_MAX ? (uint32_t)given : UINT32_MAX;
}

static uint32_t variable(const char *name, uint32_t fallback) {
  return (uint32_t)cspan_setting(name, fallback, 0, UINT32_MAX);
}

void cspan_limits_fill(cspan_limits *out, const cspan_span_limits *given) {
  static const cspan_span_limits nothing_given;
  given = given != NULL ? given : &nothing_given;
  uint32_t count = variable("OTEL_ATTRIBUTE_COUNT_LIMIT", DEFAULT_COUNT);
  uint32_t length = variable("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", CSPAN_ENC_UNLIMITED);
  *out = (cspan_limits){
      .value_length = limit(given->attribute_value_length,
                            variable("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", length)),
      .attributes =
          limit(given->attribute_count, variable("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", count)),
      .events = limit(given->event_count, variable("OTEL_SPAN_EVENT_COUNT_LIMIT", DEFAULT_COUNT)),
      .links = limit(given->link_count, variable("OTEL_SPAN_LINK_COUNT_LIMIT", DEFAULT_COUNT)),
      .event_attributes =
          limit(given->event_attribute_count, variable("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", count)),
      .link_attributes =
          limit(given->link_attribute_count, variable("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", count)),
      .span_bytes = SPAN_BYTES_MAX};
}
