/* SPDX-License-Identifier: Apache-2.0 */
/* The thread's current context, and what a NULL context stands for everywhere. */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>

#include "telemetry/context.h"

static const cspan_context_key color = {"color"};
static const cspan_context_key shape = {"shape"};

/* ------------------------------------------------------------------- values */

static void test_values(void **state) {
  (void)state;
  static const cspan_context_key same_name = {"color"};
  cspan_context_value storage[3];
  cspan_context one = cspan_context_with_value(NULL, &color, "red", &storage[0]);
  cspan_context two = cspan_context_with_value(&one, &shape, "round", &storage[1]);
  cspan_context three = cspan_context_with_value(&two, &color, "blue", &storage[2]);
  assert_string_equal(cspan_context_value_get(&three, &color), "blue");
  assert_string_equal(cspan_context_value_get(&three, &shape), "round");
  /* A context is never changed, only copied. */
  assert_string_equal(cspan_context_value_get(&two, &color), "red");
  assert_string_equal(cspan_context_value_get(&one, &color), "red");
  assert_null(cspan_context_value_get(&one, &shape));
  /* A key is its address, not its name. */
  assert_null(cspan_context_value_get(&three, &same_name));
  assert_null(cspan_context_value_get(NULL, &color));
  /* They go along with everything else that makes a context from another. */
  cspan_context later = cspan_context_with_timeout(&three, 1000);
  cspan_context below = cspan_context_with_span(&later, (cspan_span){0});
  assert_string_equal(cspan_context_value_get(&below, &color), "blue");
}

/* --------------------------------------------------------- attach and detach */

static void test_attach_and_detach(void **state) {
  (void)state;
  cspan_context_value storage[2];
  cspan_context outer = cspan_context_with_value(NULL, &color, "red", &storage[0]);
  cspan_context inner = cspan_context_with_value(&outer, &color, "blue", &storage[1]);
  cspan_context now = cspan_context_current();
  assert_null(cspan_context_value_get(&now, &color));
  cspan_context before_outer = cspan_context_attach(&outer);
  assert_null(before_outer.values);
  now = cspan_context_current();
  assert_string_equal(cspan_context_value_get(&now, &color), "red");
  cspan_context before_inner = cspan_context_attach(&inner);
  now = cspan_context_current();
  assert_string_equal(cspan_context_value_get(&now, &color), "blue");
  cspan_context_detach(&before_inner);
  now = cspan_context_current();
  assert_string_equal(cspan_context_value_get(&now, &color), "red");
  /* NULL: none at all. */
  cspan_context before_none = cspan_context_attach(NULL);
  now = cspan_context_current();
  assert_null(now.values);
  cspan_context_detach(&before_none);
  cspan_context_detach(&before_outer);
  now = cspan_context_current();
  assert_null(now.values);
}

static void *of_another_thread(void *into) {
  *(cspan_context *)into = cspan_context_current();
  return NULL;
}

/* Each thread has its own; a worker gets one by a copy that it attaches. */
static void test_threads(void **state) {
  (void)state;
  cspan_context_value storage;
  cspan_context context = cspan_context_with_value(NULL, &color, "red", &storage);
  cspan_context before = cspan_context_attach(&context);
  cspan_context theirs = context;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, of_another_thread, &theirs), 0);
  pthread_join(thread, NULL);
  assert_null(theirs.values);
  cspan_context_detach(&before);
}

/* Making a span current changes only the span of what is attached. */
static void test_current_span(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "k", "v", NULL);
  const cspan_context context = {.baggage = baggage};
  cspan_context before = cspan_context_attach(&context);
  cspan_span span = cspan_span_start(f.tracer, NULL, "span", NULL);
  cspan_span before_span = cspan_span_make_current(span);
  cspan_context now = cspan_context_current();
  assert_ptr_equal(now.span.slot, span.slot);
  assert_ptr_equal(now.baggage, baggage);
  assert_ptr_equal(cspan_span_current().slot, span.slot);
  cspan_span_make_current(before_span);
  assert_null(cspan_span_current().slot);
  cspan_span_end(span);
  cspan_context_detach(&before);
  cspan_baggage_free(baggage);
  fixture_close(&f);
}

/* ------------------------------------------------- what is left out of one */

static void test_what_a_context_stands_for(void **state) {
  (void)state;
  const cspan_span_context remote = {.trace_id = {1}, .span_id = {2}};
  cspan_span current = cspan_span_from_context(&remote);
  cspan_span other = cspan_span_from_context(&remote);
  cspan_baggage *attached = cspan_baggage_with(NULL, "attached", "1", NULL);
  cspan_baggage *own = cspan_baggage_with(NULL, "own", "1", NULL);
  cspan_context_value storage[2];
  cspan_context base = {.span = current, .baggage = attached, .deadline_ns = 7};
  base = cspan_context_with_value(&base, &color, "red", &storage[0]);
  const cspan_context empty = {0};
  const cspan_context timed = {.deadline_ns = 9};
  const cspan_context with_baggage = {.baggage = own};
  const cspan_context with_span = {.span = other};
  const cspan_context with_value = cspan_context_with_value(NULL, &shape, "round", &storage[1]);
  const struct {
    const cspan_context *given;
    cspan_span span;
    const cspan_baggage *baggage;
    const cspan_context_value *values;
    int64_t deadline_ns;
  } rows[] = {
      {NULL, current, attached, &storage[0], 0},
      {&empty, current, attached, &storage[0], 0},
      {&timed, current, attached, &storage[0], 9},
      {&with_baggage, current, own, &storage[0], 0},
      {&with_value, current, attached, &storage[1], 0},
      {&with_span, other, NULL, NULL, 0}, /* a context of its own */
  };
  cspan_context before = cspan_context_attach(&base);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_context context = cspan_context_resolve(rows[i].given);
    if (context.span.slot != rows[i].span.slot || context.baggage != rows[i].baggage ||
        context.values != rows[i].values || context.deadline_ns != rows[i].deadline_ns)
      fail_msg("row %zu", i);
  }
  cspan_context_detach(&before);
  cspan_span_end(current);
  cspan_span_end(other);
  cspan_baggage_free(attached);
  cspan_baggage_free(own);
}

