/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "unit/viewer/odd_traces.h"
#include "viewer/columns.h"
#include "viewer/summary.h"

static void add_all(cspan_summary *summary, const trace_builder *b) {
  for (size_t i = 0; i < b->record.span_count; i++) {
    assert_int_equal(cspan_summary_add(summary, b->record.spans[i]), CSPAN_OK);
  }
}

static cspan_summary *make(void) {
  cspan_summary *summary = cspan_summary_create();
  assert_non_null(summary);
  return summary;
}

static void test_lines(void **state) {
  (void)state;
  trace_builder b;
  cspan_summary_line line;
  cspan_summary *summary = make();
  build_upload(&b);
  add_all(summary, &b);
  build_delete(&b);
  add_all(summary, &b);
  static const cspan_summary_line expected[] = {
      {"s3.batch_delete", false, 1, 1, 0, 4200000, 4200000, 0, 0},
      {"s3.delete_object", false, 2, 1, 0, 2800000, 2900000, 0, 0},
      {"s3.multipart_upload", false, 1, 0, 0, 412000000, 412000000, 26214400, 0},
      {"s3.upload_part", false, 2, 0, 0, 97000000, 285000000, 20971520, 0},
      {"S3.CompleteMultipartUpload", true, 1, 0, 0, 109200000, 109200000, 0, 0},
      {"S3.CreateMultipartUpload", true, 1, 0, 0, 13300000, 13300000, 0, 1536},
      {"S3.DeleteObject", true, 2, 1, 0, 2650000, 2750000, 0, 243},
      {"S3.UploadPart", true, 2, 0, 2, 96300000, 283900000, 20971520, 0}};
  assert_int_equal(cspan_summary_count(summary), COUNT_OF(expected));
  for (size_t i = 0; i < COUNT_OF(expected); i++) {
    assert_true(cspan_summary_at(summary, i, &line));
    assert_string_equal(line.name, expected[i].name);
    assert_int_equal(line.api_call, expected[i].api_call);
    assert_int_equal(line.calls, expected[i].calls);
    assert_int_equal(line.errors, expected[i].errors);
    assert_int_equal(line.retries, expected[i].retries);
    assert_int_equal(line.p50_ns / 1000, expected[i].p50_ns / 1000);
    assert_int_equal(line.p99_ns / 1000, expected[i].p99_ns / 1000);
    assert_int_equal(line.sent_bytes, expected[i].sent_bytes);
    assert_int_equal(line.received_bytes, expected[i].received_bytes);
  }
  assert_false(cspan_summary_at(summary, COUNT_OF(expected), &line));
  cspan_summary_free(summary);
}

static void test_attempts_are_not_calls(void **state) {
  (void)state;
  trace_builder b;
  cspan_summary_line line;
  cspan_summary *summary = make();
  build_events(&b); /* with an attempt span "PUT" */
  add_all(summary, &b);
  for (size_t i = 0; cspan_summary_at(summary, i, &line); i++) {
    assert_string_not_equal(line.name, "PUT");
  }
  assert_int_equal(cspan_summary_count(summary), 3);
  cspan_summary_free(summary);
}

static void test_percentiles(void **state) {
  (void)state;
  trace_builder b;
  cspan_summary_line line;
  cspan_summary *summary = make();
  /* 100 spans of 1 to 100 ms, in a scrambled order: 37 is a generator modulo 101 */
  for (int i = 1, ms = 1; i <= 100; i++) {
    ms = ms * 37 % 101;
    builder_init(&b);
    builder_add(&b, 1, 0, "op", CSPAN_SPAN_INTERNAL, 0, (i * 53) % 101);
    assert_int_equal(cspan_summary_add(summary, &b.views[0]), CSPAN_OK);
  }
  assert_true(cspan_summary_at(summary, 0, &line));
  assert_int_equal(line.calls, 100);
  assert_int_equal(line.p50_ns, 50000000);
  assert_int_equal(line.p99_ns, 99000000);
  cspan_summary_free(summary);
}

