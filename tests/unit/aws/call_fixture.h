/* SPDX-License-Identifier: Apache-2.0 */
/* A client of an invented S3-like service against a scripted server. Functions are static: each
 * test program has its own. */
#ifndef UNIT_AWS_CALL_FIXTURE_H
#define UNIT_AWS_CALL_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/auth.h"
#include "aws/client.h"
#include "base/error.h"
#include "support/script_server.h"

#define UNUSED_FUNCTION __attribute__((unused))

#define ACCESS_KEY "AKIDFIXTURE"
#define SECRET_KEY "fixture-secret-that-must-not-leak"
#define TOKEN      "fixture-token-that-must-not-leak"

static const cspan_service fixture_service = {.id = "S3",
                                              .signing_name = "s3",
                                              .endpoint_prefix = "s3",
                                              .single_encode_path = true,
                                              .sign_content_sha256 = true};

typedef struct fixture_input {
  const char *path;
  const char *bucket;
  cspan_body body;
  bool checksum;
  const char *algorithm;
  cspan_sink sink;
  bool verify;
  const cspan_auth *auth; /* NULL: the service's */
} fixture_input;

typedef struct fixture_output {
  int status;
  char *text;
  size_t len;
} fixture_output;

static cspan_status fixture_serialize(struct cspan_call *call, const void *data,
                                      cspan_error **error) {
  const fixture_input *input = data;
  cspan_status status = cspan_call_set_path(call, input->path ? input->path : "/key");
  if (status == CSPAN_OK && input->bucket) {
    status = cspan_call_set_bucket(call, input->bucket);
  }
  if (status == CSPAN_OK) {
    status = cspan_call_set_body(call, &input->body, error);
  }
  if (status == CSPAN_OK && input->checksum) {
    status = cspan_call_set_checksum(call, input->algorithm, NULL);
  }
  if (status == CSPAN_OK) {
    status = cspan_call_set_sink(call, &input->sink);
  }
  if (status == CSPAN_OK && input->auth) {
    status = cspan_call_set_auth(call, input->auth);
  }
  if (input->verify) {
    cspan_call_set_verify_checksum(call, true);
  }
  return status;
}

static cspan_status fixture_deserialize(struct cspan_call *call, void **output,
                                        cspan_error **error) {
  fixture_output *out = cspan_call_output_new(call, sizeof *out);
  if (!out) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no output");
  }
  out->status = cspan_call_http_status(call);
  out->text = (char *)cspan_call_body(call, &out->len);
  *output = out;
  return CSPAN_OK;
}

#define FIXTURE_OPERATION(operation_name, http_method, operation_flags)                            \
  {                                                                                                \
    .name = (operation_name), .method = (http_method), .flags = (operation_flags),                 \
    .serialize = fixture_serialize, .deserialize = fixture_deserialize                             \
  }

UNUSED_FUNCTION static const cspan_operation fixture_put = FIXTURE_OPERATION("PutThing", "PUT", 0);
UNUSED_FUNCTION static const cspan_operation fixture_get =
    FIXTURE_OPERATION("GetThing", "GET", CSPAN_OP_STREAM_OUTPUT);
UNUSED_FUNCTION static const cspan_operation fixture_list =
    FIXTURE_OPERATION("ListThings", "GET", 0);
UNUSED_FUNCTION static const cspan_operation fixture_head =
    FIXTURE_OPERATION("HeadThing", "HEAD", CSPAN_OP_NO_BODY_IN_ERROR);
UNUSED_FUNCTION static const cspan_operation fixture_complete =
    FIXTURE_OPERATION("CompleteThing", "POST", CSPAN_OP_ERROR_IN_200);
UNUSED_FUNCTION static const cspan_operation fixture_delete_all =
    FIXTURE_OPERATION("DeleteThings", "POST", CSPAN_OP_CHECKSUM_REQUIRED);

