/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of what spans say of costs: which spans count, under what, and how sums travel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "viewer/cost_sum.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const tables[] = {"arn:aws:dynamodb:eu-west-1:123456789012:table/users",
                                     "orders"};

static cspan_cost_sum *make(unsigned dimensions) {
  cspan_cost_sum *sum = cspan_cost_sum_create(dimensions);
  assert_non_null(sum);
  return sum;
}

static void add(cspan_cost_sum *sum, const cspan_attr *attrs, size_t count) {
  static const cspan_attr resource[] = {
      {.key = "service.name", .type = CSPAN_ATTR_STRING, .value.string = "shop", .count = 4}};
  const cspan_span_view view = {.name = "n",
                                .attributes = attrs,
                                .attribute_count = count,
                                .resource = resource,
                                .resource_count = 1};
  assert_int_equal(cspan_cost_sum_add_span(sum, &view), CSPAN_OK);
}

static void check(cspan_cost_sum *sum, size_t index, const cspan_cost_line *want) {
  const cspan_cost_line *line = cspan_cost_sum_at(sum, index);
  assert_non_null(line);
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    assert_string_equal(line->texts[d], want->texts[d]);
  }
  assert_int_equal(line->calls, want->calls);
  assert_int_equal(line->unpriced, want->unpriced);
  assert_true(line->usd == want->usd);
}

static void add_mixed(cspan_cost_sum *sum) {
  const cspan_attr put[] = {cspan_attr_string("rpc.system.name", "aws-api"),
                            cspan_attr_string("rpc.method", "S3/PutObject"),
                            cspan_attr_string("aws.s3.bucket", "photos"),
                            cspan_attr_double("cloudspan.cost.usd", 0.25)};
  const cspan_attr unpriced[] = {cspan_attr_string("rpc.system", "aws-api"),
                                 cspan_attr_string("rpc.service", "DynamoDB"),
                                 cspan_attr_string("rpc.method", "BatchGetItem"),
                                 cspan_attr_strings("aws.dynamodb.table_names", tables, 2)};
  const cspan_attr one_table[] = {cspan_attr_string("rpc.system.name", "aws-api"),
                                  cspan_attr_string("rpc.method", "DynamoDB/GetItem"),
                                  cspan_attr_string("db.collection.name", "users"),
                                  cspan_attr_int64("cloudspan.cost.usd", 1)};
  const cspan_attr broken[] = {cspan_attr_string("rpc.system.name", "aws-api"),
                               cspan_attr_string("rpc.method", "S3/PutObject"),
                               cspan_attr_string("aws.s3.bucket", "photos"),
                               cspan_attr_double("cloudspan.cost.usd", -1)};
  const cspan_attr other_system[] = {cspan_attr_string("rpc.system.name", "grpc"),
                                     cspan_attr_string("rpc.method", "a/b")};
  const cspan_attr attempt[] = {cspan_attr_string("http.request.method", "PUT")};
  add(sum, put, COUNT_OF(put));
  add(sum, put, COUNT_OF(put));
  add(sum, unpriced, COUNT_OF(unpriced));
  add(sum, one_table, COUNT_OF(one_table));
  add(sum, broken, COUNT_OF(broken));
  add(sum, other_system, COUNT_OF(other_system));
  add(sum, attempt, COUNT_OF(attempt));
}

static void test_spans(void **state) {
  (void)state;
  static const cspan_cost_line want[] = {
      {{"DynamoDB", "GetItem", "", "users", "shop"}, 1, 0, 1},
      {{"S3", "PutObject", "photos", "", "shop"}, 3, 1, 0.5},
      {{"DynamoDB", "BatchGetItem", "", "users,orders", "shop"}, 1, 1, 0},
  };
  cspan_cost_sum *sum = make(~0U);
  add_mixed(sum);
  assert_int_equal(cspan_cost_sum_count(sum), COUNT_OF(want));
  for (size_t i = 0; i < COUNT_OF(want); i++) {
    check(sum, i, &want[i]);
  }
  assert_null(cspan_cost_sum_at(sum, COUNT_OF(want)));
  const cspan_cost_line total = cspan_cost_sum_total(sum);
  assert_true(total.calls == 5 && total.unpriced == 2 && total.usd == 1.5);
  cspan_cost_sum_free(sum);
}

static void test_dimensions(void **state) {
  (void)state;
  static const cspan_cost_line by_service[] = {{{"DynamoDB", "", "", "", ""}, 2, 1, 1},
                                               {{"S3", "", "", "", ""}, 3, 1, 0.5}};
  static const cspan_cost_line by_name = {{"", "", "", "", "shop"}, 5, 2, 1.5};
  cspan_cost_sum *sum = make(1U << CSPAN_COST_SERVICE);
  add_mixed(sum);
  assert_int_equal(cspan_cost_sum_count(sum), 2);
  check(sum, 0, &by_service[0]);
  check(sum, 1, &by_service[1]);
  cspan_cost_sum_free(sum);
  sum = make(1U << CSPAN_COST_SERVICE_NAME);
  add_mixed(sum);
  assert_int_equal(cspan_cost_sum_count(sum), 1);
  check(sum, 0, &by_name);
  cspan_cost_sum_free(sum);
}

