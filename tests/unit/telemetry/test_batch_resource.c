/* SPDX-License-Identifier: Apache-2.0 */
/* Processors and the resource: awaited until it is final, and sent with its schema's URL. */
#include "unit/telemetry/batch_fixture.h"

#include "unit/telemetry/pb_builder.h"

static const char schema[] = "https://example.com/schemas/1.0";

/* A Resource message of one attribute, service.name. */
typedef struct named_resource {
  cspan_buf bytes;
  cspan_encoded_resource encoded;
} named_resource;

static void make_resource(named_resource *r, const char *name, const char *schema_url,
                          bool is_final) {
  cspan_buf parts[2];
  for (size_t i = 0; i < 2; i++) {
    cspan_buf_init(&parts[i], 4096);
  }
  cspan_buf_init(&r->bytes, 4096);
  pb_text(&parts[0], 1, name);
  pb_text(&parts[1], 1, "service.name");
  pb_bytes(&parts[1], 2, parts[0].data, parts[0].len);
  pb_bytes(&r->bytes, 1, parts[1].data, parts[1].len);
  for (size_t i = 0; i < 2; i++) {
    cspan_buf_free(&parts[i]);
  }
  r->encoded = (cspan_encoded_resource){.size = sizeof r->encoded,
                                        .bytes = (const uint8_t *)r->bytes.data,
                                        .size_bytes = r->bytes.len,
                                        .schema_url = schema_url,
                                        .is_final = is_final};
}

typedef struct fixture {
  batch_fixture batch;
  named_resource early;
  named_resource final;
} fixture;

static void give(fixture *f, const named_resource *resource) {
  const cspan_span_processor *processor = f->batch.provider->processors[0];
  processor->vtable->set_resource(processor->self, &resource->encoded);
}

static void open_pending(fixture *f) {
  open_batch(&f->batch, &patient);
  make_resource(&f->early, "early", "", false);
  make_resource(&f->final, "final", schema, true);
  give(f, &f->early);
}

static void close_pending(fixture *f) {
  close_batch(&f->batch);
  cspan_buf_free(&f->early.bytes);
  cspan_buf_free(&f->final.bytes);
}

static void assert_all_from(fixture *f, size_t count, const char *name) {
  cspan_span_list *list = gate_spans(&f->batch.gate);
  assert_int_equal(cspan_span_list_count(list), count);
  for (size_t i = 0; i < count; i++) {
    const cspan_span_view *span = cspan_span_list_at(list, i);
    assert_string_equal(
        cspan_attrs_find(span->resource, span->resource_count, "service.name")->value.string, name);
  }
  cspan_span_list_free(list);
}

static bool holds(const cspan_buf *buf, const char *text) {
  return buf->len > 0 && memmem(buf->data, buf->len, text, strlen(text)) != NULL;
}

static void test_exports_wait_for_the_final_resource(void **state) {
  (void)state;
  fixture f;
  open_pending(&f);
  make_spans(f.batch.tracer, 8);
  assert_flush(&f.batch, 20, CSPAN_ERR_TIMEOUT,
               "8 of the spans to be flushed still wait for the resource detectors");
  assert_int_equal(f.batch.gate.batches, 0);
  assert_false(holds(&f.batch.gate.requests, schema));
  give(&f, &f.final);
  assert_flush(&f.batch, LONG_MS, CSPAN_OK, NULL);
  assert_all_from(&f, 8, "final");
  assert_true(holds(&f.batch.gate.requests, schema));
  close_pending(&f);
}

typedef struct job {
  fixture *f;
  cspan_status status;
  bool is_shutdown;
} job;

static void *run_job(void *arg) {
  job *j = arg;
  j->status = j->is_shutdown
                  ? cspan_tracer_provider_shutdown(j->f->batch.provider, 2 * (int64_t)LONG_MS, NULL)
                  : cspan_tracer_provider_force_flush(j->f->batch.provider, LONG_MS, NULL);
  return NULL;
}

