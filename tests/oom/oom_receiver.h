/* SPDX-License-Identifier: Apache-2.0 */
/* A receiver of a group of tests in which allocations fail: it starts before they do. */
#ifndef OOM_RECEIVER_H
#define OOM_RECEIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/fail_alloc.h"
#include "support/quiet_log.h"
#include "viewer/receiver.h"

static cspan_receiver *receiver;
static char grpc_endpoint[64];
static char http_endpoint[64];

static inline void drop_spans(void *user, const cspan_span_list *list) {
  (void)user;
  (void)list;
}

/* The group's setup and teardown. */
static inline int open_all(void **state) {
  const cspan_receiver_options options = {.on_spans = drop_spans};
  fail_alloc_install();
  if (cspan_receiver_start(&options, &receiver, NULL) != CSPAN_OK) {
    return 1;
  }
  snprintf(grpc_endpoint, sizeof grpc_endpoint, "http://127.0.0.1:%d",
           cspan_receiver_grpc_port(receiver));
  snprintf(http_endpoint, sizeof http_endpoint, "http://127.0.0.1:%d",
           cspan_receiver_http_port(receiver));
  return quiet(state);
}

static inline int close_all(void **state) {
  cspan_receiver_stop(receiver);
  fail_alloc_uninstall();
  return loud(state);
}

#endif
