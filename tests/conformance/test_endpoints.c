/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint cases of $CLOUDSPAN_CONFORMANCE/endpoints: rule sets of the engine, and those of
 * services. Operation inputs are tried where a model of the service is installed that asks for
 * the same parameters as the rule set (AWS_DATA_PATH may name newer ones). */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/model/store.h"
#include "aws/rules/client_endpoint.h"
#include "base/json.h"
#include "conformance/endpoint_files.h"

/* Cases that are not run, with the reason. */
static const struct {
  const char *file;
  const char *documentation;
  const char *reason;
} exceptions[] = {
    {NULL, NULL, NULL},
};

enum { FILES_MAX = 512 };

typedef struct pair {
  char rules[ENDPOINT_PATH_LEN];
  char tests[ENDPOINT_PATH_LEN];
  char name[256];
} pair;

static char root[ENDPOINT_PATH_LEN];
static pair pairs[FILES_MAX];
static size_t pair_count;
static cspan_model_store *store;
static size_t run_count;
static size_t input_count;

/* --------------------------------------------------------------------- files */

static void load_json(const char *path, cspan_arena *arena, cspan_value *out) {
  cspan_buf text;
  cspan_json_fault fault;
  assert_true(read_file(path, &text));
  if (cspan_json_parse(text.data, text.len, arena, out, &fault) != CSPAN_OK) {
    fail_msg("%s: line %zu: %s", path, fault.line, fault.what);
  }
  cspan_buf_free(&text);
}

/* --------------------------------------------------------------------- cases */

/* What one file of cases is run with. */
typedef struct fixture {
  const char *file;
  cspan_buf rule_bytes;
  cspan_buf partition_bytes;
  cspan_rules *rules;
  cspan_partitions *partitions;
  const cspan_service_model *installed; /* NULL: none of the same parameters */
  cspan_service_model model;            /* of it, with the rules of the case */
  cspan_endpoint_resolver *resolver;
  size_t failed;
} fixture;

static const char *text_at(const cspan_value *value, const char *name) {
  return cspan_value_text(cspan_value_get(value, name), NULL);
}

static const char *exception_of(const char *file, const char *documentation) {
  for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
    if (exceptions[i].file != NULL && strcmp(exceptions[i].file, file) == 0 &&
        strcmp(exceptions[i].documentation, documentation) == 0) {
      return exceptions[i].reason;
    }
  }
  return NULL;
}

static void complain(fixture *f, const cspan_value *tested, const char *what, const char *got) {
  char *expected = NULL;
  const char *documentation = text_at(tested, "documentation");
  (void)cspan_value_to_json(cspan_value_get(tested, "expect"), 0, &expected, NULL, NULL);
  print_error("%s: \"%s\": %s: got %s, expected %s\n", f->file,
              documentation != NULL ? documentation : "", what, got, expected);
  cspan_free(expected);
  f->failed++;
}

static void complain_value(fixture *f, const cspan_value *tested, const char *what,
                           const cspan_value *got) {
  char *json = NULL;
  (void)cspan_value_to_json(got, 0, &json, NULL, NULL);
  complain(f, tested, what, json);
  cspan_free(json);
}

/* Without one in the case, anything will do but for nothing at all being as good as empty. */
static bool is_as_expected(const cspan_value *expected, const cspan_value *got) {
  if (cspan_value_is_null(expected)) {
    return cspan_value_count(got) == 0;
  }
  return cspan_value_equals(expected, got);
}

static void check_error(fixture *f, const cspan_value *tested, cspan_status status,
                        const cspan_error *error, const char *url) {
  const char *expected = text_at(cspan_value_get(tested, "expect"), "error");
  if (status == CSPAN_OK) {
    complain(f, tested, "an endpoint", url);
  } else if (status != CSPAN_ERR_INVALID || strcmp(cspan_error_message(error), expected) != 0) {
    complain(f, tested, "another error", cspan_error_message(error));
  }
}

static void check_endpoint(fixture *f, const cspan_value *tested, const char *url,
                           const cspan_value *headers, const cspan_value *properties) {
  const cspan_value *expected = cspan_value_get(cspan_value_get(tested, "expect"), "endpoint");
  if (strcmp(url, text_at(expected, "url")) != 0) {
    complain(f, tested, "another URL", url);
  }
  if (!is_as_expected(cspan_value_get(expected, "headers"), headers)) {
    complain_value(f, tested, "other headers", headers);
  }
  if (!is_as_expected(cspan_value_get(expected, "properties"), properties)) {
    complain_value(f, tested, "other properties", properties);
  }
}

static void run_params(fixture *f, const cspan_value *tested) {
  cspan_rules_endpoint endpoint;
  cspan_error *error = NULL;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_status status = cspan_rules_resolve(
      f->rules, f->partitions, cspan_value_get(tested, "params"), arena, &endpoint, &error);
  if (text_at(cspan_value_get(tested, "expect"), "error") != NULL) {
    check_error(f, tested, status, error, endpoint.url);
  } else if (status != CSPAN_OK) {
    complain(f, tested, "an error", cspan_error_message(error));
  } else {
    check_endpoint(f, tested, endpoint.url, &endpoint.headers, &endpoint.properties);
  }
  run_count++;
  cspan_error_free(error);
  cspan_arena_free(arena);
}

