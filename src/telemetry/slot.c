/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/slot.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "base/alloc.h"
#include "base/sys.h"

enum {
  CHUNK_SLOTS = 64,
  CHUNK_LIMIT = 16384, /* over a million open spans */
  SPINS = 64
};

static _Atomic(cspan_slot *) chunks[CHUNK_LIMIT];
static _Atomic uint32_t chunk_count;
static const char no_owner;
const void *const cspan_no_owner = &no_owner;
/* The owner of a slot that a forked child gave up. */
static const char nobody;

/* A Treiber stack: the index + 1 of the first free slot, and a tag against ABA
 * in the upper half. */
static _Atomic uint64_t free_head;

_Thread_local cspan_slot_cache cspan_slot_cached;
static pthread_key_t cache_key;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;
static bool has_cache_key;

static cspan_slot *slot_at(uint32_t index) {
  cspan_slot *chunk = atomic_load_explicit(&chunks[index / CHUNK_SLOTS], memory_order_acquire);
  return &chunk[index % CHUNK_SLOTS];
}

static void push(cspan_slot *slot) {
  uint64_t head = atomic_load_explicit(&free_head, memory_order_relaxed);
  uint64_t next;
  do {
    atomic_store_explicit(&slot->next, (uint32_t)head, memory_order_relaxed);
    next = ((head >> 32) + 1) << 32 | (slot->context.index + 1);
  } while (!atomic_compare_exchange_weak_explicit(&free_head, &head, next, memory_order_acq_rel,
                                                  memory_order_relaxed));
}

static cspan_slot *pop(void) {
  uint64_t head = atomic_load_explicit(&free_head, memory_order_acquire);
  while ((uint32_t)head != 0) {
    cspan_slot *slot = slot_at((uint32_t)head - 1);
    uint64_t next =
        ((head >> 32) + 1) << 32 | atomic_load_explicit(&slot->next, memory_order_relaxed);
    if (atomic_compare_exchange_weak_explicit(&free_head, &head, next, memory_order_acq_rel,
                                              memory_order_acquire)) {
      return slot;
    }
  }
  return NULL;
}

static void give_back(void *arg) {
  cspan_slot_cache *own = arg;
  own->is_watched = false; /* another destructor may still end spans */
  while (own->count > 0) {
    push(own->slots[--own->count]);
  }
}

static void make_key(void) {
  cspan_pin_code(); /* give_back() must be there when a thread exits */
  has_cache_key = pthread_key_create(&cache_key, give_back) == 0;
}

static bool watch_thread(cspan_slot_cache *cache) {
  pthread_once(&cache_once, make_key);
  cache->is_watched = has_cache_key && pthread_setspecific(cache_key, cache) == 0;
  return cache->is_watched;
}

/* Where the thread's own places are full, or it is not known yet. */
void cspan_slot_give_shared(cspan_slot *slot) {
  cspan_slot_cache *cache = &cspan_slot_cached;
  if (!cache->is_watched && watch_thread(cache) && cache->count < SLOT_CACHE) {
    cache->slots[cache->count++] = slot;
  } else {
    push(slot);
  }
}

/* Adds a chunk; its first slot is the caller's. */
static cspan_slot *add_chunk(void) {
  cspan_slot *chunk = cspan_calloc(CHUNK_SLOTS, sizeof *chunk);
  if (chunk == NULL) {
    return NULL;
  }
  uint32_t number = atomic_load_explicit(&chunk_count, memory_order_relaxed);
  do {
    if (number == CHUNK_LIMIT) {
      cspan_free(chunk);
      return NULL;
    }
  } while (!atomic_compare_exchange_weak(&chunk_count, &number, number + 1));
  for (uint32_t i = 0; i < CHUNK_SLOTS; i++) {
    chunk[i].context.index = number * CHUNK_SLOTS + i;
    atomic_init(&chunk[i].word, SLOT_LOCKED);
  }
  atomic_store_explicit(&chunks[number], chunk, memory_order_release);
  for (uint32_t i = 1; i < CHUNK_SLOTS; i++) {
    push(&chunk[i]);
  }
  return &chunk[0];
}

cspan_slot *cspan_slot_take_shared(void) {
  cspan_slot *slot = pop();
  return slot != NULL ? slot : add_chunk();
}

