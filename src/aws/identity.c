/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that were found, with the signing keys derived from them. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "aws/credentials.h"
#include "base/alloc.h"

enum { KEY_COUNT = 4, SECONDS_A_DAY = 24 * 3600, NAME_MAX_LEN = 64 };

typedef struct cached_key {
  int64_t day;
  char region[NAME_MAX_LEN];
  char service[NAME_MAX_LEN];
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  bool used;
} cached_key;

struct cspan_identity {
  atomic_int refs;
  cspan_credentials credentials;
  pthread_mutex_t mutex;
  cached_key keys[KEY_COUNT];
  size_t next_key;
  cspan_sigv4a_key *ecdsa_key; /* of SigV4a, from its first use on */
  size_t text_size;
  char text[];
};

static size_t size_of(const char *text) {
  return text ? strlen(text) + 1 : 0;
}

static const char *place(char **at, const char *text) {
  size_t size = size_of(text);
  char *copy = *at;
  if (size == 0) {
    return NULL;
  }
  memcpy(copy, text, size);
  *at += size;
  return copy;
}

cspan_identity *cspan_identity_new(const cspan_credentials *c) {
  size_t size = size_of(c->access_key_id) + size_of(c->secret_access_key) +
                size_of(c->session_token) + size_of(c->account_id) + size_of(c->source);
  cspan_identity *identity = cspan_calloc(1, sizeof *identity + size);
  if (!identity) {
    return NULL;
  }
  char *at = identity->text;
  const char *token = c->session_token && *c->session_token ? c->session_token : NULL;
  atomic_init(&identity->refs, 1);
  pthread_mutex_init(&identity->mutex, NULL);
  identity->text_size = size;
  identity->credentials = (cspan_credentials){
      .access_key_id = place(&at, c->access_key_id),
      .secret_access_key = place(&at, c->secret_access_key),
      .session_token = place(&at, token),
      .account_id = place(&at, c->account_id),
      .expiration_unix_s = c->expiration_unix_s,
      .source = place(&at, c->source),
  };
  return identity;
}

cspan_identity *cspan_identity_ref(cspan_identity *identity) {
  atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
  return identity;
}

void cspan_identity_free(cspan_identity *identity) {
  if (!identity || atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) > 1) {
    return;
  }
  pthread_mutex_destroy(&identity->mutex);
  cspan_sigv4a_key_free(identity->ecdsa_key);
  cspan_memzero(identity, sizeof *identity + identity->text_size);
  cspan_free(identity);
}

const cspan_credentials *cspan_identity_get(const cspan_identity *identity) {
  return &identity->credentials;
}

static bool matches(const cached_key *key, int64_t day, const char *region, const char *service) {
  return key->used && key->day == day && strcmp(key->region, region) == 0 &&
         strcmp(key->service, service) == 0;
}

void cspan_identity_key(cspan_identity *identity, time_t time, const char *region,
                        const char *service, uint8_t out[CSPAN_SIGV4_KEY_LEN]) {
  int64_t day = (int64_t)time / SECONDS_A_DAY;
  bool found = false;
  pthread_mutex_lock(&identity->mutex);
  for (size_t i = 0; i < KEY_COUNT && !found; i++) {
    found = matches(&identity->keys[i], day, region, service);
    if (found) {
      memcpy(out, identity->keys[i].key, CSPAN_SIGV4_KEY_LEN);
    }
  }
  pthread_mutex_unlock(&identity->mutex);
  if (found) {
    return;
  }
  cspan_sigv4_key(identity->credentials.secret_access_key, time, region, service, out);
  if (strlen(region) >= NAME_MAX_LEN || strlen(service) >= NAME_MAX_LEN) {
    return;
  }
  pthread_mutex_lock(&identity->mutex);
  cached_key *slot = &identity->keys[identity->next_key++ % KEY_COUNT];
  slot->day = day;
  slot->used = true;
  memcpy(slot->region, region, strlen(region) + 1);
  memcpy(slot->service, service, strlen(service) + 1);
  memcpy(slot->key, out, CSPAN_SIGV4_KEY_LEN);
  pthread_mutex_unlock(&identity->mutex);
}

cspan_status cspan_identity_ecdsa_key(cspan_identity *identity, const cspan_sigv4a_key **out,
                                      cspan_error **error) {
  const cspan_credentials *credentials = &identity->credentials;
  cspan_status status = CSPAN_OK;
  pthread_mutex_lock(&identity->mutex);
  if (!identity->ecdsa_key) {
    status = cspan_sigv4a_key_new(credentials->access_key_id, credentials->secret_access_key,
                                  &identity->ecdsa_key, error);
  }
  *out = identity->ecdsa_key;
  pthread_mutex_unlock(&identity->mutex);
  return status;
}
