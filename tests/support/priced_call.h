/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of any service and operation with documents of a test's choice, against answers of its
 * choice, and what their spans say. */
#ifndef SUPPORT_PRICED_CALL_H
#define SUPPORT_PRICED_CALL_H

#include <cloudspan/trace.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/client.h"
#include "base/buf.h"
#include "base/error.h"
#include "support/script_server.h"

typedef struct priced_call {
  const char *service;
  const char *operation;
  const char *method;
  const char *input;  /* JSON */
  const char *output; /* JSON; NULL: none */
  const char *region; /* NULL: us-east-1 */
  const char *storage_class;
  const char *body;
  const char *answers[4]; /* whole, one a connection; "" closes it without one */
} priced_call;

/* The documents of the call under way; calls here are made one after the other. */
static const cspan_value *priced_input;
static const cspan_value *priced_output;

static cspan_status priced_serialize(struct cspan_call *call, const void *data,
                                     cspan_error **error) {
  const priced_call *priced = data;
  cspan_body body = {.data = priced->body,
                     .size_bytes = priced->body ? (int64_t)strlen(priced->body) : 0};
  cspan_call_set_path(call, "/thing");
  if (priced->storage_class) {
    cspan_call_set_request_header(call, "x-amz-storage-class", priced->storage_class);
  }
  return priced->body ? cspan_call_set_body(call, &body, error) : CSPAN_OK;
}

static cspan_status priced_deserialize(struct cspan_call *call, void **output,
                                       cspan_error **error) {
  *output = cspan_call_output_new(call, 1);
  return *output ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

static const cspan_value *priced_get_input(struct cspan_call *call, const void *data) {
  (void)call;
  (void)data;
  return priced_input;
}

static const cspan_value *priced_get_output(struct cspan_call *call) {
  return cspan_call_error(call) == NULL ? priced_output : NULL;
}

static const cspan_operation_documents priced_documents = {.input = priced_get_input,
                                                           .output = priced_get_output};

/* JSON in which "@N@" stands for a text of N letters. NULL for NULL. */
static inline cspan_document *priced_json(const char *json) {
  cspan_document *document = NULL;
  cspan_buf text;
  cspan_buf_init(&text, (size_t)1 << 22);
  for (const char *at = json; at && *at; at++) {
    char *end = NULL;
    unsigned long letters = *at == '@' ? strtoul(at + 1, &end, 10) : 0;
    if (!end || *end != '@') {
      cspan_buf_char(&text, *at);
      continue;
    }
    for (unsigned long i = 0; i < letters; i++) {
      cspan_buf_char(&text, 'a');
    }
    at = end;
  }
  if (json &&
      cspan_document_parse_json(cspan_buf_text(&text), text.len, &document, NULL) != CSPAN_OK) {
    fail_msg("this is no JSON: %s", json);
  }
  cspan_buf_free(&text);
  return document;
}

static inline cspan_aws_client *priced_client(const priced_call *priced, int port,
                                              const cspan_trace_options *trace,
                                              const cspan_service *service) {
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
  cspan_aws_options options = {
      .size = sizeof options,
      .region = priced->region ? priced->region : "us-east-1",
      .config_file = "/nonexistent",
      .credentials_file = "/nonexistent",
      .access_key_id = "AKIDEXAMPLE",
      .secret_access_key = "unit-test-secret",
      .endpoint_url = endpoint,
      .max_attempts = 4,
  };
  cspan_aws_config *config = NULL;
  cspan_aws_client *client = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  if (cspan_trace_append(config, trace, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_int_equal(cspan_aws_client_create(config, service, &client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  return client;
}

/* Plays the call; its spans, for cspan_span_list_free(). `trace` needs no provider. */
static inline cspan_span_list *priced_run(const priced_call *priced, cspan_trace_options trace,
                                          const cspan_context *context,
                                          cspan_provider_options provider_options) {
  script_step steps[4][3];
  script_connection connections[4];
  size_t count = 0;
  for (; count < 4 && priced->answers[count]; count++) {
    steps[count][0] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    bool silent = priced->answers[count][0] == '\0';
    steps[count][1] = silent ? (script_step){SCRIPT_RESET, NULL, 0}
                             : (script_step){SCRIPT_SEND, priced->answers[count], 0};
    steps[count][2] = (script_step){SCRIPT_END, NULL, 0};
    connections[count] = steps[count];
  }
  const cspan_service service = {
      .id = priced->service, .signing_name = "s", .endpoint_prefix = "s"};
  const cspan_operation operation = {.name = priced->operation,
                                     .method = priced->method ? priced->method : "POST",
                                     .serialize = priced_serialize,
                                     .deserialize = priced_deserialize,
                                     .documents = &priced_documents};
  cspan_document *input = priced_json(priced->input);
  cspan_document *output = priced_json(priced->output);
  script_server *server = script_server_start(connections, count);
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {cspan_processor_simple(memory)};
  provider_options.size = sizeof provider_options;
  provider_options.processors = processors;
  provider_options.processor_count = 1;
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&provider_options, &provider, NULL), CSPAN_OK);
  trace.size = sizeof trace;
  trace.provider = provider;
  cspan_aws_client *client = priced_client(priced, script_server_port(server), &trace, &service);
  priced_input = cspan_document_value(input);
  priced_output = cspan_document_value(output);
  void *result = NULL;
  cspan_error *error = NULL;
  const cspan_call_start start = {
      .operation = &operation, .input = priced, .output = &result, .context = context};
  (void)cspan_aws_call(client, &start, &error);
  cspan_error_free(error);
  cspan_output_free(result);
  cspan_span_list *spans = NULL;
  spans = cspan_memory_spans(memory);
  assert_non_null(spans);
  cspan_aws_client_free(client);
  cspan_tracer_provider_free(provider);
  script_server_stop(server);
  cspan_document_free(input);
  cspan_document_free(output);
  return spans;
}

#endif
