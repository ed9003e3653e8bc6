/* SPDX-License-Identifier: Apache-2.0 */
/* A traced worker pool: a job carries the context of whoever asked for it, so that its span is a
 * child of the request's, whichever thread runs it, and also when the request has ended. Sends to
 * the collector of the environment (OTEL_EXPORTER_OTLP_*), or prints with
 * OTEL_TRACES_EXPORTER=console. */
#include <cloudspan/telemetry.h>
#include <pthread.h>
#include <stdio.h>

#define WORKERS 4
#define JOBS    12

typedef struct job {
  cspan_context context; /* copied by value: nothing to free */
  int number;
} job;

typedef struct pool {
  pthread_mutex_t lock;
  pthread_cond_t news;
  job jobs[JOBS];
  int first, count;
  bool closed;
} pool;

static cspan_tracer *tracer;

static void submit(pool *p, int number) {
  pthread_mutex_lock(&p->lock);
  p->jobs[p->count++] = (job){.context = cspan_context_current(), .number = number};
  pthread_cond_signal(&p->news);
  pthread_mutex_unlock(&p->lock);
}

static bool take(pool *p, job *out) {
  pthread_mutex_lock(&p->lock);
  while (p->first == p->count && !p->closed)
    pthread_cond_wait(&p->news, &p->lock);
  bool found = p->first < p->count;
  if (found)
    *out = p->jobs[p->first++];
  pthread_mutex_unlock(&p->lock);
  return found;
}

/* Code far below needs no context parameter: the attached one is its parent. */
static void resize(int number) {
  cspan_span span = cspan_span_start(tracer, NULL, "resize", NULL);
  cspan_span_set_int64(span, "image.number", number);
  cspan_span_end(span);
}

static void *work(void *arg) {
  job j;
  while (take(arg, &j)) {
    cspan_span span = cspan_span_start(tracer, &j.context, "job", NULL);
    cspan_context mine = cspan_context_with_span(&j.context, span);
    cspan_context before = cspan_context_attach(&mine);
    resize(j.number);
    if (j.number % 5 == 4)
      cspan_span_set_status(span, CSPAN_SPAN_ERROR, "not an image");
    cspan_context_detach(&before);
    cspan_span_end(span);
  }
  return NULL;
}

int main(void) {
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  pool p = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};
  pthread_t workers[WORKERS];
  int started = 0;
  if (cspan_telemetry_init("worker-pool", "1.0.0", &provider, &error)) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    cspan_error_free(error);
    return 1;
  }
  tracer = cspan_tracer_get(provider, "worker-pool", "1.0.0", NULL);
  while (started < WORKERS && pthread_create(&workers[started], NULL, work, &p) == 0)
    started++;

  cspan_span request = cspan_span_start(tracer, NULL, "POST /images",
                                        &(cspan_span_options){.kind = CSPAN_SPAN_SERVER});
  cspan_context context = cspan_context_with_span(NULL, request);
  cspan_context before = cspan_context_attach(&context);
  for (int i = 0; i < JOBS; i++)
    submit(&p, i);
  cspan_context_detach(&before);
  cspan_span_end(request); /* the jobs go on, and still are its children */

  pthread_mutex_lock(&p.lock);
  p.closed = true;
  pthread_cond_broadcast(&p.news);
  pthread_mutex_unlock(&p.lock);
  for (int i = 0; i < started; i++)
    pthread_join(workers[i], NULL);
  printf("%d jobs on %d threads\n", p.first, started);
  cspan_tracer_provider_free(provider); /* flushes */
  return 0;
}
