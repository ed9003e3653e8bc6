/* SPDX-License-Identifier: Apache-2.0 */
/* The provider object: what it resolved is kept, and renewed before it expires. */
#include "aws/credentials.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "aws/credentials/refresher.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

enum {
  RENEW_BEFORE_S = 15 * 60, /* of their expiry */
  RENEW_SHARE = 4,          /* of those that last less long: the last fourth */
  NEARLY_OVER_S = 10 * 60,  /* what comes with less left may be what the source had before */
  SHORTEST_S = 20,          /* unless it is meant to last that short */
  STALE_USE_S = 60,         /* those that came expired are used for: our clock may be wrong */
  RETRY_AFTER_S = 30,
  IN_PASSING_MS = 5000, /* where there is no thread to renew them on */
  WAIT_SLICE_MS = 100
};

static const int64_t ns_per_s = 1000000000;
static const int64_t ns_per_ms = 1000000;

struct cspan_credentials_provider {
  atomic_int refs;
  const cspan_credentials_vtable *vtable;
  void *self;
  pthread_mutex_t mutex;
  pthread_cond_t resolved;
  cspan_identity *cached;
  bool refused;               /* the service said that `cached` has expired */
  bool resolving;             /* by one thread, without the lock */
  pid_t resolver;             /* the process of that thread: a forked child does not have it */
  int64_t asked_s;            /* when it began */
  cspan_refresher *refresher; /* NULL until it is needed */
  bool failing;               /* the last refresh failed, and that was said */
  /* Of `cached`; seconds since the epoch, INT64_MAX for never. */
  int64_t renew_s;
  int64_t unusable_s;
  bool came_late;       /* with little time left */
  int64_t not_before_s; /* after a failed refresh, while the old ones still work */
  uint64_t round;       /* how often it was resolved */
  cspan_error *failure; /* of the last round, for those that waited for it; NULL: it went well */
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
  cspan_cond_init(&provider->resolved);
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
  cspan_refresher_free(provider->refresher); /* first: it uses all the rest */
  if (provider->vtable->free) {
    provider->vtable->free(provider->self);
  }
  cspan_identity_free(provider->cached);
  cspan_error_free(provider->failure);
  pthread_cond_destroy(&provider->resolved);
  pthread_mutex_destroy(&provider->mutex);
  cspan_free(provider);
}

/* ---------------------------------------------------------------- resolving */

typedef struct emitted {
  const char *name; /* of the provider */
  cspan_identity *identity;
} emitted;

static cspan_status take_emitted(void *sink, const cspan_credentials *credentials,
                                 cspan_error **error) {
  emitted *out = sink;
  cspan_credentials with = *credentials;
  if (!with.access_key_id || !*with.access_key_id || !with.secret_access_key ||
      !*with.secret_access_key) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the credentials lack an access key id or a secret access key");
  }
  with.source = with.source ? with.source : out->name;
  cspan_identity *identity = cspan_identity_new(&with);
  if (!identity) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while resolving credentials");
  }
  cspan_identity_free(out->identity);
  out->identity = identity;
  return CSPAN_OK;
}

/* The user's function, without the lock. */
static cspan_status resolve(cspan_credentials_provider *provider, const cspan_context *context,
                            cspan_identity **out, cspan_error **error) {
  const char *name = provider->vtable->name ? provider->vtable->name : "?";
  emitted sink = {name, NULL};
  cspan_error *failure = NULL;
  cspan_status status =
      provider->vtable->resolve(provider->self, context, take_emitted, &sink, &failure);
  if (status == CSPAN_OK && !sink.identity) {
    status = cspan_error_set(&failure, CSPAN_ERR_CREDENTIALS,
                             "the credentials provider \"%s\" gave none", name);
  }
  if (status == CSPAN_OK) {
    cspan_error_free(failure);
    *out = sink.identity;
    return CSPAN_OK;
  }
  cspan_identity_free(sink.identity);
  if (!failure) {
    cspan_error_set(&failure, status, "the credentials provider \"%s\" failed", name);
  }
  cspan_error_move(error, failure);
  return status;
}

