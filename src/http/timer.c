/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of a loop: a binary heap, ordered by time and then by start. */
#include "base/alloc.h"
#include "http/internal.h"

struct cspan_loop_timer {
  int64_t due_ns;
  uint64_t serial;
  size_t index; /* in the heap */
  cspan_timer_fn fn;
  cspan_timer_fn dropped; /* may be NULL */
  void *user;
};

enum { MAX_TIMERS = 1 << 20, NS_PER_MS = 1000000 };

static bool before(const cspan_loop_timer *a, const cspan_loop_timer *b) {
  return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->serial < b->serial;
}

static void place(cspan_timer_heap *heap, size_t index, cspan_loop_timer *timer) {
  heap->items[index] = timer;
  timer->index = index;
}

static void sift_up(cspan_timer_heap *heap, size_t index) {
  cspan_loop_timer *timer = heap->items[index];
  while (index > 0) {
    size_t parent = (index - 1) / 2;
    if (!before(timer, heap->items[parent])) {
      break;
    }
    place(heap, index, heap->items[parent]);
    index = parent;
  }
  place(heap, index, timer);
}

static void sift_down(cspan_timer_heap *heap, size_t index) {
  cspan_loop_timer *timer = heap->items[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap->count) {
      break;
    }
    if (child + 1 < heap->count && before(heap->items[child + 1], heap->items[child])) {
      child++;
    }
    if (!before(heap->items[child], timer)) {
      break;
    }
    place(heap, index, heap->items[child]);
    index = child;
  }
  place(heap, index, timer);
}

static void take_out(cspan_timer_heap *heap, cspan_loop_timer *timer) {
  size_t index = timer->index;
  cspan_loop_timer *last = heap->items[--heap->count];
  if (last != timer) {
    place(heap, index, last);
    sift_up(heap, index);
    sift_down(heap, last->index);
  }
}

static bool grow(cspan_timer_heap *heap) {
  if (heap->count < heap->cap) {
    return true;
  }
  size_t cap = heap->cap ? heap->cap * 2 : 16;
  if (cap > MAX_TIMERS) {
    return false;
  }
  cspan_loop_timer **items = cspan_realloc(heap->items, cap * sizeof(cspan_loop_timer *));
  if (!items) {
    return false;
  }
  heap->items = items;
  heap->cap = cap;
  return true;
}

cspan_loop_timer *cspan_loop_timer_start(cspan_loop *loop, int64_t delay_ms, cspan_timer_fn fn,
                                         void *user) {
  cspan_timer_heap *heap = &loop->timers;
  cspan_loop_timer *timer = grow(heap) ? cspan_malloc(sizeof *timer) : NULL;
  if (!timer) {
    return NULL;
  }
  int64_t now_ns = cspan_now_ns();
  int64_t room_ms = (CSPAN_TIME_NEVER - 1 - now_ns) / NS_PER_MS;
  int64_t ms = delay_ms < 0 ? 0 : delay_ms > room_ms ? room_ms : delay_ms;
  timer->due_ns = now_ns + ms * NS_PER_MS;
  timer->serial = heap->next_serial++;
  timer->fn = fn;
  timer->dropped = NULL;
  timer->user = user;
  heap->count++;
  place(heap, heap->count - 1, timer);
  sift_up(heap, heap->count - 1);
  return timer;
}

void cspan_loop_timer_cancel(cspan_loop *loop, cspan_loop_timer *timer) {
  if (timer) {
    take_out(&loop->timers, timer);
    cspan_free(timer);
  }
}

void cspan_loop_timer_on_drop(cspan_loop_timer *timer, cspan_timer_fn dropped) {
  timer->dropped = dropped;
}

int64_t cspan_timers_next(const cspan_timer_heap *heap) {
  return heap->count ? heap->items[0]->due_ns : CSPAN_TIME_NEVER;
}

size_t cspan_timers_fire(cspan_loop *loop, int64_t now_ns) {
  cspan_timer_heap *heap = &loop->timers;
  /* Timers that the callbacks start wait for the next turn: they must not keep
   * the loop from its sockets. */
  uint64_t limit = heap->next_serial;
  size_t fired = 0;
  while (heap->count && heap->items[0]->due_ns <= now_ns && heap->items[0]->serial < limit) {
    cspan_loop_timer *timer = heap->items[0];
    cspan_timer_fn fn = timer->fn;
    void *user = timer->user;
    take_out(heap, timer);
    cspan_free(timer);
    fn(user);
    fired++;
  }
  return fired;
}

void cspan_timers_free(cspan_timer_heap *heap) {
  /* One by one: what is told may cancel or start others. */
  while (heap->count) {
    cspan_loop_timer *timer = heap->items[heap->count - 1];
    cspan_timer_fn dropped = timer->dropped;
    void *user = timer->user;
    take_out(heap, timer);
    cspan_free(timer);
    if (dropped) {
      dropped(user);
    }
  }
  cspan_free(heap->items);
  heap->items = NULL;
  heap->count = 0;
  heap->cap = 0;
}
