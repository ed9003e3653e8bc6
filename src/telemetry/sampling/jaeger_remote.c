/* SPDX-License-Identifier: Apache-2.0 */
/* The sampler whose strategy a thread of its own fetches from a Jaeger backend. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"
#include "telemetry/fork.h"
#include "telemetry/sampling/jaeger_fetch.h"
#include "telemetry/sampling/jaeger_strategies.h"

enum { DEFAULT_INTERVAL_MS = 60000, NS_PER_MS = 1000000 };
/* 1 in 1,000, Jaeger's own. */
#define INITIAL_RATIO 0.001

typedef struct remote_sampler {
  /* Read by every span, written when another strategy came. */
  pthread_rwlock_t strategies_lock;
  cspan_jaeger_strategies *strategies;
  cspan_jaeger_strategies
      *initial; /* lives to the end: what a user's sampler returned is borrowed */
  /* The thread. */
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  bool is_running;
  bool is_stopping;
  cspan_cancel *cancel;
  atomic_bool lacks_thread; /* in a forked child, until it is needed */
  /* The thread's own. */
  cspan_buf last; /* the answer that made the strategies */
  bool is_failing;
  char *url;
  char *description;
  int64_t interval_ms;
  cspan_fork_hook fork;
} remote_sampler;

/* -------------------------------------------------------------------- the thread */

static void replace(remote_sampler *remote, cspan_jaeger_strategies *strategies) {
  pthread_rwlock_wrlock(&remote->strategies_lock);
  cspan_jaeger_strategies *before = remote->strategies;
  remote->strategies = strategies;
  pthread_rwlock_unlock(&remote->strategies_lock);
  if (before != remote->initial) {
    cspan_jaeger_free(before);
  }
}

/* The same answer again changes nothing: buckets go on as they are. */
static cspan_status take_answer(remote_sampler *remote, cspan_buf *answer, cspan_error **error) {
  if (answer->len == remote->last.len && answer->len > 0 &&
      memcmp(answer->data, remote->last.data, answer->len) == 0) {
    return CSPAN_OK;
  }
  cspan_jaeger_strategies *strategies;
  cspan_status status =
      cspan_jaeger_parse(cspan_buf_text(answer), answer->len, cspan_now_ns, &strategies, error);
  if (status != CSPAN_OK) {
    return status;
  }
  replace(remote, strategies);
  cspan_buf taken = remote->last;
  remote->last = *answer;
  *answer = taken;
  return CSPAN_OK;
}

static void poll_once(remote_sampler *remote, cspan_http_client *http) {
  cspan_error *error = NULL;
  cspan_buf answer;
  cspan_buf_init(&answer, CSPAN_JAEGER_ANSWER_MAX);
  cspan_status status = cspan_jaeger_fetch(http, remote->url, remote->cancel, &answer, &error);
  if (status == CSPAN_OK) {
    status = take_answer(remote, &answer, &error);
  }
  if (status == CSPAN_OK) {
    remote->is_failing = false;
  } else if (status != CSPAN_ERR_CANCELLED && !remote->is_failing) {
    remote->is_failing = true;
    cspan_log(CSPAN_LOG_WARN,
              "no sampling strategy from %.*s: %s; the one before it stays, and it is asked again "
              "every %lld ms without another warning",
              (int)strcspn(remote->url, "?"), remote->url, cspan_error_message(error),
              (long long)remote->interval_ms);
  }
  cspan_error_free(error);
  cspan_buf_free(&answer);
}

static void wait_interval(remote_sampler *remote) {
  int64_t at_ns = cspan_context_with_timeout(NULL, remote->interval_ms).deadline_ns;
  while (!remote->is_stopping && cspan_now_ns() < at_ns) {
    cspan_cond_wait_until(&remote->wake, &remote->lock, at_ns);
  }
}

static void *work(void *arg) {
  remote_sampler *remote = arg;
  cspan_thread.suppressed++;
  const cspan_http_client_options options = {.max_idle_loops = 1};
  cspan_http_client *http = NULL;
  pthread_mutex_lock(&remote->lock);
  while (!remote->is_stopping) {
    pthread_mutex_unlock(&remote->lock);
    if (http != NULL || cspan_http_client_create(&options, &http, NULL) == CSPAN_OK) {
      poll_once(remote, http);
    }
    pthread_mutex_lock(&remote->lock);
    wait_interval(remote);
  }
  pthread_mutex_unlock(&remote->lock);
  cspan_http_client_free(http);
  return NULL;
}

static void init_sync(remote_sampler *remote) {
  pthread_rwlock_init(&remote->strategies_lock, NULL);
  pthread_mutex_init(&remote->lock, NULL);
  cspan_cond_init(&remote->wake);
}

static bool start_thread(remote_sampler *remote) {
  pthread_mutex_lock(&remote->lock);
  if (!remote->is_running) {
    remote->is_running = cspan_thread_start(&remote->thread, work, remote) == 0;
  }
  bool is_running = remote->is_running;
  pthread_mutex_unlock(&remote->lock);
  return is_running;
}

/* ------------------------------------------------------------------- the sampler */

