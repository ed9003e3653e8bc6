/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP exchanges on libcurl's multi interface.
 *
 * A cspan_http_client keeps settings and a pool of idle loops (each a CURLM
 * with its kept-alive connections); it may be shared between threads. A
 * cspan_loop is used by one thread at a time: it drives any number of exchanges
 * and timers. A synchronous call borrows a loop from the client's pool, runs it
 * until the call is done, and gives it back, connections included.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <cloudspan/loop.h>

#include "base/buf.h"

typedef struct cspan_http_client cspan_http_client;
typedef struct cspan_http_exchange cspan_http_exchange;

typedef enum cspan_http_version {
  CSPAN_HTTP_VERSION_DEFAULT = 0, /* 1.1 */
  CSPAN_HTTP_VERSION_1_1,
  CSPAN_HTTP_VERSION_2, /* by ALPN over TLS, prior knowledge over plain TCP */
} cspan_http_version;

typedef struct cspan_http_client_options {
  int64_t connect_timeout_ms;   /* 0: 3,100; the AWS default */
  int64_t low_speed_timeout_ms; /* 0: 60,000: fails when under 1 byte/s this long */
  const char *ca_bundle;        /* file; NULL: the system's */
  const char *client_cert;      /* file, PEM; NULL: none (mTLS) */
  const char *client_key;       /* file, PEM */
  const char *proxy;            /* NULL: libcurl's environment rules; where the environment names
                                   no proxy when the client is made, it has none for good */
  bool insecure_skip_verify;    /* for tests only */
  cspan_http_version version;
  size_t max_idle_loops; /* 0: 64 */
} cspan_http_client_options;

/* Starts libcurl, once for the process; clients do it by themselves. */
cspan_status cspan_http_global_init(cspan_error **error);

cspan_status cspan_http_client_create(const cspan_http_client_options *options,
                                      cspan_http_client **out, cspan_error **error);
/* No exchange may be under way. Loops still out are freed with cspan_loop_free. */
void cspan_http_client_free(cspan_http_client *client);

/* Borrow an idle loop or make one; NULL when out of memory. */
cspan_loop *cspan_http_client_acquire(cspan_http_client *client);
void cspan_http_client_release(cspan_http_client *client, cspan_loop *loop);

/* One header line. Both borrowed. */
typedef struct cspan_http_header {
  const char *name;
  const char *value;
  /* Whoever fills it in knows that it can be sent: the name is a token, the value has no line end
   * and is not blank. These are their lengths then; otherwise both are found out. */
  bool is_safe;
  uint32_t name_len;
  uint32_t value_len;
} cspan_http_header;

/* Phases in microseconds, -1 where the phase did not happen. */
typedef struct cspan_http_timings {
  int64_t dns_us;
  int64_t connect_us; /* TCP, without DNS and TLS */
  int64_t tls_us;
  int64_t time_to_first_byte_us; /* request start (connection ready) to first response byte */
  int64_t transfer_us;           /* first response byte to the last */
  bool connection_reused;
} cspan_http_timings;

/* Of a read_fn: nothing is there to send yet. It is asked again when a piece of the response has
 * come, or some milliseconds later. */
#define CSPAN_HTTP_READ_LATER ((ptrdiff_t)-2)

/* Fills up to cap bytes; 0 at the end; -1 to fail the exchange (CSPAN_ERR_IO). */
typedef ptrdiff_t (*cspan_http_read_fn)(void *user, char *buf, size_t cap);

/* Callbacks for the response; all may be NULL. Returning anything but CSPAN_OK
 * ends the exchange with that status. */
typedef struct cspan_http_sink {
  void *user;
  /* Once, after the last header line of the final (non-1xx) response. */
  cspan_status (*head)(void *user, int http_status, int64_t content_length /* -1 unknown */);
  /* Each header line, before `head`; trailers after the body with trailer=true.
   * name is lower-case. 1xx responses are not reported. */
  cspan_status (*header)(void *user, const char *name, const char *value, bool trailer);
  cspan_status (*body)(void *user, const char *data, size_t len);
} cspan_http_sink;

