/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts in messages, and spans of processing, with every allocation failing in turn: what has
 * no memory is left out, and the message and its handler go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/fail_alloc.h"
#include "support/typed_models.h"

#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define QUEUE       "http://q/1/orders"
#define MESSAGE(id)                                                                                \
  "{\"MessageId\":\"" id "\",\"Body\":\"{\\\"traceparent\\\":1}\",\"MessageAttributes\":{"         \
  "\"traceparent\":{\"DataType\":\"String\",\"StringValue\":\"" TRACEPARENT "\"},"                 \
  "\"baggage\":{\"DataType\":\"String\",\"StringValue\":\"user=7\"}}}"

enum { MOST_ALLOCATIONS = 3000 };

typedef struct bench {
  typed_fixture f;
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_document *messages; /* a list of them */
} bench;

typedef cspan_status (*scenario)(bench *b, cspan_error **error);

static void bench_open(bench *b, const char *service, const char *answer) {
  static const char messages[] = "[" MESSAGE("m1") "," MESSAGE("m2") "]";
  memset(b, 0, sizeof *b);
  b->memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {cspan_processor_simple(b->memory)};
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "oom",
                                     .sampler = cspan_sampler_always_on(),
                                     .processors = processors,
                                     .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &b->provider, NULL), CSPAN_OK);
  assert_int_equal(cspan_document_parse_json(messages, sizeof messages - 1, &b->messages, NULL),
                   CSPAN_OK);
  const cspan_trace_options trace = {
      .size = sizeof trace, .provider = b->provider, .carriers = CSPAN_CARRIERS_ALL};
  typed_open_traced(&b->f, service, &answer, 1, &trace);
}

static void bench_close(bench *b) {
  typed_close(&b->f);
  cspan_document_free(b->messages);
  cspan_tracer_provider_free(b->provider);
}

/* With the n-th allocation failing (0: none); whether one did. */
static bool run_once(const char *service, const char *answer, scenario run, size_t n) {
  bench b;
  cspan_error *error = NULL;
  bench_open(&b, service, answer);
  if (n > 0) {
    fail_alloc_arm(n, false);
  }
  cspan_status status = run(&b, &error);
  bool met = n > 0 && fail_alloc_disarm();
  if (status != CSPAN_OK && (status != CSPAN_ERR_NOMEM || !met)) {
    fail_msg("allocation %zu: %s: %s", n, cspan_status_name(status), cspan_error_message(error));
  }
  assert_true((status == CSPAN_OK) == (error == NULL));
  cspan_error_free(error);
  bench_close(&b);
  return met;
}

static void replay(const char *service, const char *answer, scenario run) {
  run_once(service, answer, run, 0); /* makes what is made once for all */
  long before = fail_alloc_outstanding_here();
  size_t n = 1;
  while (run_once(service, answer, run, n)) {
    assert_int_equal(fail_alloc_outstanding_here(), before);
    assert_true(++n < MOST_ALLOCATIONS);
  }
  assert_true(n > 5); /* it did meet some */
}

/* -------------------------------------------------------------------- calls */

static cspan_status call(bench *b, const char *operation, cspan_value input, cspan_error **error) {
  cspan_document *output = NULL;
  cspan_status status = cspan_call(NULL, b->f.client, operation, &input, &output, error);
  assert_int_equal(output != NULL, status == CSPAN_OK);
  cspan_document_free(output);
  return status;
}

static cspan_status send_batch(bench *b, cspan_error **error) {
  cspan_value entry = CSPAN_MAP(cspan_field("Id", cspan_string("1")),
                                cspan_field("MessageBody", cspan_string("b")));
  return call(b, "SendMessageBatch",
              CSPAN_MAP(cspan_field("QueueUrl", cspan_string(QUEUE)),
                        cspan_field("Entries", CSPAN_LIST(entry, entry))),
              error);
}

static void test_send(void **state) {
  (void)state;
  replay("sqs", "200 |{}", send_batch);
}

static cspan_status put_events(bench *b, cspan_error **error) {
  cspan_value entry = CSPAN_MAP(cspan_field("Detail", cspan_string("{\"a\":[1.5]}")));
  return call(b, "PutEvents", CSPAN_MAP(cspan_field("Entries", CSPAN_LIST(entry))), error);
}

static void test_events(void **state) {
  (void)state;
  replay("events", "200 |{}", put_events);
}

static cspan_status invoke(bench *b, cspan_error **error) {
  return call(b, "Invoke",
              CSPAN_MAP(cspan_field("FunctionName", cspan_string("f")),
                        cspan_field("ClientContext", cspan_string("e30="))),
              error);
}

static void test_invoke(void **state) {
  (void)state;
  replay("lambda", "200 |{}", invoke);
}

static cspan_status receive(bench *b, cspan_error **error) {
  return call(b, "ReceiveMessage", CSPAN_MAP(cspan_field("QueueUrl", cspan_string(QUEUE))), error);
}

static void test_receive(void **state) {
  (void)state;
  replay("sqs", "200 |{\"Messages\":[" MESSAGE("m1") "," MESSAGE("m2") "]}", receive);
}

/* --------------------------------------------------------------- processing */

static cspan_status count(void *user, const cspan_context *context, const cspan_value *message) {
  assert_non_null(context);
  assert_non_null(message);
  *(int *)user += 1;
  return CSPAN_OK;
}

/* The handler runs in any case. */
static cspan_status process(bench *b, cspan_error **error) {
  cspan_consumer *consumer = NULL;
  int handled = 0;
  const cspan_value *messages = cspan_document_value(b->messages);
  const cspan_consumer_options options = {
      .size = sizeof options, .provider = b->provider, .destination = QUEUE};
  cspan_status status = cspan_consumer_create(&options, &consumer, error);
  if (status != CSPAN_OK) {
    return status;
  }
  assert_int_equal(cspan_consumer_process(consumer, NULL, messages, count, &handled), CSPAN_OK);
  assert_int_equal(
      cspan_consumer_process(consumer, NULL, cspan_value_at(messages, 0), count, &handled),
      CSPAN_OK);
  assert_int_equal(handled, 2);
  cspan_consumer_free(consumer);
  return CSPAN_OK;
}

static void test_process(void **state) {
  (void)state;
  replay("sqs", "200 |{}", process);
}

static int set_up(void **state) {
  (void)state;
  fail_alloc_install();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_send),    cmocka_unit_test(test_events),  cmocka_unit_test(test_invoke),
      cmocka_unit_test(test_receive), cmocka_unit_test(test_process),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
