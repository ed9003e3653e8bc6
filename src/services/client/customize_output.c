/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks on outputs: texts that are documents themselves. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "services/client/customize.h"

enum { DEPTH_MAX = 16 };

/* A text that is JSON becomes what it says; any other stays. */
static cspan_status parse_json(cspan_arena *arena, cspan_value *value) {
  cspan_value parsed;
  if (value->kind != CSPAN_VALUE_STRING) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_json_parse(value->as.text, value->size, arena, &parsed, NULL);
  if (status == CSPAN_OK) {
    *value = parsed;
  }
  return status == CSPAN_ERR_NOMEM ? status : CSPAN_OK;
}

cspan_status cspan_custom_json(cspan_custom *c, const char *detail, cspan_error **error) {
  (void)error;
  return cspan_custom_rewrite(c->arena, &c->value, detail, parse_json);
}

/* -------------------------------------------------------------------- IAM */

/* JSON in percent encoding. */
static cspan_status parse_policy(cspan_arena *arena, cspan_value *value) {
  cspan_buf text;
  if (value->kind != CSPAN_VALUE_STRING) {
    return CSPAN_OK;
  }
  cspan_buf_init(&text, value->size);
  cspan_uri_decode(&text, value->as.text, value->size);
  cspan_value decoded = cspan_custom_take(arena, &text);
  if (cspan_value_is_null(&decoded)) {
    return CSPAN_ERR_NOMEM;
  }
  cspan_status status = parse_json(arena, &decoded);
  if (status == CSPAN_OK && decoded.kind != CSPAN_VALUE_STRING) {
    *value = decoded;
  }
  return status;
}

typedef struct policy_walk {
  cspan_arena *arena;
  const cspan_service_model *model;
  const char *shape_name;
} policy_walk;

static cspan_status walk(const policy_walk *w, const cspan_shape *shape, cspan_value *value,
                         int depth);

static cspan_status walk_list(const policy_walk *w, const cspan_shape *shape, cspan_value *value,
                              int depth) {
  const cspan_member_model *element = cspan_shape_members(w->model, shape);
  cspan_value *items = cspan_arena_array(w->arena, value->size + 1, sizeof *items);
  cspan_status status = CSPAN_OK;
  if (items == NULL) {
    return cspan_arena_refusal(w->arena);
  }
  for (size_t i = 0; i < value->size && status == CSPAN_OK; i++) {
    items[i] = value->as.items[i];
    status = walk(w, cspan_member_shape(w->model, element), &items[i], depth + 1);
  }
  if (status == CSPAN_OK) {
    *value = cspan_list(items, value->size);
  }
  return status;
}

static cspan_status walk_structure(const policy_walk *w, const cspan_shape *shape,
                                   cspan_value *value, int depth) {
  cspan_member *members = cspan_arena_array(w->arena, value->size + 1, sizeof *members);
  cspan_status status = CSPAN_OK;
  if (members == NULL) {
    return cspan_arena_refusal(w->arena);
  }
  for (size_t i = 0; i < value->size && status == CSPAN_OK; i++) {
    members[i] = value->as.members[i];
    const cspan_member_model *member =
        cspan_shape_member(w->model, shape, members[i].name, members[i].name_size_bytes);
    if (member != NULL) {
      status = walk(w, cspan_member_shape(w->model, member), &members[i].value, depth + 1);
    }
  }
  if (status == CSPAN_OK) {
    *value = cspan_map(members, value->size);
  }
  return status;
}

static cspan_status walk(const policy_walk *w, const cspan_shape *shape, cspan_value *value,
                         int depth) {
  if (depth > DEPTH_MAX) {
    return CSPAN_OK;
  }
  if (shape->type == CSPAN_SHAPE_STRUCTURE && value->kind == CSPAN_VALUE_MAP) {
    return walk_structure(w, shape, value, depth);
  }
  if (shape->type == CSPAN_SHAPE_LIST && value->kind == CSPAN_VALUE_LIST) {
    return walk_list(w, shape, value, depth);
  }
  if (strcmp(cspan_model_text(w->model, shape->name), w->shape_name) == 0) {
    return parse_policy(w->arena, value);
  }
  return CSPAN_OK;
}