/* ---------------------------------------------------------- operation inputs */

static bool flag_of(const cspan_value *builtins, const char *name) {
  return cspan_value_bool(cspan_value_get(builtins, name), false);
}

static cspan_choice choice_of(const cspan_value *value) {
  return cspan_value_is_null(value)       ? CSPAN_CHOICE_UNSET
         : cspan_value_bool(value, false) ? CSPAN_CHOICE_YES
                                          : CSPAN_CHOICE_NO;
}

static cspan_endpoint_settings settings_of(const cspan_value *input) {
  const cspan_value *given = cspan_value_get(input, "builtInParams");
  const cspan_value *s3control = cspan_value_get(given, "AWS::S3Control::UseArnRegion");
  const cspan_value *use_arn =
      s3control != NULL ? s3control : cspan_value_get(given, "AWS::S3::UseArnRegion");
  return (cspan_endpoint_settings){
      .region = text_at(given, "AWS::Region"),
      .endpoint_url = text_at(given, "SDK::Endpoint"),
      .use_fips = flag_of(given, "AWS::UseFIPS"),
      .use_dualstack = flag_of(given, "AWS::UseDualStack"),
      .account_id = text_at(given, "AWS::Auth::AccountId"),
      .account_id_mode = text_at(given, "AWS::Auth::AccountIdEndpointMode"),
      .s3_accelerate = flag_of(given, "AWS::S3::Accelerate"),
      .s3_force_path_style = flag_of(given, "AWS::S3::ForcePathStyle"),
      .s3_use_global_endpoint = flag_of(given, "AWS::S3::UseGlobalEndpoint"),
      .s3_disable_mrap = flag_of(given, "AWS::S3::DisableMultiRegionAccessPoints"),
      .s3_disable_express_session = flag_of(given, "AWS::S3::DisableS3ExpressSessionAuth"),
      .s3_use_arn_region = choice_of(use_arn),
      .sts_use_global_endpoint = flag_of(given, "AWS::STS::UseGlobalEndpoint"),
      .client_params = cspan_value_get(input, "clientParams"),
  };
}

static void run_input(fixture *f, const cspan_value *tested, const cspan_value *input) {
  const cspan_operation_model *operation =
      cspan_model_operation(&f->model, text_at(input, "operationName"));
  const cspan_client_endpoint_result *result = NULL;
  cspan_error *error = NULL;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_endpoint_settings settings = settings_of(input);
  if (operation == NULL) { /* an older model */
    cspan_arena_free(arena);
    return;
  }
  cspan_status status = cspan_endpoint_resolver_get(f->resolver, &settings, operation,
                                                    cspan_value_get(input, "operationParams"),
                                                    arena, &result, &error);
  if (text_at(cspan_value_get(tested, "expect"), "error") != NULL) {
    check_error(f, tested, status, error, result != NULL ? result->url : "");
  } else if (status != CSPAN_OK) {
    complain(f, tested, "an error for its operation", cspan_error_message(error));
  } else {
    check_endpoint(f, tested, result->url, &result->headers, &result->properties);
  }
  input_count++;
  cspan_client_endpoint_release(result);
  cspan_error_free(error);
  cspan_arena_free(arena);
}

static bool has_param(const cspan_rules *rules, const char *name) {
  cspan_rules_param param;
  for (size_t i = 0; cspan_rules_param_at(rules, i, &param); i++) {
    if (strcmp(param.name, name) == 0) {
      return true;
    }
  }
  return false;
}

/* Whether a model sets all that the rules of the case ask for. */
static bool asks_for_the_same(const cspan_service_model *model, const cspan_rules *rules) {
  cspan_rules *own = NULL;
  cspan_rules_param param;
  if (model->rules == NULL ||
      cspan_rules_open(model->rules, model->rules_size, &own, NULL) != CSPAN_OK) {
    return false;
  }
  bool same = true;
  for (size_t i = 0; cspan_rules_param_at(rules, i, &param); i++) {
    same = same && has_param(own, param.name);
  }
  cspan_rules_free(own);
  return same;
}

static void open_model(fixture *f) {
  cspan_error *error = NULL;
  if (store == NULL ||
      cspan_model_store_service(store, f->file, NULL, &f->installed, &error) != CSPAN_OK) {
    cspan_error_free(error);
    return;
  }
  if (!asks_for_the_same(f->installed, f->rules)) {
    print_message("%s: the installed model is older than the rules\n", f->file);
    return;
  }
  f->model = *f->installed;
  f->model.rules = f->rule_bytes.data;
  f->model.rules_size = f->rule_bytes.len;
  f->model.partitions = f->partition_bytes.data;
  f->model.partitions_size = f->partition_bytes.len;
  assert_int_equal(cspan_endpoint_resolver_create(&f->model, &f->resolver, &error), CSPAN_OK);
}

