/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that do not fit their shapes, and the errors that say where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/small_model.h"

static small_model pantry;

typedef struct check_case {
  const char *operation;
  const char *input; /* JSON */
  const char *error; /* NULL: it is fine */
} check_case;

static void run(const check_case *tested) {
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_document_parse_json(tested->input, strlen(tested->input), &document, NULL),
                   CSPAN_OK);
  cspan_status status =
      cspan_protocol_check(&pantry.model, cspan_model_operation(&pantry.model, tested->operation),
                           cspan_document_value(document), &error);
  const char *message = status == CSPAN_OK ? "fine" : cspan_error_message(error);
  if (strcmp(message, tested->error != NULL ? tested->error : "fine") != 0) {
    fail_msg("%s: expected '%s', got '%s'", tested->input, tested->error, message);
  }
  assert_true(status == CSPAN_OK || status == CSPAN_ERR_INVALID);
  cspan_error_free(error);
  cspan_document_free(document);
}

static void test_messages(void **state) {
  static const check_case cases[] = {
      {"Plain", "{}", NULL},
      {"Plain", "null", NULL},
      {"Plain", "[]", "the input of Plain must be a map with its members, not a list"},
      {"Plain", "\"{}\"", "the input of Plain must be a map with its members, not a string"},
      {"Plain", "{\"String\": null}", NULL},
      {"Plain", "{\"String\": 1}", "String: expected a string, got an integer"},
      {"Plain", "{\"Again\": {\"Map\": []}}", "Again.Map: expected a map, got a list"},
      {"Plain", "{\"Agains\": [{}, {\"Names\": [\"a\", 2]}]}",
       "Agains[1].Names[1]: expected a string, got an integer"},
      {"Plain", "{\"Map\": {\"a.b\": true}}", "Map.a.b: expected a string, got a boolean"},
      {"Plain", "{\"Names\": []}", "Names: needs at least 1 item, has 0"},
      {"Plain", "{\"Names\": [null]}", NULL},
      {"Plain", "{\"Strin\": \"a\"}", "Strin: there is no such member; did you mean 'String'?"},
      {"Plain", "{\"Again\": {\"boolean\": true}}",
       "Again.boolean: there is no such member; did you mean 'Boolean'?"},
      {"Plain", "{\"Xyzzy\": 1}", "Xyzzy: there is no such member in Everything"},
      {"Plain", "{\"Integer\": -5}", NULL},
      {"Plain", "{\"Integer\": -6}", "Integer: must be at least -5"},
      {"Plain", "{\"Integer\": 1.5}", "Integer: expected an integer, got a number"},
      {"Plain", "{\"Integer\": 1e3}", NULL},
      {"Plain", "{\"Integer\": \"1\"}", "Integer: expected an integer, got a string"},
      {"Plain", "{\"Long\": 123456789012345678901234567890}", NULL},
      {"Plain", "{\"Integer\": 123456789012345678901234567890}",
       "Integer: expected an integer, got a number"},
      {"Plain", "{\"Float\": 1, \"Double\": 1.5}", NULL},
      {"Plain", "{\"Float\": \"NaN\", \"Double\": \"-Infinity\"}", NULL},
      {"Plain", "{\"Float\": \"nan\"}", "Float: expected a number, got a string"},
      {"Plain", "{\"Boolean\": 1}", "Boolean: expected a boolean, got an integer"},
      {"Plain", "{\"Blob\": \"text\"}", NULL},
      {"Plain", "{\"Blob\": 1}", "Blob: expected a blob, got an integer"},
      {"Plain", "{\"Time\": 1.5, \"IsoTime\": \"2014-04-29T18:30:38Z\"}", NULL},
      {"Plain", "{\"Time\": \"today\"}", "Time: is no timestamp; write it as 2014-04-29T18:30:38Z"},
      {"Plain", "{\"Time\": true}", "Time: expected a timestamp, got a boolean"},
      {"Plain", "{\"Document\": [1, {\"a\": null}]}", NULL},
      {"Plain", "{\"Choice\": {\"Text\": \"a\"}}", NULL},
      {"Plain", "{\"Choice\": {\"Text\": \"a\", \"Number\": null}}", NULL},
      {"Plain", "{\"Choice\": {}}", "Choice: exactly one member of Choice must be given, not 0"},
      {"Plain", "{\"Choice\": {\"Text\": \"a\", \"Number\": 1}}",
       "Choice: exactly one member of Choice must be given, not 2"},
      {"Plain", "{\"Choice\": {\"num\": 1}}",
       "Choice.num: there is no such member; did you mean 'Number'?"},
      {"Store", "{\"Shelf\": \"a\", \"Place\": \"b\", \"House\": \"c\"}", NULL},
      {"Store", "{}", "House: is required, but not given"},
      {"Store", "{\"Shelf\": null, \"Place\": \"b\", \"House\": \"c\"}",
       "Shelf: is required, but not given"},
      {"Store", "{\"Shelf\": \"\", \"Place\": \"b\", \"House\": \"c\"}",
       "Shelf: must not be empty: it is part of the address"},
      {"Store", "{\"Shelf\": \"a\", \"Place\": \"b\", \"House\": \"\"}",
       "House: must not be empty: it is part of the address"},
      {"Store", "{\"Shelf\": \"a\", \"Place\": \"b\", \"House\": \"c\", \"Json\": {\"a\": 1}}",
       NULL},
      {"Watch", "{}", NULL}, /* events and streams are given apart */
      {"Pour", "{}", NULL},
      {"Nothing", "{}", NULL},
      {"Nothing", "{\"a\": 1}", "Nothing takes no input"},
      {"Nothing", "[]", "Nothing takes no input"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    run(&cases[i]);
  }
}

static void test_lengths_count_characters(void **state) {
  static const struct {
    const char *text;
    bool ok;
  } cases[] = {{"ab", true}, {"a", false}, {"\xc3\xbc", false}, {"\xc3\xbc\xc3\xbc", true}};
  static const char model[] =
      "{\"metadata\":{\"apiVersion\":\"1\",\"endpointPrefix\":\"x\",\"protocol\":\"json\","
      "\"serviceId\":\"X\",\"jsonVersion\":\"1.0\",\"targetPrefix\":\"X\"},\"operations\":{"
      "\"Op\":{\"name\":\"Op\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"
      "\"input\":{\"shape\":\"In\"}}},\"shapes\":{\"In\":{\"type\":\"structure\",\"members\":{"
      "\"Name\":{\"shape\":\"Name\"}}},\"Name\":{\"type\":\"string\",\"min\":2}}}";
  cspan_model_source source = {
      .key = "x", .service = {model, sizeof model - 1}, .without_documentation = true};
  cspan_service_model opened;
  cspan_buf section;
  (void)state;
  cspan_buf_init(&section, 1 << 20);
  assert_int_equal(cspan_model_compile(&source, &section, NULL), CSPAN_OK);
  assert_int_equal(cspan_model_open(section.data, section.len, &opened, NULL), CSPAN_OK);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_value input = CSPAN_MAP(cspan_field("Name", cspan_string(cases[i].text)));
    cspan_status status =
        cspan_protocol_check(&opened, cspan_model_operation(&opened, "Op"), &input, NULL);
    assert_int_equal(status, cases[i].ok ? CSPAN_OK : CSPAN_ERR_INVALID);
  }
  cspan_buf_free(&section);
}