typedef struct cspan_http_request {
  const char *method; /* "GET", "HEAD", "PUT", "POST", "DELETE" */
  const char *url;    /* absolute, already encoded; sent as it is (CURLOPT_PATH_AS_IS) */
  const cspan_http_header *headers; /* exactly these, plus Host/Content-Length by libcurl;
                                       a value of "" or blanks sends an empty header. libcurl's own
                                       User-Agent, Accept and Expect are switched off. The order may
                                       change, and over HTTP/1.1 " HTTP/1.1" may follow a user
                                       agent's value, as one more product: see request_headers.c */
  size_t header_count;
  /* Body: memory, or read_fn; borrowed until done. */
  const void *body;
  cspan_http_read_fn read_fn;
  void *read_user;
  int64_t body_length; /* bytes of either; -1 with read_fn: chunked */
  bool expect_continue;
  int64_t deadline_ns;        /* 0: none */
  const cspan_cancel *cancel; /* may be NULL; checked at least each 100 ms */
  size_t max_header_bytes;    /* 0: 256 KiB in all */
  int64_t max_body_bytes;     /* 0: none; a response that says or sends more fails with LIMIT */
  bool large_response;        /* it may be large: received in large steps from the start */
  cspan_http_sink sink;
} cspan_http_request;

/* What an exchange came to. Valid during the done callback only. */
typedef struct cspan_http_result {
  cspan_status status;      /* OK: a whole response was received, whatever its code */
  const char *code;         /* low-cardinality reason where status is not OK: "timeout",
                       "connection_refused", "connection_reset", "connection_failed" (no route...),
                       "proxy_error", "dns_error", "tls_error", "truncated_body",
                       "protocol_error"; for the rest cspan_status_code(status): "io_error",
                       "cancelled", "limit"... */
  const char *message;      /* a sentence naming host and port, never a query */
  int http_status;          /* 0: none received */
  bool request_sent;        /* at least a byte of the request went out */
  bool body_started;        /* at least a byte of a response body was handed to the sink */
  int64_t bytes_sent;       /* of the body */
  int64_t bytes_received;   /* of the body */
  const char *peer_address; /* "" when not connected */
  int peer_port;
  const char *version; /* of the response's HTTP: "1.1", "2"; "": none was received */
  cspan_http_timings timings;
} cspan_http_result;

typedef void (*cspan_http_done_fn)(void *user, const cspan_http_result *result);

/* A request is sent once: where libcurl would send it again over a new connection, because a kept
 * one broke, it ends with "connection_reset" instead, so that every retry is seen.
 *
 * Starts an exchange. The request struct, header array and strings are read
 * before it returns; body, read_user and sink.user stay borrowed until `done`,
 * which is called exactly once, from cspan_loop_run_once on the loop's thread
 * (never from inside this function). *out may be NULL. */
cspan_status cspan_http_start(cspan_http_client *client, cspan_loop *loop,
                              const cspan_http_request *request, cspan_http_done_fn done,
                              void *user, cspan_http_exchange **out, cspan_error **error);

/* Ends it early: `done` is called with `status` before this returns. */
void cspan_http_abort(cspan_http_exchange *exchange, cspan_status status);

/* ------------------------------------------------------------------- loops */

/* cspan_loop itself is public: cloudspan/loop.h. */

typedef struct cspan_loop_timer cspan_loop_timer;
typedef void (*cspan_timer_fn)(void *user);
/* Calls fn once from run_once after delay_ms (0: on the next turn). The timer is
 * gone once it fired or was cancelled. NULL when out of memory. */
cspan_loop_timer *cspan_loop_timer_start(cspan_loop *loop, int64_t delay_ms, cspan_timer_fn fn,
                                         void *user);
void cspan_loop_timer_cancel(cspan_loop *loop, cspan_loop_timer *timer);
/* Calls `dropped` (once, instead of fn) when the loop is freed before the timer fires: whoever
 * waits for it is told. Without this a timer goes silently with its loop. */
void cspan_loop_timer_on_drop(cspan_loop_timer *timer, cspan_timer_fn dropped);

#endif