/* More spans than samples are kept: counts stay exact, percentiles near. */
static void test_many_spans(void **state) {
  (void)state;
  enum { SPANS = 50000 };
  trace_builder b;
  cspan_summary_line line;
  cspan_summary *summary = make();
  builder_init(&b);
  cspan_span_view *v = builder_add(&b, 1, 0, "op", CSPAN_SPAN_INTERNAL, 0, 0);
  for (int i = 0; i < SPANS; i++) {
    v->end_time_unix_ns = v->start_time_unix_ns + (int64_t)i * 7919 % SPANS;
    assert_int_equal(cspan_summary_add(summary, v), CSPAN_OK);
  }
  assert_true(cspan_summary_at(summary, 0, &line));
  assert_int_equal(line.calls, SPANS);
  assert_in_range(line.p50_ns, SPANS * 45 / 100, SPANS * 55 / 100);
  assert_in_range(line.p99_ns, SPANS * 98 / 100, SPANS);
  cspan_summary_free(summary);
}

static void test_many_names(void **state) {
  (void)state;
  trace_builder b;
  cspan_summary_line line;
  cspan_summary *summary = make();
  char name[32];
  for (int i = 0; i < 600; i++) {
    builder_init(&b);
    snprintf(name, sizeof name, "name %04d", i);
    builder_add(&b, 1, 0, name, CSPAN_SPAN_INTERNAL, 0, 1);
    assert_int_equal(cspan_summary_add(summary, &b.views[0]), CSPAN_OK);
  }
  assert_int_equal(cspan_summary_count(summary), 501);
  assert_true(cspan_summary_at(summary, 0, &line));
  assert_string_equal(line.name, "(other)");
  assert_int_equal(line.calls, 100);
  cspan_summary_free(summary);
}

static const char table_100[] =
    " operation                   calls errors retries      p50      p99       sent   received\n"
    " s3.multipart_upload             1      0       0   412 ms   412 ms   25.0 MiB        0 B\n"
    " s3.upload_part                  2      0       0  97.0 ms   285 ms   20.0 MiB        0 B\n"
    "\n"
    " API call                    calls errors retries      p50      p99       sent   received\n"
    " S3.CompleteMultipartUpload      1      0       0   109 ms   109 ms        0 B        0 B\n"
    " S3.CreateMultipartUpload        1      0       0  13.3 ms  13.3 ms        0 B    1.5 KiB\n"
    " S3.UploadPart                   2      0       2  96.3 ms   284 ms   20.0 MiB        0 B\n";

static const char table_60[] = " operation           calls errors retries      p50      p99\n"
                               " s3.multipart_uplo~      1      0       0   412 ms   412 ms\n"
                               " s3.upload_part          2      0       0  97.0 ms   285 ms\n"
                               "\n"
                               " API call            calls errors retries      p50      p99\n"
                               " S3.CompleteMultip~      1      0       0   109 ms   109 ms\n"
                               " S3.CreateMultipar~      1      0       0  13.3 ms  13.3 ms\n"
                               " S3.UploadPart           2      0       2  96.3 ms   284 ms\n";

static void test_table(void **state) {
  (void)state;
  trace_builder b;
  cspan_buf out;
  cspan_summary *summary = make();
  cspan_buf_init(&out, 10000);
  assert_int_equal(cspan_summary_render(summary, NULL, &out), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), ""); /* nothing yet */
  build_upload(&b);
  add_all(summary, &b);
  assert_int_equal(cspan_summary_render(summary, NULL, &out), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), table_100);
  cspan_buf_clear(&out);
  cspan_summary_options narrow = {.width = 60, .ascii = true};
  assert_int_equal(cspan_summary_render(summary, &narrow, &out), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), table_60);
  cspan_buf_free(&out);
  cspan_summary_free(summary);
}

static void test_table_of_hostile_names(void **state) {
  (void)state;
  trace_builder b;
  cspan_summary *summary = make();
  build_hostile(&b);
  add_all(summary, &b);
  for (size_t width = 60; width <= 300; width += 7) {
    cspan_buf out;
    cspan_summary_options options = {.width = width};
    cspan_buf_init(&out, 10000);
    assert_int_equal(cspan_summary_render(summary, &options, &out), CSPAN_OK);
    assert_null(strchr(out.data, '\x1b'));
    for (const char *line = out.data; *line; line = strchr(line, '\n') + 1) {
      assert_true(cspan_columns_of(line, strcspn(line, "\n"), false) < width);
    }
    cspan_buf_free(&out);
  }
  cspan_summary_free(summary);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_attempts_are_not_calls),
      cmocka_unit_test(test_percentiles),
      cmocka_unit_test(test_many_spans),
      cmocka_unit_test(test_many_names),
      cmocka_unit_test(test_table),
      cmocka_unit_test(test_table_of_hostile_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
