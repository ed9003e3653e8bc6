/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/answered.h"

#include <string.h>

#include "base/alloc.h"
#include "instrument/call_keys.h"
#include "telemetry/attr_block.h"
#include "telemetry/core.h"

enum { MAX_ATTRS = 6 };

typedef struct cspan_known_answer {
  cspan_answer answer;         /* texts in `texts` */
  _Atomic(const void *) found; /* that was the same the last time */
  cspan_attr_block *block;
  char texts[];
} cspan_known_answer;

static void known_free(cspan_known_answer *known) {
  if (known != NULL) {
    cspan_attr_block_free(known->block);
    cspan_free(known);
  }
}

void cspan_answered_free(cspan_answered *answered) {
  for (size_t i = 0; i < CSPAN_ANSWERS_PER_PLAN; i++) {
    known_free(atomic_load_explicit(&answered->at[i], memory_order_acquire));
  }
}

static cspan_attr_block *make_block(const cspan_answer *answer, uint32_t left_out) {
  cspan_attr attrs[MAX_ATTRS];
  size_t n = 0;
  if (cspan_keeps(left_out, CSPAN_KEY_SERVER_ADDRESS)) {
    attrs[n++] = cspan_attr_string("server.address", answer->host);
  }
  if (cspan_keeps(left_out, CSPAN_KEY_SERVER_PORT)) {
    attrs[n++] = cspan_attr_int64("server.port", answer->port);
  }
  if (cspan_keeps(left_out, CSPAN_KEY_METHOD)) {
    attrs[n++] = cspan_attr_string("http.request.method", answer->method);
  }
  if (cspan_keeps(left_out, CSPAN_KEY_STATUS_CODE)) {
    attrs[n++] = cspan_attr_int64("http.response.status_code", answer->status);
  }
  if (cspan_keeps(left_out, CSPAN_KEY_ATTEMPTS)) {
    attrs[n++] = cspan_attr_int64("aws.retry.attempts", 1);
  }
  if (cspan_keeps(left_out, CSPAN_KEY_REUSED)) {
    attrs[n++] = cspan_attr_bool("aws.http.connection_reused", answer->is_reused);
  }
  return cspan_attr_block_make(NULL, attrs, n);
}

static cspan_known_answer *known_new(const cspan_answer *answer, uint32_t left_out) {
  size_t host = strlen(answer->host) + 1;
  size_t method = strlen(answer->method) + 1;
  cspan_known_answer *known = cspan_calloc(1, sizeof *known + host + method);
  if (known == NULL) {
    return NULL;
  }
  known->answer = *answer;
  known->answer.host = memcpy(known->texts, answer->host, host);
  known->answer.method = memcpy(known->texts + host, answer->method, method);
  known->block = make_block(answer, left_out);
  if (known->block == NULL) {
    known_free(known);
    return NULL;
  }
  return known;
}

static bool is_same(cspan_known_answer *known, const cspan_answer *b) {
  const cspan_answer *a = &known->answer;
  if (a->is_reused != b->is_reused) {
    return false;
  }
  if (b->found != NULL && atomic_load_explicit(&known->found, memory_order_relaxed) == b->found) {
    return true;
  }
  if (a->port != b->port || a->status != b->status || strcmp(a->host, b->host) != 0 ||
      strcmp(a->method, b->method) != 0) {
    return false;
  }
  atomic_store_explicit(&known->found, b->found, memory_order_relaxed);
  return true;
}

/* NULL: there is no room for one more, or no memory. */
static const cspan_known_answer *know(cspan_answered *answered, const cspan_answer *answer,
                                      uint32_t left_out) {
  for (size_t i = 0; i < CSPAN_ANSWERS_PER_PLAN; i++) {
    cspan_known_answer *known = atomic_load_explicit(&answered->at[i], memory_order_acquire);
    if (known == NULL) {
      cspan_known_answer *made = known_new(answer, left_out);
      if (made == NULL ||
          atomic_compare_exchange_strong_explicit(&answered->at[i], &known, made,
                                                  memory_order_acq_rel, memory_order_acquire)) {
        return made;
      }
      known_free(made); /* another thread was first, maybe with the same */
    }
    if (is_same(known, answer)) {
      return known;
    }
  }
  return NULL;
}

bool cspan_answered_put(cspan_answered *answered, struct cspan_slot *slot, uint32_t left_out,
                        const cspan_answer *answer) {
  const cspan_known_answer *known = know(answered, answer, left_out);
  return known != NULL && cspan_enc_put_block(&slot->enc, known->block) > 0;
}