/* `detail` is the name of the shape that all policies have. */
cspan_status cspan_custom_policies(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_service_model *model = c->invocation->client->model;
  const cspan_shape *shape = cspan_model_shape(model, c->invocation->model->output);
  const policy_walk w = {c->arena, model, detail};
  (void)error;
  return shape != NULL ? walk(&w, shape, &c->value, 0) : CSPAN_OK;
}

/* -------------------------------------------------------------------- EC2 */

/* `detail` is a member that is there, but says nothing: us-east-1 has no location constraint. */
cspan_status cspan_custom_empty_is_null(cspan_custom *c, const char *detail, cspan_error **error) {
  (void)error;
  const cspan_value *value = cspan_value_get(&c->value, detail);
  bool is_empty = cspan_value_get_kind(value) == CSPAN_VALUE_STRING && value->size == 0;
  return is_empty ? cspan_custom_set(c, detail, cspan_null()) : CSPAN_OK;
}

/* What a machine printed need not be UTF-8. */
static cspan_value clean_text(cspan_arena *arena, const char *text, size_t len) {
  cspan_buf out;
  cspan_buf_init(&out, 3 * len + 1);
  for (size_t i = 0; i < len;) {
    size_t size = cspan_utf8_size(text + i, len - i);
    if (size > 0) {
      cspan_buf_append(&out, text + i, size);
    } else {
      cspan_buf_str(&out, "\xef\xbf\xbd"); /* U+FFFD */
    }
    i += size > 0 ? size : 1;
  }
  return cspan_custom_take(arena, &out);
}

/* Text in base64, which may be broken into lines. */
static cspan_status decode_console(cspan_arena *arena, cspan_value *value) {
  cspan_buf packed;
  cspan_buf bytes;
  cspan_value text = cspan_null();
  if (value->kind != CSPAN_VALUE_STRING) {
    return CSPAN_OK;
  }
  cspan_buf_init(&packed, value->size + 1);
  cspan_buf_init(&bytes, value->size + 1);
  for (size_t i = 0; i < value->size; i++) {
    char ch = value->as.text[i];
    if (ch != '\n' && ch != '\r' && ch != ' ') {
      cspan_buf_char(&packed, ch);
    }
  }
  bool is_base64 = cspan_base64_decode(cspan_buf_text(&packed), packed.len, &bytes);
  bool failed = cspan_buf_status(&packed) != CSPAN_OK || cspan_buf_status(&bytes) != CSPAN_OK;
  if (is_base64 && !failed) {
    text = clean_text(arena, cspan_buf_text(&bytes), bytes.len);
    failed = cspan_value_is_null(&text);
  }
  cspan_buf_free(&packed);
  cspan_buf_free(&bytes);
  if (is_base64 && !failed) {
    *value = text;
  }
  return failed ? CSPAN_ERR_NOMEM : CSPAN_OK;
}

cspan_status cspan_custom_console(cspan_custom *c, const char *detail, cspan_error **error) {
  (void)error;
  return cspan_custom_rewrite(c->arena, &c->value, detail, decode_console);
}

/* -------------------------------------------------------------------- OAuth */

/* Errors of OAuth 2.0 (RFC 6749, section 5.2) have their message under another name. */
cspan_status cspan_custom_oauth_message(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_protocol_response *response = c->response;
  cspan_value body;
  (void)error;
  if (c->failure->message != NULL || response->body == NULL) {
    return CSPAN_OK;
  }
  cspan_status status =
      cspan_json_parse(response->body, response->body_size, c->arena, &body, NULL);
  if (status == CSPAN_OK) {
    c->failure->message = cspan_value_text(cspan_value_get(&body, detail), NULL);
  }
  return status == CSPAN_ERR_NOMEM ? status : CSPAN_OK;
}
