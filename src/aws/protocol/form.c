/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/form.h"

#include "aws/protocol/shape.h"
#include "base/error.h"

enum { MAX_DEPTH = 100, MAX_KEY = 64 * 1024 };

typedef struct form_writer {
  const cspan_service_model *model;
  cspan_form_flavor flavor;
  cspan_buf *out;
  cspan_buf key;  /* of what is being written, not encoded: "Tags.member.1" */
  cspan_buf text; /* of a scalar */
  size_t depth;
  cspan_status status; /* the first that is not a buffer's */
  cspan_error **error;
} form_writer;

static void write_value(form_writer *w, const cspan_member_model *member, const cspan_value *value);

static const char *text_of(const form_writer *w, cspan_text_ref ref) {
  return cspan_model_text(w->model, ref);
}

/* Adds a part to the key; what it was is restored by giving its length to pop_key(). */
static size_t push_key(form_writer *w, const char *part) {
  size_t before = w->key.len;
  if (before > 0) {
    cspan_buf_char(&w->key, '.');
  }
  cspan_buf_str(&w->key, part);
  return before;
}

static size_t push_index(form_writer *w, size_t index) {
  size_t before = w->key.len;
  cspan_buf_printf(&w->key, ".%zu", index);
  return before;
}

static void pop_key(form_writer *w, size_t before) {
  if (cspan_buf_status(&w->key) == CSPAN_OK) {
    w->key.len = before;
  }
}

static void fail(form_writer *w, const char *what) {
  if (w->status == CSPAN_OK) {
    w->status =
        cspan_error_set(w->error, CSPAN_ERR_INVALID, "%s: %s", cspan_buf_text(&w->key), what);
  }
}

static void write_pair(form_writer *w, const char *text, size_t len) {
  if (w->out->len > 0) {
    cspan_buf_char(w->out, '&');
  }
  cspan_uri_encode(w->out, w->key.data, w->key.len, false);
  cspan_buf_char(w->out, '=');
  cspan_uri_encode(w->out, text, len, false);
}

static void write_scalar(form_writer *w, const cspan_member_model *member,
                         const cspan_value *value) {
  cspan_buf_clear(&w->text);
  if (cspan_scalar_text(&w->text, cspan_member_shape(w->model, member), value,
                        cspan_format_or(member->timestamp_format, CSPAN_TIMESTAMP_ISO8601)) ==
      CSPAN_ERR_INVALID) {
    fail(w, "the value is not of the type that the service expects");
    return;
  }
  if (w->status == CSPAN_OK && cspan_buf_status(&w->text) != CSPAN_OK) {
    w->status = cspan_error_set(w->error, cspan_buf_status(&w->text), "a value is too large");
  }
  write_pair(w, cspan_buf_text(&w->text), w->text.len);
}

/* A member's part of the key. ec2: its queryName as it stands, or else the name, capitalized. */
static size_t push_member(form_writer *w, const cspan_member_model *member) {
  const char *query_name = text_of(w, member->query_name);
  if (w->flavor == CSPAN_FORM_EC2 && query_name[0] != '\0') {
    return push_key(w, query_name);
  }
  size_t before = push_key(w, cspan_member_wire_name(w->model, member));
  size_t first = before > 0 ? before + 1 : 0;
  if (w->flavor == CSPAN_FORM_EC2 && first < w->key.len && w->key.data[first] >= 'a' &&
      w->key.data[first] <= 'z') {
    w->key.data[first] = (char)(w->key.data[first] - 'a' + 'A');
  }
  return before;
}

static void write_items(form_writer *w, const cspan_member_model *item, const cspan_value *value) {
  for (size_t i = 0; i < value->size; i++) {
    size_t before = push_index(w, i + 1);
    write_value(w, item, &value->as.items[i]);
    pop_key(w, before);
  }
}

static void write_list(form_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                       const cspan_value *value) {
  const cspan_member_model *item = cspan_shape_members(w->model, shape);
  bool is_flat = (member->flags & CSPAN_MEMBER_FLATTENED) != 0 || w->flavor == CSPAN_FORM_EC2;
  if (value->size == 0) {
    if (w->flavor == CSPAN_FORM_QUERY) {
      write_pair(w, "", 0);
    }
  } else if (is_flat) {
    write_items(w, item, value);
  } else {
    size_t before =
        push_key(w, item->location_name != 0 ? text_of(w, item->location_name) : "member");
    write_items(w, item, value);
    pop_key(w, before);
  }
}

