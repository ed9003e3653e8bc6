/* SPDX-License-Identifier: Apache-2.0 */
/* Where spans live: slots of a process-wide pool whose memory is never given
 * back, so that a handle {slot, generation} is safe for ever. The word of a slot
 * holds the generation of its open span and a lock bit; a handle whose
 * generation is not in the word is stale, and its operations do nothing. */
#ifndef TELEMETRY_SLOT_H
#define TELEMETRY_SLOT_H

#include <stdatomic.h>

#include "telemetry/enc.h"

/* W3C asks to carry at least 512 characters; longer ones are dropped whole. */
#define CSPAN_TRACE_STATE_MAX 512

#define SLOT_LOCKED UINT64_C(1)
/* Lowest bit of a handle's generation: the span records (CSPAN_SPAN_RECORDS). */
#define SLOT_RECORDING UINT64_C(1)
/* Two slots are never in one cache line, as two threads write to them. */
enum { SLOT_GAP = 64 };

/* What stays known of a span after its end: in words, for the table of ended.h. */
typedef union cspan_slot_context {
  struct {
    uint32_t index; /* of the slot */
    uint16_t state_len;
    uint8_t trace_flags;
    bool is_remote;
    uint8_t trace_id[16];
    uint8_t span_id[8];
  };
  uint64_t words[4];
} cspan_slot_context;

typedef struct cspan_slot {
  _Atomic uint64_t word; /* generation << 1 | SLOT_LOCKED */
  cspan_slot_context context;
  _Atomic uint32_t next;       /* in the free list: index + 1 */
  uint32_t end_time_at;        /* where the end time goes */
  _Atomic(const void *) owner; /* the provider whose span is open or ending; NULL in the pool */
  cspan_tracer *tracer;        /* NULL: only carries a context */
  const void *ending;          /* names the thread that tells processors of the end; else NULL */
  uint8_t parent_span_id[8];
  bool has_parent;
  bool parent_is_remote;
  uint8_t status;
  uint8_t kind;
  uint32_t event_count;
  uint32_t event_names; /* a bit for each size of a name, modulo 32 */
  uint32_t link_count;
  uint32_t dropped_attributes;
  uint32_t dropped_events;
  uint32_t dropped_links;
  int64_t start_ns;
  char *state; /* trace state, CSPAN_TRACE_STATE_MAX + 1 bytes once it was needed */
  cspan_enc enc;
  uint8_t gap[SLOT_GAP];
} cspan_slot;

/* Free slots of a thread, so that threads do not meet at the pool for every span. A thread that
 * exits gives them back. */
enum { SLOT_CACHE = 8 };
typedef struct cspan_slot_cache {
  uint32_t count;
  bool is_watched; /* the exit of the thread will be noticed */
  cspan_slot *slots[SLOT_CACHE];
  const uint8_t *queued; /* where the last span that a queue has from the thread ends; a hint */
} cspan_slot_cache;
extern _Thread_local cspan_slot_cache cspan_slot_cached;

cspan_slot *cspan_slot_take_shared(void);
void cspan_slot_give_shared(cspan_slot *slot);

/* The owner of a span that is no provider's. */
extern const void *const cspan_no_owner;

/* A free slot, locked, under a generation that no handle has yet. NULL when out
 * of memory or a million spans are open. A slot in the pool is locked, so that whoever
 * takes it need not lock it. */
static inline cspan_slot *cspan_slot_take(const void *owner) {
  cspan_slot_cache *cache = &cspan_slot_cached;
  cspan_slot *slot = cache->count > 0 ? cache->slots[--cache->count] : cspan_slot_take_shared();
  if (slot == NULL) {
    return NULL;
  }
  atomic_store_explicit(&slot->owner, owner, memory_order_relaxed);
  slot->tracer = NULL;
  slot->ending = NULL;
  slot->context.is_remote = false;
  slot->has_parent = false;
  slot->parent_is_remote = false;
  slot->context.state_len = 0;
  return slot;
}

