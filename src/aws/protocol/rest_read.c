/* SPDX-License-Identifier: Apache-2.0 */
/* Members of an output that are in the status and the headers of a response. What cannot be read as
 * what the model says is left out: services and proxies send dates and numbers of their own kind,
 * which must not hide the rest of a response. */
#include <strings.h>

#include "aws/protocol/rest.h"
#include "aws/protocol/shape.h"
#include "base/error.h"

typedef struct reader {
  const cspan_service_model *model;
  const cspan_protocol_response *response;
  cspan_maker *maker;
} reader;

static void name_member(reader *r, const cspan_member_model *member) {
  const char *name = cspan_model_text(r->model, member->name);
  cspan_maker_fixed_name(r->maker, name, strlen(name));
}

static void keep_failure(reader *r, cspan_status status) {
  if (status != CSPAN_OK && r->maker->status == CSPAN_OK) {
    r->maker->status = status;
  }
}

/* ------------------------------------------------------------------------ lists */

/* The end of the item: a comma outside of quotes. Dates as in HTTP hold one themselves. */
static const char *item_end(const char *at, bool is_date) {
  bool quoted = false;
  for (; *at != '\0'; at++) {
    if (*at == '\\' && quoted && at[1] != '\0') {
      at++;
    } else if (*at == '"') {
      quoted = !quoted;
    } else if (*at == ',' && !quoted) {
      if (!is_date) {
        return at;
      }
      is_date = false;
    }
  }
  return at;
}

/* Without the quotes around it; `text` is scratch. */
static cspan_str unquote(cspan_str item, cspan_buf *text) {
  if (item.len < 2 || item.data[0] != '"' || item.data[item.len - 1] != '"') {
    return item;
  }
  cspan_buf_clear(text);
  for (size_t i = 1; i + 1 < item.len; i++) {
    if (item.data[i] == '\\' && i + 2 < item.len) {
      i++;
    }
    cspan_buf_char(text, item.data[i]);
  }
  return (cspan_str){cspan_buf_text(text), text->len};
}

static void put_items(reader *r, const cspan_shape *shape, const char *at) {
  cspan_buf text;
  cspan_value value;
  cspan_status status = CSPAN_OK;
  cspan_buf_init(&text, CSPAN_PROTOCOL_TARGET_MAX);
  while (*at != '\0' && status == CSPAN_OK) {
    at += strspn(at, " \t");
    bool is_date = shape->type == CSPAN_SHAPE_TIMESTAMP && *at >= 'A' && *at <= 'Z';
    const char *end = item_end(at, is_date);
    cspan_str item = unquote(cspan_str_trim((cspan_str){at, (size_t)(end - at)}), &text);
    status = cspan_buf_status(&text);
    if (status == CSPAN_OK &&
        cspan_scalar_read(shape, item.data, item.len, r->maker->arena, &value, &status)) {
      cspan_maker_put(r->maker, value);
    }
    at = *end != '\0' ? end + 1 : end;
  }
  keep_failure(r, status);
  cspan_buf_free(&text);
}

/* --------------------------------------------------------------------- scalars */

/* JSON in base64 becomes its text. */
static void put_json_value(reader *r, const cspan_member_model *member, const char *text) {
  cspan_buf json;
  cspan_buf_init(&json, CSPAN_PROTOCOL_BODY_MAX);
  bool ok = cspan_base64_decode(text, strlen(text), &json) &&
            cspan_utf8_valid(cspan_buf_text(&json), json.len);
  if (ok) {
    name_member(r, member);
    cspan_maker_put_text(r->maker, CSPAN_VALUE_STRING, cspan_buf_text(&json), json.len);
  }
  keep_failure(r, cspan_buf_status(&json));
  cspan_buf_free(&json);
}

