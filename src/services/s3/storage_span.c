/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "instrument/tracing.h"
#include "services/s3/storage.h"
#include "telemetry/context.h"

enum { NS_PER_MS = 1000000 };

cspan_attr cspan_storage_text(const char *key, const char *value) {
  const char *text = value ? value : "";
  return cspan_attr_string_n(key, text,
                             cspan_trace_bounded(text, strlen(text), CSPAN_MAX_VALUE_BYTES));
}

cspan_span cspan_storage_span_start(const cspan_storage *storage, const cspan_context *context,
                                    const cspan_storage_span *what) {
  cspan_tracer *tracer = cspan_tracer_get(storage->provider, "cloudspan/s3", CSPAN_VERSION, NULL);
  cspan_span_options options = {
      .size = sizeof options,
      .kind = what->kind,
      .attributes = what->attributes,
      .attribute_count = what->attribute_count,
      .start_time_unix_ns = what->start_time_unix_ns,
  };
  return cspan_span_start(tracer, context, what->name, &options);
}

cspan_context cspan_storage_inside(const cspan_context *context, cspan_span span) {
  cspan_context inside = cspan_context_resolve(context);
  /* Without tracing here, what is inside still belongs to the caller's span. */
  if (span.slot) {
    inside.span = span;
  }
  return inside;
}

void cspan_storage_span_finish(cspan_span span, const char *text, const cspan_error *error) {
  if (error) {
    const char *type = cspan_error_code(error);
    cspan_span_record_exception(span, type, cspan_error_message(error), NULL, 0);
    cspan_span_set_string(span, "error.type", type);
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, text);
  } else {
    cspan_span_set_status(span, CSPAN_SPAN_OK, NULL);
  }
  cspan_span_end(span);
}

void cspan_storage_span_set_speed(cspan_span span, const char *duration_key,
                                  const char *throughput_key, int64_t start_ns, int64_t bytes) {
  int64_t ns = cspan_now_ns() - start_ns;
  double seconds = (double)(ns > 0 ? ns : 1) / 1e9;
  cspan_span_set_int64(span, duration_key, ns / NS_PER_MS);
  cspan_span_set_double(span, throughput_key, (double)bytes / seconds / CSPAN_MIB);
}
