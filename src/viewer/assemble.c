/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/assemble.h"

#include <string.h>

#include "base/alloc.h"

enum { BUCKETS = 1024 };

/* A trace of which spans may still come. */
typedef struct trace {
  struct trace *chain; /* in its bucket */
  struct trace *older;
  struct trace *newer;
  cspan_trace_record *record;
  size_t capacity; /* of record->spans */
  size_t bytes;
  int64_t last_ns; /* when the last span came */
  bool has_root;
} trace;

struct cspan_assembler {
  cspan_assembler_options options;
  cspan_assembler_stats stats;
  trace *buckets[BUCKETS];
  trace *oldest;
  trace *newest;
  size_t bytes;
};

cspan_assembler *cspan_assembler_create(const cspan_assembler_options *options) {
  cspan_assembler *assembler = cspan_calloc(1, sizeof *assembler);
  if (!assembler) {
    return NULL;
  }
  cspan_assembler_options *o = &assembler->options;
  if (options) {
    *o = *options;
  }
  o->quiet_ns = o->quiet_ns > 0 ? o->quiet_ns : 1000000000;
  o->rootless_quiet_ns = o->rootless_quiet_ns > 0 ? o->rootless_quiet_ns : 30000000000;
  o->max_traces = o->max_traces ? o->max_traces : 1000;
  o->max_spans = o->max_spans ? o->max_spans : 100000;
  o->max_bytes = o->max_bytes ? o->max_bytes : (size_t)256 << 20;
  o->max_spans_per_trace = o->max_spans_per_trace ? o->max_spans_per_trace : 20000;
  return assembler;
}

static trace **bucket_of(cspan_assembler *assembler, const uint8_t id[16]) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < 16; i++) {
    hash = (hash ^ id[i]) * 16777619u;
  }
  return &assembler->buckets[(hash ^ hash >> 16) % BUCKETS];
}

static trace *find(cspan_assembler *assembler, const uint8_t id[16]) {
  trace *t = *bucket_of(assembler, id);
  while (t && memcmp(t->record->trace_id, id, 16) != 0) {
    t = t->chain;
  }
  return t;
}

/* Takes the trace out of the assembler; its record is the caller's. */
static cspan_trace_record *detach(cspan_assembler *assembler, trace *t) {
  trace **link = bucket_of(assembler, t->record->trace_id);
  while (*link != t) {
    link = &(*link)->chain;
  }
  *link = t->chain;
  *(t->older ? &t->older->newer : &assembler->oldest) = t->newer;
  *(t->newer ? &t->newer->older : &assembler->newest) = t->older;
  assembler->bytes -= t->bytes;
  assembler->stats.traces_held--;
  assembler->stats.spans_held -= t->record->span_count;
  cspan_trace_record *record = t->record;
  cspan_free(t);
  return record;
}

void cspan_assembler_free(cspan_assembler *assembler) {
  if (assembler) {
    while (assembler->oldest) {
      cspan_trace_record_free(detach(assembler, assembler->oldest));
    }
    cspan_free(assembler);
  }
}

static void drop_trace(cspan_assembler *assembler, trace *t) {
  assembler->stats.traces_dropped++;
  assembler->stats.spans_dropped += t->record->span_count;
  cspan_trace_record_free(detach(assembler, t));
}

static trace *add_trace(cspan_assembler *assembler, const uint8_t id[16]) {
  trace *t = cspan_calloc(1, sizeof *t);
  cspan_trace_record *record = cspan_calloc(1, sizeof *record);
  cspan_arena *arena = cspan_arena_create(0); /* what goes in is counted by add() */
  if (!t || !record || !arena) {
    cspan_free(t);
    cspan_free(record);
    cspan_arena_free(arena);
    return NULL;
  }
  memcpy(record->trace_id, id, 16);
  record->arena = arena;
  t->record = record;
  trace **bucket = bucket_of(assembler, id);
  t->chain = *bucket;
  *bucket = t;
  t->older = assembler->newest;
  *(t->older ? &t->older->newer : &assembler->oldest) = t;
  assembler->newest = t;
  assembler->stats.traces_held++;
  return t;
}

