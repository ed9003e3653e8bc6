/* SPDX-License-Identifier: Apache-2.0 */
/* The file of prices: what is refused and where that is said to be, which file counts, and that the
 * one that is installed is a good one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "instrument/prices.h"

#define HEAD                                                                                       \
  "{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\", \"region\": \"r\", "           \
  "\"source\": \"s\",\n\"prices\": [\n"
#define ROW                                                                                        \
  "{\"name\": \"a\", \"service\": \"S3\", \"operations\": \"Get*,PutObject\", \"unit\": "          \
  "\"request\", \"usd\": 0.5"

typedef struct refusal {
  const char *json;
  const char *message; /* part of it */
} refusal;

static const refusal refusals[] = {
    {"", "line 1, column 1: "},
    {"{\n  \"format\": 1,\n  x}", "line 3, column 3: "},
    {"[]", "line 1, column 1: the file must hold one JSON object"},
    {"{}", "line 1, column 1: \"format\" must be 1"},
    {" {\n \"format\": 2}", "line 2, column 12: \"format\" must be 1"},
    {"{\"format\": 1,\n\"currency\": \"EUR\"}", "line 2, column 13: \"currency\" must be USD"},
    {"{\"format\": 1, \"currency\": \"USD\",\n \"date\": \"2026-1-31\"}",
     "line 2, column 10: \"date\" must be the day"},
    {"{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\"}", "\"region\" must be"},
    {"{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\", \"region\": \"\"}",
     "\"region\" must be"},
    {"{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\", \"region\": \"r\"}",
     "\"source\" must be"},
    {"{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\", \"region\": \"r\", "
     "\"source\": \"s\"}",
     "\"prices\" must be a list"},
    {HEAD "],\n\"price\": 1}", "line 4, column 10: the file has no member \"price\""},
    {HEAD "1]}", "line 3, column 1: a price must be an object"},
    {HEAD "{}]}", "line 3, column 1: the price lacks \"name\""},
    {HEAD ROW "},\n  {\"name\": \"b\"}]}", "line 4, column 3: the price lacks \"service\""},
    {HEAD ROW ",\n \"colour\": 1}]}", "line 4, column 12: a price has no member \"colour\""},
    {HEAD ROW ",\n \"usd\": 1}]}", "line 3, column 90: \"usd\" is there twice"},
    {HEAD ROW ",\n \"per\": 0}]}", "line 4, column 9: \"per\" must be a number above 0"},
    {HEAD ROW ",\n \"per\": \"1\"}]}", "line 4, column 9: \"per\" must be a number above 0"},
    {HEAD ROW ",\n \"note\": \"a \\\" { b\",\n \"billed\": \"never\"}]}",
     "line 5, column 12: \"billed\" must be answered or successful"},
    {HEAD ROW ",\n \"from\": \"both\"}]}", "\"from\" must be input or output"},
    {HEAD ROW ",\n \"fifo\": 1}]}", "line 4, column 10: \"fifo\" must be true or false"},
    {HEAD ROW ",\n \"unless\": []}]}", "line 4, column 12: \"unless\" must be a list of texts"},
    {HEAD ROW ",\n \"bytes\": [\"a\", 1]}]}",
     "line 4, column 11: \"bytes\" must be a list of texts"},
    {HEAD ROW ",\n \"items\": \"\"}]}", "\"items\" must be a text that is not empty"},
    {HEAD ROW ",\n \"items\": \"a\\u0000b\"}]}", "\"items\" must be a text that is not empty"},
    {HEAD ROW ",\n \"regions\": {\"x\": -1}}]}",
     "line 4, column 13: \"regions\" must be a map from regions to prices, numbers of at least 0"},
    {HEAD ROW ",\n \"regions\": 1}]}", "\"regions\" must be a map"},
    {HEAD "{\"name\": \"a\", \"service\": \"S3\", \"operations\": \"*\", \"usd\": -0.1}]}",
     "\"usd\" must be a number of at least 0"},
    {HEAD "{\"unit\": \"hour\"}]}", "line 3, column 10: \"unit\" must be request, item"},
    {HEAD "{\"name\": \"a\", \"service\": \"S3\", \"operations\": \"*\", \"usd\": 1, \"unit\": "
          "\"item\"}]}",
     "a price of items must name \"items\""},
    {HEAD "{\"name\": \"a\", \"service\": \"S3\", \"operations\": \"*\", \"usd\": 1, \"unit\": "
          "\"request\", \"refused\": \"E\"}]}",
     "\"refused\" is for prices of items of the input"},
    {HEAD "{\"name\": \"a\", \"service\": \"S3\", \"operations\": \"*\", \"usd\": 1, \"unit\": "
          "\"item\", \"items\": \"I\", \"from\": \"output\", \"refused\": \"E\"}]}",
     "\"refused\" is for prices of items of the input"},
    {HEAD "{\"name\": \"a\", \"service\": \"S3\", \"operations\": \"*\", \"usd\": 1, \"unit\": "
          "\"payload_byte\"}]}",
     "must name \"bytes\" or \"keyed_bytes\""},
};

