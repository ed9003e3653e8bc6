/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/failure.h"

#include "aws/protocol/body_json.h"
#include "aws/service_error.h"
#include "base/error.h"

typedef struct failure_reader {
  const cspan_protocol_response *response;
  cspan_failure_style style;
  cspan_arena *arena;
  cspan_protocol_failure *out;
} failure_reader;

static const char *header(const failure_reader *r, const char *name) {
  return r->response->headers != NULL ? cspan_header_block_get(r->response->headers, name) : NULL;
}

/* As it may end up in logs. NULL for nothing, and when out of memory (*status is not OK then). */
static const char *copy(const failure_reader *r, cspan_str text, cspan_status *status) {
  if (text.len == 0) {
    return NULL;
  }
  const char *whole = cspan_arena_strndup(r->arena, text.data, text.len);
  const char *kept = whole != NULL ? cspan_service_text(r->arena, whole) : NULL;
  if (whole == NULL || (kept == NULL && cspan_str_trim(cspan_str_of(whole)).len > 0)) {
    *status = cspan_arena_refusal(r->arena);
  }
  return kept;
}

static cspan_str text_member(const cspan_value *body, const char *name) {
  const cspan_value *value = cspan_value_get(body, name);
  bool is_text = value != NULL && value->kind == CSPAN_VALUE_STRING;
  return is_text ? (cspan_str){value->as.text, value->size} : (cspan_str){NULL, 0};
}

/* The first that is a text and not empty. */
static cspan_str first_member(const cspan_value *body, const char *const *names) {
  cspan_str found = {NULL, 0};
  for (; *names != NULL && found.len == 0; names++) {
    found = text_member(body, *names);
  }
  return found;
}

/* "aws.protocoltests#FooError:http://internal.amazon.com/" is FooError. */
static cspan_str bare_code(cspan_str code) {
  const char *colon = code.len > 0 ? memchr(code.data, ':', code.len) : NULL;
  code.len = colon != NULL ? (size_t)(colon - code.data) : code.len;
  const char *hash;
  while (code.len > 0 && (hash = memchr(code.data, '#', code.len)) != NULL) {
    code.len -= (size_t)(hash + 1 - code.data);
    code.data = hash + 1;
  }
  return cspan_str_trim(code);
}

static cspan_str find_code(const failure_reader *r, const cspan_value *body) {
  static const char *const json[] = {"__type", "code", "Code", NULL};
  static const char *const rest[] = {"code", "Code", "__type", NULL};
  static const char *const cbor[] = {"__type", NULL};
  static const char *const *const by_style[] = {
      [CSPAN_FAILURE_JSON] = json,
      [CSPAN_FAILURE_REST_JSON] = rest,
      [CSPAN_FAILURE_CBOR] = cbor,
  };
  cspan_str code = {NULL, 0};
  if (r->style != CSPAN_FAILURE_CBOR) {
    code = bare_code(cspan_str_of(header(r, "x-amzn-errortype")));
  }
  return code.len > 0 ? code : bare_code(first_member(body, by_style[r->style]));
}

/* Services that came from the query protocol tell the code that they had there: "Code;Sender". */
static cspan_str query_code(const failure_reader *r) {
  const char *text = header(r, "x-amzn-query-error");
  const char *end = text != NULL ? strchr(text, ';') : NULL;
  bool is_asked =
      (r->response->model->info->flags & CSPAN_SERVICE_QUERY_COMPATIBLE) != 0 && end != NULL;
  return is_asked ? (cspan_str){text, (size_t)(end - text)} : (cspan_str){NULL, 0};
}

static const char *find_request_id(const failure_reader *r) {
  static const char *const names[] = {"x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"};
  const char *found = NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0] && found == NULL; i++) {
    found = header(r, names[i]);
  }
  return found;
}

static cspan_status read_head(failure_reader *r, const cspan_value *body) {
  static const char *const message_names[] = {"message", "Message", NULL};
  cspan_status status = CSPAN_OK;
  cspan_str code = find_code(r, body);
  cspan_str old_code = query_code(r);
  cspan_str message = first_member(body, message_names);
  const char *id = find_request_id(r);
  const char *name = copy(r, code, &status);
  r->out->code = old_code.len > 0 ? copy(r, old_code, &status) : name;
  r->out->message = copy(r, message, &status);
  r->out->request_id = copy(r, cspan_str_of(id), &status);
  if (name == NULL) {
    name = r->out->code;
  }
  if (status == CSPAN_OK && name != NULL) {
    r->out->shape = cspan_protocol_exception(r->response->model, r->response->operation, name);
  }
  return status;
}

/* The members of the body into the map that is open in the maker. What does not fit the model is
 * left out: the code and the message still tell what happened. */
static cspan_status put_fields(failure_reader *r, cspan_value *body, cspan_maker *maker,
                               cspan_error **error) {
  const cspan_service_model *model = r->response->model;
  const cspan_member_model *message = cspan_protocol_message_member(model, r->out->shape);
  const char *skip = message != NULL ? cspan_model_text(model, message->name) : "";
  cspan_error *why = NULL;
  cspan_status status = cspan_shape_fit(model, r->out->shape, r->style == CSPAN_FAILURE_REST_JSON,
                                        r->style == CSPAN_FAILURE_CBOR, r->arena, body, &why);
  if (status == CSPAN_ERR_PROTOCOL) {
    cspan_error_free(why);
    return CSPAN_OK;
  }
  if (status != CSPAN_OK) {
    return cspan_error_move(error, why);
  }
  for (size_t i = 0; i < cspan_value_count(body); i++) {
    const cspan_member *field = &body->as.members[i];
    if (strcmp(field->name, skip) != 0) {
      cspan_maker_fixed_name(maker, field->name, field->name_size_bytes);
      cspan_maker_put(maker, field->value);
    }
  }
  return CSPAN_OK;
}

static cspan_status read_fields(failure_reader *r, cspan_value *body, cspan_error **error) {
  cspan_maker maker;
  cspan_status status = CSPAN_OK;
  cspan_maker_init(&maker, r->arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  if (r->style == CSPAN_FAILURE_REST_JSON && r->response->headers != NULL) {
    status = cspan_rest_read(r->response, r->out->shape, &maker, error);
  }
  if (status == CSPAN_OK && body->kind == CSPAN_VALUE_MAP) {
    status = put_fields(r, body, &maker, error);
  }
  cspan_maker_end(&maker);
  if (status == CSPAN_OK) {
    status = cspan_maker_finish(&maker, &r->out->fields);
  }
  cspan_maker_free(&maker);
  return status;
}

cspan_status cspan_failure_read(const cspan_protocol_response *response, cspan_failure_style style,
                                cspan_status parsed, cspan_value *body, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  failure_reader r = {response, style, arena, out};
  cspan_status status = parsed == CSPAN_ERR_NOMEM ? parsed : CSPAN_OK;
  memset(out, 0, sizeof *out);
  out->fields = cspan_map(NULL, 0);
  if (parsed != CSPAN_OK) {
    *body = cspan_null();
  }
  if (status == CSPAN_OK) {
    status = read_head(&r, body);
  }
  if (status == CSPAN_OK && out->shape != NULL) {
    status = read_fields(&r, body, error);
  }
  return status == CSPAN_OK || (error != NULL && *error != NULL)
             ? status
             : cspan_error_set(error, status, "the error of the service could not be read");
}