static bool grow(trace *t) {
  cspan_trace_record *record = t->record;
  if (record->span_count < t->capacity) {
    return true;
  }
  size_t capacity = t->capacity ? t->capacity * 2 : 16;
  const cspan_span_view **spans = cspan_realloc(record->spans, capacity * sizeof(void *));
  if (!spans) {
    return false;
  }
  record->spans = spans;
  t->capacity = capacity;
  return true;
}

static bool store(trace *t, const cspan_span_view *view) {
  cspan_trace_record *record = t->record;
  if (!grow(t)) {
    return false;
  }
  const cspan_span_view *previous =
      record->span_count ? record->spans[record->span_count - 1] : NULL;
  const cspan_span_view *copy = cspan_span_view_copy(record->arena, view, previous);
  if (copy) {
    record->spans[record->span_count++] = copy;
  }
  return copy != NULL;
}

/* Makes room for a span of `bytes`, by dropping the oldest traces but not `keep`. */
static bool make_room(cspan_assembler *assembler, size_t bytes, const trace *keep) {
  const cspan_assembler_options *o = &assembler->options;
  if (bytes > o->max_bytes || (keep && keep->record->span_count >= o->max_spans_per_trace)) {
    return false;
  }
  size_t new_traces = keep ? 0 : 1;
  while (assembler->bytes + bytes > o->max_bytes || assembler->stats.spans_held >= o->max_spans ||
         assembler->stats.traces_held + new_traces > o->max_traces) {
    trace *victim = assembler->oldest == keep && keep ? keep->newer : assembler->oldest;
    if (!victim) {
      return false;
    }
    drop_trace(assembler, victim);
  }
  return true;
}

cspan_status cspan_assembler_add(cspan_assembler *assembler, const cspan_span_view *view,
                                 int64_t now_ns) {
  assembler->stats.spans++;
  size_t bytes = cspan_span_view_bytes(view);
  trace *t = find(assembler, view->trace_id);
  if (!make_room(assembler, bytes, t)) {
    assembler->stats.spans_dropped++;
    if (t) {
      t->record->dropped_spans++;
      t->last_ns = now_ns;
    }
    return CSPAN_ERR_LIMIT;
  }
  bool is_new = t == NULL;
  t = t ? t : add_trace(assembler, view->trace_id);
  if (!t || !store(t, view)) {
    assembler->stats.spans_dropped++;
    if (t && is_new) {
      cspan_trace_record_free(detach(assembler, t));
    } else if (t) {
      t->record->dropped_spans++;
    }
    return CSPAN_ERR_NOMEM;
  }
  assembler->stats.spans_held++;
  assembler->bytes += bytes;
  t->bytes += bytes;
  t->last_ns = now_ns;
  t->has_root = t->has_root || cspan_span_view_is_root(view);
  return CSPAN_OK;
}

cspan_status cspan_assembler_add_list(cspan_assembler *assembler, const cspan_span_list *list,
                                      int64_t now_ns) {
  cspan_status status = CSPAN_OK;
  size_t count = cspan_span_list_count(list);
  for (size_t i = 0; i < count; i++) {
    cspan_status one = cspan_assembler_add(assembler, cspan_span_list_at(list, i), now_ns);
    status = status == CSPAN_OK ? one : status;
  }
  return status;
}

static bool is_finished(const cspan_assembler *assembler, const trace *t, int64_t now_ns) {
  int64_t quiet = t->has_root ? assembler->options.quiet_ns : assembler->options.rootless_quiet_ns;
  return now_ns - t->last_ns >= quiet;
}

cspan_trace_record *cspan_assembler_take(cspan_assembler *assembler, int64_t now_ns, bool flush) {
  trace *t = assembler->oldest;
  while (t && !flush && !is_finished(assembler, t, now_ns)) {
    t = t->newer;
  }
  if (!t) {
    return NULL;
  }
  cspan_trace_record *record = detach(assembler, t);
  cspan_trace_record_sort(record);
  return record;
}

void cspan_assembler_stats_get(const cspan_assembler *assembler, cspan_assembler_stats *out) {
  *out = assembler->stats;
}