cspan_span cspan_slot_publish_ending(cspan_slot *slot) {
  slot->ending = &cspan_slot_cached;
  return cspan_slot_publish(slot, true);
}

static bool try_lock(cspan_slot *slot) {
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  return (word & SLOT_LOCKED) == 0 &&
         atomic_compare_exchange_strong_explicit(&slot->word, &word, word | SLOT_LOCKED,
                                                 memory_order_acquire, memory_order_relaxed);
}

static bool is_owned_by(cspan_slot *slot, const void *owner) {
  return atomic_load_explicit(&slot->owner, memory_order_acquire) == owner;
}

/* The owner is looked at again under the lock: the span may have ended meanwhile,
 * and the slot hold one of another provider. */
static void sweep_slot(cspan_slot *slot, const void *owner) {
  const struct timespec pause = {.tv_nsec = 1000000};
  while (is_owned_by(slot, owner)) {
    bool locked = try_lock(slot);
    if (!locked || slot->ending != NULL) {
      if (locked) {
        cspan_slot_unlock(slot);
      }
      nanosleep(&pause, NULL);
    } else if (is_owned_by(slot, owner)) {
      cspan_slot_retire(slot);
      cspan_slot_give(slot);
    } else {
      cspan_slot_unlock(slot);
    }
  }
}

void cspan_slot_sweep(const void *owner) {
  uint32_t count = atomic_load(&chunk_count);
  for (uint32_t i = 0; i < count; i++) {
    cspan_slot *chunk = atomic_load_explicit(&chunks[i], memory_order_acquire);
    for (uint32_t j = 0; chunk != NULL && j < CHUNK_SLOTS; j++) {
      sweep_slot(&chunk[j], owner);
    }
  }
}

/* A thread that does not exist here may have left the buffer half changed: the
 * slot's memory is abandoned, and the slot too, as this thread may be the one that
 * holds it. Only where another one was telling processors of the end it is whole. */
static void abandon_if_held(cspan_slot *slot, cspan_tracer *inherited) {
  if (try_lock(slot)) {
    if (slot->ending != NULL && slot->ending != &cspan_slot_cached) {
      cspan_slot_retire(slot);
      cspan_slot_give(slot);
    } else {
      if (slot->tracer != NULL && slot->ending == NULL) {
        slot->tracer = inherited;
      }
      cspan_slot_unlock(slot);
    }
    return;
  }
  memset(&slot->enc, 0, sizeof slot->enc);
  slot->state = NULL;
  slot->ending = NULL;
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  atomic_store_explicit(&slot->word, ((word >> 2) + 1) << 2 | SLOT_LOCKED, memory_order_relaxed);
  atomic_store_explicit(&slot->owner, &nobody, memory_order_relaxed);
}

/* The free slots are collected anew, as some were in other threads' caches. */
void cspan_slot_after_fork(cspan_tracer *inherited) {
  uint32_t count = atomic_load(&chunk_count);
  atomic_store(&free_head, 0);
  cspan_slot_cached.count = 0;
  for (uint32_t i = count * CHUNK_SLOTS; i-- > 0;) {
    if (atomic_load_explicit(&chunks[i / CHUNK_SLOTS], memory_order_acquire) == NULL) {
      continue;
    }
    cspan_slot *slot = slot_at(i);
    const void *owner = atomic_load_explicit(&slot->owner, memory_order_relaxed);
    if (owner == NULL) {
      push(slot);
    } else if (owner != &nobody) {
      abandon_if_held(slot, inherited);
    }
  }
}

/* The holder is only encoding a few bytes, unless it was put off the CPU. */
void cspan_slot_lock_slow(cspan_slot *slot) {
  for (int i = 0; i < SPINS; i++) {
    if ((atomic_load_explicit(&slot->word, memory_order_relaxed) & SLOT_LOCKED) == 0) {
      return;
    }
  }
  sched_yield();
}

bool cspan_slot_set_state(cspan_slot *slot, const char *state, size_t len) {
  if (len > CSPAN_TRACE_STATE_MAX || !text_is_ascii(state, len)) {
    return false;
  }
  if (slot->state == NULL && (slot->state = cspan_malloc(CSPAN_TRACE_STATE_MAX + 1)) == NULL) {
    return false;
  }
  memmove(slot->state, state, len); /* a sampler may give back what it was given */
  slot->state[len] = '\0';
  slot->context.state_len = (uint16_t)len;
  return true;
}