/* ------------------------------------- spans, samplers, processors, headers */

typedef struct seen {
  const cspan_baggage *by_sampler;
  const cspan_baggage *by_processor;
  const void *value;
  uint8_t parent_id[8];
} seen;

static seen last;

static void keep_sampling(void *self, const cspan_sampling_input *input,
                          cspan_sampling_result *result) {
  (void)self;
  last.by_sampler = input->context->baggage;
  last.value = cspan_context_value_get(input->context, &color);
  memcpy(last.parent_id, input->parent->span_id, sizeof last.parent_id);
  result->decision = CSPAN_SAMPLING_RECORD_AND_SAMPLE;
}

static void keep_start(void *self, cspan_span span, const cspan_context *parent) {
  (void)self;
  (void)span;
  last.by_processor = parent->baggage;
}

static void ignore_end(void *self, const cspan_ended_span *span) {
  (void)self;
  (void)span;
}

/* A span that is given no context has the attached one: its span as parent, its baggage and values
 * for samplers and processors. */
static void test_spans(void **state) {
  (void)state;
  static const cspan_sampler_vtable sampling = {.size = sizeof sampling,
                                                .should_sample = keep_sampling};
  static const cspan_processor_vtable processing = {
      .size = sizeof processing, .on_start = keep_start, .on_end = ignore_end};
  cspan_span_processor *processor = cspan_processor_create(&processing, NULL);
  cspan_provider_options options = {.size = sizeof options,
                                    .sampler = cspan_sampler_create(&sampling, NULL),
                                    .processors = &processor,
                                    .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  const cspan_span_context remote = {.trace_id = {1}, .span_id = {2}};
  cspan_span parent = cspan_span_from_context(&remote);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "k", "v", NULL);
  cspan_context_value storage;
  cspan_context context = {.span = parent, .baggage = baggage};
  context = cspan_context_with_value(&context, &color, "red", &storage);
  const cspan_context timed = {.deadline_ns = INT64_MAX};
  const cspan_context *const given[] = {NULL, &timed};
  cspan_context before = cspan_context_attach(&context);
  for (size_t i = 0; i < 2; i++) {
    last = (seen){0};
    cspan_span_end(cspan_span_start(tracer, given[i], "span", NULL));
    assert_ptr_equal(last.by_sampler, baggage);
    assert_ptr_equal(last.by_processor, baggage);
    assert_string_equal(last.value, "red");
    assert_memory_equal(last.parent_id, remote.span_id, sizeof last.parent_id);
  }
  /* A root has no parent, but it is in the same context. */
  const cspan_span_options root = {.size = sizeof root, .root = true};
  cspan_span_end(cspan_span_start(tracer, NULL, "root", &root));
  assert_memory_equal(last.parent_id, (uint8_t[8]){0}, sizeof last.parent_id);
  assert_ptr_equal(last.by_sampler, baggage);
  cspan_context_detach(&before);
  cspan_span_end(cspan_span_start(tracer, NULL, "later", NULL));
  assert_null(last.by_sampler);
  assert_null(last.value);
  cspan_span_end(parent);
  cspan_baggage_free(baggage);
  cspan_tracer_provider_free(provider);
}

static size_t headers_set;

static void count_headers(void *carrier, const char *key, const char *value) {
  (void)carrier;
  assert_true(strcmp(key, "baggage") != 0 || strcmp(value, "k=v") == 0);
  headers_set++;
}

static const char *no_header(void *carrier, const char *key) {
  (void)carrier;
  (void)key;
  return NULL;
}

static void test_propagation(void **state) {
  (void)state;
  static const cspan_carrier_getter nothing = {.get = no_header};
  cspan_propagator *propagator = cspan_propagator_from_names("tracecontext,baggage", NULL);
  const cspan_span_context remote = {.trace_id = {1}, .span_id = {2}};
  cspan_span span = cspan_span_from_context(&remote);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "k", "v", NULL);
  const cspan_context context = {.span = span, .baggage = baggage};
  const cspan_context bare = {.span = span};
  cspan_extracted extracted;
  cspan_context before = cspan_context_attach(&context);
  headers_set = 0;
  cspan_propagator_inject(propagator, NULL, count_headers, NULL);
  assert_int_equal(headers_set, 2);
  cspan_propagator_inject(propagator, &bare, count_headers, NULL);
  assert_int_equal(headers_set, 3); /* no baggage: the span was given, and nothing with it */
  cspan_propagator_extract(propagator, NULL, &nothing, NULL, &extracted);
  assert_ptr_equal(extracted.context.baggage, baggage);
  assert_ptr_equal(extracted.context.span.slot, span.slot);
  cspan_extracted_free(&extracted);
  cspan_context_detach(&before);
  headers_set = 0;
  cspan_propagator_inject(propagator, NULL, count_headers, NULL);
  assert_int_equal(headers_set, 0);
  cspan_span_end(span);
  cspan_baggage_free(baggage);
  cspan_propagator_free(propagator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_attach_and_detach),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_current_span),
      cmocka_unit_test(test_what_a_context_stands_for),
      cmocka_unit_test(test_spans),
      cmocka_unit_test(test_propagation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
