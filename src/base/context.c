/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "base/alloc.h"
#include "base/sys.h"

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000, SLICE_MS = 100 };

struct cspan_cancel {
  /* Lock-free, hence safe in a signal handler. */
  atomic_int triggered;
};

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "cancellation needs a lock-free atomic int");

cspan_cancel *cspan_cancel_create(void) {
  cspan_cancel *cancel = cspan_malloc(sizeof *cancel);
  if (cancel) {
    atomic_init(&cancel->triggered, 0);
  }
  return cancel;
}

void cspan_cancel_free(cspan_cancel *cancel) {
  cspan_free(cancel);
}

void cspan_cancel_trigger(cspan_cancel *cancel) {
  if (cancel) {
    atomic_store(&cancel->triggered, 1);
  }
}

bool cspan_cancel_is_triggered(const cspan_cancel *cancel) {
  return cancel && atomic_load(&cancel->triggered) != 0;
}

int64_t cspan_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* now + ms, or the latest time there is. */
static int64_t time_after(int64_t now_ns, int64_t ms) {
  if (ms <= 0) {
    return now_ns;
  }
  return ms > (INT64_MAX - now_ns) / NS_PER_MS ? INT64_MAX : now_ns + ms * NS_PER_MS;
}

cspan_context cspan_context_with_timeout(const cspan_context *parent, int64_t timeout_ms) {
  cspan_context context = {0};
  if (parent) {
    context = *parent;
  }
  int64_t deadline_ns = time_after(cspan_now_ns(), timeout_ms);
  if (context.deadline_ns == 0 || deadline_ns < context.deadline_ns) {
    context.deadline_ns = deadline_ns;
  }
  return context;
}

cspan_context cspan_context_with_value(const cspan_context *parent, const cspan_context_key *key,
                                       const void *value, cspan_context_value *storage) {
  cspan_context context = {0};
  if (parent) {
    context = *parent;
  }
  *storage = (cspan_context_value){.key = key, .value = value, .before = context.values};
  context.values = storage;
  return context;
}

const void *cspan_context_value_get(const cspan_context *context, const cspan_context_key *key) {
  for (const cspan_context_value *at = context ? context->values : NULL; at; at = at->before) {
    if (at->key == key) {
      return at->value;
    }
  }
  return NULL;
}

cspan_status cspan_context_status(const cspan_context *context) {
  if (!context) {
    return CSPAN_OK;
  }
  if (cspan_cancel_is_triggered(context->cancel)) {
    return CSPAN_ERR_CANCELLED;
  }
  if (context->deadline_ns && cspan_now_ns() >= context->deadline_ns) {
    return CSPAN_ERR_TIMEOUT;
  }
  return CSPAN_OK;
}

cspan_status cspan_context_sleep_ms(const cspan_context *context, int64_t ms) {
  int64_t end_ns = time_after(cspan_now_ns(), ms);
  if (context && context->deadline_ns && context->deadline_ns < end_ns) {
    end_ns = context->deadline_ns;
  }
  for (;;) {
    cspan_status status = cspan_context_status(context);
    int64_t now_ns = cspan_now_ns();
    if (status != CSPAN_OK || now_ns >= end_ns) {
      return status;
    }
    /* Short slices: a cancellation is a flag, nothing wakes this thread. */
    int64_t until_ns = time_after(now_ns, SLICE_MS);
    if (end_ns < until_ns) {
      until_ns = end_ns;
    }
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                             .tv_nsec = (long)(until_ns % NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
}
