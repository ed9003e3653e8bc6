/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/metric_series.h"

#include <string.h>

#include "base/alloc.h"

/* Providers that came one after the other, beyond which nothing is kept any more. */
enum { AGE_MAX = 64 };

/* Methods are so short that a call would cost more. */
static bool is_same_method(const char *a, const char *b) {
  while (*a == *b && *a != '\0') {
    a++;
    b++;
  }
  return *a == *b;
}

static bool has_same_subject(const cspan_series_key *a, const cspan_series_key *b) {
  return a->subject_size == b->subject_size &&
         (a->subject_size == 0 || memcmp(a->subject, b->subject, a->subject_size) == 0);
}

static bool is_same(const cspan_series_key *a, const cspan_series_key *b) {
  return a->port == b->port && a->http_status == b->http_status && a->version == b->version &&
         a->scheme == b->scheme && (a->method == NULL || is_same_method(a->method, b->method)) &&
         strcmp(a->host, b->host) == 0 && has_same_subject(a, b);
}

cspan_bound *cspan_bound_find(const cspan_bound_slots *slots, const cspan_series_key *key) {
  for (size_t i = 0; i < CSPAN_SERIES_PER_PLAN; i++) {
    cspan_bound *bound = atomic_load_explicit(&slots->at[i], memory_order_acquire);
    if (bound == NULL) {
      return NULL;
    }
    if (bound->key.provider_id == key->provider_id && is_same(&bound->key, key)) {
      return bound;
    }
  }
  return NULL;
}

const cspan_bound *cspan_bound_calls(const cspan_bound *attempt, const cspan_series_key *key) {
  const cspan_bound *calls =
      attempt != NULL ? atomic_load_explicit(&attempt->calls, memory_order_acquire) : NULL;
  return calls != NULL && calls->key.provider_id == key->provider_id &&
                 has_same_subject(&calls->key, key)
             ? calls
             : NULL;
}

void cspan_bound_set_calls(cspan_bound *attempt, const cspan_bound *calls) {
  const cspan_bound *none = NULL;
  if (attempt->key.provider_id == calls->key.provider_id && attempt->key.port == calls->key.port &&
      strcmp(attempt->key.host, calls->key.host) == 0) {
    atomic_compare_exchange_strong_explicit(&attempt->calls, &none, calls, memory_order_release,
                                            memory_order_relaxed);
  }
}

static char *put_text(char **at, const char *text, size_t size) {
  char *copy = memcpy(*at, text, size);
  copy[size] = '\0';
  *at += size + 1;
  return copy;
}

static cspan_bound *bound_new(const cspan_series_key *key) {
  size_t host = strlen(key->host);
  size_t method = key->method != NULL ? strlen(key->method) : 0;
  cspan_bound *bound = cspan_calloc(1, sizeof *bound + host + method + key->subject_size + 3);
  if (bound != NULL) {
    char *at = (char *)(bound + 1);
    bound->key = *key;
    bound->key.host = put_text(&at, key->host, host);
    bound->key.subject = put_text(&at, key->subject, key->subject_size);
    if (key->method != NULL) {
      bound->key.method = put_text(&at, key->method, method);
    }
  }
  return bound;
}

static bool bind_all(cspan_bound *bound, const cspan_unbound *unbound, size_t count) {
  bool is_whole = true;
  for (size_t i = 0; i < count && i < CSPAN_BOUND_MAX; i++) {
    bound->series[i] =
        cspan_instrument_bind(unbound[i].instrument, unbound[i].attrs, unbound[i].count);
    is_whole = is_whole && bound->series[i] != NULL;
  }
  return is_whole;
}

/* A place that is empty or has what was bound of another provider; NULL: there is none. */
static _Atomic(cspan_bound *) *find_place(cspan_bound_slots *slots, uint64_t provider_id,
                                          cspan_bound **there) {
  for (size_t i = 0; i < CSPAN_SERIES_PER_PLAN; i++) {
    *there = atomic_load_explicit(&slots->at[i], memory_order_acquire);
    if (*there == NULL || ((*there)->key.provider_id != provider_id && (*there)->age < AGE_MAX)) {
      return &slots->at[i];
    }
  }
  return NULL;
}

void cspan_bound_add(cspan_bound_slots *slots, const cspan_series_key *key,
                     const cspan_unbound *unbound, size_t count) {
  cspan_bound *there = NULL;
  _Atomic(cspan_bound *) *place = find_place(slots, key->provider_id, &there);
  cspan_bound *bound = place != NULL ? bound_new(key) : NULL;
  if (bound == NULL) {
    return;
  }
  bound->older = there;
  bound->age = there != NULL ? there->age + 1 : 0;
  if (bind_all(bound, unbound, count) &&
      atomic_compare_exchange_strong_explicit(place, &there, bound, memory_order_acq_rel,
                                              memory_order_acquire)) {
    return;
  }
  for (size_t i = 0; i < CSPAN_BOUND_MAX; i++) {
    cspan_series_release(bound->series[i]);
  }
  cspan_free(bound);
}

/* The series are their providers', which may be gone. */
void cspan_bound_free_all(cspan_bound_slots *slots) {
  for (size_t i = 0; i < CSPAN_SERIES_PER_PLAN; i++) {
    cspan_bound *bound = atomic_load_explicit(&slots->at[i], memory_order_acquire);
    while (bound != NULL) {
      cspan_bound *older = bound->older;
      cspan_free(bound);
      bound = older;
    }
  }
}