static void test_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    const refusal *r = &refusals[i];
    cspan_prices *prices = NULL;
    cspan_error *error = NULL;
    cspan_status status = cspan_prices_parse(r->json, strlen(r->json), "my.json", &prices, &error);
    const char *message = cspan_error_message(error);
    if (status != CSPAN_ERR_CONFIG || prices || !strstr(message, r->message) ||
        !strstr(message, "the prices in my.json, line ")) {
      fail_msg("case %zu: %s: %s", i, cspan_status_name(status), message);
    }
    cspan_error_free(error);
  }
}

static cspan_prices *parse(const char *json) {
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  if (cspan_prices_parse(json, strlen(json), "t", &prices, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return prices;
}

static void test_read(void **state) {
  (void)state;
  cspan_prices *prices =
      parse(HEAD ROW ", \"per\": 1000, \"billed\": \"answered\", \"regions\": {\"eu\": 2}},\n" ROW
                     ", \"transfer_out\": true, \"fifo\": false, \"unless\": [\"A\", \"B=c\"]}]}");
  assert_int_equal(prices->count, 2);
  const cspan_price *first = &prices->rows[0];
  assert_true(first->answered_is_billed && !first->has_fifo && first->unless.count == 0);
  assert_true(first->at_home.usd == 0.5 / 1000 && first->regions[0].usd == 2.0 / 1000);
  assert_string_equal(first->at_home.basis, "a 0.5/1000 r 2026-01-31");
  assert_string_equal(first->at_home.basis_by_size, "a 0.5/1000 by size r 2026-01-31");
  assert_string_equal(first->regions[0].basis, "a 2/1000 eu 2026-01-31");
  const cspan_price *second = &prices->rows[1];
  assert_true(second->is_transfer_out && second->has_fifo && !second->is_fifo);
  assert_int_equal(second->unless.count, 2);
  assert_string_equal(second->unless.items[1], "B=c");
  cspan_prices_free(prices);
}

static size_t count_of(const cspan_prices *prices, const char *service, const char *operation) {
  cspan_plan_prices *found = NULL;
  assert_int_equal(cspan_prices_of(prices, service, operation, &found), CSPAN_OK);
  size_t count = found ? found->count : 0;
  cspan_plan_prices_free(found);
  return count;
}

static void test_of_operation(void **state) {
  (void)state;
  cspan_prices *prices = parse(HEAD ROW "},\n" ROW ", \"transfer_out\": true}]}");
  assert_int_equal(count_of(prices, "S3", "GetObject"), 1);
  assert_int_equal(count_of(prices, "S3", "PutObject"), 1);
  assert_int_equal(count_of(prices, "S3", "PutObjectAcl"), 0);
  assert_int_equal(count_of(prices, "SQS", "GetObject"), 0);
  assert_int_equal(count_of(NULL, "S3", "GetObject"), 0);
  cspan_prices_count_transfer(prices, true);
  assert_int_equal(count_of(prices, "S3", "GetObject"), 2);
  cspan_prices_free(prices);
}

/* ------------------------------------------------------------------- files */

static void put_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void check_rows(const char *path, size_t count) {
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  if (cspan_prices_load(path, &prices, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_int_equal(prices->count, count);
  cspan_prices_free(prices);
}

static void test_which_file(void **state) {
  (void)state;
  char one[] = "/tmp/cloudspan-prices-XXXXXX";
  char two[] = "/tmp/cloudspan-prices-XXXXXX";
  close(mkstemp(one));
  close(mkstemp(two));
  put_file(one, HEAD ROW "}]}");
  put_file(two, HEAD ROW "}," ROW "}]}");
  setenv("CLOUDSPAN_PRICES", two, 1);
  check_rows(NULL, 2);
  check_rows(one, 1);
  put_file(one, "{");
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_prices_load(one, &prices, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), one));
  cspan_error_free(error);
  error = NULL;
  setenv("CLOUDSPAN_PRICES", "/nonexistent/prices", 1);
  assert_int_equal(cspan_prices_load(NULL, &prices, &error), CSPAN_ERR_IO);
  assert_string_equal(cspan_error_message(error),
                      "the prices: cannot open /nonexistent/prices: No such file or directory");
  assert_null(prices);
  cspan_error_free(error);
  unsetenv("CLOUDSPAN_PRICES");
  unlink(one);
  unlink(two);
}

/* Beside this program, as the build puts it there. */
static void test_installed(void **state) {
  (void)state;
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  unsetenv("CLOUDSPAN_PRICES");
  if (cspan_prices_load(NULL, &prices, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_true(prices->count > 40);
  for (size_t i = 0; i < prices->count; i++) {
    const cspan_price *price = &prices->rows[i];
    if (!price->source || strncmp(price->source, "https://aws.amazon.com/", 23) != 0) {
      fail_msg("%s (%zu) does not say where it is from", price->name, i);
    }
    if (price->usd > 1) {
      fail_msg("%s (%zu) is too dear", price->name, i);
    }
  }
  assert_int_equal(count_of(prices, "S3", "GetBucketLocation"), 1);
  assert_int_equal(count_of(prices, "IAM", "ListRoles"), 0);
  cspan_prices_free(prices);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_refused),      cmocka_unit_test(test_read),
      cmocka_unit_test(test_of_operation), cmocka_unit_test(test_which_file),
      cmocka_unit_test(test_installed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
