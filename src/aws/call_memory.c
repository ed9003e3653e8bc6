/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/call_memory.h"

#include <stdalign.h>

#include "aws/call.h"
#include "base/alloc.h"
#include "base/poison.h"

enum {
  SCRATCH_MAX = 8 * 1024 * 1024,
  SCRATCH_BYTES = 4096,   /* of the first block, with the arena */
  KEPT_STATES_MAX = 4096, /* with more, nothing is kept */
  ALIGN = alignof(max_align_t),
  CALL_BYTES = (sizeof(struct cspan_call) + ALIGN - 1) / ALIGN * ALIGN,
  HEAD_BYTES = sizeof(cspan_arena *) /* what a spare call still has: `scratch` */
};

_Static_assert(offsetof(struct cspan_call, scratch) == 0, "what is kept of a call comes first");

static size_t rest_of(const cspan_chain *chain) {
  return CALL_BYTES - HEAD_BYTES + chain->state_size;
}

static void *rest(struct cspan_call *call) {
  return (unsigned char *)call + HEAD_BYTES;
}

/* A call with middlewares of its own is of another size. */
static bool is_kept(const cspan_aws_client *client, const cspan_chain *chain) {
  return chain == client->chain && chain->state_size <= KEPT_STATES_MAX;
}

static void unpoison(struct cspan_call *call, const cspan_chain *chain) {
  cspan_unpoison(rest(call), rest_of(chain));
  cspan_unpoison(call->scratch, SCRATCH_BYTES);
}

static void free_call(struct cspan_call *call) {
  cspan_free(call->scratch);
  cspan_free(call);
}

static struct cspan_call *make(const cspan_chain *chain) {
  struct cspan_call *call = cspan_calloc(1, CALL_BYTES + chain->state_size);
  void *scratch = cspan_calloc(1, SCRATCH_BYTES); /* zero like one that is cleared */
  if (!call || !scratch) {
    cspan_free(call);
    cspan_free(scratch);
    return NULL;
  }
  call->scratch = cspan_arena_place(scratch, SCRATCH_BYTES, SCRATCH_MAX);
  return call;
}

static struct cspan_call *take_spare(cspan_spare_calls *spares) {
  for (size_t i = 0; i < CSPAN_SPARE_CALLS; i++) {
    if (atomic_load_explicit(&spares->places[i], memory_order_relaxed)) {
      struct cspan_call *call =
          atomic_exchange_explicit(&spares->places[i], NULL, memory_order_acquire);
      if (call) {
        return call;
      }
    }
  }
  return NULL;
}

/* False: all places are taken. */
static bool give_spare(cspan_spare_calls *spares, struct cspan_call *call) {
  for (size_t i = 0; i < CSPAN_SPARE_CALLS; i++) {
    struct cspan_call *none = NULL;
    if (!atomic_load_explicit(&spares->places[i], memory_order_relaxed) &&
        atomic_compare_exchange_strong_explicit(&spares->places[i], &none, call,
                                                memory_order_release, memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void cspan_spare_calls_init(cspan_spare_calls *spares) {
  for (size_t i = 0; i < CSPAN_SPARE_CALLS; i++) {
    atomic_init(&spares->places[i], NULL);
  }
}

void cspan_spare_calls_free(cspan_spare_calls *spares) {
  for (struct cspan_call *call; (call = take_spare(spares));) {
    free_call(call);
  }
}

struct cspan_call *cspan_call_memory_take(cspan_aws_client *client, const cspan_chain *chain) {
  struct cspan_call *call = is_kept(client, chain) ? take_spare(&client->spares) : NULL;
  if (call) {
    unpoison(call, chain);
  } else {
    call = make(chain);
  }
  if (call) {
    call->client = client;
    call->chain = chain;
    call->states = (unsigned char *)call + CALL_BYTES;
  }
  return call;
}

void cspan_call_memory_give(struct cspan_call *call) {
  cspan_aws_client *client = call->client;
  const cspan_chain *chain = call->chain;
  cspan_arena_clear(call->scratch);
  cspan_memzero(rest(call), rest_of(chain));
  if (!is_kept(client, chain)) {
    free_call(call);
    return;
  }
  cspan_poison(rest(call), rest_of(chain));
  cspan_poison(call->scratch, SCRATCH_BYTES);
  if (!give_spare(&client->spares, call)) {
    unpoison(call, chain);
    free_call(call);
  }
}
