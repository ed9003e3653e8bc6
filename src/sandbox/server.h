/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox as its own thread sees it. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <event2/event.h>
#include <event2/http.h>
#include <pthread.h>
#include <stdatomic.h>

#include "sandbox/call.h"
#include "sandbox/records.h"

typedef struct sbx_exchange sbx_exchange;

struct cspan_sandbox {
  sbx_service service;
  sbx_records *records;
  struct event_base *base;
  struct evhttp *http;
  struct event *wake; /* readable: stop */
  int wake_fd;
  pthread_t thread;
  bool running;
  int port;
  char endpoint[40];
  atomic_size_t open_uploads;
  sbx_exchange *exchanges; /* that are not done yet */
  /* The strings that service.keys points to. */
  char *region;
  char *access_key_id;
  char *secret_access_key;
  char *session_token;
};

/* exchange.c: evhttp's callback for every request; user is the sandbox. */
void cspan_sbx_on_request(struct evhttp_request *http, void *user);
/* Before evhttp_free: what is still under way is given up. */
void cspan_sbx_exchanges_free(cspan_sandbox *sandbox);

#endif
