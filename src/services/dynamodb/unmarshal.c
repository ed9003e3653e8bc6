/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute values to plain values. */
#include "base/decimal.h"
#include "base/error.h"
#include "services/dynamodb/attribute.h"
#include "services/dynamodb/path.h"

static cspan_status fault(const cspan_dynamodb_path *path, const char *text, cspan_error **error) {
  return cspan_dynamodb_path_fault(path, CSPAN_ERR_PROTOCOL, text, error);
}

static cspan_status number_of(cspan_maker *maker, const cspan_dynamodb_path *path,
                              const cspan_value *text, cspan_value *out, cspan_error **error) {
  if (text->kind != CSPAN_VALUE_STRING) {
    return fault(path, "a number is given as text", error);
  }
  cspan_status status = cspan_value_from_number(text->as.text, text->size, maker->arena, out);
  return status == CSPAN_ERR_INVALID ? fault(path, "not the text of a decimal number", error)
                                     : cspan_value_fault(status, error);
}

static cspan_status put_number(cspan_maker *maker, const cspan_dynamodb_path *path,
                               const cspan_value *text, cspan_error **error) {
  cspan_value number = cspan_null();
  cspan_status status = number_of(maker, path, text, &number, error);
  cspan_maker_put(maker, number);
  return status;
}

static cspan_status put_text(cspan_maker *maker, const cspan_dynamodb_path *path,
                             const cspan_value *text, cspan_value_kind kind, cspan_error **error) {
  if (text->kind != kind) {
    return fault(path, kind == CSPAN_VALUE_BLOB ? "expected a blob" : "expected a string", error);
  }
  cspan_maker_put_text(maker, kind, text->as.text, text->size);
  return CSPAN_OK;
}

static cspan_status put_bool(cspan_maker *maker, const cspan_dynamodb_path *path,
                             const cspan_value *value, bool is_null, cspan_error **error) {
  if (value->kind != CSPAN_VALUE_BOOL) {
    return fault(path, "expected true or false", error);
  }
  cspan_maker_put(maker, is_null ? cspan_null() : *value);
  return CSPAN_OK;
}

/* ------------------------------------------------------------------- sets */

static cspan_status set_item(cspan_maker *maker, const cspan_dynamodb_path *path,
                             cspan_dynamodb_set set, const cspan_value *from, cspan_value *to,
                             cspan_error **error) {
  cspan_value_kind kind = set == CSPAN_DYNAMODB_BLOB_SET ? CSPAN_VALUE_BLOB : CSPAN_VALUE_STRING;
  if (set == CSPAN_DYNAMODB_NUMBER_SET) {
    return number_of(maker, path, from, to, error);
  }
  if (from->kind != kind) {
    return fault(path, "not of the set's type", error);
  }
  return cspan_value_fault(cspan_value_copy(maker->arena, from, to), error);
}

