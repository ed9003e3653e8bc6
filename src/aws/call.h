/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a call and of a client. */
#ifndef AWS_CALL_H
#define AWS_CALL_H

#include <stdatomic.h>

#include "aws/auth.h"
#include "aws/body.h"
#include "aws/bucket_regions.h"
#include "aws/call_memory.h"
#include "aws/chunked.h"
#include "aws/client.h"
#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/express.h"
#include "aws/headers.h"
#include "aws/pipeline.h"
#include "aws/rate_limiter.h"
#include "aws/retry.h"
#include "aws/token.h"

struct cspan_aws_client {
  cspan_aws_config *config; /* a reference */
  const cspan_service *service;
  cspan_http_client *http;
  cspan_http_client *http2; /* NULL: the service has no use for it */
  cspan_chain *chain;
  cspan_base_url base_url;
  bool has_base_url;
  cspan_retry_bucket bucket;
  const cspan_retry_policy *retry_policy;
  int max_attempts;
  pthread_mutex_t rate_mutex;
  cspan_rate_limiter rate;        /* used in the adaptive mode */
  _Atomic int64_t clock_offset_s; /* the service's clock minus ours */
  cspan_token_cache tokens;
  cspan_express express;
  cspan_bucket_regions bucket_regions;
  char *user_agent;
  bool is_in_lambda;
  cspan_spare_calls spares;
};

typedef struct cspan_call_events {
  cspan_event_source source; /* next NULL: the body is something else */
  cspan_buf frame;           /* of the event at hand */
  cspan_buf out;             /* the same as it goes out; from `sent` on it is still to go */
  size_t sent;
  char signature[CSPAN_SIGV4_SIGNATURE_MAX + 1]; /* the last one */
  bool is_begun;                                 /* what the source gave cannot be had again */
  bool is_ended;
} cspan_call_events;

typedef struct cspan_call_request {
  const char *method;
  const char *path; /* of the operation, below the endpoint */
  const char *bucket;
  const char *host_prefix; /* NULL: none */
  cspan_buf query;         /* encoded, without '?' */
  cspan_header_list headers;
  cspan_endpoint endpoint; /* from ResolveEndpoint on */
  bool has_endpoint;
  const char *wire_path; /* the endpoint's prefix and the path */
  cspan_source body;
  cspan_call_events events; /* instead of the body */
  cspan_buf url;

  /* The checksum of the body. */
  const char *checksum_wanted; /* by the caller; NULL: the default */
  const char *checksum_given;  /* the caller's value */
  bool checksum_set;           /* the serializer asked for one (or for the default) */
  const char *trailer_name;    /* sent as a trailer: "x-amz-checksum-crc32" */
  cspan_digest *digest;
  cspan_digest_kind digest_kind;
  char payload_sha256[2 * CSPAN_SHA256_LEN + 1]; /* "" until it is known */
  cspan_chunked chunked;
  bool is_chunked;
  cspan_sigv4_scope chunk_scope; /* with its key below, for signed chunks */
  uint8_t chunk_key[CSPAN_SIGV4_KEY_LEN];
} cspan_call_request;

typedef struct cspan_call_response {
  int status; /* 0: none */
  cspan_header_block headers;
  cspan_buf body; /* unless it went to the sink */
  int64_t received;
  bool to_sink;    /* of this attempt */
  bool sink_dirty; /* bytes were written, by any attempt */
  bool verify;
  cspan_sink sink;
  bool has_sink;
  cspan_digest *digest;
  cspan_digest_kind digest_kind;
  const char *digest_header; /* "x-amz-checksum-crc32" */
  cspan_call_timings timings;
  bool has_timings;
  char peer_address[64];
  int peer_port;
  const char *http_version; /* static; NULL: none */
} cspan_call_response;

/* A context that a middleware replaced; popped when it ends. */
typedef struct cspan_context_frame {
  struct cspan_context_frame *next;
  size_t index; /* of the middleware */
  cspan_context saved;
} cspan_context_frame;