/* A long text is cut at a character. */
static void test_long_text(void **state) {
  (void)state;
  char bucket[400];
  for (size_t i = 0; i + 1 < sizeof bucket; i += 2) {
    memcpy(bucket + i, "\xc3\xa9", 2);
  }
  bucket[398] = '\0';
  const cspan_attr attrs[] = {cspan_attr_double("cloudspan.cost.usd", 1),
                              cspan_attr_string("aws.s3.bucket", bucket)};
  cspan_cost_sum *sum = make(~0U);
  add(sum, attrs, 2);
  assert_int_equal(strlen(cspan_cost_sum_at(sum, 0)->texts[CSPAN_COST_BUCKET]), 254);
  cspan_cost_sum_free(sum);
}

static void test_many_lines(void **state) {
  (void)state;
  cspan_cost_sum *sum = make(~0U);
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < CSPAN_COST_MAX_LINES + 5; i++) {
      char bucket[32];
      snprintf(bucket, sizeof bucket, "bucket-%zu", i);
      const cspan_cost_line line = {
          .texts = {"S3", "PutObject", bucket, "", ""}, .calls = 1, .usd = 1};
      assert_int_equal(cspan_cost_sum_add(sum, &line), CSPAN_OK);
      /* Reading in between sorts, and what is there is found all the same. */
      if (i % 4001 == 0) {
        assert_non_null(cspan_cost_sum_at(sum, 0));
      }
    }
  }
  assert_int_equal(cspan_cost_sum_count(sum), CSPAN_COST_MAX_LINES + 1);
  const cspan_cost_line *first = cspan_cost_sum_at(sum, 0);
  assert_string_equal(first->texts[CSPAN_COST_BUCKET], "(other)");
  assert_int_equal(first->calls, 10);
  assert_int_equal(cspan_cost_sum_total(sum).calls, 2 * (CSPAN_COST_MAX_LINES + 5));
  cspan_cost_sum_free(sum);
}

static void test_there_and_back(void **state) {
  (void)state;
  cspan_cost_sum *sum = make(~0U);
  cspan_cost_sum *copy = make(~0U);
  cspan_buf text;
  cspan_buf again;
  cspan_buf_init(&text, 1 << 16);
  cspan_buf_init(&again, 1 << 16);
  add_mixed(sum);
  const cspan_cost_line odd = {
      .texts = {"\"\\\n", "\x1b[2J", "\xe2\x80\xae", "t", "n"}, .calls = 7, .usd = 5e-6};
  assert_int_equal(cspan_cost_sum_add(sum, &odd), CSPAN_OK);
  cspan_cost_sum_write(sum, &text);
  assert_int_equal(cspan_buf_status(&text), CSPAN_OK);
  assert_null(memchr(text.data, 0x1b, text.len));
  assert_int_equal(cspan_cost_sum_read(copy, text.data, text.len, NULL), CSPAN_OK);
  cspan_cost_sum_write(copy, &again);
  assert_string_equal(text.data, again.data);
  cspan_buf_free(&text);
  cspan_buf_free(&again);
  cspan_cost_sum_free(sum);
  cspan_cost_sum_free(copy);
}

static void test_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "{}",
      "[]",
      "{\"lines\":{}}",
      "{\"lines\":[1]}",
      "{\"lines\":[{\"service\":\"a\",\"operation\":\"\",\"bucket\":\"\",\"table\":\"\",\"calls\":"
      "1,"
      "\"unpriced\":0,\"usd\":1}]}",
      "{\"lines\":[{\"service\":\"a\",\"operation\":\"\",\"bucket\":\"\",\"table\":\"\",\"service-"
      "name\":\"\",\"calls\":-1,\"unpriced\":0,\"usd\":1}]}",
      "{\"lines\":[{\"service\":\"a\",\"operation\":\"\",\"bucket\":\"\",\"table\":\"\",\"service-"
      "name\":\"\",\"calls\":1,\"unpriced\":0,\"usd\":\"1\"}]}"};
  for (size_t i = 0; i < COUNT_OF(texts); i++) {
    cspan_cost_sum *sum = make(~0U);
    cspan_error *error = NULL;
    assert_int_equal(cspan_cost_sum_read(sum, texts[i], strlen(texts[i]), &error),
                     CSPAN_ERR_PROTOCOL);
    assert_non_null(strstr(cspan_error_message(error), "cloudspan view"));
    assert_int_equal(cspan_cost_sum_count(sum), 0);
    cspan_error_free(error);
    cspan_cost_sum_free(sum);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spans),          cmocka_unit_test(test_dimensions),
      cmocka_unit_test(test_long_text),      cmocka_unit_test(test_many_lines),
      cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
