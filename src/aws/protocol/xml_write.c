/* SPDX-License-Identifier: Apache-2.0 */
/* Values to XML, by a model. */
#include "aws/protocol/shape.h"
#include "aws/protocol/xml.h"
#include "base/error.h"

typedef struct xml_writer {
  const cspan_service_model *model;
  cspan_buf *out;
  size_t depth;
  cspan_status status; /* the first that is not the buffer's */
  cspan_error **error;
} xml_writer;

/* An element's name and namespace. */
typedef struct element {
  const char *name;
  const char *prefix;
  const char *uri;
} element;

static void write_value(xml_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                        const element *tag, const cspan_value *value);

static bool is_flattened(const cspan_member_model *member) {
  return (member->flags & CSPAN_MEMBER_FLATTENED) != 0;
}

static const char *text_of(const xml_writer *w, cspan_text_ref ref) {
  return cspan_model_text(w->model, ref);
}

/* The element of a member; `fallback` is its name where the model gives none. */
static element element_of(const xml_writer *w, const cspan_member_model *member,
                          const char *fallback) {
  const char *given = text_of(w, member->location_name);
  return (element){.name = given[0] != '\0' ? given : fallback,
                   .prefix = text_of(w, member->xml_prefix),
                   .uri = text_of(w, member->xml_uri)};
}

static void fail(xml_writer *w, const cspan_member_model *member, const char *what) {
  if (w->status == CSPAN_OK) {
    w->status = cspan_error_set(w->error, CSPAN_ERR_INVALID, "%s: %s",
                                member ? text_of(w, member->name) : "the input", what);
  }
}

/* "<name xmlns...", without the end of the tag. */
static void open_tag(xml_writer *w, const element *tag) {
  cspan_buf_char(w->out, '<');
  cspan_buf_str(w->out, tag->name);
  if (tag->uri[0] != '\0') {
    cspan_buf_str(w->out, tag->prefix[0] != '\0' ? " xmlns:" : " xmlns");
    cspan_buf_str(w->out, tag->prefix);
    cspan_buf_str(w->out, "=\"");
    cspan_xml_escape(w->out, tag->uri);
    cspan_buf_char(w->out, '"');
  }
}

static void close_element(xml_writer *w, const element *tag) {
  cspan_buf_str(w->out, "</");
  cspan_buf_str(w->out, tag->name);
  cspan_buf_char(w->out, '>');
}

static void write_text(xml_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                       const cspan_value *value) {
  bool is_text = value->kind == CSPAN_VALUE_STRING || value->kind == CSPAN_VALUE_NUMBER;
  if (is_text && shape->type != CSPAN_SHAPE_BLOB && shape->type != CSPAN_SHAPE_TIMESTAMP) {
    cspan_xml_escape_bytes(w->out, value->as.text, value->size);
  } else if (cspan_scalar_text(w->out, shape, value,
                               cspan_format_or(member->timestamp_format,
                                               CSPAN_TIMESTAMP_ISO8601)) == CSPAN_ERR_INVALID) {
    fail(w, member, "the value is not of the type that the service expects");
  }
}

static void write_scalar(xml_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                         const element *tag, const cspan_value *value) {
  open_tag(w, tag);
  cspan_buf_char(w->out, '>');
  if (cspan_protocol_is_given(value)) {
    write_text(w, shape, member, value);
  }
  close_element(w, tag);
}

static void write_items(xml_writer *w, const cspan_shape *shape, const element *tag,
                        const cspan_value *value) {
  const cspan_member_model *item = cspan_shape_members(w->model, shape);
  const cspan_shape *item_shape = cspan_member_shape(w->model, item);
  for (size_t i = 0; i < value->size; i++) {
    write_value(w, item_shape, item, tag, &value->as.items[i]);
  }
}

static void write_list(xml_writer *w, const cspan_shape *shape, const element *tag,
                       const cspan_value *value) {
  open_tag(w, tag);
  cspan_buf_char(w->out, '>');
  element item = element_of(w, cspan_shape_members(w->model, shape), "member");
  write_items(w, shape, &item, value);
  close_element(w, tag);
}

/* Whether the namespace is the member's own and not that of its shape. */
static bool has_own_namespace(const xml_writer *w, const cspan_member_model *member) {
  const cspan_shape *shape = cspan_member_shape(w->model, member);
  return member->xml_uri != 0 &&
         (member->xml_uri != shape->xml_uri || member->xml_prefix != shape->xml_prefix);
}

/* The items of a flattened list stand in for it: they have its name, and the namespace of the
 * member or of the items, but not that of the list. */
static void write_flat_list(xml_writer *w, const cspan_shape *shape,
                            const cspan_member_model *member, const element *tag,
                            const cspan_value *value) {
  element item = element_of(w, cspan_shape_members(w->model, shape), tag->name);
  item.name = tag->name;
  write_items(w, shape, has_own_namespace(w, member) ? tag : &item, value);
}

static void write_entry(xml_writer *w, const cspan_shape *shape, const cspan_member *entry) {
  const cspan_member_model *key = cspan_shape_members(w->model, shape);
  const cspan_member_model *item = key + 1;
  element key_tag = element_of(w, key, "key");
  element item_tag = element_of(w, item, "value");
  cspan_value name = cspan_string_of(entry->name, entry->name_size_bytes);
  write_scalar(w, cspan_member_shape(w->model, key), key, &key_tag, &name);
  write_value(w, cspan_member_shape(w->model, item), item, &item_tag, &entry->value);
}

