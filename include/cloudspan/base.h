/* SPDX-License-Identifier: Apache-2.0 */
/**
 * base.h: what every module shares: status codes, the error object, the
 * context that is passed down a call, cancellation, logging, allocation.
 *
 * Conventions of the whole library:
 *  - A function that can fail returns a cspan_status and takes a
 *    `cspan_error **error` last. `error` may be NULL. Where it is not, it must
 *    point at NULL; on failure it receives an object that the caller frees
 *    with cspan_error_free().
 *  - `const char *` inputs are borrowed for the duration of the call unless
 *    stated otherwise, NUL-terminated UTF-8, and NULL means "not given".
 *  - Option and input structs are zero-initialised; zero means the default.
 *    Those that may grow start with `size`, which is sizeof the struct as the
 *    caller was compiled with (0 is taken as the current size).
 *  - A `_free` function accepts NULL.
 */
#ifndef CLOUDSPAN_BASE_H
#define CLOUDSPAN_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cloudspan/export.h>

#define CSPAN_VERSION       "0.1.0"
#define CSPAN_VERSION_MAJOR 0
#define CSPAN_VERSION_MINOR 1
#define CSPAN_VERSION_PATCH 0

CSPAN_BEGIN_DECLS

/** The version of the library that is linked, e.g. "0.1.0". Static. */
CSPAN_API const char *cspan_version(void);

/* ------------------------------------------------------------------ status */

typedef enum cspan_status {
  CSPAN_OK = 0,
  CSPAN_ERR_INVALID = 1,      /**< an argument or input is wrong */
  CSPAN_ERR_NOMEM = 2,        /**< an allocation failed */
  CSPAN_ERR_LIMIT = 3,        /**< a cap (size, count) would be exceeded */
  CSPAN_ERR_IO = 4,           /**< a file, pipe or user callback failed */
  CSPAN_ERR_TIMEOUT = 5,      /**< a timeout or the context's deadline passed */
  CSPAN_ERR_CANCELLED = 6,    /**< the context was cancelled */
  CSPAN_ERR_CONNECT = 7,      /**< no connection, or it broke */
  CSPAN_ERR_TLS = 8,          /**< handshake or certificate */
  CSPAN_ERR_PROTOCOL = 9,     /**< the peer sent what cannot be understood */
  CSPAN_ERR_SERVICE = 10,     /**< the service answered with an error */
  CSPAN_ERR_CONFIG = 11,      /**< configuration file, variable or option */
  CSPAN_ERR_CREDENTIALS = 12, /**< none found, or they cannot be used */
  CSPAN_ERR_CHECKSUM = 13,    /**< content does not match its checksum */
  CSPAN_ERR_SHUTDOWN = 14,    /**< used after shutdown */
  CSPAN_ERR_PARTIAL = 15,     /**< a batch of which some items failed */
  CSPAN_ERR_UNSUPPORTED = 16  /**< not available in this build or by this peer */
} cspan_status;

/** A constant, lower-case name, e.g. "timeout". Never NULL. */
CSPAN_API const char *cspan_status_name(cspan_status status);

/* ------------------------------------------------------------------- error */

/** Why a call failed. Owned by whoever received it. */
typedef struct cspan_error cspan_error;

CSPAN_API void cspan_error_free(cspan_error *error);

/* All getters accept NULL (as "no error") and return memory that lives as long
 * as the error. */
CSPAN_API cspan_status cspan_error_status(const cspan_error *error);
/** The service's error code ("NoSuchKey"), else a low-cardinality name of ours
 * ("timeout", "connection_refused", "cancelled", "io_error"...). Never NULL;
 * "" where there is no error. */
CSPAN_API const char *cspan_error_code(const cspan_error *error);
/** A sentence for a person. Never holds credentials or signatures. */
CSPAN_API const char *cspan_error_message(const cspan_error *error);
/** 0 where no response was received. */
CSPAN_API int cspan_error_http_status(const cspan_error *error);
/** The service's request id, or "" */
CSPAN_API const char *cspan_error_request_id(const cspan_error *error);
/** S3's x-amz-id-2, or "" */
CSPAN_API const char *cspan_error_extended_request_id(const cspan_error *error);
struct cspan_value; /* value.h */
/** The members of a modelled error as a map; NULL where there are none. */
CSPAN_API const struct cspan_value *cspan_error_fields(const cspan_error *error);
/** Whether the same call may succeed when made again later. */
CSPAN_API bool cspan_error_is_retryable(const cspan_error *error);

/* ----------------------------------------------------------------- context */

/** A span of telemetry.h: a value, copied freely. {0} is "no span"; every
 * operation on it, or on a span that has ended, does nothing. */
