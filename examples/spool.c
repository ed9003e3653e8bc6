/* SPDX-License-Identifier: Apache-2.0 */
/* Spans survive an outage and the end of the process: with a spool they are kept on disk while
 * nobody takes them, and whoever uses the folder next sends them. The folder is the argument; a
 * new one without. In a program of yours both halves are one: an OTLP exporter with a spool. */
#include <cloudspan/spool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A batch processor, a spool before `exporter`, a provider. */
static cspan_tracer_provider *open_telemetry(cspan_span_exporter *exporter, const char *folder,
                                             cspan_error **error) {
  cspan_tracer_provider *provider = NULL;
  cspan_spool_options spool = {.folder = folder, .max_size_bytes = 64 << 20};
  if (cspan_exporter_spool(&spool, exporter, &exporter, error))
    return NULL;
  cspan_span_processor *processor = cspan_processor_batch(exporter, NULL);
  cspan_provider_options options = {
      .service_name = "orders", .processors = &processor, .processor_count = 1};
  cspan_tracer_provider_create(&options, &provider, error);
  return provider;
}

/* Ends the work; says what became of the spans. */
static void close_telemetry(cspan_tracer_provider *provider) {
  cspan_error *error = NULL;
  if (cspan_tracer_provider_shutdown(provider, 0, &error))
    printf("%s\n", cspan_error_message(error)); /* how many are kept, and where: not a loss */
  else
    printf("all spans were accepted\n");
  fflush(stdout);
  cspan_error_free(error);
  cspan_tracer_provider_free(provider);
}

int main(int argc, char **argv) {
  char made[] = "/tmp/spool-example-XXXXXX";
  const char *folder = argc > 1 ? argv[1] : mkdtemp(made);
  cspan_error *error = NULL;
  cspan_span_exporter *otlp = NULL;
  cspan_tracer_provider *provider = NULL;

  /* Nobody listens there. */
  cspan_otlp_options nobody = {
      .protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = "http://127.0.0.1:1", .timeout_ms = 500};
  if (cspan_exporter_otlp(&nobody, &otlp, &error) == CSPAN_OK)
    provider = open_telemetry(otlp, folder, &error);
  cspan_tracer *tracer = cspan_tracer_get(provider, "orders", "1.0.0", NULL);
  for (int i = 0; i < 3 && provider; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, "POST /orders", NULL);
    cspan_span_set_int64(span, "order.number", i);
    cspan_span_end(span);
  }
  if (provider)
    close_telemetry(provider);

  /* The next one, in another process as a rule, finds a receiver: here, the screen. */
  provider = error ? NULL : open_telemetry(cspan_exporter_console(1), folder, &error);
  if (provider) {
    tracer = cspan_tracer_get(provider, "orders", "1.0.0", NULL);
    cspan_span_end(cspan_span_start(tracer, NULL, "GET /orders", NULL));
    close_telemetry(provider);
  }
  if (error)
    fprintf(stderr, "%s\n", cspan_error_message(error));
  int code = error ? 1 : 0;
  cspan_error_free(error);
  if (argc < 2)
    rmdir(made);
  return code;
}
