/* SPDX-License-Identifier: Apache-2.0 */
/* An OTLP receiver: traces, and metrics, over gRPC (HTTP/2 without TLS) and over HTTP/1.1 (protobuf and
 * JSON), on a thread of its own. It hands on what arrives and keeps nothing. Bad input gets
 * the error that OTLP, gRPC and HTTP ask for, and never ends the server. */
#ifndef VIEWER_RECEIVER_H
#define VIEWER_RECEIVER_H

#include <cloudspan/metrics.h>

#include "base/buf.h"

#define CSPAN_OTLP_GRPC_PORT 4317
#define CSPAN_OTLP_HTTP_PORT 4318

typedef struct cspan_receiver cspan_receiver;

typedef struct cspan_receiver_options {
  int grpc_port; /* 0: one that is free; -1: off */
  int http_port; /* 0: one that is free; -1: off */
  /* NULL: the loopback (127.0.0.1, and ::1 too where a port is given). There is no
   * authentication: whoever reaches the address can send spans. */
  const char *address;
  /* Called on the receiver's thread. The list is the receiver's and lives until it
   * returns. */
  void (*on_spans)(void *user, const cspan_span_list *list);
  /* The same for metrics in protobuf; those in JSON are taken and dropped. May be NULL. */
  void (*on_metrics)(void *user, const cspan_metric_list *list);
  /* Writes the answer to GET /costs, in JSON (cost_sum.h). NULL: nothing is there. */
  void (*on_costs)(void *user, cspan_buf *out);
  /* Called on the same thread every tick_ms (0: 200). May be NULL. */
  void (*on_tick)(void *user);
  int64_t tick_ms;
  void *user;
  size_t max_request_bytes; /* unpacked; 0: 64 MiB; at most 1 GiB */
  int64_t idle_timeout_ms;  /* of a connection; 0: 5 minutes */
} cspan_receiver_options;

/* Listens before it returns. CSPAN_ERR_IO: an address cannot be listened on. */
cspan_status cspan_receiver_start(const cspan_receiver_options *options, cspan_receiver **out,
                                  cspan_error **error);
/* Ends the thread and its connections and frees it; not from its callbacks. NULL is fine.
 * Nothing is called afterwards. */
void cspan_receiver_stop(cspan_receiver *receiver);

/* The port in use; -1: off. */
int cspan_receiver_grpc_port(const cspan_receiver *receiver);
int cspan_receiver_http_port(const cspan_receiver *receiver);

typedef struct cspan_receiver_stats {
  uint64_t requests; /* answered with success */
  uint64_t spans;    /* in them */
  uint64_t metrics;  /* in them, where they were in protobuf */
  uint64_t rejected; /* requests answered with an error */
} cspan_receiver_stats;
/* From any thread. */
void cspan_receiver_stats_get(const cspan_receiver *receiver, cspan_receiver_stats *out);

#endif
