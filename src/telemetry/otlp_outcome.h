/* SPDX-License-Identifier: Apache-2.0 */
/* What one try to export came to, and reading a receiver's answer. Pure
 * functions: bytes in, a verdict out. */
#ifndef TELEMETRY_OTLP_OUTCOME_H
#define TELEMETRY_OTLP_OUTCOME_H

#include <cloudspan/base.h>

typedef struct cspan_otlp_outcome {
  cspan_status status; /* OK: accepted */
  bool retryable;
  int64_t retry_after_ms; /* what the receiver asks for; -1: it says nothing */
  int64_t rejected_items;
  bool warned;      /* accepted, with a message */
  const char *code; /* low-cardinality and static: "UNAVAILABLE", "http_503" */
  int http_status;
  char message[512]; /* for a person; one line */
} cspan_otlp_outcome;

/* The parts of a response that matter. NULL where a header is absent. */
typedef struct cspan_otlp_reply {
  int http_status;
  const char *content_type;
  const char *retry_after;
  const char *grpc_status;   /* from the trailers, or the headers where there are none */
  const char *grpc_encoding; /* of a message that is marked as compressed */
  const char *grpc_message;
  const char *grpc_details; /* grpc-status-details-bin */
  const uint8_t *body;
  size_t body_len;
} cspan_otlp_reply;

/* A message that the receiver has compressed by gzip is unpacked, to at most
 * CSPAN_OTLP_MAX_RESPONSE bytes. */
void cspan_otlp_read_grpc(const cspan_otlp_reply *reply, cspan_otlp_outcome *out);
/* `unix_seconds` is now, for a Retry-After that is a date. */
void cspan_otlp_read_http(const cspan_otlp_reply *reply, int64_t unix_seconds,
                          cspan_otlp_outcome *out);

/* "UNAVAILABLE" and the like; "UNKNOWN" for codes there are not. */
const char *cspan_grpc_code_name(uint64_t code);

/* ------------------------------------------ pieces of the two, and for tests */

/* An ExportTraceServiceResponse or ExportMetricsServiceResponse; false when it is malformed. */
bool cspan_otlp_read_response(const uint8_t *data, size_t len, cspan_otlp_outcome *out);
/* A google.rpc.Status: its message, unless out has one, and a RetryInfo's delay
 * (0 where it gives none). False when it is malformed. */
bool cspan_otlp_read_status(const uint8_t *data, size_t len, cspan_otlp_outcome *out,
                            bool *has_retry_info);
/* The same two in JSON; of a Status, the message only. */
bool cspan_otlp_read_response_json(const uint8_t *data, size_t len, cspan_otlp_outcome *out);
bool cspan_otlp_read_status_json(const uint8_t *data, size_t len, cspan_otlp_outcome *out);
/* Milliseconds from a Retry-After header, -1 when it is malformed. */
int64_t cspan_otlp_retry_after(const char *value, int64_t unix_seconds);
/* Copies text of a peer into out->message behind what is there: one line, cut where
 * there is no more room. */
void cspan_otlp_say(cspan_otlp_outcome *out, const char *text, size_t len);

#endif
