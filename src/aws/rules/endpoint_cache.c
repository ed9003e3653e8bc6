/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a service with the results of former calls. */
#include "aws/rules/resolver.h"
#include "base/alloc.h"
#include "base/error.h"

enum { MAX_RESULT_BYTES = 1024 * 1024, KEY_BYTES = 8 * 1024 };

/* ------------------------------------------------------------------ resolver */

cspan_status cspan_endpoint_resolver_create(const cspan_service_model *model,
                                            cspan_endpoint_resolver **out, cspan_error **error) {
  *out = NULL;
  if (model->rules == NULL || model->partitions == NULL) {
    return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                           "the service's model has no endpoint rules, or there are no partitions");
  }
  cspan_endpoint_resolver *resolver = cspan_calloc(1, sizeof *resolver);
  if (resolver == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory for the endpoint rules");
  }
  pthread_mutex_init(&resolver->mutex, NULL);
  resolver->model = model;
  cspan_status status = cspan_rules_open(model->rules, model->rules_size, &resolver->rules, error);
  if (status == CSPAN_OK) {
    status = cspan_partitions_open(model->partitions, model->partitions_size, &resolver->partitions,
                                   error);
  }
  if (status != CSPAN_OK) {
    cspan_endpoint_resolver_free(resolver);
    return status;
  }
  cspan_params_plan_make(model, resolver->rules, &resolver->plan);
  *out = resolver;
  return CSPAN_OK;
}

void cspan_endpoint_resolver_free(cspan_endpoint_resolver *resolver) {
  if (resolver == NULL) {
    return;
  }
  for (size_t i = 0; i < resolver->count; i++) {
    cspan_client_endpoint_release(&resolver->entries[i].shared->result);
  }
  cspan_rules_free(resolver->rules);
  cspan_partitions_free(resolver->partitions);
  pthread_mutex_destroy(&resolver->mutex);
  cspan_free(resolver);
}

bool cspan_endpoint_resolver_uses_account(const cspan_endpoint_resolver *resolver) {
  const cspan_params_plan *plan = &resolver->plan;
  size_t i = 0;
  while (i < plan->count && strcmp(plan->params[i].builtin, "AWS::Auth::AccountId") != 0) {
    i++;
  }
  return i < plan->count;
}

/* --------------------------------------------------------------------- cache */

void cspan_client_endpoint_release(const cspan_client_endpoint_result *result) {
  cspan_shared_endpoint *shared = (cspan_shared_endpoint *)(uintptr_t)result;
  if (shared != NULL && atomic_fetch_sub(&shared->refs, 1) == 1) {
    cspan_arena_free(shared->arena); /* with itself */
  }
}

/* What a result depends on, as bytes. */
typedef struct cache_key {
  char bytes[KEY_BYTES];
  size_t size;
  bool too_long; /* then nothing is kept */
} cache_key;

static void key_add(cache_key *key, const void *data, size_t size) {
  if (size > sizeof key->bytes - key->size) {
    key->too_long = true;
  } else if (size > 0) {
    memcpy(key->bytes + key->size, data, size);
    key->size += size;
  }
}

static void key_add_text(cache_key *key, const cspan_value *text) {
  uint32_t size = (uint32_t)text->size;
  key->too_long = key->too_long || text->kind != CSPAN_VALUE_STRING || text->size > KEY_BYTES;
  if (!key->too_long) {
    key_add(key, &size, sizeof size);
    key_add(key, text->as.text, text->size);
  }
}

/* Of another kind than a parameter can be: the rules refuse it. */
static void key_add_value(cache_key *key, const cspan_value *value) {
  uint8_t kind = (uint8_t)value->kind;
  uint8_t flag = value->kind == CSPAN_VALUE_BOOL && value->as.boolean;
  key_add(key, &kind, sizeof kind);
  switch (value->kind) {
  case CSPAN_VALUE_NULL:
    break;
  case CSPAN_VALUE_BOOL:
    key_add(key, &flag, sizeof flag);
    break;
  case CSPAN_VALUE_LIST:
    key_add(key, &value->size, sizeof value->size);
    for (size_t i = 0; i < value->size && !key->too_long; i++) {
      key_add_text(key, &value->as.items[i]);
    }
    break;
  default:
    key_add_text(key, value);
  }
}

