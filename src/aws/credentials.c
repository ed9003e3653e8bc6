/* SPDX-License-Identifier: Apache-2.0 */
/* The provider object: what it resolved is kept until shortly before it expires. */
#include "aws/credentials.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

enum { REFRESH_BEFORE_S = 5 * 60, RETRY_AFTER_S = 30, WAIT_SLICE_MS = 100 };

static const int64_t ns_per_s = 1000000000;
static const int64_t ns_per_ms = 1000000;

struct cspan_credentials_provider {
  atomic_int refs;
  const cspan_credentials_vtable *vtable;
  void *self;
  pthread_mutex_t mutex;
  pthread_cond_t resolved;
  cspan_identity *cached;
  bool refused;         /* the service said that `cached` has expired */
  bool resolving;       /* by one thread, without the lock */
  int64_t not_before_s; /* after a failed refresh, while the old ones still work */
};

cspan_credentials_provider *cspan_credentials_provider_create(
    const cspan_credentials_vtable *vtable, void *self) {
  cspan_credentials_provider *provider = cspan_calloc(1, sizeof *provider);
  if (!provider) {
    if (vtable->free) {
      vtable->free(self);
    }
    return NULL;
  }
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&provider->resolved, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&provider->mutex, NULL);
  atomic_init(&provider->refs, 1);
  provider->vtable = vtable;
  provider->self = self;
  return provider;
}

cspan_credentials_provider *cspan_credentials_provider_ref(cspan_credentials_provider *provider) {
  atomic_fetch_add_explicit(&provider->refs, 1, memory_order_relaxed);
  return provider;
}

void cspan_credentials_provider_free(cspan_credentials_provider *provider) {
  if (!provider || atomic_fetch_sub_explicit(&provider->refs, 1, memory_order_acq_rel) > 1) {
    return;
  }
  if (provider->vtable->free) {
    provider->vtable->free(provider->self);
  }
  cspan_identity_free(provider->cached);
  pthread_cond_destroy(&provider->resolved);
  pthread_mutex_destroy(&provider->mutex);
  cspan_free(provider);
}

/* ---------------------------------------------------------------- resolving */

static cspan_status take_emitted(void *sink, const cspan_credentials *credentials,
                                 cspan_error **error) {
  cspan_identity **out = sink;
  if (!credentials->access_key_id || !*credentials->access_key_id ||
      !credentials->secret_access_key || !*credentials->secret_access_key) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the credentials lack an access key id or a secret access key");
  }
  cspan_identity *identity = cspan_identity_new(credentials);
  if (!identity) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while resolving credentials");
  }
  cspan_identity_free(*out);
  *out = identity;
  return CSPAN_OK;
}

/* The user's function, without the lock. */
static cspan_status resolve(cspan_credentials_provider *provider, const cspan_context *context,
                            cspan_identity **out, cspan_error **error) {
  cspan_error *failure = NULL;
  cspan_status status =
      provider->vtable->resolve(provider->self, context, take_emitted, out, &failure);
  if (status == CSPAN_OK && !*out) {
    status = cspan_error_set(&failure, CSPAN_ERR_CREDENTIALS,
                             "the credentials provider \"%s\" gave none",
                             provider->vtable->name ? provider->vtable->name : "?");
  }
  if (status == CSPAN_OK) {
    cspan_error_free(failure);
    return CSPAN_OK;
  }
  cspan_identity_free(*out);
  *out = NULL;
  if (!failure) {
    cspan_error_set(&failure, status, "the credentials provider \"%s\" failed",
                    provider->vtable->name ? provider->vtable->name : "?");
  }
  cspan_error_move(error, failure);
  return status;
}

/* With the lock. */
static bool is_usable(const cspan_credentials_provider *provider, int64_t margin_s) {
  if (!provider->cached || provider->refused) {
    return false;
  }
  int64_t expires_s = cspan_identity_get(provider->cached)->expiration_unix_s;
  return expires_s == 0 || cspan_unix_ns() / ns_per_s + margin_s < expires_s;
}

static bool is_fresh(const cspan_credentials_provider *provider) {
  bool waiting = cspan_unix_ns() / ns_per_s < provider->not_before_s;
  return is_usable(provider, waiting ? 0 : REFRESH_BEFORE_S);
}

static void wait_a_while(cspan_credentials_provider *provider) {
  int64_t until_ns = cspan_now_ns() + WAIT_SLICE_MS * ns_per_ms;
  struct timespec until = {.tv_sec = (time_t)(until_ns / ns_per_s),
                           .tv_nsec = (long)(until_ns % ns_per_s)};
  pthread_cond_timedwait(&provider->resolved, &provider->mutex, &until);
}

/* With the lock on entry and on return, and not in between. */
static cspan_status refresh(cspan_credentials_provider *provider, const cspan_context *context,
                            cspan_error **error) {
  cspan_identity *identity = NULL;
  cspan_error *failure = NULL;
  provider->resolving = true;
  pthread_mutex_unlock(&provider->mutex);
  cspan_status status = resolve(provider, context, &identity, &failure);
  pthread_mutex_lock(&provider->mutex);
  provider->resolving = false;
  pthread_cond_broadcast(&provider->resolved);
  if (status == CSPAN_OK) {
    cspan_identity_free(provider->cached);
    provider->cached = identity;
    provider->refused = false;
    provider->not_before_s = 0;
    return CSPAN_OK;
  }
  if (is_usable(provider, 0)) {
    cspan_log(CSPAN_LOG_WARN,
              "credentials could not be refreshed; the old ones are used until they expire: %s",
              cspan_error_message(failure));
    cspan_error_free(failure);
    provider->not_before_s = cspan_unix_ns() / ns_per_s + RETRY_AFTER_S;
    return CSPAN_OK;
  }
  return cspan_error_move(error, failure);
}

cspan_status cspan_credentials_provider_get(cspan_credentials_provider *provider,
                                            const cspan_context *context, cspan_identity **out,
                                            cspan_error **error) {
  cspan_status status = CSPAN_OK;
  *out = NULL;
  pthread_mutex_lock(&provider->mutex);
  while (status == CSPAN_OK && !is_fresh(provider)) {
    if (!provider->resolving) {
      status = refresh(provider, context, error);
      break;
    }
    if (is_usable(provider, 0)) {
      break; /* another thread is at it, and there is time */
    }
    wait_a_while(provider);
    status = cspan_context_status(context);
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "the call ended while it waited for credentials (%s)",
                      cspan_status_name(status));
    }
  }
  if (status == CSPAN_OK) {
    *out = cspan_identity_ref(provider->cached);
  }
  pthread_mutex_unlock(&provider->mutex);
  return status;
}

void cspan_credentials_provider_refuse(cspan_credentials_provider *provider,
                                       const cspan_identity *used) {
  pthread_mutex_lock(&provider->mutex);
  if (provider->cached == used) {
    provider->refused = true;
  }
  pthread_mutex_unlock(&provider->mutex);
}
