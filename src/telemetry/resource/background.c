/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/resource/background.h"

#include <pthread.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/sys.h"

/* How long the end of a provider waits for answers that may be on their way. */
enum { GRACE_MS = 250, NS_PER_MS = 1000000 };

struct cspan_background {
  cspan_tracer_provider *provider;
  cspan_resource_plan plan;
  cspan_cancel *cancel;
  pthread_t thread;
  pid_t pid; /* of the process that has the thread */
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool is_done;
};

/* With no memory for what was found, processors still have what they were given first; they only
 * wait no longer. */
static void publish(const cspan_background *b, const cspan_resource *found) {
  cspan_resource *whole = NULL;
  uint8_t *bytes = NULL;
  size_t size = 0;
  cspan_error *error = NULL;
  cspan_status status = cspan_resource_plan_join(&b->plan, found, &whole, &error);
  if (status == CSPAN_OK) {
    status = cspan_resource_fail(cspan_resource_write(whole, &bytes, &size), &error);
  }
  if (status == CSPAN_OK) {
    status = cspan_provider_publish(b->provider, bytes, size, cspan_resource_schema_url(whole),
                                    true, &error);
  }
  if (status != CSPAN_OK) {
    cspan_log(CSPAN_LOG_WARN, "what the resource detectors found is left out: %s",
              cspan_error_message(error));
    cspan_provider_publish_final(b->provider);
  }
  cspan_error_free(error);
  cspan_resource_free(whole);
}

static void detect(const cspan_background *b) {
  cspan_context context = {.cancel = b->cancel};
  context = cspan_context_with_timeout(&context, CSPAN_DETECTION_MS);
  const cspan_detection at = {.root = "", .context = &context};
  cspan_resource *found = cspan_resource_new();
  if (found != NULL && cspan_detectors_run(&b->plan.detectors, true, &at, found) != CSPAN_OK) {
    cspan_log(CSPAN_LOG_WARN, "the resource detectors found too much, or no memory");
  }
  publish(b, found);
  cspan_resource_free(found);
}

static void *work(void *arg) {
  cspan_background *b = arg;
  cspan_thread.suppressed++;
  detect(b);
  pthread_mutex_lock(&b->lock);
  b->is_done = true;
  pthread_cond_signal(&b->done);
  pthread_mutex_unlock(&b->lock);
  return NULL;
}

static void init_sync(cspan_background *b) {
  pthread_mutex_init(&b->lock, NULL);
  cspan_cond_init(&b->done);
}

static void wait_a_moment(cspan_background *b) {
  int64_t until_ns = cspan_now_ns() + (int64_t)GRACE_MS * NS_PER_MS;
  pthread_mutex_lock(&b->lock);
  while (!b->is_done && cspan_now_ns() < until_ns) {
    cspan_cond_wait_until(&b->done, &b->lock, until_ns);
  }
  pthread_mutex_unlock(&b->lock);
}

static void free_background(cspan_background *b) {
  cspan_resource_plan_free(&b->plan);
  cspan_cancel_free(b->cancel);
  cspan_free(b);
}

cspan_background *cspan_background_start(cspan_tracer_provider *provider,
                                         const cspan_resource_plan *plan) {
  cspan_background own = {.provider = provider, .plan = *plan, .cancel = cspan_cancel_create()};
  cspan_background *b = own.cancel != NULL ? cspan_malloc(sizeof *b) : NULL;
  if (b != NULL) {
    *b = own;
    b->pid = getpid();
    init_sync(b);
    if (cspan_thread_start(&b->thread, work, b) == 0) {
      return b;
    }
  }
  cspan_log(CSPAN_LOG_WARN, "no thread for the resource detectors: they are left out");
  publish(&own, NULL);
  cspan_free(b);
  cspan_resource_plan_free(&own.plan);
  cspan_cancel_free(own.cancel);
  return NULL;
}

void cspan_background_end(cspan_background *b) {
  if (b == NULL) {
    return;
  }
  if (b->pid == getpid()) { /* a forked child does not have the thread */
    wait_a_moment(b);
    cspan_cancel_trigger(b->cancel);
    pthread_join(b->thread, NULL);
    pthread_cond_destroy(&b->done);
    pthread_mutex_destroy(&b->lock);
  }
  free_background(b);
}
