/* SPDX-License-Identifier: Apache-2.0 */
/* XML to values, by a model. What recurses here goes down the tree of elements with every step,
 * and the parser caps how deep that is. */
#include "aws/protocol/shape.h"
#include "aws/protocol/xml.h"
#include "base/alloc.h"
#include "base/error.h"

enum { FIRST_SLOTS = 256 };

/* The first element of a member; NULL: none. */
typedef struct slot {
  const cspan_xml_node *node;
} slot;

typedef struct xml_reader {
  const cspan_service_model *model;
  cspan_maker *maker;
  cspan_xml_bindings bindings;
  slot *slots; /* a stack: those of every structure that is being read */
  size_t used;
  size_t cap;
  cspan_status status;
  cspan_error **error;
} xml_reader;

static void read_value(xml_reader *r, const cspan_member_model *member, const cspan_xml_node *node);

static const char *text_of(const xml_reader *r, cspan_text_ref ref) {
  return cspan_model_text(r->model, ref);
}

static bool is_failed(const xml_reader *r) {
  return r->status != CSPAN_OK || r->maker->status != CSPAN_OK;
}

static void fail(xml_reader *r, cspan_status status, const cspan_member_model *member) {
  if (r->status == CSPAN_OK && status == CSPAN_ERR_INVALID) {
    r->status = cspan_error_set(r->error, CSPAN_ERR_PROTOCOL,
                                "the response cannot be read: %s is not what the model says",
                                text_of(r, member->name));
  } else if (r->status == CSPAN_OK) {
    r->status = cspan_value_fault(status, r->error);
  }
}

static bool push_slots(xml_reader *r, size_t count) {
  while (r->cap - r->used < count) {
    size_t cap = r->cap == 0 ? FIRST_SLOTS : r->cap * 2;
    slot *slots = cspan_realloc(r->slots, cap * sizeof *slots);
    if (slots == NULL) {
      fail(r, CSPAN_ERR_NOMEM, NULL);
      return false;
    }
    r->slots = slots;
    r->cap = cap;
  }
  for (size_t i = 0; i < count; i++) {
    r->slots[r->used + i].node = NULL;
  }
  r->used += count;
  return true;
}

static bool is_flattened(const xml_reader *r, const cspan_member_model *member) {
  uint8_t type = cspan_member_shape(r->model, member)->type;
  return (member->flags & CSPAN_MEMBER_FLATTENED) != 0 &&
         (type == CSPAN_SHAPE_LIST || type == CSPAN_SHAPE_MAP);
}

static bool is_elsewhere(const xml_reader *r, const cspan_member_model *member) {
  bool is_bound = member->location == CSPAN_LOCATION_HEADER ||
                  member->location == CSPAN_LOCATION_HEADERS ||
                  member->location == CSPAN_LOCATION_STATUS;
  return (r->bindings == CSPAN_XML_BOUND && is_bound) ||
         (member->flags & (CSPAN_MEMBER_XML_ATTRIBUTE | CSPAN_MEMBER_EVENT_HEADER)) != 0;
}

/* Older models name the elements of a flattened list only at the list's items; NULL: they do not. */
static const char *item_name(const xml_reader *r, const cspan_member_model *member) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  if (!is_flattened(r, member) || shape->type != CSPAN_SHAPE_LIST) {
    return NULL;
  }
  const cspan_member_model *item = cspan_shape_members(r->model, shape);
  return item->location_name != 0 ? text_of(r, item->location_name) : NULL;
}

/* The index of the member that an element is for, looked for from `start` on: services write
 * members mostly in the order of the model. `count`: none. */
static size_t find_member(const xml_reader *r, const cspan_shape *shape, const char *name,
                          size_t start) {
  const cspan_member_model *members = cspan_shape_members(r->model, shape);
  size_t count = shape->members.count;
  for (size_t i = 0; i < count; i++) {
    size_t at = (start + i) % count;
    if (!is_elsewhere(r, &members[at]) &&
        strcmp(cspan_member_wire_name(r->model, &members[at]), name) == 0) {
      return at;
    }
  }
  return count;
}

