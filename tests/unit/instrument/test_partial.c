/* SPDX-License-Identifier: Apache-2.0 */
/* What a successful answer says of parts that failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/ext/middleware.h>

#include "base/alloc.h"
#include "instrument/partial.h"
#include "unit/aws/call_fixture.h"

static const cspan_batch_rule deletes = {NULL, "Errors", "Code", "Delete.Objects", false};
static const cspan_batch_rule put_events = {NULL, "Entries", "ErrorCode", "Entries", true};
static const cspan_batch_rule writes = {NULL, "UnprocessedItems", NULL, "RequestItems", false};
static const cspan_batch_rule reads = {NULL, "UnprocessedKeys", NULL, "RequestItems", false};
static const cspan_batch_rule nested = {NULL, "Responses", "Error.Code", "Statements", true};

#define THREE_OBJECTS "{\"Delete\":{\"Objects\":[{\"Key\":\"a\"},{\"Key\":\"b\"},{\"Key\":\"c\"}]}}"

static const struct {
  const char *what;
  const cspan_batch_rule *rule;
  const char *input;
  const char *output;
  const char *event;
} cases[] = {
    {"no failure", &deletes, THREE_OBJECTS, "{}", NULL},
    {"an empty list", &deletes, THREE_OBJECTS, "{\"Errors\":[]}", NULL},
    {"codes are counted", &deletes, THREE_OBJECTS,
     "{\"Errors\":[{\"Code\":\"AccessDenied\"},{\"Code\":\"Slow\"},{\"Code\":\"AccessDenied\"}]}",
     "3 3 AccessDenied*2,Slow*1"},
    {"a failure without a code", &deletes, THREE_OBJECTS, "{\"Errors\":[{\"Key\":\"a\"}]}", "3 1"},
    {"items that did not fail", &put_events, "{\"Entries\":[{},{}]}",
     "{\"Entries\":[{\"EventId\":\"1\"},{\"ErrorCode\":\"Throttled\"}]}", "2 1 Throttled*1"},
    {"all items went well", &put_events, "{\"Entries\":[{},{}]}",
     "{\"Entries\":[{\"EventId\":\"1\"},{\"EventId\":\"2\"}]}", NULL},
    {"lists of a map", &writes, "{\"RequestItems\":{\"t\":[1,2],\"u\":[3]}}",
     "{\"UnprocessedItems\":{\"t\":[1],\"u\":[3]}}", "3 2"},
    {"nothing is left", &writes, "{\"RequestItems\":{\"t\":[1]}}", "{\"UnprocessedItems\":{}}",
     NULL},
    {"keys of a map", &reads, "{\"RequestItems\":{\"t\":{\"Keys\":[1,2,3]}}}",
     "{\"UnprocessedKeys\":{\"t\":{\"Keys\":[2]}}}", "3 1"},
    {"a code further down", &nested, "{\"Statements\":[1,2]}",
     "{\"Responses\":[{\"Error\":{\"Code\":\"Duplicate\"}},{\"Item\":{}}]}", "2 1 Duplicate*1"},
};

/* ----------------------------------------------------- a call with documents */

typedef struct documents {
  const cspan_value *input;
  const cspan_value *output;
  const cspan_batch *batch;
  cspan_span span;
} documents;

static const cspan_value *see_input(struct cspan_call *call, const void *input) {
  (void)call;
  return ((const documents *)input)->input;
}

static const cspan_value *see_output(struct cspan_call *call) {
  return ((const documents *)cspan_call_typed_input(call))->output;
}

static void add_event(void *self, struct cspan_call *call, void *state) {
  const documents *all = self;
  (void)state;
  cspan_batch_add_event(all->batch, call, all->span);
}

static const cspan_operation_documents hooks = {.input = see_input, .output = see_output};
static const cspan_operation operation = {.name = "Batch", .method = "GET", .documents = &hooks};
static const cspan_middleware_vtable watcher = {
    .size = sizeof watcher, .name = "Watcher", .end = add_event};
static const script_step succeeds[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), END};

static void run_call(fixture *f, documents *all) {
  cspan_middleware middleware = {
      .vtable = &watcher, .self = all, .step = CSPAN_STEP_INITIALIZE, .position = CSPAN_BEFORE};
  cspan_call_options options = {
      .size = sizeof options, .middlewares = &middleware, .middleware_count = 1};
  cspan_call_start start = {.operation = &operation, .input = all, .options = &options};
  assert_int_equal(cspan_aws_call(f->client, &start, NULL), CSPAN_OK);
}

static const cspan_attr *find(const cspan_event_view *event, const char *key) {
  for (size_t i = 0; i < event->attribute_count; i++) {
    if (strcmp(event->attributes[i].key, key) == 0) {
      return &event->attributes[i];
    }
  }
  return NULL;
}

static void describe(const cspan_event_view *event, char *out, size_t size) {
  const cspan_attr *codes = find(event, "aws.batch.error_codes");
  const cspan_attr *counts = find(event, "aws.batch.error_counts");
  assert_string_equal(event->name, "aws.batch.partial_failure");
  int at = snprintf(out, size, "%d %d", (int)find(event, "aws.batch.requested_count")->value.int64,
                    (int)find(event, "aws.batch.failed_count")->value.int64);
  for (size_t i = 0; codes && i < codes->count; i++) {
    at += snprintf(out + at, size - (size_t)at, "%s%s*%d", i ? "," : " ", codes->value.strings[i],
                   (int)counts->value.int64s[i]);
  }
}

static void check_case(fixture *f, cspan_tracer *tracer, cspan_span_exporter *memory, size_t i) {
  cspan_document *input = NULL;
  cspan_document *output = NULL;
  cspan_batch batch;
  char seen[256];
  print_message("%s\n", cases[i].what);
  assert_int_equal(cspan_document_parse_json(cases[i].input, strlen(cases[i].input), &input, NULL),
                   CSPAN_OK);
  assert_int_equal(
      cspan_document_parse_json(cases[i].output, strlen(cases[i].output), &output, NULL), CSPAN_OK);
  assert_int_equal(cspan_batch_make(cases[i].rule, &batch, NULL), CSPAN_OK);
  documents all = {cspan_document_value(input), cspan_document_value(output), &batch,
                   cspan_span_start(tracer, NULL, "batch", NULL)};
  run_call(f, &all);
  cspan_span_end(all.span);
  cspan_span_list *spans = cspan_memory_spans(memory);
  const cspan_span_view *span = cspan_span_list_at(spans, 0);
  assert_int_equal(span->event_count, cases[i].event ? 1 : 0);
  if (cases[i].event) {
    describe(&span->events[0], seen, sizeof seen);
    assert_string_equal(seen, cases[i].event);
  }
  cspan_span_list_free(spans);
  cspan_memory_reset(memory);
  cspan_batch_free(&batch);
  cspan_document_free(input);
  cspan_document_free(output);
}

static void events(void **state) {
  (void)state;
  const script_connection scripts[] = {succeeds};
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(memory);
  cspan_tracer_provider *provider = NULL;
  fixture f;
  fixture_clear_environment();
  fixture_serve(&f, scripts, 1);
  fixture_configure(&f, NULL);
  fixture_connect(&f);
  assert_int_equal(
      cspan_tracer_provider_create(&(cspan_provider_options){.size = sizeof(cspan_provider_options),
                                                             .service_name = "test",
                                                             .processors = &processor,
                                                             .processor_count = 1},
                                   &provider, NULL),
      CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "test", NULL, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_case(&f, tracer, memory, i);
  }
  cspan_tracer_provider_free(provider);
  fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(events)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
