/* SPDX-License-Identifier: Apache-2.0 */
/* What a span gets at once is what it would get one by one. */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>
#include <stdio.h>

#include "instrument/answered.h"
#include "instrument/call_keys.h"
#include "telemetry/core.h"

enum { THREADS = 4, ROUNDS = 200 };

static const cspan_answer usual = {
    .host = "b.s3.amazonaws.com", .method = "PUT", .port = 443, .status = 200, .is_reused = true};

/* Whether it was known; the span has ended then. */
static bool put(span_fixture *f, cspan_answered *answered, uint32_t left_out,
                const cspan_answer *answer) {
  cspan_span span = cspan_span_start(f->tracer, NULL, "call", NULL);
  cspan_span_set_string(span, "aws.s3.key", "k");
  cspan_slot *slot = cspan_slot_lock_recording(span);
  assert_non_null(slot);
  bool is_known = cspan_answered_put(answered, slot, left_out, answer);
  cspan_slot_unlock_span(slot, span);
  cspan_span_end(span);
  return is_known;
}

static const cspan_attr *find(const cspan_span_view *span, const char *key) {
  for (size_t i = 0; i < span->attribute_count; i++) {
    if (strcmp(span->attributes[i].key, key) == 0) {
      return &span->attributes[i];
    }
  }
  return NULL;
}

static void assert_has(const cspan_span_view *span, const cspan_answer *answer) {
  assert_int_equal(span->attribute_count, 7);
  assert_string_equal(find(span, "server.address")->value.string, answer->host);
  assert_int_equal(find(span, "server.port")->value.int64, answer->port);
  assert_string_equal(find(span, "http.request.method")->value.string, answer->method);
  assert_int_equal(find(span, "http.response.status_code")->value.int64, answer->status);
  assert_int_equal(find(span, "aws.retry.attempts")->value.int64, 1);
  assert_int_equal(find(span, "aws.http.connection_reused")->value.boolean, answer->is_reused);
}

static void each_answer_has_its_own(void **state) {
  (void)state;
  span_fixture f;
  cspan_answered answered = {.at = {NULL}};
  cspan_answer answers[] = {usual, usual, usual, usual};
  enum { COUNT = sizeof answers / sizeof answers[0] };
  answers[1].is_reused = false;
  answers[2].status = 204;
  answers[3].port = 8443;
  fixture_open(&f, NULL);
  for (int round = 0; round < 3; round++) { /* the first span of a slot has no room for a block */
    for (size_t i = 0; i < COUNT; i++) {
      bool is_known = put(&f, &answered, 0, &answers[i]);
      assert_true(is_known || (round == 0 && i == 0));
    }
  }
  const cspan_span_list *list = fixture_spans(&f);
  for (size_t i = COUNT; i < 3 * COUNT; i++) {
    assert_has(cspan_span_list_at(list, i), &answers[i % COUNT]);
  }
  cspan_answered_free(&answered);
  fixture_close(&f);
}

/* Whatever the metrics found stands for its place, and is one's own word for it only. */
static void what_was_found_stands_for_its_place(void **state) {
  (void)state;
  static const int found[2];
  span_fixture f;
  cspan_answered answered = {.at = {NULL}};
  cspan_answer answers[4] = {usual, usual, usual, usual};
  answers[0].found = &found[0];
  answers[1].found = &found[1];
  answers[1].status = 404;
  answers[2].found = &found[0];
  answers[2].is_reused = false; /* of which the metrics know nothing */
  fixture_open(&f, NULL);
  cspan_span_end(cspan_span_start(f.tracer, NULL, "first", NULL));
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < 4; i++) {
      put(&f, &answered, 0, &answers[i]);
    }
  }
  const cspan_span_list *list = fixture_spans(&f);
  for (size_t i = 5; i < 13; i++) { /* the first of a slot may have no room */
    assert_has(cspan_span_list_at(list, i), &answers[(i - 1) % 4]);
  }
  cspan_answered_free(&answered);
  fixture_close(&f);
}

static void only_some_are_remembered(void **state) {
  (void)state;
  span_fixture f;
  cspan_answered answered = {.at = {NULL}};
  char host[32] = "";
  fixture_open(&f, NULL);
  put(&f, &answered, 0, &usual);
  for (int i = 1; i < 2 * CSPAN_ANSWERS_PER_PLAN; i++) {
    cspan_answer other = usual;
    snprintf(host, sizeof host, "b%d.example.com", i); /* the same memory, another text */
    other.host = host;
    assert_int_equal(put(&f, &answered, 0, &other), i < CSPAN_ANSWERS_PER_PLAN);
    assert_true(put(&f, &answered, 0, &usual));
  }
  cspan_answered_free(&answered);
  fixture_close(&f);
}

static void what_is_left_out_is_not_set(void **state) {
  (void)state;
  static const struct {
    cspan_call_key bit;
    const char *key;
  } rows[] = {
      {CSPAN_KEY_SERVER_ADDRESS, "server.address"},
      {CSPAN_KEY_SERVER_PORT, "server.port"},
      {CSPAN_KEY_METHOD, "http.request.method"},
      {CSPAN_KEY_STATUS_CODE, "http.response.status_code"},
      {CSPAN_KEY_ATTEMPTS, "aws.retry.attempts"},
      {CSPAN_KEY_REUSED, "aws.http.connection_reused"},
  };
  enum { COUNT = sizeof rows / sizeof rows[0] };
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span_end(cspan_span_start(f.tracer, NULL, "first", NULL));
  for (size_t i = 0; i < COUNT; i++) {
    cspan_answered answered = {.at = {NULL}};
    put(&f, &answered, 1U << rows[i].bit, &usual);
    put(&f, &answered, 1U << rows[i].bit, &usual);
    const cspan_span_list *list = fixture_spans(&f);
    const cspan_span_view *span = cspan_span_list_at(list, cspan_span_list_count(list) - 1);
    for (size_t k = 0; k < COUNT; k++) {
      assert_int_equal(find(span, rows[k].key) == NULL, i == k);
    }
    cspan_answered_free(&answered);
  }
  fixture_close(&f);
}

typedef struct worker {
  span_fixture *fixture;
  cspan_answered *answered;
} worker;

static void *work(void *data) {
  const worker *w = data;
  for (int i = 0; i < ROUNDS; i++) {
    cspan_answer answer = usual;
    answer.status = 200 + i % 3;
    put(w->fixture, w->answered, 0, &answer);
  }
  return NULL;
}

static void threads_share_it(void **state) {
  (void)state;
  span_fixture f;
  cspan_answered answered = {.at = {NULL}};
  pthread_t threads[THREADS];
  fixture_open(&f, NULL);
  worker w = {&f, &answered};
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, work, &w), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  const cspan_span_list *list = fixture_spans(&f);
  assert_int_equal(cspan_span_list_count(list), THREADS * ROUNDS);
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *span = cspan_span_list_at(list, i);
    if (span->attribute_count > 1) { /* else there was no room yet */
      assert_string_equal(find(span, "server.address")->value.string, usual.host);
      assert_in_range(find(span, "http.response.status_code")->value.int64, 200, 202);
    }
  }
  cspan_answered_free(&answered);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_answer_has_its_own),
      cmocka_unit_test(what_was_found_stands_for_its_place),
      cmocka_unit_test(only_some_are_remembered),
      cmocka_unit_test(what_is_left_out_is_not_set),
      cmocka_unit_test(threads_share_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