static void write_map(xml_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                      const element *tag, bool flat, const cspan_value *value) {
  element entry = {"entry", "", ""};
  if (flat) {
    entry = *tag;
    entry.uri = has_own_namespace(w, member) ? tag->uri : "";
  } else {
    open_tag(w, tag);
    cspan_buf_char(w->out, '>');
  }
  for (size_t i = 0; i < value->size; i++) {
    open_tag(w, &entry);
    cspan_buf_char(w->out, '>');
    write_entry(w, shape, &value->as.members[i]);
    close_element(w, &entry);
  }
  if (!flat) {
    close_element(w, tag);
  }
}

/* The attributes of a structure, and the end of its tag. */
static void write_attributes(xml_writer *w, const cspan_shape *shape, const cspan_value *value) {
  const cspan_member_model *members = cspan_shape_members(w->model, shape);
  for (size_t i = 0; i < shape->members.count; i++) {
    const cspan_member_model *member = &members[i];
    const cspan_value *given = (member->flags & CSPAN_MEMBER_XML_ATTRIBUTE) != 0
                                   ? cspan_member_value(w->model, member, value)
                                   : NULL;
    if (given != NULL) {
      cspan_buf_char(w->out, ' ');
      cspan_buf_str(w->out, cspan_member_wire_name(w->model, member));
      cspan_buf_str(w->out, "=\"");
      write_text(w, cspan_member_shape(w->model, member), member, given);
      cspan_buf_char(w->out, '"');
    }
  }
  cspan_buf_char(w->out, '>');
}

static void write_member(xml_writer *w, const cspan_member_model *member,
                         const cspan_value *value) {
  const cspan_shape *shape = cspan_member_shape(w->model, member);
  element tag = element_of(w, member, cspan_member_wire_name(w->model, member));
  if (is_flattened(member) && shape->type == CSPAN_SHAPE_LIST && value->kind == CSPAN_VALUE_LIST) {
    write_flat_list(w, shape, member, &tag, value);
  } else if (is_flattened(member) && shape->type == CSPAN_SHAPE_MAP &&
             value->kind == CSPAN_VALUE_MAP) {
    write_map(w, shape, member, &tag, true, value);
  } else {
    write_value(w, shape, member, &tag, value);
  }
}

static bool is_child(const cspan_member_model *member, bool is_root) {
  return (member->flags & CSPAN_MEMBER_XML_ATTRIBUTE) == 0 &&
         (!is_root || member->location == CSPAN_LOCATION_BODY);
}

/* In the order of the value, as the caller wrote it. */
static void write_structure(xml_writer *w, const cspan_shape *shape, const element *tag,
                            bool is_root, const cspan_value *value) {
  open_tag(w, tag);
  write_attributes(w, shape, value);
  cspan_member_cursor cursor = {w->model, shape, CSPAN_NAME_API, 0};
  for (size_t i = 0; value != NULL && i < value->size; i++) {
    const cspan_member *given = &value->as.members[i];
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, given->name, given->name_size_bytes);
    if (member != NULL && is_child(member, is_root) && cspan_protocol_is_given(&given->value)) {
      write_member(w, member, &given->value);
    }
  }
  close_element(w, tag);
}

static void write_value(xml_writer *w, const cspan_shape *shape, const cspan_member_model *member,
                        const element *tag, const cspan_value *value) {
  bool has_parts = shape->type == CSPAN_SHAPE_STRUCTURE || shape->type == CSPAN_SHAPE_LIST ||
                   shape->type == CSPAN_SHAPE_MAP;
  if (!has_parts || value->kind == CSPAN_VALUE_NULL) {
    write_scalar(w, shape, member, tag, value);
    return;
  }
  bool is_list = shape->type == CSPAN_SHAPE_LIST;
  if (value->kind != (is_list ? CSPAN_VALUE_LIST : CSPAN_VALUE_MAP)) {
    fail(w, member, is_list ? "expected a list" : "expected a map");
    return;
  }
  if (w->depth == CSPAN_XML_MAX_DEPTH) {
    fail(w, member, "the input is nested too deeply");
    return;
  }
  w->depth++;
  if (is_list) {
    write_list(w, shape, tag, value);
  } else if (shape->type == CSPAN_SHAPE_MAP) {
    write_map(w, shape, member, tag, false, value);
  } else {
    write_structure(w, shape, tag, false, value);
  }
  w->depth--;
}

cspan_status cspan_xml_write(const cspan_service_model *model, const cspan_shape *shape,
                             const cspan_value *value, const cspan_xml_root *root, cspan_buf *out,
                             cspan_error **error) {
  xml_writer w = {.model = model, .out = out, .error = error};
  element tag = {root->name, root->prefix, root->uri};
  if (value != NULL && value->kind != CSPAN_VALUE_MAP) {
    value = NULL;
  }
  write_structure(&w, shape, &tag, true, value);
  if (w.status == CSPAN_OK && cspan_buf_status(out) != CSPAN_OK) {
    return cspan_error_set(error, cspan_buf_status(out), "the body of the request is too large");
  }
  return w.status;
}

cspan_status cspan_xml_write_payload(const cspan_service_model *model, const cspan_shape *shape,
                                     const cspan_value *value, cspan_buf *out,
                                     cspan_error **error) {
  const char *named = cspan_model_text(model, shape->location_name);
  cspan_xml_root root = {.name = named[0] != '\0' ? named : cspan_model_text(model, shape->name),
                         .prefix = cspan_model_text(model, shape->xml_prefix),
                         .uri = cspan_model_text(model, shape->xml_uri)};
  return cspan_xml_write(model, shape, value, &root, out, error);
}