/* No variable or file of the machine may take part. */
UNUSED_FUNCTION static void fixture_clear_environment(void) {
  static const char *const names[] = {"AWS_REGION",
                                      "AWS_DEFAULT_REGION",
                                      "AWS_PROFILE",
                                      "AWS_ENDPOINT_URL",
                                      "AWS_ENDPOINT_URL_S3",
                                      "AWS_ACCESS_KEY_ID",
                                      "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SESSION_TOKEN",
                                      "AWS_ACCOUNT_ID",
                                      "AWS_RETRY_MODE",
                                      "AWS_MAX_ATTEMPTS",
                                      "AWS_NEW_RETRIES_2026",
                                      "AWS_BEARER_TOKEN_S3",
                                      "AWS_CA_BUNDLE",
                                      "AWS_SDK_UA_APP_ID",
                                      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                      "AWS_REQUEST_CHECKSUM_CALCULATION",
                                      "AWS_RESPONSE_CHECKSUM_VALIDATION",
                                      "http_proxy",
                                      "https_proxy",
                                      "no_proxy",
                                      "HTTP_PROXY",
                                      "HTTPS_PROXY",
                                      "NO_PROXY",
                                      "ALL_PROXY",
                                      "all_proxy"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    unsetenv(names[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
}

/* Options for the server's port; `url` must live as long as they do. */
UNUSED_FUNCTION static cspan_aws_options fixture_options(const char *url) {
  return (cspan_aws_options){.size = sizeof(cspan_aws_options),
                             .region = "eu-west-1",
                             .endpoint_url = url,
                             .access_key_id = ACCESS_KEY,
                             .secret_access_key = SECRET_KEY,
                             .session_token = TOKEN};
}

typedef struct fixture {
  script_server *server;
  char url[64];
  cspan_aws_config *config;
  cspan_aws_client *client;
} fixture;

UNUSED_FUNCTION static void fixture_serve(fixture *f, const script_connection *scripts,
                                          size_t count) {
  memset(f, 0, sizeof *f);
  f->server = script_server_start(scripts, count);
  snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", script_server_port(f->server));
}

/* `options` NULL: those of fixture_options. */
UNUSED_FUNCTION static void fixture_configure(fixture *f, const cspan_aws_options *options) {
  cspan_aws_options defaults = fixture_options(f->url);
  cspan_error *error = NULL;
  if (cspan_aws_config_load(options ? options : &defaults, &f->config, &error) != CSPAN_OK) {
    fprintf(stderr, "fixture: %s\n", cspan_error_message(error));
    abort();
  }
}

UNUSED_FUNCTION static void fixture_connect(fixture *f) {
  cspan_error *error = NULL;
  if (cspan_aws_client_create(f->config, &fixture_service, &f->client, &error) != CSPAN_OK) {
    fprintf(stderr, "fixture: %s\n", cspan_error_message(error));
    abort();
  }
}

UNUSED_FUNCTION static void fixture_stop(fixture *f) {
  cspan_aws_client_free(f->client);
  cspan_aws_config_free(f->config);
  if (f->server) {
    script_server_stop(f->server);
  }
}

UNUSED_FUNCTION static cspan_status fixture_call(fixture *f, const cspan_operation *operation,
                                                 const fixture_input *input,
                                                 const cspan_call_options *options,
                                                 fixture_output **output, cspan_error **error) {
  cspan_call_start start = {
      .operation = operation, .input = input, .output = (void **)output, .options = options};
  return cspan_aws_call(f->client, &start, error);
}

/* A whole response as a step. */
#define SEND(text_)                                                                                \
  { SCRIPT_SEND, (text_), 0 }
#define READ_REQUEST                                                                               \
  { SCRIPT_READ_REQUEST, NULL, 0 }
#define END                                                                                        \
  { SCRIPT_END, NULL, 0 }
#define RESET                                                                                      \
  { SCRIPT_RESET, NULL, 0 }

#endif