static void write_entry(form_writer *w, const cspan_shape *shape, const cspan_member *entry) {
  const cspan_member_model *key = cspan_shape_members(w->model, shape);
  const cspan_member_model *item = key + 1;
  size_t before = push_key(w, key->location_name != 0 ? text_of(w, key->location_name) : "key");
  write_pair(w, entry->name, entry->name_size_bytes);
  pop_key(w, before);
  before = push_key(w, item->location_name != 0 ? text_of(w, item->location_name) : "value");
  write_value(w, item, &entry->value);
  pop_key(w, before);
}

static void write_map(form_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                      const cspan_value *value) {
  bool is_flat = (member->flags & CSPAN_MEMBER_FLATTENED) != 0;
  size_t before = is_flat ? w->key.len : push_key(w, "entry");
  for (size_t i = 0; i < value->size; i++) {
    size_t inner = push_index(w, i + 1);
    write_entry(w, shape, &value->as.members[i]);
    pop_key(w, inner);
  }
  pop_key(w, before);
}

/* Older models name a flattened list only at its items. */
static bool is_named_by_items(const form_writer *w, const cspan_member_model *member,
                              const cspan_value *value) {
  const cspan_shape *shape = cspan_member_shape(w->model, member);
  return w->flavor == CSPAN_FORM_QUERY && shape->type == CSPAN_SHAPE_LIST &&
         (member->flags & CSPAN_MEMBER_FLATTENED) != 0 && member->location_name == 0 &&
         cspan_shape_members(w->model, shape)->location_name != 0 && value->size > 0;
}

/* In the order of the value, as the caller wrote it. */
static void write_structure(form_writer *w, const cspan_shape *shape, const cspan_value *value) {
  cspan_member_cursor cursor = {w->model, shape, CSPAN_NAME_API, 0};
  for (size_t i = 0; i < value->size; i++) {
    const cspan_member *given = &value->as.members[i];
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, given->name, given->name_size_bytes);
    if (member == NULL || !cspan_protocol_is_given(&given->value)) {
      continue;
    }
    size_t before =
        is_named_by_items(w, member, &given->value)
            ? push_key(
                  w, text_of(w, cspan_shape_members(w->model, cspan_member_shape(w->model, member))
                                    ->location_name))
            : push_member(w, member);
    write_value(w, member, &given->value);
    pop_key(w, before);
  }
}

/* Null keeps the place of an item. */
static void write_value(form_writer *w, const cspan_member_model *member,
                        const cspan_value *value) {
  const cspan_shape *shape = cspan_member_shape(w->model, member);
  bool is_list = shape->type == CSPAN_SHAPE_LIST;
  bool has_parts =
      is_list || shape->type == CSPAN_SHAPE_MAP || shape->type == CSPAN_SHAPE_STRUCTURE;
  if (value->kind == CSPAN_VALUE_NULL) {
    write_pair(w, "", 0);
    return;
  }
  if (!has_parts) {
    write_scalar(w, member, value);
    return;
  }
  if (value->kind != (is_list ? CSPAN_VALUE_LIST : CSPAN_VALUE_MAP)) {
    fail(w, is_list ? "expected a list" : "expected a map");
    return;
  }
  if (w->depth == MAX_DEPTH) {
    fail(w, "the input is nested too deeply");
    return;
  }
  w->depth++;
  if (is_list) {
    write_list(w, shape, member, value);
  } else if (shape->type == CSPAN_SHAPE_MAP) {
    write_map(w, shape, member, value);
  } else {
    write_structure(w, shape, value);
  }
  w->depth--;
}

static void write_name(form_writer *w, const char *name, const char *value) {
  size_t before = push_key(w, name);
  write_pair(w, value, strlen(value));
  pop_key(w, before);
}

cspan_status cspan_form_write(const cspan_service_model *model,
                              const cspan_operation_model *operation, const cspan_value *value,
                              cspan_form_flavor flavor, cspan_buf *out, cspan_error **error) {
  form_writer w = {.model = model, .flavor = flavor, .out = out, .error = error};
  const cspan_shape *shape = cspan_model_shape(model, operation->input);
  cspan_buf_init(&w.key, MAX_KEY);
  cspan_buf_init(&w.text, CSPAN_PROTOCOL_BODY_MAX);
  write_name(&w, "Action", text_of(&w, operation->name));
  write_name(&w, "Version", text_of(&w, model->info->api_version));
  if (shape != NULL && value != NULL && value->kind == CSPAN_VALUE_MAP) {
    write_structure(&w, shape, value);
  }
  cspan_status status = cspan_buf_status(&w.key);
  status = status != CSPAN_OK ? status : cspan_buf_status(out);
  if (w.status == CSPAN_OK && status != CSPAN_OK) {
    w.status = cspan_error_set(error, status, "the body of the request is too large");
  }
  cspan_buf_free(&w.key);
  cspan_buf_free(&w.text);
  return w.status;
}