struct cspan_call {
  cspan_arena *scratch; /* first: call_memory.c keeps it with the memory of the call */
  cspan_aws_client *client;
  const cspan_operation *operation;
  const void *input;
  void **output_to;
  void *output;
  const cspan_value *input_document; /* made by the first look; NULL: not looked at */
  const void *plan;                  /* cspan_call_plan() */
  void *found;                       /* cspan_call_found() */
  cspan_context context;
  cspan_context_frame *frames;
  cspan_context_frame first_frame; /* most often the only one */
  const cspan_chain *chain;
  cspan_chain *own_chain; /* with the middlewares of this call */
  unsigned char *states;
  size_t entered; /* middlewares whose begin ran and whose end has not */
  size_t current; /* whose hook is running */
  cspan_error *error;
  cspan_error *stream_error; /* of a callback during the exchange; tells more than its result */
  cspan_arena *output_arena;

  const char *region; /* NULL: not set */
  cspan_base_url *own_base_url;
  char invocation_id[37];
  cspan_auth auth;            /* zero: by the facts of the service */
  cspan_identity *identity;   /* of the attempt */
  cspan_buf bearer;           /* the value of Authorization; a secret */
  cspan_express_visit *visit; /* of the cache of sessions */

  cspan_call_request request;
  cspan_call_response response;
  int attempt;
  int max_attempts;
  int64_t backoff_ms; /* slept in all */
  int64_t limited_ms; /* what the rate limiter asked for in all */
  bool admitted;      /* the attempt need not wait any more */
  bool is_at_gate;    /* asleep before an attempt */
  bool gave_up;       /* asleep, or was so, before the error is told */
  bool is_throttled;  /* the model says so of the attempt's error */
  int last_cost;      /* of the last retry, given back on success */
  bool final_error;   /* a callback of the caller failed: no retry */
  bool asks_for_fips; /* by a region of its own */
  bool clock_retried;
  bool credentials_retried;
  bool is_redirected;               /* to the region of its bucket */
  const char *told_region;          /* by the attempt's error; NULL: none */
  cspan_http_header *saved_headers; /* as they were before the attempt */
  size_t saved_count;

  cspan_loop *loop;
  bool is_async;
  bool starting; /* inside the start function: done must wait */
  bool start_failed;
  bool finished;
  cspan_call_done_fn done;
  void *done_user;
  cspan_http_exchange *exchange;
  cspan_loop_timer *timer;
  int64_t wake_ns;                           /* the end of the sleep */
  void (*on_awake)(struct cspan_call *call); /* what goes on then */
};

/* call.c: making and freeing */
struct cspan_call *cspan_call_new(cspan_aws_client *client, const cspan_call_start *start,
                                  cspan_error **error);
void cspan_call_free(struct cspan_call *call);
/* Hands the output over to the caller. */
void cspan_call_deliver_output(struct cspan_call *call);

/* builtin.c: only the steps up to Build, by the library's own middlewares: for presigning. */
cspan_status cspan_call_prepare(struct cspan_call *call, cspan_error **error);

/* The endpoint for the call's region, by the service. */
cspan_status cspan_call_resolve_target(struct cspan_call *call, cspan_error **error);

/* call_region.c: takes the region of the call's options. */
cspan_status cspan_call_take_region(struct cspan_call *call, const char *given,
                                    cspan_error **error);
/* Takes the region that is known of the bucket. */
void cspan_call_recall_region(struct cspan_call *call);
/* After an attempt whose error names the region of the bucket: the next one goes there. False: it
 * cannot. */
bool cspan_call_follow_bucket(struct cspan_call *call);

