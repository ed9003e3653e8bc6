/* SPDX-License-Identifier: Apache-2.0 */
/* A receiver that keeps of each span what tests of processes ask: its name, its id and its
 * parent's, and the process.pid of the resource that reported it. */
#ifndef TESTS_SPAN_INTAKE_H
#define TESTS_SPAN_INTAKE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "viewer/receiver.h"

typedef struct taken_span {
  char name[32];
  uint8_t id[8];
  uint8_t parent[8];
  int64_t pid;
} taken_span;

typedef struct span_intake {
  cspan_receiver *receiver;
  pthread_mutex_t lock;
  taken_span *spans;
  size_t count;
  size_t room;
} span_intake;

static inline void intake_take(void *user, const cspan_span_list *list) {
  span_intake *in = user;
  pthread_mutex_lock(&in->lock);
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    if (in->count == in->room) {
      in->room = in->room > 0 ? 2 * in->room : 1024;
      in->spans = realloc(in->spans, in->room * sizeof *in->spans);
      if (in->spans == NULL) {
        abort();
      }
    }
    taken_span *span = &in->spans[in->count++];
    memset(span, 0, sizeof *span);
    snprintf(span->name, sizeof span->name, "%s", view->name);
    memcpy(span->id, view->span_id, 8);
    memcpy(span->parent, view->parent_span_id, 8);
    const cspan_attr *pid = cspan_attrs_find(view->resource, view->resource_count, "process.pid");
    span->pid = pid != NULL ? pid->value.int64 : -1;
  }
  pthread_mutex_unlock(&in->lock);
}

static inline void intake_start(span_intake *in) {
  memset(in, 0, sizeof *in);
  pthread_mutex_init(&in->lock, NULL);
  cspan_receiver_options options = {.on_spans = intake_take, .user = in};
  assert_int_equal(cspan_receiver_start(&options, &in->receiver, NULL), CSPAN_OK);
}

static inline void intake_stop(span_intake *in) {
  cspan_receiver_stop(in->receiver);
  in->receiver = NULL;
}

static inline void intake_free(span_intake *in) {
  intake_stop(in);
  free(in->spans);
  pthread_mutex_destroy(&in->lock);
}

/* Spans of that name; pid 0: of any process. */
static inline size_t intake_count(span_intake *in, const char *name, int64_t pid) {
  size_t count = 0;
  pthread_mutex_lock(&in->lock);
  for (size_t i = 0; i < in->count; i++) {
    count += strcmp(in->spans[i].name, name) == 0 && (pid == 0 || in->spans[i].pid == pid);
  }
  pthread_mutex_unlock(&in->lock);
  return count;
}

static inline size_t intake_total(span_intake *in) {
  pthread_mutex_lock(&in->lock);
  size_t count = in->count;
  pthread_mutex_unlock(&in->lock);
  return count;
}

static inline int intake_compare(const void *a, const void *b) {
  return memcmp(((const taken_span *)a)->id, ((const taken_span *)b)->id, 8);
}

/* Whether some span came twice. Changes the order. */
static inline bool intake_has_twice(span_intake *in) {
  bool twice = false;
  pthread_mutex_lock(&in->lock);
  if (in->count > 0) {
    qsort(in->spans, in->count, sizeof *in->spans, intake_compare);
  }
  for (size_t i = 1; i < in->count; i++) {
    twice = twice || memcmp(in->spans[i - 1].id, in->spans[i].id, 8) == 0;
  }
  pthread_mutex_unlock(&in->lock);
  return twice;
}

static inline taken_span intake_find(span_intake *in, const char *name) {
  taken_span found = {.name = ""};
  pthread_mutex_lock(&in->lock);
  for (size_t i = 0; i < in->count && found.name[0] == '\0'; i++) {
    if (strcmp(in->spans[i].name, name) == 0) {
      found = in->spans[i];
    }
  }
  pthread_mutex_unlock(&in->lock);
  return found;
}

#endif
