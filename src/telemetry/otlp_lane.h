/* SPDX-License-Identifier: Apache-2.0 */
/* What one export under way needs for itself. An OTLP client has as many lanes as threads
 * export at once; idle ones wait for the next export with their buffers. */
#ifndef TELEMETRY_OTLP_LANE_H
#define TELEMETRY_OTLP_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/gzip.h"
#include "http/http.h"
#include "telemetry/env_otlp.h"
#include "telemetry/fork.h"
#include "telemetry/otlp_client.h"
#include "telemetry/otlp_outcome.h"

/* The headers of a response that are looked at; longer values are cut. */
typedef struct cspan_otlp_captured {
  char content_type[64];
  char retry_after[64];
  char grpc_status[16];
  char grpc_encoding[16];
  char grpc_message[1024];
  char grpc_details[8192];
} cspan_otlp_captured;

typedef struct cspan_otlp_lane {
  struct cspan_otlp_lane *next; /* idle ones */
  struct cspan_otlp_lane *all;  /* of the pool */
  cspan_loop *loop;             /* during an exchange; found here by a leak checker after a fork */
  cspan_gzip gzip;
  cspan_buf body;     /* the request as it is sent */
  cspan_buf json;     /* the request before compression, where it is not sent as it came */
  cspan_buf response; /* the body of the last one */
  cspan_otlp_captured captured;
} cspan_otlp_lane;

/* The lanes and connections of one process. */
typedef struct cspan_otlp_pool {
  struct cspan_otlp_pool *next; /* those forgotten in forked children */
  cspan_http_client *http;
  cspan_otlp_lane *all; /* idle or not */
  cspan_otlp_lane *idle;
  size_t idle_count;
} cspan_otlp_pool;

struct cspan_otlp_client {
  cspan_otlp_signal signal;
  cspan_otlp_settings settings;
  cspan_otlp_retry retry;
  atomic_bool is_shut_down;
  cspan_fork_hook fork;
  pthread_mutex_t lock;
  cspan_otlp_pool *pool; /* guarded by lock; NULL until the first export of the process */
};

/* Sets up and frees the pool's part of a client. */
void cspan_otlp_lanes_init(cspan_otlp_client *client);
void cspan_otlp_lanes_free(cspan_otlp_client *client);
/* A lane that is the caller's until it is given back, and the HTTP client to use with it. */
cspan_status cspan_otlp_lane_take(cspan_otlp_client *client, cspan_otlp_lane **out,
                                  cspan_http_client **http, cspan_error **error);
void cspan_otlp_lane_give_back(cspan_otlp_client *client, cspan_otlp_lane *lane);

/* One try: sends lane->body, whose encoding is set up, and reads the answer. */
void cspan_otlp_send(const cspan_otlp_client *client, cspan_otlp_lane *lane,
                     cspan_http_client *http, const cspan_context *context,
                     cspan_otlp_outcome *out);

#endif