static void test_flush_and_shutdown_wait_for_it(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    fixture f;
    open_pending(&f);
    make_spans(f.batch.tracer, 3);
    job j = {.f = &f, .is_shutdown = i == 1};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_job, &j), 0);
    give(&f, &f.final);
    pthread_join(thread, NULL);
    assert_int_equal(j.status, CSPAN_OK);
    assert_all_from(&f, 3, "final");
    close_pending(&f);
  }
}

/* Better a resource that is not whole than no span. */
static void test_shutdown_sends_with_what_there_is(void **state) {
  (void)state;
  fixture f;
  open_pending(&f);
  make_spans(f.batch.tracer, 11);
  assert_int_equal(cspan_tracer_provider_shutdown(f.batch.provider, 2000, NULL), CSPAN_OK);
  assert_all_from(&f, 11, "early");
  give(&f, &f.final); /* too late, and no harm */
  assert_int_equal(stats_of(&f.batch).spans_exported, 11);
  close_pending(&f);
}

/* The simple processor uses what it has. */
static void test_simple(void **state) {
  (void)state;
  fixture f;
  memset(&f, 0, sizeof f);
  cspan_span_processor *processor = cspan_processor_simple(gate_create(&f.batch.gate));
  cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &f.batch.provider, NULL), CSPAN_OK);
  f.batch.tracer = cspan_tracer_get(f.batch.provider, "simple", NULL, NULL);
  make_resource(&f.early, "early", "", false);
  make_resource(&f.final, "final", schema, true);
  give(&f, &f.early);
  make_spans(f.batch.tracer, 1);
  assert_all_from(&f, 1, "early");
  cspan_buf_clear(&f.batch.gate.requests);
  give(&f, &f.final);
  make_spans(f.batch.tracer, 1);
  assert_all_from(&f, 1, "final");
  assert_true(holds(&f.batch.gate.requests, schema));
  close_pending(&f);
}

/* ------------------------------------------------------- of the provider's options */

static void test_schema_url_of_the_provider(void **state) {
  (void)state;
  static const struct {
    const char *given;
    const char *sent; /* NULL: none */
  } rows[] = {
      {schema, schema}, {NULL, NULL}, {"", NULL}, {"http://x/\xff", "http://x/\xef\xbf\xbd"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    batch_fixture f;
    cspan_span_processor *processor = cspan_processor_batch(gate_create(&f.gate), &patient);
    cspan_provider_options options = {.processors = &processor,
                                      .processor_count = 1,
                                      .detectors = "none", /* they bring a URL of their own */
                                      .schema_url = rows[i].given};
    assert_int_equal(cspan_tracer_provider_create(&options, &f.provider, NULL), CSPAN_OK);
    f.tracer = cspan_tracer_get(f.provider, "t", NULL, NULL);
    make_spans(f.tracer, 1);
    assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
    cspan_span_list *list = gate_spans(&f.gate);
    assert_int_equal(cspan_span_list_count(list), 1);
    cspan_span_list_free(list);
    cspan_buf tail; /* field 3 of ResourceSpans is the last of the request */
    cspan_buf_init(&tail, 4096);
    pb_text(&tail, 3, rows[i].sent != NULL ? rows[i].sent : "");
    const cspan_buf *sent = &f.gate.requests;
    bool found = sent->len >= tail.len &&
                 memcmp(sent->data + sent->len - tail.len, tail.data, tail.len) == 0;
    assert_int_equal(found, rows[i].sent != NULL);
    cspan_buf_free(&tail);
    close_batch(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exports_wait_for_the_final_resource),
      cmocka_unit_test(test_flush_and_shutdown_wait_for_it),
      cmocka_unit_test(test_shutdown_sends_with_what_there_is),
      cmocka_unit_test(test_simple),
      cmocka_unit_test(test_schema_url_of_the_provider),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
