/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: the text form, and which requests they strike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "sandbox/fault.h"

static void test_glob(void **state) {
  (void)state;
  static const struct {
    const char *pattern;
    const char *text;
    bool fits;
  } table[] = {
      {"", "", true},           {"", "a", false},           {"*", "", true},
      {"*", "a/b", true},       {"a*", "abc", true},        {"a*", "ba", false},
      {"*.bin", "x.bin", true}, {"*.bin", "x.bin2", false}, {"?", "a", true},
      {"?", "", false},         {"a?c", "abc", true},       {"a*b*c", "a--b--b-c", true},
      {"a*b*c", "a--c", false}, {"*a*", "bab", true},       {"**", "x", true},
      {"abc", "abcd", false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    assert_int_equal(cspan_sbx_glob(table[i].pattern, table[i].text), table[i].fits);
  }
}

static void parse(const char *text, cspan_sandbox_fault *out, char **storage) {
  cspan_error *error = NULL;
  if (cspan_sandbox_parse_fault(text, out, storage, &error) != CSPAN_OK) {
    fail_msg("%s: %s", text, cspan_error_message(error));
  }
}

static void test_text(void **state) {
  (void)state;
  cspan_sandbox_fault f;
  char *storage;
  parse("op=UploadPart,part=2,count=2,status=503,code=SlowDown,skip=1,retry-after=20", &f,
        &storage);
  assert_int_equal(f.kind, CSPAN_FAULT_STATUS);
  assert_string_equal(f.operation, "UploadPart");
  assert_null(f.key);
  assert_int_equal(f.part_number, 2);
  assert_int_equal(f.count, 2);
  assert_int_equal(f.skip, 1);
  assert_int_equal(f.http_status, 503);
  assert_string_equal(f.code, "SlowDown");
  assert_int_equal(f.retry_after_ms, 20);
  cspan_free(storage);
  parse("op=GetObject,key=*.bin,truncate=100", &f, &storage);
  assert_int_equal(f.kind, CSPAN_FAULT_TRUNCATE);
  assert_string_equal(f.key, "*.bin");
  assert_int_equal(f.after_bytes, 100);
  cspan_free(storage);
  parse("delay=200,p=0.1", &f, &storage);
  assert_int_equal(f.kind, CSPAN_FAULT_DELAY);
  assert_int_equal(f.delay_ms, 200);
  assert_true(f.probability > 0.09 && f.probability < 0.11);
  cspan_free(storage);
}

static void test_text_kinds(void **state) {
  (void)state;
  static const struct {
    const char *text;
    cspan_fault_kind kind;
  } table[] = {
      {"reset", CSPAN_FAULT_RESET_BEFORE},
      {"reset-during", CSPAN_FAULT_RESET_DURING},
      {"reset-during=5", CSPAN_FAULT_RESET_DURING},
      {"truncate", CSPAN_FAULT_TRUNCATE},
      {"corrupt", CSPAN_FAULT_CORRUPT},
      {"slow=1024", CSPAN_FAULT_SLOW_BODY},
      {"error-in-200", CSPAN_FAULT_ERROR_IN_200},
      {"error-in-200,code=X", CSPAN_FAULT_ERROR_IN_200},
      {"status=403", CSPAN_FAULT_STATUS},
      {"code=SlowDown", CSPAN_FAULT_STATUS},
      {"key=a=b,status=500", CSPAN_FAULT_STATUS},
      {"op=*Multipart*,reset", CSPAN_FAULT_RESET_BEFORE},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_sandbox_fault f;
    char *storage;
    parse(table[i].text, &f, &storage);
    assert_int_equal(f.kind, table[i].kind);
    cspan_free(storage);
  }
}

static void test_text_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *message; /* a part of it */
  } table[] = {
      {"", "does not say what happens"},
      {"op=GetObject", "does not say what happens"},
      {"op=GetObjekt,reset", "\"GetObjekt\" is no operation"},
      {"op=,reset", "\"op\" needs a value"},
      {"op,reset", "\"op\" needs a value"},
      {"frobnicate=1", "\"frobnicate\" is not known"},
      {"reset=5", "\"reset\" takes no value"},
      {"delay", "\"delay\" needs a value"},
      {"delay=soon", "\"delay\" must be a number"},
      {"count=-1,reset", "\"count\" must be a number"},
      {"p=2,reset", "\"p\" must be a probability"},
      {"p=0,reset", "\"p\" must be a probability"},
      {"p=x,reset", "\"p\" must be a probability"},
      {"reset,truncate", "\"truncate\" cannot be together"},
      {"reset,status=503", "\"reset\" sends no error of its own"},
      {"delay=1,retry-after=5", "\"delay\" sends no error of its own"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_sandbox_fault f;
    char *storage;
    cspan_error *error = NULL;
    assert_int_equal(cspan_sandbox_parse_fault(table[i].text, &f, &storage, &error),
                     CSPAN_ERR_INVALID);
    if (!strstr(cspan_error_message(error), table[i].message)) {
      fail_msg("%s: %s", table[i].text, cspan_error_message(error));
    }
    assert_null(storage);
    cspan_error_free(error);
  }
}

