/* SPDX-License-Identifier: Apache-2.0 */
/* Invoking a function. */
#include <cloudspan/lambda.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/typed.h"

/* The service's own limit is smaller: an over-long context is its to refuse. */
static const size_t client_context_max = 64U << 10;
static const size_t log_tail_max = 64U << 10;

enum { REQUEST_ID_ROOM = 128 };

void cspan_lambda_result_clear(cspan_lambda_result *result) {
  if (result != NULL) {
    cspan_free(result->payload);
    cspan_free(result->log_tail);
    memset(result, 0, sizeof *result);
  }
}

/* ----------------------------------------------------------------- request */

static cspan_status put_payload(cspan_making *making, const cspan_lambda_invoke_input *input,
                                cspan_error **error) {
  cspan_value payload = cspan_null();
  char *json = NULL;
  size_t size = 0;
  if (input->payload != NULL) {
    payload = cspan_blob(input->payload, input->payload_size_bytes);
    cspan_making_value(making, "Payload", &payload);
  }
  if (input->payload_value == NULL) {
    return CSPAN_OK;
  }
  cspan_status status =
      cspan_value_to_json(input->payload_value, CSPAN_JSON_COMPACT, &json, &size, error);
  if (status == CSPAN_OK) {
    cspan_maker_fixed_name(&making->maker, "Payload", 7);
    cspan_maker_put_text(&making->maker, CSPAN_VALUE_BLOB, json, size);
    cspan_free(json);
  }
  return status;
}

/* JSON in base64, as the header takes it. */
static cspan_status put_client_context(cspan_making *making, const cspan_value *context,
                                       cspan_error **error) {
  cspan_buf base64;
  char *json = NULL;
  size_t size = 0;
  if (cspan_value_is_null(context)) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_value_to_json(context, CSPAN_JSON_COMPACT, &json, &size, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf_init(&base64, client_context_max);
  status = cspan_base64_encode(&base64, json, size);
  if (status == CSPAN_OK) {
    cspan_maker_fixed_name(&making->maker, "ClientContext", 13);
    cspan_maker_put_text(&making->maker, CSPAN_VALUE_STRING, cspan_buf_text(&base64), base64.len);
  } else {
    cspan_error_set(error, status, "the client context of an invocation is too large");
  }
  cspan_buf_free(&base64);
  cspan_free(json);
  return status;
}

static cspan_status check(const cspan_client *client, const cspan_lambda_invoke_input *input,
                          cspan_error **error) {
  if (client == NULL || input->function == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_lambda_invoke needs a client and the name of a function");
  }
  if ((unsigned)input->invocation > CSPAN_LAMBDA_DRY_RUN) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "there is no invocation type %d",
                           (int)input->invocation);
  }
  if (input->payload != NULL && input->payload_value != NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "an invocation takes a payload or a payload_value, not both");
  }
  return cspan_typed_refuse_loop("cspan_lambda_invoke", input->options, error);
}