/* Opens the span and returns its handle. */
static inline cspan_span cspan_slot_publish(cspan_slot *slot, bool recording) {
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  uint64_t generation = ((word >> 2) + 1) << 1 | (recording ? SLOT_RECORDING : 0);
  atomic_store_explicit(&slot->word, generation << 1, memory_order_release);
  cspan_span span = {slot, generation};
  return span;
}
/* The same of a retired slot, for the processors that are told before the end: a handle of
 * their own, with which only this thread can end the span. */
cspan_span cspan_slot_publish_ending(cspan_slot *slot);
/* In ended.h: keeps the context of a locked slot under the generation that it had. */
void cspan_ended_keep(const cspan_slot *slot, uint64_t generation);

/* Of a locked slot: every handle becomes stale; the slot stays locked. */
static inline void cspan_slot_retire(cspan_slot *slot) {
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  cspan_ended_keep(slot, word >> 1);
  atomic_store_explicit(&slot->word, ((word >> 2) + 1) << 2 | SLOT_LOCKED, memory_order_release);
}
/* A larger buffer does not stay while a slot is in the pool. */
enum { SLOT_KEEP_BYTES = 32768 };

/* Of a retired slot: back to the pool. */
static inline void cspan_slot_give(cspan_slot *slot) {
  cspan_slot_cache *cache = &cspan_slot_cached;
  if (slot->enc.cap > SLOT_KEEP_BYTES) {
    cspan_enc_drop(&slot->enc);
  }
  atomic_store_explicit(&slot->owner, NULL, memory_order_release);
  if (cache->is_watched && cache->count < SLOT_CACHE) {
    cache->slots[cache->count++] = slot;
  } else {
    cspan_slot_give_shared(slot);
  }
}
/* Makes the owner's open spans stale, and waits for those that are being ended. */
void cspan_slot_sweep(const void *owner);
/* In a forked child: slots that another thread held are given up. The spans that are open stay,
 * as those of the tracer `inherited`. */
void cspan_slot_after_fork(cspan_tracer *inherited);

void cspan_slot_lock_slow(cspan_slot *slot);
/* False, and no state: too long, not ASCII, out of memory. */
bool cspan_slot_set_state(cspan_slot *slot, const char *state, size_t len);

/* The locked slot of an open span; NULL for a stale handle. */
static inline cspan_slot *cspan_slot_lock(cspan_span span) {
  cspan_slot *slot = span.slot;
  if (slot == NULL) {
    return NULL;
  }
  uint64_t open = span.generation << 1;
  for (;;) {
    uint64_t seen = open;
    if (atomic_compare_exchange_weak_explicit(&slot->word, &seen, open | SLOT_LOCKED,
                                              memory_order_acquire, memory_order_relaxed)) {
      return slot;
    }
    if ((seen | SLOT_LOCKED) != (open | SLOT_LOCKED)) {
      return NULL;
    }
    cspan_slot_lock_slow(slot);
  }
}

static inline void cspan_slot_unlock(cspan_slot *slot) {
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  atomic_store_explicit(&slot->word, word & ~SLOT_LOCKED, memory_order_release);
}

/* For the hot path: locks a span that records; false also where another thread holds it. */
static inline bool cspan_slot_try_recording(cspan_span span) {
  uint64_t open = span.generation << 1;
  return (span.generation & SLOT_RECORDING) != 0 &&
         atomic_compare_exchange_strong_explicit(&((cspan_slot *)span.slot)->word, &open,
                                                 open | SLOT_LOCKED, memory_order_acquire,
                                                 memory_order_relaxed);
}

/* Of a slot that was locked by this handle. */
static inline void cspan_slot_unlock_span(cspan_slot *slot, cspan_span span) {
  atomic_store_explicit(&slot->word, span.generation << 1, memory_order_release);
}

static inline bool cspan_slot_is_open(cspan_span span) {
  cspan_slot *slot = span.slot;
  return slot != NULL && (atomic_load_explicit(&slot->word, memory_order_acquire) | SLOT_LOCKED) ==
                             (span.generation << 1 | SLOT_LOCKED);
}

/* Locks a span that records. */
static inline cspan_slot *cspan_slot_lock_recording(cspan_span span) {
  return (span.generation & SLOT_RECORDING) != 0 ? cspan_slot_lock(span) : NULL;
}

#endif