/* A token that is made up where it is left out is so at the top alone, as botocore does it. */
static void test_tokens_within_are_not_made_up(void **state) {
  static const char model[] =
      "{\"metadata\":{\"apiVersion\":\"1\",\"endpointPrefix\":\"x\",\"protocol\":\"json\","
      "\"serviceId\":\"X\",\"jsonVersion\":\"1.0\",\"targetPrefix\":\"X\"},\"operations\":{"
      "\"Op\":{\"name\":\"Op\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"
      "\"input\":{\"shape\":\"In\"}}},\"shapes\":{\"S\":{\"type\":\"string\"},"
      "\"In\":{\"type\":\"structure\",\"required\":[\"Token\"],\"members\":{"
      "\"Token\":{\"shape\":\"S\",\"idempotencyToken\":true},\"In\":{\"shape\":\"In\"}}}}}";
  static const check_case cases[] = {
      {"Op", "{}", NULL},
      {"Op", "{\"In\": {\"Token\": \"t\"}}", NULL},
      {"Op", "{\"In\": {}}", "In.Token: is required, but not given"},
  };
  cspan_model_source source = {
      .key = "x", .service = {model, sizeof model - 1}, .without_documentation = true};
  small_model kept = pantry;
  cspan_buf section;
  (void)state;
  cspan_buf_init(&section, 1 << 20);
  assert_int_equal(cspan_model_compile(&source, &section, NULL), CSPAN_OK);
  assert_int_equal(cspan_model_open(section.data, section.len, &pantry.model, NULL), CSPAN_OK);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    run(&cases[i]);
  }
  pantry = kept;
  cspan_buf_free(&section);
}

static void test_text_must_be_utf8(void **state) {
  const cspan_value input = CSPAN_MAP(cspan_field("String", cspan_string("\xff")));
  cspan_error *error = NULL;
  (void)state;
  assert_int_equal(cspan_protocol_check(&pantry.model,
                                        cspan_model_operation(&pantry.model, "Plain"), &input,
                                        &error),
                   CSPAN_ERR_INVALID);
  assert_string_equal(cspan_error_message(error), "String: is not valid UTF-8");
  cspan_error_free(error);
}

/* A literal may be deeper than any document. */
static void test_depth_is_capped(void **state) {
  enum { DEPTH = 3000 };
  static cspan_member fields[DEPTH];
  static cspan_value lists[DEPTH];
  cspan_value recursive = cspan_map(NULL, 0);
  cspan_value document = cspan_null();
  cspan_error *error = NULL;
  const cspan_operation_model *plain = cspan_model_operation(&pantry.model, "Plain");
  (void)state;
  for (size_t i = 0; i < DEPTH; i++) {
    fields[i] = cspan_field("Again", recursive);
    recursive = cspan_map(&fields[i], 1);
    lists[i] = document;
    document = cspan_list(&lists[i], 1);
  }
  const cspan_value holder = CSPAN_MAP(cspan_field("Document", document));
  assert_int_equal(cspan_protocol_check(&pantry.model, plain, &recursive, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "Again.Again."));
  cspan_error_free(error);
  assert_int_equal(cspan_protocol_check(&pantry.model, plain, &holder, NULL), CSPAN_ERR_LIMIT);
}

static int open_model(void **state) {
  (void)state;
  small_model_open(&pantry, "json", "");
  return 0;
}

static int close_model(void **state) {
  (void)state;
  small_model_close(&pantry);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_lengths_count_characters),
      cmocka_unit_test(test_tokens_within_are_not_made_up),
      cmocka_unit_test(test_text_must_be_utf8),
      cmocka_unit_test(test_depth_is_capped),
  };
  return cmocka_run_group_tests(tests, open_model, close_model);
}