static cspan_status make_input(const cspan_lambda_invoke_input *input, cspan_document **out,
                               cspan_error **error) {
  static const char *const types[] = {"RequestResponse", "Event", "DryRun"};
  cspan_making making;
  cspan_status status = cspan_making_open(&making, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_maker_begin(&making.maker, CSPAN_VALUE_MAP);
  cspan_making_text(&making, "FunctionName", input->function);
  cspan_making_text(&making, "Qualifier", input->qualifier);
  cspan_making_text(&making, "InvocationType", types[input->invocation]);
  cspan_making_text(&making, "LogType", input->want_log_tail ? "Tail" : NULL);
  status = put_client_context(&making, input->client_context, error);
  if (status == CSPAN_OK) {
    status = put_payload(&making, input, error);
  }
  return cspan_making_close(&making, status, out, error);
}

/* ------------------------------------------------------------------ answer */

static cspan_status take_log(const cspan_value *answer, cspan_lambda_result *result) {
  size_t size = 0;
  cspan_buf log;
  const char *base64 = cspan_value_text(cspan_value_get(answer, "LogResult"), &size);
  if (base64 == NULL) {
    return CSPAN_OK;
  }
  cspan_buf_init(&log, log_tail_max);
  bool is_good = cspan_base64_decode(base64, size, &log);
  bool is_short_of_memory = cspan_buf_status(&log) == CSPAN_ERR_NOMEM;
  if (is_good) {
    result->log_tail = cspan_buf_take(&log, NULL);
  }
  cspan_buf_free(&log);
  return is_short_of_memory || (is_good && result->log_tail == NULL) ? CSPAN_ERR_NOMEM : CSPAN_OK;
}

static cspan_status take_answer(const cspan_value *answer, cspan_lambda_result *result) {
  size_t size = 0;
  const char *payload = cspan_value_bytes(cspan_value_get(answer, "Payload"), &size);
  result->http_status = (int)cspan_value_int(cspan_value_get(answer, "StatusCode"), 0);
  cspan_typed_copy_text(answer, "ExecutedVersion", result->executed_version,
                        sizeof result->executed_version);
  cspan_typed_copy_text(answer, "FunctionError", result->function_error,
                        sizeof result->function_error);
  if (payload != NULL && size > 0) {
    result->payload = cspan_strndup(payload, size);
    if (result->payload == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    result->payload_size_bytes = size;
  }
  return take_log(answer, result);
}

/* The error of a function that failed, by its payload where that is what runtimes write. */
static cspan_status tell_failure(const char *function, const char *request_id,
                                 const cspan_lambda_result *result, cspan_error **error) {
  cspan_document *payload = NULL;
  char text[256];
  if (result->payload != NULL) {
    /* What is no JSON is a payload without members; the failure stays. */
    cspan_document_parse_json(result->payload, result->payload_size_bytes, &payload, NULL);
  }
  const cspan_value *fields = cspan_document_value(payload);
  const char *type = cspan_value_text(cspan_value_get(fields, "errorType"), NULL);
  const char *message = cspan_value_text(cspan_value_get(fields, "errorMessage"), NULL);
  cspan_error_info info = {.status = CSPAN_ERR_SERVICE,
                           .code = type != NULL && type[0] != '\0' ? type : result->function_error,
                           .request_id = request_id,
                           .http_status = result->http_status,
                           .fields =
                               cspan_value_get_kind(fields) == CSPAN_VALUE_MAP ? fields : NULL};
  snprintf(text, sizeof text, "the function %.140s failed (%s)", function, result->function_error);
  cspan_error_set_info(error, &info, message != NULL ? message : text);
  cspan_document_free(payload);
  return CSPAN_ERR_SERVICE;
}

cspan_status cspan_lambda_invoke(cspan_client *client, const cspan_lambda_invoke_input *given,
                                 cspan_lambda_result *result, cspan_error **error) {
  cspan_lambda_invoke_input input;
  cspan_lambda_result own;
  cspan_lambda_result *to = result != NULL ? result : &own;
  cspan_document *document = NULL;
  cspan_document *answer = NULL;
  char request_id[REQUEST_ID_ROOM] = "";
  memset(to, 0, sizeof *to);
  cspan_typed_take(&input, sizeof input, given);
  cspan_status status = check(client, &input, error);
  if (status == CSPAN_OK) {
    status = make_input(&input, &document, error);
  }
  if (status == CSPAN_OK) {
    cspan_client_request request = {.operation = "Invoke",
                                    .input = cspan_document_value(document),
                                    .context = input.context,
                                    .options = input.options,
                                    .request_id = request_id,
                                    .request_id_room = sizeof request_id};
    status = cspan_client_send(client, &request, &answer, error);
  }
  if (status == CSPAN_OK && take_answer(cspan_document_value(answer), to) != CSPAN_OK) {
    cspan_lambda_result_clear(to);
    status = cspan_error_move(error, cspan_error_nomem());
  }
  if (status == CSPAN_OK && to->function_error[0] != '\0') {
    status = tell_failure(input.function, request_id, to, error);
  }
  cspan_document_free(document);
  cspan_document_free(answer);
  if (result == NULL) {
    cspan_lambda_result_clear(&own);
  }
  return status;
}