/* --------------------------------------------------------------------- files */

static void open_fixture(fixture *f, const pair *files) {
  char path[ENDPOINT_PATH_LEN + 32];
  cspan_error *error = NULL;
  *f = (fixture){.file = files->name};
  snprintf(path, sizeof path, "%s/partitions.json", root);
  compile_file(path, cspan_partitions_compile, &f->partition_bytes);
  compile_file(files->rules, cspan_rules_compile, &f->rule_bytes);
  assert_int_equal(cspan_partitions_open(f->partition_bytes.data, f->partition_bytes.len,
                                         &f->partitions, &error),
                   CSPAN_OK);
  assert_int_equal(cspan_rules_open(f->rule_bytes.data, f->rule_bytes.len, &f->rules, &error),
                   CSPAN_OK);
  if (strstr(files->tests, "/services/") != NULL) {
    open_model(f);
  }
}

static void close_fixture(fixture *f) {
  cspan_endpoint_resolver_free(f->resolver);
  cspan_service_model_release(f->installed);
  cspan_rules_free(f->rules);
  cspan_partitions_free(f->partitions);
  cspan_buf_free(&f->rule_bytes);
  cspan_buf_free(&f->partition_bytes);
}

static void run_case(fixture *f, const cspan_value *tested) {
  const char *documentation = text_at(tested, "documentation");
  const cspan_value *inputs = cspan_value_get(tested, "operationInputs");
  const char *reason = documentation != NULL ? exception_of(f->file, documentation) : NULL;
  if (reason != NULL) {
    print_message("%s: \"%s\" is not run: %s\n", f->file, documentation, reason);
    return;
  }
  run_params(f, tested);
  for (size_t i = 0; f->resolver != NULL && i < cspan_value_count(inputs); i++) {
    run_input(f, tested, cspan_value_at(inputs, i));
  }
}

static void run_file(void **state) {
  fixture f;
  cspan_value tests;
  const pair *files = *state;
  cspan_arena *arena = cspan_arena_create(0);
  open_fixture(&f, files);
  load_json(files->tests, arena, &tests);
  const cspan_value *cases = cspan_value_get(&tests, "testCases");
  assert_true(cspan_value_count(cases) > 0);
  for (size_t i = 0; i < cspan_value_count(cases); i++) {
    run_case(&f, cspan_value_at(cases, i));
  }
  size_t failed = f.failed;
  close_fixture(&f);
  cspan_arena_free(arena);
  assert_int_equal(failed, 0);
}

/* A rule set without cases: it can be compiled and opened. */
static void open_only(void **state) {
  fixture f;
  open_fixture(&f, *state);
  close_fixture(&f);
}

static int is_visible(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void add_pair(const char *rules, const char *tests, const char *name) {
  if (pair_count < FILES_MAX) {
    pair *added = &pairs[pair_count++];
    snprintf(added->rules, sizeof added->rules, "%.1000s/%.1000s", root, rules);
    snprintf(added->tests, sizeof added->tests, "%.1000s/%.1000s", root, tests);
    snprintf(added->name, sizeof added->name, "%.255s", name);
  }
}

static void find_pairs(const char *folder, const char *rules_form, const char *tests_form) {
  char path[ENDPOINT_PATH_LEN + 64];
  char rules[1024];
  char tests[1024];
  struct dirent **entries = NULL;
  snprintf(path, sizeof path, "%s/%s", root, folder);
  int count = scandir(path, &entries, is_visible, alphasort);
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    snprintf(rules, sizeof rules, "%.60s/%.255s%.60s", folder, name, rules_form);
    snprintf(tests, sizeof tests, "%.60s/%.255s%.60s", tests_form[0] == '/' ? folder : tests_form,
             name, tests_form[0] == '/' ? tests_form : "");
    add_pair(rules, tests, name);
    free(entries[i]);
  }
  free(entries);
}

static bool exists(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file != NULL) {
    fclose(file);
  }
  return file != NULL;
}

int main(void) {
  static struct CMUnitTest tests[FILES_MAX];
  find_endpoints(root);
  find_pairs("engine/valid-rules", "", "engine/test-cases");
  find_pairs("services", "/endpoint-rule-set-1.json", "/endpoint-tests-1.json");
  if (pair_count == 0) {
    print_message("skipped: there is nothing in %s\n", root);
    return 0;
  }
  cspan_model_store_options options = {.data_path = getenv("AWS_DATA_PATH")};
  cspan_error *error = NULL;
  (void)cspan_model_store_open(&options, &store, &error);
  for (size_t i = 0; i < pair_count; i++) {
    tests[i] = (struct CMUnitTest){.name = pairs[i].name,
                                   .test_func = exists(pairs[i].tests) ? run_file : open_only,
                                   .initial_state = &pairs[i]};
  }
  int failed = _cmocka_run_group_tests("endpoints", tests, pair_count, NULL, NULL);
  print_message("%zu cases by parameters, %zu by operations\n", run_count, input_count);
  cspan_error_free(error);
  cspan_model_store_free(store);
  return failed;
}