typedef struct cspan_span {
  void *slot;          /**< private */
  uint64_t generation; /**< private */
} cspan_span;

/** Baggage of telemetry.h; immutable, reference-counted. */
typedef struct cspan_baggage cspan_baggage;

/** A cancellation flag that several threads may share. It must outlive every
 * call that was given it. */
typedef struct cspan_cancel cspan_cancel;

/** Names a value in a context; known by its address, so make it static. */
typedef struct cspan_context_key {
  const char *name; /**< for debugging */
} cspan_context_key;

/** A value in a context: memory of whoever put it there, see
 * cspan_context_with_value(). */
typedef struct cspan_context_value {
  const cspan_context_key *key;             /**< private */
  const void *value;                        /**< private */
  const struct cspan_context_value *before; /**< private */
} cspan_context_value;

/**
 * Passed down a call by pointer and copied by value; never stored by the
 * library past the call it was given to. A NULL context, or a zero one, means:
 * no deadline, not cancellable, and the calling thread's current span as the
 * parent (telemetry.h). Everything it refers to is borrowed.
 */
typedef struct cspan_context {
  cspan_span span;                   /**< parent of spans started below */
  const cspan_baggage *baggage;      /**< may be NULL */
  cspan_cancel *cancel;              /**< may be NULL */
  int64_t deadline_ns;               /**< on cspan_now_ns()'s clock; 0: none */
  const cspan_context_value *values; /**< private: cspan_context_value_get() */
} cspan_context;

/**
 * A copy of `parent` (NULL: zero) in which `key` is `value`; the parent is not
 * changed. `storage` holds the value: it, and what `value` points at, must live as
 * long as the copy and all that is made from it. That is usually a local variable
 * of the function that makes the call.
 */
CSPAN_API cspan_context cspan_context_with_value(const cspan_context *parent,
                                                 const cspan_context_key *key, const void *value,
                                                 cspan_context_value *storage);
/** The value last set, or NULL. `context` may be NULL. */
CSPAN_API const void *cspan_context_value_get(const cspan_context *context,
                                              const cspan_context_key *key);

/** CLOCK_MONOTONIC in nanoseconds, the clock of deadlines. */
CSPAN_API int64_t cspan_now_ns(void);

/** A copy of `parent` (NULL: zero) whose deadline is at most `timeout_ms` from
 * now; an earlier deadline of the parent stays. */
CSPAN_API cspan_context cspan_context_with_timeout(const cspan_context *parent, int64_t timeout_ms);

/** A flag that is not set; NULL when out of memory. Free with
 * cspan_cancel_free(). */
CSPAN_API cspan_cancel *cspan_cancel_create(void);
CSPAN_API void cspan_cancel_free(cspan_cancel *cancel);
/** Sets it. Async-signal-safe and thread-safe. A call that waits notices it
 * within 100 ms. */
CSPAN_API void cspan_cancel_trigger(cspan_cancel *cancel);
CSPAN_API bool cspan_cancel_is_triggered(const cspan_cancel *cancel);

/** CSPAN_OK, CSPAN_ERR_CANCELLED or CSPAN_ERR_TIMEOUT. NULL is OK. */
CSPAN_API cspan_status cspan_context_status(const cspan_context *context);

/* ----------------------------------------------------------------- logging */

typedef enum cspan_log_level {
  CSPAN_LOG_NONE = 0,
  CSPAN_LOG_ERROR = 1,
  CSPAN_LOG_WARN = 2,
  CSPAN_LOG_INFO = 3,
  CSPAN_LOG_DEBUG = 4
} cspan_log_level;

/** Called with one line without a line end, from any thread. */
typedef void (*cspan_log_fn)(void *user, cspan_log_level level, const char *message);

/** Replaces the log target. NULL: stderr. Default level: CSPAN_LOG_WARN, or
 * what OTEL_LOG_LEVEL says. */
CSPAN_API void cspan_log_set(cspan_log_fn fn, void *user, cspan_log_level level);

/* -------------------------------------------------------------- allocation */

typedef struct cspan_allocator {
  void *(*malloc_fn)(void *user, size_t size);
  void *(*realloc_fn)(void *user, void *ptr, size_t size);
  void (*free_fn)(void *user, void *ptr);
  void *user;
} cspan_allocator;

/** Replaces malloc, realloc and free of the library. Call it before anything
 * else; NULL restores the C library's. Copied. */
CSPAN_API void cspan_allocator_set(const cspan_allocator *allocator);

/** Frees memory that the library handed out as plain bytes or strings. */
CSPAN_API void cspan_free(void *ptr);

CSPAN_END_DECLS

#endif
