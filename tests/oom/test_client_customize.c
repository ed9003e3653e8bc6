/* SPDX-License-Identifier: Apache-2.0 */
/* What services need beyond their models, with every allocation failing in turn: requests that
 * become URLs, and outputs that are rewritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/client/customize.h"
#include "support/fail_alloc.h"
#include "support/model_folder.h"
#include "support/service_models.h"

enum { MOST_ALLOCATIONS = 2000, OUTPUT_MAX = 1 << 20 };

static char folder[64];
static cspan_aws_config *config;

static int open_all(void **state) {
  (void)state;
  model_folder_make(folder);
  for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s/2112-06-01/service-2.json", folder, service_models[i].name);
    model_folder_put_json(path, service_models[i].json);
  }
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .endpoint_url = "http://localhost:1",
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "planted-secret"};
  return cspan_aws_config_load(&aws, &config, NULL) == CSPAN_OK ? 0 : -1;
}

static int close_all(void **state) {
  (void)state;
  cspan_aws_config_free(config);
  model_folder_remove(folder);
  return 0;
}

typedef struct row {
  const char *service;
  const char *operation;
  const char *value; /* JSON: the input of a URL, or the output to rewrite */
  bool is_output;
} row;

static const row rows[] = {
    {"s3", "CopyObject",
     "{\"Bucket\":\"b\",\"Key\":\"k\",\"CopySource\":{\"Bucket\":\"a\",\"Key\":\"?\","
     "\"VersionId\":\"v\"},\"Metadata\":{\"n\":\"v\"}}",
     false},
    {"s3", "GetObject", "{\"Bucket\":\"b\",\"Key\":\"k\",\"SSECustomerKey\":\"secret\"}", false},
    {"s3", "PutObject", "{\"Bucket\":\"b\",\"Key\":\"k\"}", false},
    {"ec2", "CopySnapshot", "{\"SourceRegion\":\"us-west-2\",\"SourceSnapshotId\":\"s\"}", false},
    {"ec2", "RunInstances", "{\"UserData\":\"x\",\"Filters\":[\"a\"]}", false},
    {"rds", "CopyDBSnapshot", "{\"SourceRegion\":\"us-west-2\"}", false},
    {"glacier", "UploadArchive", "{\"body\":\"x\"}", false},
    {"polly", "SynthesizeSpeech", "{\"Text\":\"x\"}", false},
    {"cloudsearchdomain", "Search", "{\"query\":\"x\",\"returnFields\":\"y\"}", false},
    {"machinelearning", "Predict", "{\"PredictEndpoint\":\"http://localhost:2\"}", false},
    {"s3", "ListObjectsV2",
     "{\"EncodingType\":\"url\",\"Prefix\":\"a%2Fb\",\"Contents\":[{\"Key\":\"a+b\"}]}", true},
    {"iam", "GetPolicies", "{\"Policies\":[{\"Name\":\"n\",\"Document\":\"%7B%22a%22%3A1%7D\"}]}",
     true},
    {"cloudformation", "GetTemplate", "{\"TemplateBody\":\"{\\\"a\\\":[1]}\"}", true},
    {"ec2", "GetConsoleOutput", "{\"Output\":\"aGkgd29ybGT/\"}", true},
};

static cspan_status make_url(cspan_client *client, const row *r, const cspan_value *value,
                             cspan_error **error) {
  const cspan_client_request request = {
      .size = sizeof request, .operation = r->operation, .input = value};
  char *url = NULL;
  cspan_status status = cspan_client_presign(client, &request, 60, &url, error);
  assert_true((status == CSPAN_OK) == (url != NULL));
  cspan_free(url);
  return status;
}

static cspan_status rewrite(cspan_client *client, const row *r, const cspan_value *value,
                            cspan_error **error) {
  cspan_invocation invocation = {.client = client,
                                 .model = cspan_model_operation(client->model, r->operation),
                                 .operation = {.name = r->operation},
                                 .decodes_keys = true};
  cspan_custom c = {
      .invocation = &invocation, .arena = cspan_arena_create(OUTPUT_MAX), .value = *value};
  if (c.arena == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = cspan_custom_run(CSPAN_CUSTOM_OUTPUT, &c, error);
  if (status == CSPAN_OK) {
    assert_false(cspan_value_equals(&c.value, value));
  }
  cspan_arena_free(c.arena);
  return status;
}

static void replay(cspan_client *client, const row *r, const cspan_value *value,
                   bool all_that_follow) {
  bool met = true;
  long before = fail_alloc_outstanding_here();
  for (size_t n = 1; met; n++) {
    cspan_error *error = NULL;
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, all_that_follow);
    cspan_status status =
        r->is_output ? rewrite(client, r, value, &error) : make_url(client, r, value, &error);
    met = fail_alloc_disarm();
    if (status != CSPAN_OK && (!met || status != CSPAN_ERR_NOMEM)) {
      fail_msg("%s, allocation %zu: %s", r->operation, n, cspan_error_message(error));
    }
    cspan_error_free(error);
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
}

static void done_or_no_memory(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const row *r = &rows[i];
    cspan_client_options options = {.size = sizeof options, .models = folder};
    cspan_client *client = NULL;
    cspan_document *value = NULL;
    assert_int_equal(cspan_client_create(config, r->service, &options, &client, NULL), CSPAN_OK);
    assert_int_equal(cspan_document_parse_json(r->value, strlen(r->value), &value, NULL), CSPAN_OK);
    /* What the credentials keep is there from the first time on. */
    const cspan_value *given = cspan_document_value(value);
    assert_int_equal(r->is_output ? rewrite(client, r, given, NULL)
                                  : make_url(client, r, given, NULL),
                     CSPAN_OK);
    replay(client, r, given, false);
    replay(client, r, given, true);
    cspan_document_free(value);
    cspan_client_free(client);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(done_or_no_memory),
  };
  fail_alloc_install();
  return cmocka_run_group_tests(tests, open_all, close_all);
}
