/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks on inputs and requests that more than one service could need. */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"

static const cspan_shape *input_shape(const cspan_custom *c) {
  return cspan_model_shape(c->invocation->client->model, c->invocation->model->input);
}

static bool has_member(const cspan_custom *c, const char *name, size_t len) {
  const cspan_shape *shape = input_shape(c);
  return shape != NULL &&
         cspan_shape_member(c->invocation->client->model, shape, name, len) != NULL;
}

/* The parts of "left=right". */
static cspan_str left_of(const char *detail, const char **right) {
  size_t len = strcspn(detail, "=");
  *right = detail + len + 1;
  return (cspan_str){detail, len};
}

/* "alias=name": a name that other SDKs have for a member. */
cspan_status cspan_custom_rename(cspan_custom *c, const char *detail, cspan_error **error) {
  const char *name;
  cspan_str alias = left_of(detail, &name);
  const cspan_value *given = cspan_value_find(&c->value, alias.data, alias.len);
  (void)error;
  if (given == NULL || has_member(c, alias.data, alias.len) || !has_member(c, name, strlen(name)) ||
      cspan_value_get(&c->value, name) != NULL) {
    return CSPAN_OK;
  }
  cspan_value value = *given;
  char *old = cspan_arena_strndup(c->arena, alias.data, alias.len);
  cspan_status status = old != NULL ? cspan_custom_remove(c, old) : cspan_arena_refusal(c->arena);
  return status == CSPAN_OK ? cspan_custom_set(c, name, value) : status;
}

/* "name=text" where the caller gives nothing. */
cspan_status cspan_custom_default(cspan_custom *c, const char *detail, cspan_error **error) {
  const char *text;
  cspan_str name = left_of(detail, &text);
  (void)error;
  if (!has_member(c, name.data, name.len) ||
      !cspan_value_is_null(cspan_value_find(&c->value, name.data, name.len))) {
    return CSPAN_OK;
  }
  char *copy = cspan_arena_strndup(c->arena, name.data, name.len);
  return copy != NULL ? cspan_custom_set(c, copy, cspan_string(text))
                      : cspan_arena_refusal(c->arena);
}

/* A text of the service that is base64 on the wire, and bytes for the caller. */
cspan_status cspan_custom_base64(cspan_custom *c, const char *detail, cspan_error **error) {
  cspan_str bytes = cspan_custom_bytes(c, detail);
  cspan_buf text;
  (void)error;
  if (bytes.data == NULL) {
    return CSPAN_OK;
  }
  cspan_buf_init(&text, CSPAN_PROTOCOL_BODY_MAX);
  cspan_base64_encode(&text, bytes.data, bytes.len);
  cspan_value encoded = cspan_custom_take(c->arena, &text);
  return cspan_value_is_null(&encoded) ? CSPAN_ERR_NOMEM : cspan_custom_set(c, detail, encoded);
}

/* Members of a shape, given as the service tells them ("/hostedzone/Z1"): "Z1". */
cspan_status cspan_custom_last_segment(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_service_model *model = c->invocation->client->model;
  const cspan_shape *shape = input_shape(c);
  cspan_status status = CSPAN_OK;
  (void)error;
  for (uint32_t i = 0; shape != NULL && i < shape->members.count && status == CSPAN_OK; i++) {
    const cspan_member_model *member = &cspan_shape_members(model, shape)[i];
    const char *name = cspan_model_text(model, member->name);
    if (strcmp(cspan_model_text(model, cspan_member_shape(model, member)->name), detail) != 0) {
      continue;
    }
    size_t len = 0;
    const char *text = cspan_value_text(cspan_value_get(&c->value, name), &len);
    size_t from = len;
    while (from > 0 && text[from - 1] != '/') {
      from--;
    }
    if (from > 0) {
      status = cspan_custom_set(c, name, cspan_string_of(text + from, len - from));
    }
  }
  return status;
}

/* "Name: value" */
cspan_status cspan_custom_header(cspan_custom *c, const char *detail, cspan_error **error) {
  size_t len = strcspn(detail, ":");
  char *name = cspan_arena_strndup(c->arena, detail, len);
  (void)error;
  return name != NULL
             ? cspan_header_list_put(&c->request->headers, c->arena, name, detail + len + 2)
             : cspan_arena_refusal(c->arena);
}

/* A header with the version of the API. */
cspan_status cspan_custom_version_header(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_service_model *model = c->invocation->client->model;
  (void)error;
  return cspan_header_list_put(&c->request->headers, c->arena, detail,
                               cspan_model_text(model, model->info->api_version));
}

/* The rules put it before the host already, where the operation says that it needs it. */
cspan_status cspan_custom_drop_host_prefix(cspan_custom *c, const char *detail,
                                           cspan_error **error) {
  const cspan_client *client = c->invocation->client;
  const cspan_operation_model *operation = c->invocation->model;
  const char *prefix = cspan_model_text(client->model, operation->host_prefix);
  (void)error;
  if (client->resolver == NULL || strcmp(prefix, detail) != 0) {
    return CSPAN_OK;
  }
  for (uint32_t i = 0; i < operation->static_params.count; i++) {
    const cspan_model_pair *pair = &client->model->pairs[operation->static_params.first + i];
    if (strcmp(cspan_model_text(client->model, pair->name), "RequiresAccountId") == 0 &&
        strcmp(cspan_model_text(client->model, pair->value), "true") == 0) {
      cspan_buf_clear(&c->request->host_prefix);
    }
  }
  return CSPAN_OK;
}

/* A GET whose query may get long is sent as a form. */
cspan_status cspan_custom_post_query(cspan_custom *c, const char *detail, cspan_error **error) {
  cspan_protocol_request *request = c->request;
  (void)detail;
  (void)error;
  if (strcmp(request->method, "GET") != 0 || request->query.len == 0 ||
      c->invocation->is_presigned) {
    return CSPAN_OK;
  }
  cspan_status status =
      cspan_buf_append(&request->body, cspan_buf_text(&request->query), request->query.len);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf_clear(&request->query);
  request->method = "POST";
  request->has_body = true;
  return cspan_header_list_put(&request->headers, c->arena, "Content-Type",
                               "application/x-www-form-urlencoded");
}

/* The input says where the call goes. */
cspan_status cspan_custom_endpoint(cspan_custom *c, const char *detail, cspan_error **error) {
  size_t len = 0;
  const char *given = cspan_value_text(cspan_value_get(&c->value, detail), &len);
  if (given == NULL) {
    return CSPAN_OK; /* told by the check */
  }
  const char *url = cspan_arena_strndup(c->arena, given, len);
  cspan_base_url *base = cspan_arena_alloc(c->arena, sizeof *base);
  if (url == NULL || base == NULL) {
    return cspan_arena_refusal(c->arena);
  }
  c->invocation->redirect = base;
  return cspan_base_url_parse(url, detail, base, error);
}