static sbx_strike match(sbx_faults *faults, const char *operation, const char *key, int part) {
  return cspan_sbx_faults_match(faults, operation, key, part, false);
}

static void add(sbx_faults *faults, cspan_sandbox_fault fault) {
  assert_int_equal(cspan_sbx_faults_add(faults, &fault, NULL), CSPAN_OK);
}

static void test_matching(void **state) {
  (void)state;
  sbx_faults *faults = cspan_sbx_faults_new();
  add(faults,
      (cspan_sandbox_fault){
          .kind = CSPAN_FAULT_STATUS, .operation = "Upload*", .key = "big/*", .part_number = 2});
  assert_int_equal(match(faults, "UploadPart", "big/x", 2).kind, CSPAN_FAULT_STATUS);
  assert_int_equal(match(faults, "UploadPart", "big/x", 1).kind, 0);
  assert_int_equal(match(faults, "UploadPart", "small/x", 2).kind, 0);
  assert_int_equal(match(faults, "PutObject", "big/x", 2).kind, 0);
  assert_int_equal(match(faults, "UploadPart", NULL, 2).kind, 0);
  cspan_sbx_faults_clear(faults);
  assert_int_equal(match(faults, "UploadPart", "big/x", 2).kind, 0);
  cspan_sbx_faults_free(faults);
}

static void test_count_and_skip(void **state) {
  (void)state;
  sbx_faults *faults = cspan_sbx_faults_new();
  add(faults, (cspan_sandbox_fault){.kind = CSPAN_FAULT_RESET_BEFORE, .skip = 2, .count = 3});
  add(faults, (cspan_sandbox_fault){.kind = CSPAN_FAULT_CORRUPT});
  static const cspan_fault_kind wanted[] = {CSPAN_FAULT_CORRUPT,      CSPAN_FAULT_CORRUPT,
                                            CSPAN_FAULT_RESET_BEFORE, CSPAN_FAULT_RESET_BEFORE,
                                            CSPAN_FAULT_RESET_BEFORE, CSPAN_FAULT_CORRUPT,
                                            CSPAN_FAULT_CORRUPT};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    assert_int_equal(match(faults, "GetObject", "k", 0).kind, wanted[i]);
  }
  cspan_sbx_faults_free(faults);
}

/* With 2,000 tries at one half, 500 and 1,500 are more than 20 deviations away. */
static void test_probability(void **state) {
  (void)state;
  int struck = 0;
  sbx_faults *faults = cspan_sbx_faults_new();
  add(faults, (cspan_sandbox_fault){.kind = CSPAN_FAULT_CORRUPT, .probability = 0.5});
  for (int i = 0; i < 2000; i++) {
    struck += match(faults, "GetObject", "k", 0).kind != 0;
  }
  assert_in_range(struck, 500, 1500);
  cspan_sbx_faults_free(faults);
}

