/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the spans of most calls of an operation end with: where the call went, and that its first
 * attempt was answered. Encoded once for each place and status, so that such a span copies bytes.
 */
#ifndef INSTRUMENT_ANSWERED_H
#define INSTRUMENT_ANSWERED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cspan_slot;

enum { CSPAN_ANSWERS_PER_PLAN = 4 };

/* Of a call with one attempt and without a backoff. */
typedef struct cspan_answer {
  const char *host;
  const char *method;
  int port;
  int status;
  bool is_reused; /* the connection */
  /* What the metrics know of the attempt: the same place has the same texts and numbers as above
   * (cspan_call_found()). NULL: nothing. */
  const void *found;
} cspan_answer;

/* Filled by the first calls and never changed then: threads share it. Zero: nothing is known. */
typedef struct cspan_answered {
  _Atomic(struct cspan_known_answer *) at[CSPAN_ANSWERS_PER_PLAN];
} cspan_answered;

void cspan_answered_free(cspan_answered *answered);

/* Sets on a locked slot server.address, server.port, http.request.method,
 * http.response.status_code, aws.retry.attempts and aws.http.connection_reused, but what
 * `left_out` (cspan_tracing.left_out, the same at each call) says. False: they are not known that
 * way, and nothing was set. */
bool cspan_answered_put(cspan_answered *answered, struct cspan_slot *slot, uint32_t left_out,
                        const cspan_answer *answer);

#endif
