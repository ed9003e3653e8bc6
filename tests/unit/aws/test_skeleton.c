/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs to fill in, by a model with what is hard: shapes within themselves, unions, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "aws/model/skeleton.h"
#include "unit/aws/model_fixture.h"

static const char model_json[] =
    "{\"metadata\":{\"apiVersion\":\"2024-01-01\",\"endpointPrefix\":\"x\",\"protocol\":\"json\","
    "\"jsonVersion\":\"1.1\",\"serviceId\":\"X\",\"signatureVersion\":\"v4\",\"targetPrefix\":"
    "\"X\"},\"operations\":{},\"shapes\":{"
    "\"Text\":{\"type\":\"string\"},\"Long\":{\"type\":\"string\",\"min\":9},"
    "\"Colour\":{\"type\":\"string\",\"enum\":[\"red\",\"blue\"]},"
    "\"Number\":{\"type\":\"integer\",\"min\":7},\"Bytes\":{\"type\":\"blob\"},"
    "\"Texts\":{\"type\":\"list\",\"member\":{\"shape\":\"Text\"}},"
    "\"Two\":{\"type\":\"list\",\"member\":{\"shape\":\"Colour\"},\"min\":2},"
    "\"ByLong\":{\"type\":\"map\",\"key\":{\"shape\":\"Long\"},\"value\":{\"shape\":\"Number\"}},"
    "\"ByColour\":{\"type\":\"map\",\"key\":{\"shape\":\"Colour\"},\"value\":{\"shape\":"
    "\"Text\"}},"
    "\"Plain\":{\"type\":\"structure\",\"required\":[\"A\",\"D\"],\"members\":{\"A\":{\"shape\":"
    "\"Long\"},\"B\":{\"shape\":\"Texts\"},\"C\":{\"shape\":\"Bytes\"},\"D\":{\"shape\":\"Two\"},"
    "\"E\":{\"shape\":\"ByLong\"},\"F\":{\"shape\":\"ByColour\"}}},"
    "\"Tree\":{\"type\":\"structure\",\"members\":{\"Name\":{\"shape\":\"Text\"},\"Twigs\":{"
    "\"shape\":\"Trees\"},\"Root\":{\"shape\":\"Tree\"}}},"
    "\"Trees\":{\"type\":\"list\",\"member\":{\"shape\":\"Tree\"}},"
    "\"Some\":{\"type\":\"list\",\"member\":{\"shape\":\"Filter\"},\"min\":1},"
    "\"Not\":{\"type\":\"structure\",\"required\":[\"Of\"],\"members\":{\"Of\":{\"shape\":"
    "\"Filter\"}}},"
    "\"Filter\":{\"type\":\"structure\",\"union\":true,\"members\":{\"And\":{\"shape\":\"Some\"},"
    "\"Not\":{\"shape\":\"Not\"},\"Is\":{\"shape\":\"Text\"},\"Like\":{\"shape\":\"Text\"}}},"
    "\"Rule\":{\"type\":\"structure\",\"required\":[\"Filter\"],\"members\":{\"Filter\":{"
    "\"shape\":\"Filter\"},\"Rest\":{\"shape\":\"Never\"}}},"
    "\"Never\":{\"type\":\"structure\",\"required\":[\"Rule\"],\"members\":{\"Rule\":{\"shape\":"
    "\"Rule\"}}}}}";

static const struct {
  const char *shape;
  bool required_only;
  const char *expected;
} rows[] = {
    {"Plain", false,
     "{\"A\":\"aaaaaaaaa\",\"B\":[\"a\"],\"C\":\"YmxvYg==\",\"D\":[\"red\",\"red\"],\"E\":{"
     "\"aaaaaaaaa\":7},\"F\":{\"red\":\"a\"}}"},
    {"Plain", true, "{\"A\":\"aaaaaaaaa\",\"D\":[\"red\",\"red\"]}"},
    {"Tree", false, "{\"Name\":\"a\",\"Twigs\":[]}"},
    {"Tree", true, "{}"},
    {"Filter", false, "{\"Is\":\"a\"}"},
    {"Rule", false, "{\"Filter\":{\"Is\":\"a\"}}"},
    {"Rule", true, "{\"Filter\":{\"Is\":\"a\"}}"},
};

static const cspan_shape *shape_named(const cspan_service_model *model, const char *name) {
  for (uint32_t i = 0; i < model->shape_count; i++) {
    if (strcmp(cspan_model_text(model, model->shapes[i].name), name) == 0) {
      return &model->shapes[i];
    }
  }
  fail_msg("no shape %s", name);
  return NULL;
}

static void test_skeletons(void **state) {
  (void)state;
  model_fixture fixture;
  model_fixture_open(&fixture, model_json);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_value value;
    cspan_arena *arena = cspan_arena_create(0);
    const cspan_shape *shape = shape_named(&fixture.model, rows[i].shape);
    assert_int_equal(
        cspan_model_skeleton(&fixture.model, shape, rows[i].required_only, arena, &value),
        CSPAN_OK);
    assert_value_is(&value, rows[i].expected);
    cspan_arena_free(arena);
  }
  model_fixture_close(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_skeletons)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