/* FNV's steps, but for eight bytes at a time, each folded so that its upper half counts. */
static uint64_t key_hash(const cache_key *key) {
  uint64_t hash = 14695981039346656037u;
  for (size_t at = 0; at < key->size; at += sizeof hash) {
    uint64_t part = 0;
    size_t left = key->size - at;
    memcpy(&part, key->bytes + at, left < sizeof part ? left : sizeof part);
    hash = (hash ^ part) * 1099511628211u;
    hash ^= hash >> 32;
  }
  return hash;
}

/* With a reference; NULL: it is not there. */
static cspan_shared_endpoint *cache_find(cspan_endpoint_resolver *resolver, const cache_key *key,
                                         uint64_t hash) {
  cspan_shared_endpoint *found = NULL;
  pthread_mutex_lock(&resolver->mutex);
  for (size_t i = 0; i < resolver->count && found == NULL; i++) {
    cspan_endpoint_entry *at = &resolver->entries[i];
    if (at->hash == hash && at->key_size == key->size &&
        memcmp(at->key, key->bytes, key->size) == 0) {
      at->used = ++resolver->uses;
      found = at->shared;
      atomic_fetch_add(&found->refs, 1);
    }
  }
  pthread_mutex_unlock(&resolver->mutex);
  return found;
}

/* Keeps it with a reference of its own, in place of the one not used for longest. */
static void cache_put(cspan_endpoint_resolver *resolver, const cspan_endpoint_entry *made) {
  cspan_shared_endpoint *old = NULL;
  atomic_fetch_add(&made->shared->refs, 1);
  pthread_mutex_lock(&resolver->mutex);
  size_t at = resolver->count;
  if (at < CSPAN_ENDPOINT_CACHE_SIZE) {
    resolver->count++;
  } else {
    at = 0;
    for (size_t i = 1; i < resolver->count; i++) {
      at = resolver->entries[i].used < resolver->entries[at].used ? i : at;
    }
    old = resolver->entries[at].shared;
  }
  resolver->entries[at] = *made;
  resolver->entries[at].used = ++resolver->uses;
  pthread_mutex_unlock(&resolver->mutex);
  if (old != NULL) {
    cspan_client_endpoint_release(&old->result);
  }
}

/* NULL with the error. */
static cspan_shared_endpoint *make_result(const cspan_endpoint_resolver *resolver,
                                          const cspan_value *values, cspan_status *status,
                                          cspan_error **error) {
  cspan_arena *arena = cspan_arena_create(MAX_RESULT_BYTES);
  cspan_shared_endpoint *shared = arena != NULL ? cspan_arena_alloc(arena, sizeof *shared) : NULL;
  if (shared == NULL) {
    cspan_arena_free(arena);
    *status = cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory for an endpoint");
    return NULL;
  }
  atomic_init(&shared->refs, 1);
  shared->arena = arena;
  *status = cspan_endpoint_evaluate(resolver, values, arena, &shared->result, error);
  if (*status != CSPAN_OK) {
    cspan_arena_free(arena);
    return NULL;
  }
  return shared;
}

cspan_status cspan_endpoint_resolver_get(cspan_endpoint_resolver *resolver,
                                         const cspan_endpoint_settings *settings,
                                         const cspan_operation_model *operation,
                                         const cspan_value *input, cspan_arena *scratch,
                                         const cspan_client_endpoint_result **out,
                                         cspan_error **error) {
  cspan_value values[CSPAN_RULES_MAX_PARAMS];
  cache_key key;
  key.size = 0;
  key.too_long = false;
  *out = NULL;
  cspan_status status = cspan_params_fill(&resolver->plan, resolver->model, settings, operation,
                                          input, scratch, values, error);
  if (status != CSPAN_OK) {
    return status;
  }
  for (size_t i = 0; i < resolver->plan.count; i++) {
    if (resolver->plan.params[i].used) {
      key_add_value(&key, &values[i]);
    }
  }
  uint64_t hash = key_hash(&key);
  cspan_shared_endpoint *shared = key.too_long ? NULL : cache_find(resolver, &key, hash);
  if (shared == NULL) {
    shared = make_result(resolver, values, &status, error);
    if (shared == NULL) {
      return status;
    }
    /* Without memory for the key the result is good, and made again next time. */
    const char *kept = key.too_long ? NULL : cspan_arena_copy(shared->arena, key.bytes, key.size);
    if (kept != NULL) {
      cache_put(resolver, &(cspan_endpoint_entry){hash, 0, kept, key.size, shared});
    }
  }
  *out = &shared->result;
  return CSPAN_OK;
}