/* call_retry.c: whether the failed attempt is made again, and after how long. */
typedef enum cspan_retry_decision {
  CSPAN_RETRY_NOT,
  CSPAN_RETRY_AGAIN,
  CSPAN_RETRY_HOLD_BACK /* no, but the error is told after the backoff */
} cspan_retry_decision;
cspan_retry_decision cspan_call_decide_retry(struct cspan_call *call, int64_t *backoff_ms);
/* Of the attempt's error, which there is. */
cspan_retry_class cspan_call_retry_class(const struct cspan_call *call);
/* After a success: tokens flow back. */
void cspan_call_refund(struct cspan_call *call);

/* call_gate.c: before an attempt; *wait_ms is 0 when it may begin, else ask again after that. */
cspan_status cspan_call_gate(struct cspan_call *call, int64_t *wait_ms, cspan_error **error);
/* After an attempt: tells the rate limiter how it ended. */
void cspan_call_measure(struct cspan_call *call);

/* call_run.c: what a call waits for before an attempt may be there. On the loop's thread. */
void cspan_call_wake(struct cspan_call *call);
/* Ends what is under way. On the loop's thread. */
void cspan_call_break_off(struct cspan_call *call, cspan_status status);

/* call_exchange.c: the HTTP part. */
cspan_status cspan_call_exchange_start(struct cspan_call *call, cspan_http_done_fn done,
                                       cspan_error **error);
void cspan_call_exchange_done(struct cspan_call *call, const cspan_http_result *result);
/* A cspan_http_read_fn over the body of the call `user`. */
ptrdiff_t cspan_call_read_source(void *user, char *buf, size_t cap);

/* call_events.c: a body of events. */
void cspan_call_events_init(cspan_call_events *events);
void cspan_call_events_free(cspan_call_events *events);
bool cspan_call_sends_events(const struct cspan_call *call);
/* A cspan_http_read_fn over the events of the call `user`. */
ptrdiff_t cspan_call_read_events(void *user, char *buf, size_t cap);

/* call_checksum.c */
cspan_status cspan_call_add_checksum(struct cspan_call *call, cspan_error **error);
/* SHA-256 of the body into request.payload_sha256, once. */
cspan_status cspan_call_hash_payload(struct cspan_call *call, cspan_error **error);
/* Starts verifying a response body where its headers have a checksum. */
cspan_status cspan_call_verify_start(struct cspan_call *call);
cspan_status cspan_call_verify_end(struct cspan_call *call, cspan_error **error);

/* call_auth.c: the dispatch by kind of authentication. */
cspan_auth_kind cspan_call_auth_kind(const struct cspan_call *call);
const char *cspan_call_signing_name(const struct cspan_call *call);
const char *cspan_call_signing_region(const struct cspan_call *call); /* NULL: none is known */
bool cspan_call_is_signed(const struct cspan_call *call);
cspan_status cspan_call_resolve_identity(struct cspan_call *call, cspan_error **error);
cspan_status cspan_call_sign(struct cspan_call *call, cspan_error **error);
/* The service said that what the call was signed with has expired; false: nothing can be got
 * anew. */
bool cspan_call_refuse_identity(struct cspan_call *call);

/* call_sign.c: SigV4 and SigV4a. */
cspan_status cspan_call_sign_v4(struct cspan_call *call, cspan_error **error);
/* What payload signing comes to for this call. */
bool cspan_call_signs_payload(const struct cspan_call *call);
/* The time as the service sees it. */
time_t cspan_call_time(const struct cspan_call *call);
/* All headers with Host, in the scratch memory. */
cspan_status cspan_call_headers_to_sign(struct cspan_call *call, cspan_http_header **out,
                                        size_t *count);
/* What the call's identity signs with now; `key` is written and borrowed. */
cspan_status cspan_call_scope(struct cspan_call *call, uint8_t key[CSPAN_SIGV4_KEY_LEN],
                              cspan_sigv4_scope *out, cspan_error **error);

/* call_result.c: the response to output or error. */
void cspan_call_deserialize(struct cspan_call *call);

/* The error of the call becomes `error` (owned). NULL: success. */
void cspan_call_replace_error(struct cspan_call *call, cspan_error *error);

#endif
