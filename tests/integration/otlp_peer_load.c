/* SPDX-License-Identifier: Apache-2.0 */
/* A load of spans for a receiver that goes away in the middle of it:
 *   otlp_peer_load grpc|http|json ENDPOINT COUNT [SPOOL_FOLDER]
 * Makes a quarter of the COUNT spans, which have the numbers from 0 as attribute "n", flushes
 * them and says "delivered"; makes the rest and says "made"; flushes and exits with 0 when the
 * receiver accepted everything, with the status of the failure otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cloudspan/spool.h>
#include <cloudspan/telemetry.h>

enum { PATIENCE_MS = 60000, SPANS_PER_MS = 5 };

static cspan_otlp_protocol protocol_of(const char *name) {
  return strcmp(name, "grpc") == 0   ? CSPAN_OTLP_GRPC
         : strcmp(name, "json") == 0 ? CSPAN_OTLP_HTTP_JSON
                                     : CSPAN_OTLP_HTTP_PROTOBUF;
}

static cspan_status make_exporter(char **argv, int argc, cspan_span_exporter **out,
                                  cspan_error **error) {
  const cspan_otlp_options otlp = {
      .protocol = protocol_of(argv[1]), .endpoint = argv[2], .timeout_ms = PATIENCE_MS};
  cspan_status status = cspan_exporter_otlp(&otlp, out, error);
  if (status != CSPAN_OK || argc < 5)
    return status;
  const cspan_spool_options spool = {.folder = argv[4]};
  return cspan_exporter_spool(&spool, *out, out, error);
}

/* The queue holds all of it: what is lost was not lost there. */
static cspan_status make_provider(char **argv, int argc, size_t count, cspan_tracer_provider **out,
                                  cspan_error **error) {
  cspan_span_exporter *exporter = NULL;
  cspan_status status = make_exporter(argv, argc, &exporter, error);
  if (status != CSPAN_OK)
    return status;
  const cspan_batch_options batch = {.max_queue_size = count,
                                     .max_export_batch_size = 100,
                                     .schedule_delay_ms = 50,
                                     .export_timeout_ms = PATIENCE_MS};
  cspan_span_processor *processor = cspan_processor_batch(exporter, &batch);
  const cspan_provider_options options = {.service_name = "peer-load",
                                          .sampler = cspan_sampler_always_on(),
                                          .processors = &processor,
                                          .processor_count = 1};
  return cspan_tracer_provider_create(&options, out, error);
}

static void make_spans(cspan_tracer *tracer, size_t from, size_t to) {
  const struct timespec pause = {.tv_nsec = 1000000};
  for (size_t n = from; n < to; n++) {
    cspan_span span = cspan_span_start(tracer, NULL, "load", NULL);
    cspan_span_set_int64(span, "n", (int64_t)n);
    cspan_span_end(span);
    if (n % SPANS_PER_MS == 0)
      nanosleep(&pause, NULL);
  }
}

static void say(const char *what) {
  puts(what);
  fflush(stdout);
}

static cspan_status run(cspan_tracer_provider *provider, size_t count, cspan_error **error) {
  cspan_tracer *tracer = cspan_tracer_get(provider, "peer/load", NULL, NULL);
  make_spans(tracer, 0, count / 4);
  cspan_status status = cspan_tracer_provider_force_flush(provider, PATIENCE_MS, error);
  if (status != CSPAN_OK)
    return status;
  say("delivered");
  make_spans(tracer, count / 4, count);
  say("made");
  return cspan_tracer_provider_shutdown(provider, PATIENCE_MS, error);
}

int main(int argc, char **argv) {
  size_t count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
  if (count == 0) {
    fprintf(stderr, "usage: %s grpc|http|json ENDPOINT COUNT [SPOOL_FOLDER]\n", argv[0]);
    return 2;
  }
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  cspan_status status = make_provider(argv, argc, count, &provider, &error);
  if (status == CSPAN_OK)
    status = run(provider, count, &error);
  if (status != CSPAN_OK)
    fprintf(stderr, "%s: %s\n", cspan_status_name(status), cspan_error_message(error));
  cspan_error_free(error);
  cspan_tracer_provider_free(provider);
  return (int)status;
}
