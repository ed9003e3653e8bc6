/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. A loop and everything in it belongs to
 * one thread at a time, so that nothing here is locked. */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <curl/curl.h>
#include <poll.h>

#include "http/header_parse.h"
#include "http/http.h"

enum {
  CSPAN_HTTP_MESSAGE_MAX = 768,
  CSPAN_HTTP_TARGET_MAX = 272, /* a host name, a colon, a port */
  CSPAN_HTTP_PEER_MAX = 64
};

#define CSPAN_TIME_NEVER INT64_MAX

/* Settings of a client, copied. `id` tells the handles of one client from those
 * of another, also when one is made where a freed one was. */
struct cspan_http_client {
  uint64_t id;
  int64_t connect_timeout_ms;
  int64_t low_speed_timeout_ms;
  char *ca_bundle;
  char *client_cert;
  char *client_key;
  char *proxy;
  bool insecure_skip_verify;
  bool is_direct; /* no proxy by its options or, when it was made, by the environment */
  cspan_http_version version;
  struct cspan_loop_pool *pool;
};

typedef enum cspan_exchange_state {
  CSPAN_EXCHANGE_IDLE,    /* in the loop's pool */
  CSPAN_EXCHANGE_FRESH,   /* started, not yet given to libcurl */
  CSPAN_EXCHANGE_RUNNING, /* in the multi handle */
  CSPAN_EXCHANGE_ENDED    /* done was called inside a libcurl callback; still to be removed */
} cspan_exchange_state;

/* How libcurl is told to make the request. */
typedef enum cspan_exchange_mode {
  CSPAN_MODE_NONE,
  CSPAN_MODE_GET,   /* no body */
  CSPAN_MODE_HEAD,  /* no body either way */
  CSPAN_MODE_BYTES, /* body in memory: small ones leave in one packet with the head */
  CSPAN_MODE_READER /* body from read_fn */
} cspan_exchange_mode;

typedef struct cspan_exchange_list {
  cspan_http_exchange *first;
  cspan_http_exchange *last;
} cspan_exchange_list;

/* A header of a request, measured. */
typedef struct cspan_head_line {
  size_t name_len;
  size_t value_len;
  bool is_empty;  /* but for blanks */
  bool is_listed; /* libcurl has to see it */
} cspan_head_line;

/* A libcurl easy handle with all it needs; pooled, and kept set up between
 * exchanges, because most options never change. */
struct cspan_http_exchange {
  cspan_http_exchange *prev;
  cspan_http_exchange *next;
  cspan_loop *loop;
  CURL *easy;
  uint64_t client_id;
  cspan_exchange_state state;

  /* The handle's present options, to skip what is set already. */
  cspan_exchange_mode mode;
  char method[16]; /* CURLOPT_CUSTOMREQUEST, "" when not set */
  long recv_size;
  long send_size;
  bool has_target; /* CURLOPT_REQUEST_TARGET */

  /* Of the client. */
  bool keeps_target; /* HTTP/1.1, by a libcurl that sends a target as it is */
  bool is_direct;

  /* The request. */
  cspan_http_sink sink;
  cspan_http_done_fn done;
  void *user;
  cspan_http_read_fn read_fn;
  void *read_user;
  cspan_loop_timer *read_timer; /* runs while read_fn has nothing to send */
  int64_t body_length;
  int64_t body_read; /* bytes that read_fn gave */
  int64_t deadline_ns;
  const cspan_cancel *cancel;
  int64_t max_body_bytes;
  char target[CSPAN_HTTP_TARGET_MAX]; /* host:port, for messages */
  struct curl_slist *header_nodes;
  cspan_head_line *head_lines;
  size_t header_cap; /* of both */
  char *header_text;
  size_t header_text_cap;

  /* The response. */
  cspan_header_parser parser;
  int64_t received;
  bool resending;           /* libcurl wanted to send the request once more */
  int64_t sent_ns;          /* when the request began to go out; 0: not yet */
  int64_t first_byte_ns;    /* when the final response's head began; 0: not yet */
  int64_t last_byte_ns;     /* when its last byte so far arrived */
  cspan_status stop_status; /* why one of our callbacks ended the transfer */
  const char *stop_reason;
  char curl_error[CURL_ERROR_SIZE];
};

typedef struct cspan_timer_heap {
  cspan_loop_timer **items;
  size_t count;
  size_t cap;
  uint64_t next_serial;
} cspan_timer_heap;

struct cspan_loop {
  CURLM *multi;
  struct pollfd *slots; /* [0] is the wake-up; fd -1: free */
  size_t slot_count;
  size_t slot_cap;
  bool out_of_memory; /* a socket could not be watched */
  bool closing;
  bool in_curl;          /* libcurl is on the stack: it must not be re-entered */
  unsigned futile_turns; /* one after the other, see quiet_poll() */
  curl_off_t sent;       /* of all bodies under way, at the last of them */
  int64_t curl_due_ns;   /* when libcurl wants to be called */
  int64_t check_due_ns;  /* when deadlines and cancellations are looked at */
  cspan_exchange_list fresh;
  cspan_exchange_list running;
  cspan_exchange_list ended;
  cspan_exchange_list idle;
  size_t idle_count;
  size_t active; /* fresh and running */
  cspan_timer_heap timers;
};

/* A result with the memory its strings point to, so that it outlives the
 * handle's next use. */
typedef struct cspan_outcome {
  cspan_http_result result;
  char message[CSPAN_HTTP_MESSAGE_MAX];
  char peer[CSPAN_HTTP_PEER_MAX];
} cspan_outcome;

/* handle.c */
/* Whether the libcurl at hand is known to write a request target as it is given, line ends
 * included. */
bool cspan_curl_keeps_target(void);
cspan_http_exchange *cspan_exchange_new(cspan_loop *loop, const cspan_http_client *client);
void cspan_exchange_delete(cspan_http_exchange *exchange);
/* Sets the handle up for the request, whose strings are copied. */
cspan_status cspan_exchange_prepare(cspan_http_exchange *exchange,
                                    const cspan_http_request *request, cspan_error **error);

/* request_headers.c */
/* Sets the URL, the target and the headers. The request's URL was checked. */
cspan_status cspan_exchange_head(cspan_http_exchange *exchange, const cspan_http_request *request,
                                 cspan_exchange_mode mode, cspan_error **error);

/* callbacks.c */
void cspan_exchange_set_callbacks(cspan_http_exchange *exchange);

/* result.c */
void cspan_outcome_of_curl(cspan_outcome *outcome, cspan_http_exchange *exchange, CURLcode code);
void cspan_outcome_of_status(cspan_outcome *outcome, cspan_http_exchange *exchange,
                             cspan_status status);

/* exchange.c */
void cspan_list_append(cspan_exchange_list *list, cspan_http_exchange *exchange);
void cspan_list_remove(cspan_exchange_list *list, cspan_http_exchange *exchange);
/* Takes it out of libcurl and of the lists, and calls done. */
void cspan_exchange_finish(cspan_http_exchange *exchange, CURLcode code);
/* Removes what ended inside a callback. */
void cspan_exchange_reap(cspan_loop *loop);

/* timer.c */
int64_t cspan_timers_next(const cspan_timer_heap *heap); /* or CSPAN_TIME_NEVER */
size_t cspan_timers_fire(cspan_loop *loop, int64_t now_ns);
void cspan_timers_free(cspan_timer_heap *heap);

/* loop.c */
/* Makes room so that watching a few more sockets cannot fail. */
cspan_status cspan_loop_reserve(cspan_loop *loop, size_t slots);

#endif