/* ---------------------------------------------------------------- deciding, with the lock */

typedef enum need {
  NEED_NOTHING,
  NEED_RENEWAL, /* there is time: nobody waits for it */
  NEED_ALL      /* there are none to be used */
} need;

static need needed(const cspan_credentials_provider *provider, int64_t now_s) {
  if (!provider->cached || provider->refused || now_s >= provider->unusable_s) {
    return NEED_ALL;
  }
  return now_s < provider->renew_s || now_s < provider->not_before_s ? NEED_NOTHING : NEED_RENEWAL;
}

/* Metadata services and caches give what they have, which may be nearly over: then they are asked
 * once more at once. Where that gives no better, it is how long they last. */
static void plan(cspan_credentials_provider *provider) {
  int64_t expires_s = cspan_identity_get(provider->cached)->expiration_unix_s;
  int64_t lasts_s = expires_s - provider->asked_s;
  bool came_late = expires_s != 0 && lasts_s < NEARLY_OVER_S && lasts_s >= SHORTEST_S;
  bool ask_again = came_late && !provider->came_late;
  provider->came_late = came_late;
  provider->renew_s = provider->unusable_s = INT64_MAX;
  if (expires_s == 0) {
    return;
  }
  if (lasts_s <= 0) {
    lasts_s = STALE_USE_S;
    expires_s = provider->asked_s + lasts_s;
  }
  int64_t share_s = lasts_s / RENEW_SHARE;
  provider->renew_s = expires_s - (share_s < RENEW_BEFORE_S ? share_s : RENEW_BEFORE_S);
  provider->unusable_s = expires_s;
  if (ask_again) {
    provider->renew_s = provider->asked_s;
  }
}

/* Whether a thread of this process is at it. */
static bool is_resolving(const cspan_credentials_provider *provider) {
  return provider->resolving && provider->resolver == getpid();
}

/* ---------------------------------------------------------------- refreshing */

static void keep(cspan_credentials_provider *provider, cspan_identity *identity) {
  cspan_identity_free(provider->cached);
  provider->cached = identity;
  provider->refused = false;
  provider->failing = false;
  provider->not_before_s = 0;
  plan(provider);
  cspan_log(CSPAN_LOG_DEBUG, "credentials come from: %s", cspan_identity_get(identity)->source);
}

/* The old ones still work. Said once, until it works again. */
static void put_off(cspan_credentials_provider *provider, const cspan_error *failure) {
  cspan_log(provider->failing ? CSPAN_LOG_DEBUG : CSPAN_LOG_WARN,
            "credentials could not be refreshed; the old ones are used until they expire: %s",
            cspan_error_message(failure));
  provider->failing = true;
  provider->not_before_s = provider->asked_s + RETRY_AFTER_S;
}

static void begin(cspan_credentials_provider *provider, int64_t now_s) {
  provider->resolving = true;
  provider->resolver = getpid();
  provider->asked_s = now_s;
}

/* Without the lock on entry, with it on return. */
static cspan_status resolve_and_keep(cspan_credentials_provider *provider, need wanted,
                                     const cspan_context *context, cspan_error **error) {
  cspan_identity *identity = NULL;
  cspan_error *failure = NULL;
  cspan_status status = resolve(provider, context, &identity, &failure);
  pthread_mutex_lock(&provider->mutex);
  provider->resolving = false;
  provider->round++;
  cspan_error_free(provider->failure);
  provider->failure = failure ? cspan_error_dup(failure) : NULL;
  pthread_cond_broadcast(&provider->resolved);
  if (status == CSPAN_OK) {
    keep(provider, identity);
    return CSPAN_OK;
  }
  if (wanted == NEED_RENEWAL && !provider->refused) {
    if (cspan_context_status(context) != CSPAN_ERR_CANCELLED) {
      put_off(provider, failure);
    }
    cspan_error_free(failure);
    return CSPAN_OK;
  }
  return cspan_error_move(error, failure);
}