/* What a strategy returns must not be used once another one has come. */
static const char *keep_state(const char *state) {
  static _Thread_local char kept[CSPAN_STATE_MAX + 1];
  size_t len = state != NULL ? strlen(state) : CSPAN_STATE_MAX + 1;
  return len <= CSPAN_STATE_MAX ? memcpy(kept, state, len + 1) : NULL;
}

static void sample_remote(void *self, const cspan_sampling_input *input,
                          cspan_sampling_result *result) {
  remote_sampler *remote = self;
  if (atomic_load_explicit(&remote->lacks_thread, memory_order_relaxed) &&
      atomic_exchange(&remote->lacks_thread, false)) {
    (void)start_thread(remote);
  }
  pthread_rwlock_rdlock(&remote->strategies_lock);
  cspan_jaeger_sample(remote->strategies, input, result);
  result->trace_state = keep_state(result->trace_state);
  pthread_rwlock_unlock(&remote->strategies_lock);
}

static const char *describe(void *self) {
  return ((remote_sampler *)self)->description;
}

/* -------------------------------------------------------------------------- fork */

static void before_fork(void *self) {
  remote_sampler *remote = self;
  pthread_mutex_lock(&remote->lock);
  pthread_rwlock_rdlock(&remote->strategies_lock);
}

static void after_fork_in_parent(void *self) {
  remote_sampler *remote = self;
  pthread_rwlock_unlock(&remote->strategies_lock);
  pthread_mutex_unlock(&remote->lock);
}

/* The thread may have been in the middle of an answer, which is left where it is. */
static void after_fork_in_child(void *self) {
  remote_sampler *remote = self;
  init_sync(remote);
  cspan_buf_init(&remote->last, CSPAN_JAEGER_ANSWER_MAX);
  atomic_store(&remote->lacks_thread, remote->is_running);
  remote->is_running = false;
}

/* ---------------------------------------------------------------- create and free */

static void free_remote(void *self) {
  remote_sampler *remote = self;
  cspan_fork_remove(&remote->fork);
  pthread_mutex_lock(&remote->lock);
  bool is_running = remote->is_running;
  remote->is_stopping = true;
  cspan_cancel_trigger(remote->cancel);
  pthread_cond_signal(&remote->wake);
  pthread_mutex_unlock(&remote->lock);
  if (is_running) {
    pthread_join(remote->thread, NULL);
  }
  if (remote->strategies != remote->initial) {
    cspan_jaeger_free(remote->strategies);
  }
  cspan_jaeger_free(remote->initial);
  cspan_buf_free(&remote->last);
  cspan_cancel_free(remote->cancel);
  cspan_free(remote->url);
  cspan_free(remote->description);
  pthread_cond_destroy(&remote->wake);
  pthread_mutex_destroy(&remote->lock);
  pthread_rwlock_destroy(&remote->strategies_lock);
  cspan_free(remote);
}

static cspan_status fill(remote_sampler *remote, const cspan_jaeger_remote_options *options,
                         cspan_error **error) {
  cspan_status status =
      cspan_jaeger_url(options->endpoint, options->service_name, &remote->url, error);
  if (status != CSPAN_OK) {
    return status;
  }
  remote->interval_ms =
      options->polling_interval_ms > 0 ? options->polling_interval_ms : DEFAULT_INTERVAL_MS;
  remote->cancel = cspan_cancel_create();
  remote->description =
      cspan_asprintf("JaegerRemoteSampler{%.*s}", (int)strcspn(remote->url, "?"), remote->url);
  if (remote->cancel == NULL || remote->description == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the sampler");
  }
  return CSPAN_OK;
}

cspan_status cspan_sampler_jaeger_remote(const cspan_jaeger_remote_options *options,
                                         cspan_sampler **out, cspan_error **error) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_remote, describe, free_remote};
  *out = NULL;
  cspan_jaeger_strategies *first = cspan_jaeger_single(
      options->initial != NULL ? options->initial : cspan_sampler_trace_id_ratio(INITIAL_RATIO));
  remote_sampler *self = first != NULL ? cspan_calloc(1, sizeof *self) : NULL;
  if (self == NULL) {
    cspan_jaeger_free(first);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the sampler");
  }
  self->strategies = first;
  self->initial = first;
  init_sync(self);
  cspan_buf_init(&self->last, CSPAN_JAEGER_ANSWER_MAX);
  atomic_init(&self->lacks_thread, false);
  self->fork = (cspan_fork_hook){.self = self,
                                 .prepare = before_fork,
                                 .parent = after_fork_in_parent,
                                 .child = after_fork_in_child};
  cspan_fork_add(&self->fork);
  cspan_status status = fill(self, options, error);
  if (status != CSPAN_OK) {
    free_remote(self);
    return status;
  }
  if (!start_thread(self)) {
    free_remote(self);
    return cspan_error_set(error, CSPAN_ERR_NOMEM,
                           "the thread that fetches sampling strategies cannot be started; raise "
                           "the limit on threads");
  }
  *out = cspan_sampler_create(&vtable, self);
  return *out != NULL ? CSPAN_OK
                      : cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the sampler");
}