/* Keys inside of DeleteObjects are struck by errors that mean them. */
static void test_per_key(void **state) {
  (void)state;
  static const struct {
    cspan_sandbox_fault fault;
    bool strikes;
  } table[] = {
      {{.kind = CSPAN_FAULT_STATUS, .operation = "DeleteObject"}, true},
      {{.kind = CSPAN_FAULT_STATUS, .key = "k*"}, true},
      {{.kind = CSPAN_FAULT_STATUS, .operation = "DeleteObject", .key = "x"}, false},
      {{.kind = CSPAN_FAULT_STATUS}, false},
      {{.kind = CSPAN_FAULT_STATUS, .operation = "DeleteObjects"}, false},
      {{.kind = CSPAN_FAULT_RESET_BEFORE, .key = "k*"}, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    sbx_faults *faults = cspan_sbx_faults_new();
    add(faults, table[i].fault);
    assert_int_equal(cspan_sbx_faults_match(faults, "DeleteObject", "key", 0, true).kind != 0,
                     table[i].strikes);
    cspan_sbx_faults_free(faults);
  }
}

static void test_defaults(void **state) {
  (void)state;
  static const struct {
    cspan_sandbox_fault fault;
    int status;
    const char *code;
  } table[] = {
      {{.kind = CSPAN_FAULT_STATUS}, 503, "SlowDown"},
      {{.kind = CSPAN_FAULT_STATUS, .http_status = 500}, 500, "InternalError"},
      {{.kind = CSPAN_FAULT_STATUS, .http_status = 403}, 403, "AccessDenied"},
      {{.kind = CSPAN_FAULT_STATUS, .http_status = 599}, 599, "InternalError"},
      {{.kind = CSPAN_FAULT_STATUS, .code = "Odd"}, 503, "Odd"},
      {{.kind = CSPAN_FAULT_ERROR_IN_200}, 503, "InternalError"},
      {{.kind = CSPAN_FAULT_ERROR_IN_200, .http_status = 503}, 503, "SlowDown"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    sbx_faults *faults = cspan_sbx_faults_new();
    add(faults, table[i].fault);
    sbx_strike strike = match(faults, "GetObject", "k", 0);
    assert_int_equal(strike.http_status, table[i].status);
    assert_string_equal(strike.code, table[i].code);
    assert_int_equal(strike.after_bytes, -1);
    cspan_sbx_faults_free(faults);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const cspan_sandbox_fault table[] = {
      {.kind = 0},
      {.kind = CSPAN_FAULT_ERROR_IN_200 + 1},
      {.kind = CSPAN_FAULT_STATUS, .http_status = 200},
      {.kind = CSPAN_FAULT_STATUS, .http_status = 600},
      {.kind = CSPAN_FAULT_STATUS, .probability = 1.5},
      {.kind = CSPAN_FAULT_STATUS, .probability = -0.5},
      {.kind = CSPAN_FAULT_STATUS, .count = -1},
      {.kind = CSPAN_FAULT_DELAY},
      {.kind = CSPAN_FAULT_SLOW_BODY},
      {.kind = CSPAN_FAULT_TRUNCATE, .after_bytes = -1},
  };
  sbx_faults *faults = cspan_sbx_faults_new();
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_error *error = NULL;
    assert_int_equal(cspan_sbx_faults_add(faults, &table[i], &error), CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), "the fault cannot be added: "));
    cspan_error_free(error);
  }
  assert_int_equal(match(faults, "GetObject", "k", 0).kind, 0);
  cspan_sbx_faults_free(faults);
}

static void test_cap(void **state) {
  (void)state;
  cspan_sandbox_fault fault = {.kind = CSPAN_FAULT_CORRUPT};
  sbx_faults *faults = cspan_sbx_faults_new();
  for (int i = 0; i < 1024; i++) {
    add(faults, fault);
  }
  assert_int_equal(cspan_sbx_faults_add(faults, &fault, NULL), CSPAN_ERR_LIMIT);
  cspan_sbx_faults_free(faults);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_glob),        cmocka_unit_test(test_text),
      cmocka_unit_test(test_text_kinds),  cmocka_unit_test(test_text_refused),
      cmocka_unit_test(test_matching),    cmocka_unit_test(test_count_and_skip),
      cmocka_unit_test(test_probability), cmocka_unit_test(test_per_key),
      cmocka_unit_test(test_defaults),    cmocka_unit_test(test_refused),
      cmocka_unit_test(test_cap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