static void renew_apart(void *user, const cspan_context *context) {
  cspan_credentials_provider *provider = user;
  resolve_and_keep(provider, NEED_RENEWAL, context, NULL);
  pthread_mutex_unlock(&provider->mutex);
}

/* With the lock. */
static bool start_apart(cspan_credentials_provider *provider) {
  if (!provider->refresher) {
    provider->refresher = cspan_refresher_create();
  }
  return provider->refresher && cspan_refresher_start(provider->refresher, renew_apart, provider);
}

/* With the lock on entry and on return. */
static cspan_status refresh(cspan_credentials_provider *provider, need wanted, int64_t now_s,
                            const cspan_context *context, cspan_error **error) {
  const cspan_context in_passing = cspan_context_with_timeout(context, IN_PASSING_MS);
  begin(provider, now_s);
  if (wanted == NEED_RENEWAL && start_apart(provider)) {
    return CSPAN_OK;
  }
  pthread_mutex_unlock(&provider->mutex);
  return resolve_and_keep(provider, wanted, wanted == NEED_RENEWAL ? &in_passing : context, error);
}

/* What another thread waited for and did not get is no better for this one, which would only wait
 * as long again; but the end of that thread's call says nothing. */
static bool shares_failure(const cspan_credentials_provider *provider, uint64_t round) {
  cspan_status status = cspan_error_status(provider->failure);
  return provider->round != round && status != CSPAN_OK && status != CSPAN_ERR_TIMEOUT &&
         status != CSPAN_ERR_CANCELLED;
}

/* With the lock. */
static cspan_status wait_for_other(cspan_credentials_provider *provider,
                                   const cspan_context *context, cspan_error **error) {
  uint64_t round = provider->round;
  cspan_cond_wait_until(&provider->resolved, &provider->mutex,
                        cspan_now_ns() + WAIT_SLICE_MS * ns_per_ms);
  if (shares_failure(provider, round)) {
    return cspan_error_move(error, cspan_error_dup(provider->failure));
  }
  cspan_status status = cspan_context_status(context);
  if (status != CSPAN_OK) {
    cspan_error_set(error, status, "the call ended while it waited for credentials (%s)",
                    cspan_status_name(status));
  }
  return status;
}

cspan_status cspan_credentials_provider_get_at(cspan_credentials_provider *provider,
                                               int64_t now_unix_s, const cspan_context *context,
                                               cspan_identity **out, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  need wanted;
  *out = NULL;
  pthread_mutex_lock(&provider->mutex);
  while (status == CSPAN_OK && (wanted = needed(provider, now_unix_s)) != NEED_NOTHING) {
    if (!is_resolving(provider)) {
      status = refresh(provider, wanted, now_unix_s, context, error);
      break;
    }
    if (wanted != NEED_ALL) {
      break; /* another thread is at it, and there is time */
    }
    status = wait_for_other(provider, context, error);
  }
  if (status == CSPAN_OK) {
    *out = cspan_identity_ref(provider->cached);
  }
  pthread_mutex_unlock(&provider->mutex);
  return status;
}

cspan_status cspan_credentials_provider_get(cspan_credentials_provider *provider,
                                            const cspan_context *context, cspan_identity **out,
                                            cspan_error **error) {
  return cspan_credentials_provider_get_at(provider, cspan_unix_ns() / ns_per_s, context, out,
                                           error);
}

void cspan_credentials_provider_settle(cspan_credentials_provider *provider) {
  pthread_mutex_lock(&provider->mutex);
  while (is_resolving(provider)) {
    pthread_cond_wait(&provider->resolved, &provider->mutex);
  }
  pthread_mutex_unlock(&provider->mutex);
}

void cspan_credentials_provider_refuse(cspan_credentials_provider *provider,
                                       const cspan_identity *used) {
  pthread_mutex_lock(&provider->mutex);
  if (provider->cached == used) {
    provider->refused = true;
  }
  pthread_mutex_unlock(&provider->mutex);
}
