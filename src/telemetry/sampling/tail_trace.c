/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/tail_trace.h"

#include <string.h>

#include "base/alloc.h"
#include "telemetry/sampling/tail_scan.h"

enum { CHUNK_BYTES = 4096 - 32, SPARE_MAX = 64, ALIGN = 8 };
/* What a trace state grows by at most: "ot=", "th:", 14 digits and a separator; and the tag and
 * length of the field. */
enum { STATE_GROWTH = 24, STATE_HEAD = 3 };
_Static_assert(STATE_GROWTH + STATE_HEAD >= CSPAN_TAIL_STATE_FIELD, "room for a new state");
enum { HAS_PARENT = 1, HAS_REMOTE_PARENT = 2, HAS_ERROR = 4, HAS_STATE = 8 };

/* Before the bytes of a span, which have `room` bytes. */
typedef struct record {
  const cspan_tracer *tracer;
  int64_t duration_ns;
  size_t size;
  size_t room;
  size_t name_at;
  size_t name_size;
  uint8_t span_id[8];
  uint8_t parent_span_id[8];
  uint32_t event_count;
  uint8_t kind;
  uint8_t flags;
} record;

static uint8_t *bytes_of(record *r) {
  return (uint8_t *)(r + 1);
}

/* ------------------------------------------------------------------------- holding */

void cspan_tail_trace_init(cspan_tail_trace *trace, const cspan_tail_rules *rules,
                           const cspan_ended_span *span) {
  *trace = (cspan_tail_trace){.rule = rules->count, .is_told = true};
  memcpy(trace->trace_id, span->trace_id, sizeof trace->trace_id);
  trace->randomness = cspan_randomness_of_id(span->trace_id);
  if (span->trace_state != NULL) {
    cspan_ot_state state = cspan_ot_parse(span->trace_state);
    trace->randomness = cspan_ot_randomness(&state, span->trace_id);
  }
}

static cspan_tail_chunk *take_chunk(cspan_tail_pool *pool, size_t need) {
  cspan_tail_chunk *chunk = pool->spare;
  if (chunk != NULL && need <= CHUNK_BYTES) {
    pool->spare = chunk->next;
    pool->spare_count--;
  } else {
    size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
    chunk = cspan_malloc(sizeof *chunk + cap);
    if (chunk == NULL) {
      return NULL;
    }
    chunk->cap = cap;
  }
  chunk->next = NULL;
  chunk->used = 0;
  return chunk;
}

static void *make_room(cspan_tail_trace *trace, cspan_tail_pool *pool, size_t need) {
  cspan_tail_chunk *chunk = trace->last;
  if (chunk == NULL || chunk->cap - chunk->used < need) {
    chunk = take_chunk(pool, need);
    if (chunk == NULL) {
      return NULL;
    }
    if (trace->last != NULL) {
      trace->last->next = chunk;
    } else {
      trace->first = chunk;
    }
    trace->last = chunk;
    trace->bytes += chunk->cap;
  }
  void *at = chunk->data + chunk->used;
  chunk->used += need;
  return at;
}