/* Fills the slots of a structure's members. */
static void find_elements(xml_reader *r, const cspan_shape *shape, const cspan_xml_node *node,
                          size_t base) {
  const cspan_member_model *members = cspan_shape_members(r->model, shape);
  size_t count = shape->members.count;
  size_t next = 0;
  for (const cspan_xml_node *child = node->first_child; child != NULL;
       child = child->next_sibling) {
    size_t at = find_member(r, shape, child->name, next);
    if (at < count && r->slots[base + at].node == NULL) {
      r->slots[base + at].node = child;
    }
    next = at < count ? at : next;
  }
  for (size_t i = 0; i < count; i++) {
    const char *name = r->slots[base + i].node == NULL ? item_name(r, &members[i]) : NULL;
    if (name != NULL && !is_elsewhere(r, &members[i])) {
      r->slots[base + i].node = cspan_xml_child(node, name);
    }
  }
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text without white space, in memory of the arena: base64 may come in lines. */
static const char *pack(xml_reader *r, const char *text) {
  char *packed = cspan_arena_strndup(r->maker->arena, text, strlen(text));
  char *end = packed;
  for (const char *at = packed; packed != NULL && *at != '\0'; at++) {
    if (!is_blank(*at)) {
      *end++ = *at;
    }
  }
  if (packed != NULL) {
    *end = '\0';
  }
  return packed;
}

static void read_text(xml_reader *r, const cspan_member_model *member, const cspan_shape *shape,
                      const char *text) {
  cspan_str trimmed = cspan_str_trim(cspan_str_of(text));
  cspan_value value = cspan_null();
  cspan_status status = CSPAN_OK;
  bool is_blank_number = trimmed.len == 0 && shape->type != CSPAN_SHAPE_BLOB;
  if (!is_blank_number &&
      !cspan_scalar_read(shape, trimmed.data, trimmed.len, r->maker->arena, &value, &status)) {
    if (status != CSPAN_OK || shape->type != CSPAN_SHAPE_TIMESTAMP) {
      fail(r, status != CSPAN_OK ? status : CSPAN_ERR_INVALID, member);
      return;
    }
    value = cspan_string(text);
  }
  cspan_maker_put(r->maker, value);
}

/* Strings are as they stand, and stay where they are. Around all else white space means nothing:
 * a number of white space alone is null. A time that nobody can read stays the text that it is,
 * for the rest of the answer is not lost with it. */
static void read_scalar(xml_reader *r, const cspan_member_model *member, const char *text) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  if (shape->type == CSPAN_SHAPE_STRING || shape->type == CSPAN_SHAPE_DOCUMENT) {
    cspan_maker_put(r->maker, cspan_string(text));
    return;
  }
  if (shape->type == CSPAN_SHAPE_BLOB) {
    text = pack(r, text);
  }
  if (text == NULL) {
    fail(r, cspan_arena_refusal(r->maker->arena), member);
  } else {
    read_text(r, member, shape, text);
  }
}

static const char *local_name(const char *name) {
  const char *colon = strchr(name, ':');
  return colon != NULL ? colon + 1 : name;
}

/* By its name without the prefix, which the writer of a document chooses. */
static const cspan_xml_attribute *find_attribute(const cspan_xml_node *node, const char *name) {
  const cspan_xml_attribute *attribute = node->attributes;
  while (attribute != NULL && strcmp(local_name(attribute->name), local_name(name)) != 0) {
    attribute = attribute->next;
  }
  return attribute;
}

static void name_member(xml_reader *r, const cspan_member_model *member) {
  const char *name = text_of(r, member->name);
  cspan_maker_fixed_name(r->maker, name, strlen(name));
}

static void read_items(xml_reader *r, const cspan_shape *shape, const cspan_xml_node *first,
                       bool flat) {
  const cspan_member_model *item = cspan_shape_members(r->model, shape);
  cspan_maker_begin(r->maker, CSPAN_VALUE_LIST);
  for (const cspan_xml_node *node = first; node != NULL && !is_failed(r);
       node = flat ? cspan_xml_next(node) : node->next_sibling) {
    read_value(r, item, node);
  }
  cspan_maker_end(r->maker);
}

/* An entry without a key tells nothing, and is left out. */
static void read_entry(xml_reader *r, const cspan_shape *shape, const cspan_xml_node *entry) {
  const cspan_member_model *key = cspan_shape_members(r->model, shape);
  const cspan_member_model *item = key + 1;
  const char *key_name = text_of(r, key->location_name);
  const char *value_name = text_of(r, item->location_name);
  const char *name = cspan_xml_text(entry, key_name[0] != '\0' ? key_name : "key");
  const cspan_xml_node *value =
      cspan_xml_child(entry, value_name[0] != '\0' ? value_name : "value");
  if (name != NULL) {
    cspan_maker_fixed_name(r->maker, name, strlen(name));
    if (value != NULL) {
      read_value(r, item, value);
    } else {
      cspan_maker_put(r->maker, cspan_null());
    }
  }
}

