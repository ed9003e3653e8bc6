/* SPDX-License-Identifier: Apache-2.0 */
/* One request from its arrival to the last byte of its answer. */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include "sandbox/server.h"

struct sbx_exchange {
  cspan_sandbox *sandbox;
  struct evhttp_request *http;
  sbx_call call;
  sbx_strike strike;
  struct event *timer;
  void (*step)(sbx_exchange *exchange); /* what the timer is for */
  struct evbuffer *body;                /* of the answer; never NULL */
  /* While an answer is sent slowly, or its last bytes leave. */
  int64_t started_ns;
  int64_t sent;
  size_t unsent;
  int64_t progress_ns;
  bool broken;
  bool reset; /* end with RST */
  sbx_exchange *previous;
  sbx_exchange *next;
};

/* Calls step after a while, from the event loop. */
void cspan_sbx_exchange_later(sbx_exchange *exchange, int64_t delay_us,
                              void (*step)(sbx_exchange *));
/* Frees the exchange, not the connection. */
void cspan_sbx_exchange_free(sbx_exchange *exchange);

/* transmit.c: sends the answer (status, headers and body are complete), whole or
 * as the fault has it. Frees the exchange, now or later. */
void cspan_sbx_transmit(sbx_exchange *exchange);
/* Closes the connection and frees the exchange; with exchange->reset by RST. */
void cspan_sbx_hang_up(sbx_exchange *exchange);

#endif
