/* SPDX-License-Identifier: Apache-2.0 */
/* An OTLP/HTTP receiver that can be away in several ways, and counts spans by their attribute "i",
 * an int from 0 on: how many there are, and how often one came twice. Plain sockets, a thread a
 * connection, protobuf without compression. What fails here ends the program. */
#ifndef SUPPORT_OTLP_SINK_H
#define SUPPORT_OTLP_SINK_H

#include <stddef.h>

typedef enum otlp_sink_mode {
  OTLP_SINK_ACCEPTS = 0,
  OTLP_SINK_REFUSES,     /* does not listen; connections that there are end */
  OTLP_SINK_UNAVAILABLE, /* 503 */
  OTLP_SINK_RETRY_AFTER, /* 503 with Retry-After */
  OTLP_SINK_SILENT       /* takes requests and never answers them */
} otlp_sink_mode;

typedef struct otlp_sink otlp_sink;

/* On a port of 127.0.0.1 of the kernel's choice, which it keeps while it refuses. `most` is above
 * every "i"; Retry-After gives that many seconds. */
otlp_sink *otlp_sink_start(size_t most, int retry_after_s);
void otlp_sink_stop(otlp_sink *sink);
int otlp_sink_port(const otlp_sink *sink);
void otlp_sink_set(otlp_sink *sink, otlp_sink_mode mode);

typedef struct otlp_sink_counts {
  size_t spans;    /* different ones */
  size_t again;    /* came once more */
  size_t strange;  /* without "i": reports of lost spans */
  size_t requests; /* answered, in any way, or kept waiting */
} otlp_sink_counts;
otlp_sink_counts otlp_sink_count(otlp_sink *sink);

#endif
