/* SPDX-License-Identifier: Apache-2.0 */
/* awsJson 1.0 and 1.1: every operation is a POST of one JSON document; HTTP bindings count for
 * nothing. Source: Smithy, "AWS JSON 1.1 protocol". */
#include "aws/protocol/body_json.h"
#include "aws/protocol/failure.h"
#include "aws/protocol/shape.h"
#include "base/error.h"
#include "base/json.h"

static cspan_status put_target(const cspan_protocol_input *input, cspan_protocol_request *out) {
  const char *prefix = cspan_model_text(input->model, input->model->info->target_prefix);
  const char *name = cspan_model_text(input->model, input->operation->name);
  cspan_buf text;
  cspan_buf_init(&text, CSPAN_PROTOCOL_TARGET_MAX);
  cspan_status status = cspan_buf_printf(&text, "%s.%s", prefix, name);
  if (status == CSPAN_OK) {
    status = cspan_header_list_set(&out->headers, out->arena, "X-Amz-Target", text.data);
  }
  cspan_buf_free(&text);
  return status;
}

static const char *content_type(const cspan_protocol_input *input) {
  const cspan_service_model *model = input->model;
  const char *version = cspan_model_text(model, model->info->json_version);
  if ((input->operation->flags & CSPAN_OPERATION_REQUEST_EVENTS) != 0) {
    return "application/vnd.amazon.eventstream";
  }
  return strcmp(version, "1.1") == 0 ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0";
}

static cspan_status put_headers(const cspan_protocol_input *input, cspan_protocol_request *out) {
  cspan_status status = put_target(input, out);
  if (status == CSPAN_OK) {
    status = cspan_header_list_put(&out->headers, out->arena, "Content-Type", content_type(input));
  }
  if (status == CSPAN_OK && (input->model->info->flags & CSPAN_SERVICE_QUERY_COMPATIBLE) != 0) {
    status = cspan_header_list_put(&out->headers, out->arena, "x-amzn-query-mode", "true");
  }
  return status;
}

static cspan_status serialize(const cspan_protocol_input *input, cspan_protocol_request *out,
                              cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(input->model, input->operation->input);
  const cspan_value *value;
  out->method = "POST";
  out->has_body = true;
  cspan_status status = cspan_protocol_fill_tokens(input, out->arena, &value);
  if (status == CSPAN_OK) {
    status = cspan_buf_char(&out->path, '/');
  }
  if (status == CSPAN_OK) {
    status = put_headers(input, out);
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request could not be written");
  }
  status = cspan_protocol_host_prefix(input, &out->host_prefix, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (shape != NULL) {
    out->stream_member = cspan_event_stream_member(input->model, shape);
    return cspan_json_write_shape(&out->body, input->model, shape, value, false, error);
  }
  status = cspan_buf_str(&out->body, "{}");
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "the request body could not be written");
}

static cspan_status parse(const cspan_protocol_response *response, cspan_arena *arena,
                          cspan_value *out, cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(response->model, response->operation->output);
  *out = cspan_map(NULL, 0);
  if (shape == NULL || response->body == NULL) {
    return CSPAN_OK;
  }
  return cspan_json_read_shape(response->model, shape, response->body, response->body_size, false,
                               arena, out, error);
}

cspan_status cspan_json_failure(const cspan_protocol_response *response, cspan_failure_style style,
                                cspan_arena *arena, cspan_protocol_failure *out,
                                cspan_error **error) {
  cspan_value body = cspan_null();
  cspan_status status = CSPAN_OK;
  if (response->body != NULL) {
    status = cspan_json_parse(response->body, response->body_size, arena, &body, NULL);
  }
  return cspan_failure_read(response, style, status, &body, arena, out, error);
}

static cspan_status parse_error(const cspan_protocol_response *response, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  return cspan_json_failure(response, CSPAN_FAILURE_JSON, arena, out, error);
}

cspan_status cspan_json_write_payload(const cspan_service_model *model, const cspan_shape *shape,
                                      const cspan_value *value, cspan_buf *out,
                                      cspan_error **error) {
  return cspan_json_write_shape(out, model, shape, value, false, error);
}

cspan_status cspan_json_read_payload(const cspan_service_model *model, const cspan_shape *shape,
                                     const char *data, size_t size, cspan_arena *arena,
                                     cspan_value *out, cspan_error **error) {
  return cspan_json_read_shape(model, shape, data, size, false, arena, out, error);
}

const cspan_protocol cspan_protocol_json = {
    .name = "json",
    .serialize = serialize,
    .parse = parse,
    .parse_error = parse_error,
    .write_payload = cspan_json_write_payload,
    .read_payload = cspan_json_read_payload,
    .payload_type = "application/json",
};
