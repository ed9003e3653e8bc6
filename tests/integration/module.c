/* SPDX-License-Identifier: Apache-2.0 */
/* A module that uses the library, to be opened and closed by test_dlclose.c. Built twice: on the
 * shared library, and with the static one inside. */
#include "integration/module.h"

#include <stdlib.h>
#include <string.h>

#include <cloudspan/ext/exporter.h>

static void make(cspan_tracer_provider *provider, size_t count) {
  cspan_tracer *tracer = cspan_tracer_get(provider, "module", "1", NULL);
  for (size_t i = 0; i < count; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, "module", NULL);
    cspan_span_set_int64(span, "i", (int64_t)i);
    cspan_span_end(span);
  }
}

size_t module_use(const char *endpoint, size_t spans) {
  const cspan_otlp_options otlp = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = endpoint};
  cspan_span_exporter *exporters[2] = {cspan_exporter_memory(), NULL};
  cspan_span_processor *processors[2];
  cspan_tracer_provider *provider;
  if (exporters[0] == NULL || cspan_exporter_otlp(&otlp, &exporters[1], NULL) != CSPAN_OK) {
    return 0;
  }
  processors[0] = cspan_processor_simple(exporters[0]);
  processors[1] = cspan_processor_batch(exporters[1], NULL);
  const cspan_provider_options options = {.processors = processors, .processor_count = 2};
  if (cspan_tracer_provider_create(&options, &provider, NULL) != CSPAN_OK) {
    return 0;
  }
  make(provider, spans);
  bool flushed = cspan_tracer_provider_force_flush(provider, 0, NULL) == CSPAN_OK;
  cspan_span_list *list = cspan_memory_spans(exporters[0]);
  size_t count = flushed ? cspan_span_list_count(list) : 0;
  cspan_span_list_free(list);
  cspan_tracer_provider_free(provider);
  return count;
}

bool module_leave_running(size_t spans) {
  cspan_tracer_provider *provider;
  if (cspan_telemetry_init("module", "1", &provider, NULL) != CSPAN_OK ||
      cspan_telemetry_flush_on_signals(NULL, NULL) != CSPAN_OK) {
    return false;
  }
  make(provider, spans);
  return true;
}
