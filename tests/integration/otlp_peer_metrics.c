/* SPDX-License-Identifier: Apache-2.0 */
/* Emits metrics of every kind, for a receiver that is not ours:
 *   otlp_peer_metrics grpc|http|json ENDPOINT none|gzip
 * Exits with 0 when the receiver accepted everything, with the status of the failure
 * otherwise. */
#include <stdio.h>
#include <string.h>

#include <cloudspan/metrics.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static cspan_otlp_protocol protocol_of(const char *name) {
  return strcmp(name, "grpc") == 0   ? CSPAN_OTLP_GRPC
         : strcmp(name, "json") == 0 ? CSPAN_OTLP_HTTP_JSON
                                     : CSPAN_OTLP_HTTP_PROTOBUF;
}

static cspan_status make_provider(char **argv, cspan_meter_provider **out, cspan_error **error) {
  const cspan_otlp_options otlp = {.protocol = protocol_of(argv[1]),
                                   .endpoint = argv[2],
                                   .compression = argv[3],
                                   .timeout_ms = 20000};
  const cspan_metric_reader_options when = {.interval_ms = CSPAN_INTERVAL_NEVER,
                                            .temporality = CSPAN_TEMPORALITY_CUMULATIVE};
  cspan_metric_exporter *exporter = NULL;
  cspan_status status = cspan_metric_exporter_otlp(&otlp, &exporter, error);
  if (status != CSPAN_OK)
    return status;
  cspan_metric_reader *reader = cspan_metric_reader_periodic(exporter, &when);
  const cspan_meter_provider_options options = {.service_name = "peer-metrics",
                                                .schema_url = "https://example.org/resource",
                                                .readers = &reader,
                                                .reader_count = 1};
  return cspan_meter_provider_create(&options, out, error);
}

static cspan_meter *meter_of(cspan_meter_provider *provider) {
  const cspan_attr attribute = cspan_attr_string("scope.string", "s");
  const cspan_scope scope = {.size = sizeof scope,
                             .name = "peer/metrics",
                             .version = "4",
                             .schema_url = "https://example.org/schema",
                             .attributes = &attribute,
                             .attribute_count = 1};
  return cspan_meter_get(provider, &scope);
}

static void emit(cspan_meter *meter) {
  static const double bounds[] = {-1.5, 0, 1e6};
  const cspan_instrument_options kinds[] = {
      {.kind = CSPAN_COUNTER, .name = "sum", .unit = "{call}", .description = "gr\xc3\xbc\xc3\x9f"},
      {.kind = CSPAN_UP_DOWN_COUNTER, .number = CSPAN_NUMBER_DOUBLE, .name = "up_down"},
      {.kind = CSPAN_GAUGE, .number = CSPAN_NUMBER_DOUBLE, .name = "gauge", .unit = "By"},
      {.kind = CSPAN_HISTOGRAM,
       .number = CSPAN_NUMBER_DOUBLE,
       .name = "histogram",
       .boundaries = bounds,
       .boundary_count = COUNT(bounds)},
  };
  const cspan_attr one[] = {cspan_attr_string("k", "one"), cspan_attr_int64("n", -1),
                            cspan_attr_bool("b", true)};
  const cspan_attr two[] = {cspan_attr_string("k", "two")};
  cspan_instrument *sum = cspan_instrument_get(meter, &kinds[0]);
  cspan_record_int64(sum, NULL, INT64_C(9007199254740993), one, COUNT(one));
  cspan_record_int64(sum, NULL, 2, two, COUNT(two));
  cspan_record_int64(sum, NULL, 3, two, COUNT(two));
  cspan_record_double(cspan_instrument_get(meter, &kinds[1]), NULL, -0.5, NULL, 0);
  cspan_record_double(cspan_instrument_get(meter, &kinds[2]), NULL, 0.1, two, COUNT(two));
  cspan_instrument *histogram = cspan_instrument_get(meter, &kinds[3]);
  static const double values[] = {0, 0.5, 1, 2e6, 1e6};
  for (size_t i = 0; i < COUNT(values); i++)
    cspan_record_double(histogram, NULL, values[i], NULL, 0);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s grpc|http|json ENDPOINT none|gzip\n", argv[0]);
    return 2;
  }
  cspan_meter_provider *provider = NULL;
  cspan_error *error = NULL;
  cspan_status status = make_provider(argv, &provider, &error);
  if (status == CSPAN_OK) {
    emit(meter_of(provider));
    status = cspan_meter_provider_shutdown(provider, 30000, &error);
  }
  if (status != CSPAN_OK)
    fprintf(stderr, "%s: %s\n", cspan_status_name(status), cspan_error_message(error));
  cspan_error_free(error);
  cspan_meter_provider_free(provider);
  return (int)status;
}