static cspan_status put_set(cspan_maker *maker, const cspan_dynamodb_path *path,
                            cspan_dynamodb_set set, const cspan_value *list, cspan_error **error) {
  if (list->kind != CSPAN_VALUE_LIST) {
    return fault(path, "a set is given as a list", error);
  }
  cspan_value *items = cspan_arena_array(maker->arena, list->size, sizeof *items);
  if (items == NULL && list->size > 0) {
    return cspan_value_fault(cspan_arena_refusal(maker->arena), error);
  }
  for (size_t i = 0; i < list->size; i++) {
    cspan_dynamodb_path here = cspan_dynamodb_path_item(path, i);
    cspan_status status = set_item(maker, &here, set, &list->as.items[i], &items[i], error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  cspan_value value = cspan_list(items, list->size);
  value.nanoseconds = (uint32_t)set;
  cspan_maker_put(maker, value);
  return CSPAN_OK;
}

/* ----------------------------------------------------------------- nesting */

static cspan_status put_plain(cspan_maker *maker, const cspan_dynamodb_path *path,
                              const cspan_value *attribute, cspan_error **error);

static cspan_status put_list(cspan_maker *maker, const cspan_dynamodb_path *path,
                             const cspan_value *list, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (list->kind != CSPAN_VALUE_LIST) {
    return fault(path, "expected a list", error);
  }
  cspan_maker_begin(maker, CSPAN_VALUE_LIST);
  for (size_t i = 0; i < list->size && status == CSPAN_OK; i++) {
    cspan_dynamodb_path here = cspan_dynamodb_path_item(path, i);
    status = put_plain(maker, &here, &list->as.items[i], error);
  }
  cspan_maker_end(maker);
  return status;
}

static cspan_status put_map(cspan_maker *maker, const cspan_dynamodb_path *path,
                            const cspan_value *map, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (map->kind != CSPAN_VALUE_MAP) {
    return fault(path, "expected a map", error);
  }
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  for (size_t i = 0; i < map->size && status == CSPAN_OK; i++) {
    const cspan_member *member = &map->as.members[i];
    cspan_dynamodb_path here =
        cspan_dynamodb_path_member(path, member->name, member->name_size_bytes);
    cspan_maker_name(maker, member->name, member->name_size_bytes);
    status = put_plain(maker, &here, &member->value, error);
  }
  cspan_maker_end(maker);
  return status;
}

typedef enum attribute_type {
  TYPE_STRING,
  TYPE_NUMBER,
  TYPE_BLOB,
  TYPE_BOOL,
  TYPE_NULL,
  TYPE_LIST,
  TYPE_MAP,
  TYPE_STRING_SET,
  TYPE_NUMBER_SET,
  TYPE_BLOB_SET,
  TYPE_UNKNOWN
} attribute_type;

static attribute_type type_of(const cspan_member *member) {
  static const char *const names[] = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"};
  int type = 0;
  while (type < TYPE_UNKNOWN && (strlen(names[type]) != member->name_size_bytes ||
                                 memcmp(names[type], member->name, member->name_size_bytes) != 0)) {
    type++;
  }
  return (attribute_type)type;
}

static cspan_status put_member(cspan_maker *maker, const cspan_dynamodb_path *path,
                               const cspan_member *member, cspan_error **error) {
  const cspan_value *value = &member->value;
  switch (type_of(member)) {
  case TYPE_STRING:
    return put_text(maker, path, value, CSPAN_VALUE_STRING, error);
  case TYPE_NUMBER:
    return put_number(maker, path, value, error);
  case TYPE_BLOB:
    return put_text(maker, path, value, CSPAN_VALUE_BLOB, error);
  case TYPE_BOOL:
    return put_bool(maker, path, value, false, error);
  case TYPE_NULL:
    return put_bool(maker, path, value, true, error);
  case TYPE_LIST:
    return put_list(maker, path, value, error);
  case TYPE_MAP:
    return put_map(maker, path, value, error);
  case TYPE_STRING_SET:
    return put_set(maker, path, CSPAN_DYNAMODB_STRING_SET, value, error);
  case TYPE_NUMBER_SET:
    return put_set(maker, path, CSPAN_DYNAMODB_NUMBER_SET, value, error);
  case TYPE_BLOB_SET:
    return put_set(maker, path, CSPAN_DYNAMODB_BLOB_SET, value, error);
  case TYPE_UNKNOWN:
    break;
  }
  return fault(path, "an attribute value of a type that is not known", error);
}

/* Calls itself by put_member(): as deep as cspan_dynamodb_path_check() allows. */
static cspan_status put_plain(cspan_maker *maker, const cspan_dynamodb_path *path,
                              const cspan_value *attribute, cspan_error **error) {
  cspan_status status = cspan_dynamodb_path_check(path, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (attribute->kind != CSPAN_VALUE_MAP || attribute->size != 1) {
    return fault(path, "an attribute value is a map with one member, its type", error);
  }
  return put_member(maker, path, &attribute->as.members[0], error);
}

/* ------------------------------------------------------------------ public */

cspan_status cspan_dynamodb_put_plain(cspan_maker *maker, const char *what,
                                      const cspan_value *attributes, cspan_error **error) {
  static const cspan_value null = {.kind = CSPAN_VALUE_NULL};
  cspan_dynamodb_path path = cspan_dynamodb_path_member(NULL, what, strlen(what));
  return put_map(maker, &path, attributes != NULL ? attributes : &null, error);
}

static cspan_status unmarshal(const cspan_value *attribute, bool is_item, cspan_document **out,
                              cspan_error **error) {
  static const cspan_value null = {.kind = CSPAN_VALUE_NULL};
  static const char what[] = "value";
  cspan_making making;
  *out = NULL;
  cspan_status status = cspan_making_open(&making, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_dynamodb_path path = cspan_dynamodb_path_member(NULL, what, sizeof what - 1);
  status = is_item ? cspan_dynamodb_put_plain(&making.maker, "item", attribute, error)
                   : put_plain(&making.maker, &path, attribute != NULL ? attribute : &null, error);
  return cspan_making_close(&making, status, out, error);
}

cspan_status cspan_dynamodb_unmarshal(const cspan_value *attribute, cspan_document **out,
                                      cspan_error **error) {
  return unmarshal(attribute, false, out, error);
}

cspan_status cspan_dynamodb_unmarshal_item(const cspan_value *attributes, cspan_document **out,
                                           cspan_error **error) {
  return unmarshal(attributes, true, out, error);
}
