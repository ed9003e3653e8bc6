/* SPDX-License-Identifier: Apache-2.0 */
/* The tracing SDK without any AWS: spans, events, links, a worker thread. */
#include <cloudspan/telemetry.h>
#include <pthread.h>
#include <stdio.h>

typedef struct job {
  cspan_tracer *tracer;
  cspan_context context; /* the parent goes with the job, not with the thread */
} job;

static void *worker(void *arg) {
  job *j = arg;
  cspan_span span = cspan_span_start(j->tracer, &j->context, "resize", NULL);
  cspan_span_set_int64(span, "image.width", 640);
  cspan_span_end(span);
  return NULL;
}

int main(void) {
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  cspan_span_processor *processor = cspan_processor_simple(cspan_exporter_console(1));
  cspan_provider_options options = {
      .service_name = "thumbnails",
      .service_version = "1.0.0",
      .processors = &processor,
      .processor_count = 1,
  };
  if (cspan_tracer_provider_create(&options, &provider, &error)) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    cspan_error_free(error);
    return 1;
  }
  cspan_tracer *tracer = cspan_tracer_get(provider, "thumbnails", "1.0.0", NULL);

  cspan_span request = cspan_span_start(tracer, NULL, "GET /thumb",
                                        &(cspan_span_options){.kind = CSPAN_SPAN_SERVER});
  cspan_span before = cspan_span_make_current(request); /* the parent of what follows here */

  job j = {.tracer = tracer, .context = cspan_context_current()};
  pthread_t thread;
  if (pthread_create(&thread, NULL, worker, &j) == 0)
    pthread_join(thread, NULL);

  cspan_attr why[] = {cspan_attr_string("cache.key", "t/640"), cspan_attr_bool("cache.hit", false)};
  cspan_span_add_event(request, "cache.lookup", 0, why, 2);
  cspan_span_set_status(request, CSPAN_SPAN_OK, NULL);
  cspan_span_make_current(before);
  cspan_span_end(request);

  cspan_tracer_provider_free(provider);
  return 0;
}