static void read_entries(xml_reader *r, const cspan_shape *shape, const cspan_xml_node *first,
                         bool flat) {
  cspan_maker_begin(r->maker, CSPAN_VALUE_MAP);
  for (const cspan_xml_node *node = first; node != NULL && !is_failed(r);
       node = flat ? cspan_xml_next(node) : node->next_sibling) {
    read_entry(r, shape, node);
  }
  cspan_maker_end(r->maker);
}

static void read_member(xml_reader *r, const cspan_member_model *member,
                        const cspan_xml_node *node) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  name_member(r, member);
  if (!is_flattened(r, member)) {
    read_value(r, member, node);
  } else if (shape->type == CSPAN_SHAPE_LIST) {
    read_items(r, shape, node, true);
  } else {
    read_entries(r, shape, node, true);
  }
}

static void read_attribute(xml_reader *r, const cspan_member_model *member,
                           const cspan_xml_node *node) {
  const cspan_xml_attribute *attribute =
      find_attribute(node, cspan_member_wire_name(r->model, member));
  if (attribute != NULL) {
    name_member(r, member);
    read_scalar(r, member, attribute->value);
  }
}

static void read_members(xml_reader *r, const cspan_shape *shape, const cspan_xml_node *node,
                         const cspan_member_model *skip) {
  const cspan_member_model *members = cspan_shape_members(r->model, shape);
  size_t base = r->used;
  if (!push_slots(r, shape->members.count)) {
    return;
  }
  find_elements(r, shape, node, base);
  for (size_t i = 0; i < shape->members.count && !is_failed(r); i++) {
    const cspan_member_model *member = &members[i];
    if (member == skip) {
      continue;
    }
    if (r->slots[base + i].node != NULL) {
      read_member(r, member, r->slots[base + i].node);
    } else if ((member->flags & CSPAN_MEMBER_XML_ATTRIBUTE) != 0) {
      read_attribute(r, member, node);
    }
  }
  r->used = base;
}

static void read_value(xml_reader *r, const cspan_member_model *member,
                       const cspan_xml_node *node) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  switch ((cspan_shape_type)shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    cspan_maker_begin(r->maker, CSPAN_VALUE_MAP);
    read_members(r, shape, node, NULL);
    cspan_maker_end(r->maker);
    break;
  case CSPAN_SHAPE_LIST:
    read_items(r, shape, node->first_child, false);
    break;
  case CSPAN_SHAPE_MAP:
    read_entries(r, shape, node->first_child, false);
    break;
  default:
    read_scalar(r, member, node->text);
    break;
  }
}

cspan_status cspan_xml_read(const cspan_service_model *model, const cspan_shape *shape,
                            const cspan_xml_node *node, cspan_xml_bindings bindings,
                            const cspan_member_model *skip, cspan_maker *maker,
                            cspan_error **error) {
  xml_reader r = {.model = model, .maker = maker, .bindings = bindings, .error = error};
  read_members(&r, shape, node, skip);
  cspan_free(r.slots);
  if (r.status == CSPAN_OK && maker->status != CSPAN_OK) {
    return cspan_value_fault(maker->status, error);
  }
  return r.status;
}

cspan_status cspan_xml_finish(cspan_maker *maker, cspan_status status, cspan_value *out,
                              cspan_error **error) {
  cspan_maker_end(maker);
  if (status == CSPAN_OK) {
    status = cspan_value_fault(cspan_maker_finish(maker, out), error);
  }
  cspan_maker_free(maker);
  return status;
}

cspan_status cspan_xml_read_payload(const cspan_service_model *model, const cspan_shape *shape,
                                    const char *data, size_t size, cspan_arena *arena,
                                    cspan_value *out, cspan_error **error) {
  cspan_xml_node *root = NULL;
  cspan_status status = size > 0 ? cspan_xml_parse(data, size, arena, &root, error) : CSPAN_OK;
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_maker maker;
  cspan_maker_init(&maker, arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  if (root != NULL) {
    status = cspan_xml_read(model, shape, root, CSPAN_XML_BOUND, NULL, &maker, error);
  }
  return cspan_xml_finish(&maker, status, out, error);
}