static void put_header(reader *r, const cspan_member_model *member) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  const char *text =
      cspan_header_block_get(r->response->headers, cspan_member_wire_name(r->model, member));
  cspan_value value;
  cspan_status status;
  if (text == NULL) {
    return;
  }
  if ((member->flags & CSPAN_MEMBER_JSON_VALUE) != 0) {
    put_json_value(r, member, text);
  } else if (shape->type == CSPAN_SHAPE_LIST) {
    name_member(r, member);
    cspan_maker_begin(r->maker, CSPAN_VALUE_LIST);
    const cspan_member_model *element = cspan_shape_members(r->model, shape);
    put_items(r, cspan_member_shape(r->model, element), text);
    cspan_maker_end(r->maker);
  } else if (cspan_scalar_read(shape, text, strlen(text), r->maker->arena, &value, &status)) {
    name_member(r, member);
    cspan_maker_put(r->maker, value);
  } else {
    keep_failure(r, status);
  }
}

/* All headers whose name begins with the prefix; without it. */
static void put_prefix_headers(reader *r, const cspan_member_model *member) {
  const char *prefix = cspan_model_text(r->model, member->location_name);
  size_t prefix_len = strlen(prefix);
  const char *name;
  const char *value;
  name_member(r, member);
  cspan_maker_begin(r->maker, CSPAN_VALUE_MAP);
  for (size_t i = 0; cspan_header_block_at(r->response->headers, i, &name, &value); i++) {
    if (strncasecmp(name, prefix, prefix_len) == 0 && name[prefix_len] != '\0') {
      cspan_maker_name(r->maker, name + prefix_len, strlen(name + prefix_len));
      cspan_maker_put_text(r->maker, CSPAN_VALUE_STRING, value, strlen(value));
    }
  }
  cspan_maker_end(r->maker);
}

cspan_status cspan_rest_read(const cspan_protocol_response *response, const cspan_shape *shape,
                             cspan_maker *maker, cspan_error **error) {
  reader r = {response->model, response, maker};
  const cspan_member_model *members = cspan_shape_members(response->model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    switch (members[i].location) {
    case CSPAN_LOCATION_STATUS:
      name_member(&r, &members[i]);
      cspan_maker_put(maker, cspan_int(response->status));
      break;
    case CSPAN_LOCATION_HEADER:
      put_header(&r, &members[i]);
      break;
    case CSPAN_LOCATION_HEADERS:
      put_prefix_headers(&r, &members[i]);
      break;
    default:
      break;
    }
  }
  return maker->status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, maker->status, "the response could not be read");
}

cspan_status cspan_rest_parse(const cspan_protocol_response *response, cspan_rest_body_fn read_body,
                              cspan_arena *arena, cspan_value *out, cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(response->model, response->operation->output);
  cspan_maker maker;
  *out = cspan_map(NULL, 0);
  if (shape == NULL) {
    return CSPAN_OK;
  }
  cspan_maker_init(&maker, arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  cspan_status status = cspan_rest_read(response, shape, &maker, error);
  if (status == CSPAN_OK && response->body != NULL) {
    status = read_body(response, shape, &maker, error);
  }
  if (status == CSPAN_OK) {
    cspan_maker_end(&maker);
    status = cspan_value_fault(cspan_maker_finish(&maker, out), error);
  }
  cspan_maker_free(&maker);
  return status;
}

cspan_status cspan_rest_read_bytes(const cspan_protocol_response *response,
                                   const cspan_member_model *payload, cspan_maker *maker,
                                   cspan_error **error) {
  bool is_blob = cspan_member_shape(response->model, payload)->type == CSPAN_SHAPE_BLOB;
  const char *name = cspan_model_text(response->model, payload->name);
  if (response->body_size == 0) {
    return CSPAN_OK;
  }
  if (!is_blob && !cspan_utf8_valid(response->body, response->body_size)) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the service sent text that is not UTF-8");
  }
  cspan_maker_fixed_name(maker, name, strlen(name));
  cspan_maker_put_text(maker, is_blob ? CSPAN_VALUE_BLOB : CSPAN_VALUE_STRING, response->body,
                       response->body_size);
  return CSPAN_OK;
}