static size_t aligned(size_t size) {
  return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* The name is part of the bytes, unless whoever calls gives another one. */
static bool is_inside(const cspan_ended_span *span) {
  uintptr_t name = (uintptr_t)span->name;
  uintptr_t start = (uintptr_t)span->span;
  return name >= start && name - start <= span->span_size_bytes &&
         span->name_size_bytes <= span->span_size_bytes - (name - start);
}

static void fill(record *r, const cspan_ended_span *span) {
  r->tracer = span->tracer;
  r->duration_ns = span->duration_ns;
  r->size = span->span_size_bytes;
  r->name_size = span->name_size_bytes;
  r->event_count = span->event_count;
  r->kind = (uint8_t)span->kind;
  r->flags = (uint8_t)((span->parent_span_id != NULL ? HAS_PARENT : 0) |
                       (span->parent_is_remote ? HAS_REMOTE_PARENT : 0) |
                       (span->error ? HAS_ERROR : 0) | (span->trace_state != NULL ? HAS_STATE : 0));
  memcpy(r->span_id, span->span_id, sizeof r->span_id);
  if (span->parent_span_id != NULL) {
    memcpy(r->parent_span_id, span->parent_span_id, sizeof r->parent_span_id);
  }
}

bool cspan_tail_trace_add(cspan_tail_trace *trace, cspan_tail_pool *pool,
                          const cspan_ended_span *span, size_t reason_room) {
  size_t state = span->trace_state != NULL ? strlen(span->trace_state) : 0;
  size_t name = is_inside(span) ? 0 : span->name_size_bytes;
  size_t reason = cspan_tail_is_local_root(span) ? reason_room : 0;
  size_t room = aligned(span->span_size_bytes + reason + state + STATE_GROWTH + STATE_HEAD);
  record *r = make_room(trace, pool, sizeof *r + room + aligned(name));
  if (r == NULL) {
    return false;
  }
  uint8_t *bytes = bytes_of(r);
  fill(r, span);
  r->room = room + aligned(name);
  memcpy(bytes, span->span, r->size);
  if (name > 0) {
    r->name_at = room;
    memcpy(bytes + room, span->name, name);
  } else {
    r->name_at = r->name_size > 0 ? (size_t)((const uint8_t *)span->name - span->span) : 0;
  }
  trace->spans++;
  return true;
}

/* -------------------------------------------------------------------------- giving */

/* Takes the trace state's field out, and moves the name with what was behind it. */
static void take_state_out(uint8_t *span, record *r) {
  cspan_scan scan = cspan_scan_of(span, r->size);
  cspan_scan_field field;
  while (cspan_scan_next(&scan, &field)) {
    if (field.tag == CSPAN_TAG_STATE) {
      size_t from = (size_t)(field.start - span);
      size_t len = (size_t)(field.data + field.len - field.start);
      memmove(span + from, span + from + len, r->size - from - len);
      bool name_is_behind = r->name_at >= from + len && r->name_at < r->size;
      r->name_at -= name_is_behind ? len : 0;
      r->size -= len;
      scan = cspan_scan_of(span + from, r->size - from);
    }
  }
}

/* A span that came with a trace state; gives what it says then, in `room`. */
static const char *rewrite_state(uint8_t *span, record *r, const cspan_tail_ready_rule *rule,
                                 const cspan_tail_decision *decision,
                                 char room[CSPAN_STATE_MAX + 1]) {
  cspan_str before = cspan_scan_state(span, r->size);
  size_t len = before.len <= CSPAN_STATE_MAX ? before.len : 0;
  memcpy(room, before.data != NULL ? before.data : "", len);
  room[len] = '\0';
  cspan_ot_state state = cspan_ot_parse(room);
  bool is_known = state.threshold != CSPAN_THRESHOLD_ABSENT;
  bool is_rarer = state.threshold > rule->threshold && !decision->is_all_recorded;
  if (is_known ? is_rarer || state.threshold == rule->threshold : !decision->is_told) {
    return room;
  }
  const char *after = cspan_ot_with_threshold(room, rule->threshold);
  take_state_out(span, r);
  uint8_t *end = wire_bytes(span + r->size, CSPAN_TAG_STATE, after, strlen(after));
  r->size = (size_t)(end - span);
  return after;
}

static void give_span(record *r, const uint8_t *trace_id, const cspan_tail_ready_rule *rule,
                      const cspan_tail_decision *decision, const cspan_span_processor *next) {
  char room[CSPAN_STATE_MAX + 1];
  uint8_t *span = bytes_of(r);
  const char *state = NULL;
  if ((r->flags & (HAS_PARENT | HAS_REMOTE_PARENT)) != HAS_PARENT) {
    memcpy(span + r->size, rule->reason, rule->reason_size);
    r->size += rule->reason_size;
  }
  if ((r->flags & HAS_STATE) != 0) {
    state = rewrite_state(span, r, rule, decision, room);
  } else if (decision->is_told) {
    state = rule->state;
    memcpy(span + r->size, rule->state_field, sizeof rule->state_field);
    r->size += rule->state_field_size;
  }
  const cspan_ended_span ended = {.span = span,
                                  .span_size_bytes = r->size,
                                  .tracer = r->tracer,
                                  .sampled = true,
                                  .error = (r->flags & HAS_ERROR) != 0,
                                  .duration_ns = r->duration_ns,
                                  .trace_id = trace_id,
                                  .span_id = r->span_id,
                                  .parent_span_id =
                                      (r->flags & HAS_PARENT) != 0 ? r->parent_span_id : NULL,
                                  .parent_is_remote = (r->flags & HAS_REMOTE_PARENT) != 0,
                                  .kind = (cspan_span_kind)r->kind,
                                  .name = (const char *)span + r->name_at,
                                  .name_size_bytes = r->name_size,
                                  .trace_state = state != NULL && state[0] != '\0' ? state : NULL,
                                  .event_count = r->event_count};
  next->vtable->on_end(next->self, &ended);
}

void cspan_tail_trace_give(cspan_tail_trace *trace, const cspan_tail_rules *rules,
                           const cspan_tail_decision *decision, const cspan_span_processor *next) {
  const cspan_tail_ready_rule *rule = &rules->items[decision->rule];
  for (cspan_tail_chunk *chunk = trace->first; chunk != NULL; chunk = chunk->next) {
    for (size_t at = 0; at < chunk->used;) {
      record *r = (void *)(chunk->data + at);
      give_span(r, trace->trace_id, rule, decision, next);
      at += sizeof *r + r->room;
    }
  }
}

/* ------------------------------------------------------------------------ emptying */

cspan_tail_chunk *cspan_tail_trace_empty(cspan_tail_trace *trace, cspan_tail_pool *pool) {
  cspan_tail_chunk *surplus = NULL;
  while (trace->first != NULL) {
    cspan_tail_chunk *chunk = trace->first;
    trace->first = chunk->next;
    if (chunk->cap == CHUNK_BYTES && pool->spare_count < SPARE_MAX) {
      chunk->next = pool->spare;
      pool->spare = chunk;
      pool->spare_count++;
    } else {
      chunk->next = surplus;
      surplus = chunk;
    }
  }
  trace->last = NULL;
  trace->bytes = 0;
  return surplus;
}

void cspan_tail_chunks_free(cspan_tail_chunk *chunks) {
  while (chunks != NULL) {
    cspan_tail_chunk *next = chunks->next;
    cspan_free(chunks);
    chunks = next;
  }
}
