/* SPDX-License-Identifier: Apache-2.0 */
/** ext/credentials.h: write a credentials provider of one's own. */
#ifndef CLOUDSPAN_EXT_CREDENTIALS_H
#define CLOUDSPAN_EXT_CREDENTIALS_H

#include <cloudspan/base.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_credentials {
  const char *access_key_id;
  const char *secret_access_key;
  const char *session_token; /**< NULL: none */
  const char *account_id;    /**< NULL: not known */
  int64_t expiration_unix_s; /**< 0: they do not expire. In the past: the clock here is taken to
                                be wrong, and they are used for a minute before new ones are asked
                                for; a provider that knows better fails instead */
  const char *source;        /**< NULL: the provider's name. Where they came from, for people */
} cspan_credentials;

/** Takes a copy; the strings may be wiped by the caller afterwards. */
typedef cspan_status (*cspan_credentials_emit_fn)(void *sink, const cspan_credentials *credentials,
                                                  cspan_error **error);

typedef struct cspan_credentials_vtable {
  size_t size;
  const char *name; /**< "environment"; for messages */
  /** Finds credentials and hands them to `emit` exactly once, returning its status. May
   * block up to the context's deadline, and ends soon after its cancellation. Called by one
   * thread at a time.
   *
   * The library keeps the result and asks again from 15 minutes before it expires; in the last
   * fourth of its time where that is less; and at once, but only once, where it came with less
   * than 10 minutes left. That is done on a thread of the library, which is there for that time
   * only, while all calls go on with what is there; a failure is logged once and tried again
   * after 30 seconds. Where there are no credentials that can be used, the first call asks on its
   * own thread; the others wait for it and share the outcome, failure included. */
  cspan_status (*resolve)(void *self, const cspan_context *context, cspan_credentials_emit_fn emit,
                          void *sink, cspan_error **error);
  void (*free)(void *self);
} cspan_credentials_vtable;

/** Reference-counted: a config and its clients share it. */
typedef struct cspan_credentials_provider cspan_credentials_provider;

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_credentials_provider *cspan_credentials_provider_create(
    const cspan_credentials_vtable *vtable, void *self);
CSPAN_API void cspan_credentials_provider_free(cspan_credentials_provider *provider);

CSPAN_END_DECLS

#endif
