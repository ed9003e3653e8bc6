/* SPDX-License-Identifier: Apache-2.0 */
/* What an exporter reports on its exports. */
#include <string.h>

#include "base/alloc.h"
#include "telemetry/metrics/self.h"
#include "telemetry/otlp_outcome.h"

enum { GRPC_CODES = 17, HTTP_OK = 200 };

struct cspan_self_exporter {
  cspan_self_component component;
  bool is_grpc;
  cspan_instrument *inflight;
  cspan_instrument *exported;
  cspan_instrument *duration;
};

typedef struct signal_words {
  const char *type;
  const char *unit;
  const char *inflight;
  const char *inflight_text;
  const char *exported;
  const char *exported_text;
} signal_words;

static const signal_words words_of[] = {
    [CSPAN_OTLP_TRACES] = {"span_exporter", "{span}", "otel.sdk.exporter.span.inflight",
                           "Spans that were given to the exporter and are under way",
                           "otel.sdk.exporter.span.exported",
                           "Spans whose export has ended, well or not"},
    [CSPAN_OTLP_METRICS] = {"metric_exporter", "{data_point}",
                            "otel.sdk.exporter.metric_data_point.inflight",
                            "Data points that were given to the exporter and are under way",
                            "otel.sdk.exporter.metric_data_point.exported",
                            "Data points whose export has ended, well or not"}};

static cspan_instrument *duration_of(cspan_meter *meter) {
  static const double seconds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  const cspan_instrument_options options = {.size = sizeof options,
                                            .kind = CSPAN_HISTOGRAM,
                                            .number = CSPAN_NUMBER_DOUBLE,
                                            .name = "otel.sdk.exporter.operation.duration",
                                            .unit = "s",
                                            .description =
                                                "How long an export took, tries and waits included",
                                            .boundaries = seconds,
                                            .boundary_count = sizeof seconds / sizeof seconds[0]};
  return cspan_instrument_get(meter, &options);
}

static cspan_instrument *counter_of(cspan_meter *meter, cspan_instrument_kind kind,
                                    const char *name, const char *unit, const char *description) {
  const cspan_instrument_options options = {
      .size = sizeof options, .kind = kind, .name = name, .unit = unit, .description = description};
  return cspan_instrument_get(meter, &options);
}

cspan_self_exporter *cspan_self_exporter_create(cspan_meter_provider *meters,
                                                cspan_otlp_signal signal, const char *type,
                                                const char *server, uint16_t port) {
  const signal_words *words = &words_of[signal];
  cspan_meter *meter = cspan_self_meter(meters);
  cspan_self_exporter *self = meter != NULL ? cspan_calloc(1, sizeof *self) : NULL;
  char *whole = self != NULL ? cspan_asprintf("%s_%s", type, words->type) : NULL;
  if (whole == NULL) {
    cspan_free(self);
    cspan_self_warn("an exporter");
    return NULL;
  }
  cspan_self_component_init(&self->component, whole, server, port);
  cspan_free(whole);
  self->is_grpc = strcmp(type, "otlp_grpc") == 0;
  self->inflight =
      counter_of(meter, CSPAN_UP_DOWN_COUNTER, words->inflight, words->unit, words->inflight_text);
  self->exported =
      counter_of(meter, CSPAN_COUNTER, words->exported, words->unit, words->exported_text);
  self->duration = duration_of(meter);
  return self;
}

void cspan_self_exporter_free(cspan_self_exporter *self) {
  cspan_free(self);
}

int64_t cspan_self_export_begin(cspan_self_exporter *self, size_t items) {
  if (self == NULL) {
    return 0;
  }
  cspan_record_int64(self->inflight, NULL, (int64_t)items, self->component.attrs,
                     self->component.count);
  return cspan_now_ns();
}

static void count_exported(const cspan_self_exporter *self, size_t items, const char *error_type) {
  cspan_attr attrs[CSPAN_SELF_ATTRS_MAX];
  size_t count = self->component.count;
  memcpy(attrs, self->component.attrs, count * sizeof *attrs);
  if (error_type != NULL) {
    attrs[count++] = cspan_attr_string("error.type", error_type);
  }
  if (items > 0) {
    cspan_record_int64(self->exported, NULL, (int64_t)items, attrs, count);
  }
}

/* The receiver's answer, where there was one. */
static size_t add_answer(const cspan_self_exporter *self, const char *error_type,
                         const cspan_error *error, cspan_attr *out) {
  int64_t code = -1;
  if (!self->is_grpc) {
    code = error_type == NULL ? HTTP_OK : cspan_error_http_status(error);
    *out = cspan_attr_int64("http.response.status_code", code);
    return code > 0;
  }
  for (uint64_t i = 0; error_type != NULL && i < GRPC_CODES; i++) {
    if (strcmp(cspan_grpc_code_name(i), error_type) == 0) {
      code = (int64_t)i;
      break;
    }
  }
  code = error_type == NULL ? 0 : code;
  *out = cspan_attr_int64("rpc.grpc.status_code", code);
  return code >= 0;
}

void cspan_self_export_end(cspan_self_exporter *self, int64_t begun_ns, size_t items,
                           size_t rejected, cspan_status status, const cspan_error *error) {
  cspan_attr attrs[CSPAN_SELF_ATTRS_MAX];
  if (self == NULL) {
    return;
  }
  double seconds = (double)(cspan_now_ns() - begun_ns) / 1e9;
  size_t count = self->component.count;
  cspan_record_int64(self->inflight, NULL, -(int64_t)items, self->component.attrs, count);
  const char *error_type = NULL;
  if (status != CSPAN_OK) {
    error_type = error != NULL ? cspan_error_code(error) : cspan_status_name(status);
    count_exported(self, items, error_type);
  } else {
    rejected = rejected < items ? rejected : items;
    count_exported(self, items - rejected, NULL);
    count_exported(self, rejected, "rejected");
  }
  memcpy(attrs, self->component.attrs, count * sizeof *attrs);
  if (error_type != NULL) {
    attrs[count++] = cspan_attr_string("error.type", error_type);
  }
  count += add_answer(self, error_type, error, &attrs[count]);
  cspan_record_double(self->duration, NULL, seconds, attrs, count);
}
