/* SPDX-License-Identifier: Apache-2.0 */
/* Plain values to attribute values. */
#include "base/error.h"
#include "services/dynamodb/attribute.h"
#include "services/dynamodb/path.h"

#define TEXT_AND_SIZE(text) (text), sizeof(text) - 1

cspan_value cspan_dynamodb_string_set(const cspan_value *items, size_t count) {
  cspan_value set = cspan_list(items, count);
  set.nanoseconds = CSPAN_DYNAMODB_STRING_SET;
  return set;
}

cspan_value cspan_dynamodb_number_set(const cspan_value *items, size_t count) {
  cspan_value set = cspan_list(items, count);
  set.nanoseconds = CSPAN_DYNAMODB_NUMBER_SET;
  return set;
}

cspan_value cspan_dynamodb_blob_set(const cspan_value *items, size_t count) {
  cspan_value set = cspan_list(items, count);
  set.nanoseconds = CSPAN_DYNAMODB_BLOB_SET;
  return set;
}

cspan_dynamodb_set cspan_dynamodb_set_kind(const cspan_value *value) {
  if (cspan_value_get_kind(value) != CSPAN_VALUE_LIST ||
      value->nanoseconds > CSPAN_DYNAMODB_BLOB_SET) {
    return CSPAN_DYNAMODB_NO_SET;
  }
  return (cspan_dynamodb_set)value->nanoseconds;
}

static bool is_number(const cspan_value *value) {
  return value->kind == CSPAN_VALUE_INT || value->kind == CSPAN_VALUE_DOUBLE ||
         value->kind == CSPAN_VALUE_NUMBER;
}

/* ----------------------------------------------------------------- scalars */

static cspan_status put_number(cspan_maker *maker, const cspan_dynamodb_path *path,
                               const cspan_value *plain, cspan_error **error) {
  char room[CSPAN_DOUBLE_TEXT_MAX];
  size_t size = 0;
  const char *text = cspan_typed_number_text(plain, room, &size);
  if (text == NULL) {
    return cspan_dynamodb_path_fault(path, CSPAN_ERR_INVALID,
                                     plain->kind == CSPAN_VALUE_DOUBLE
                                         ? "DynamoDB has neither NaN nor infinities"
                                         : "not the text of a decimal number",
                                     error);
  }
  cspan_maker_put_text(maker, CSPAN_VALUE_STRING, text, size);
  return CSPAN_OK;
}

/* ------------------------------------------------------------------- sets */

typedef struct set_rule {
  const char *name;
  const char *complaint;
} set_rule;

static const set_rule set_rules[] = {
    [CSPAN_DYNAMODB_STRING_SET] = {"SS", "a string set has strings only"},
    [CSPAN_DYNAMODB_NUMBER_SET] = {"NS", "a number set has numbers only"},
    [CSPAN_DYNAMODB_BLOB_SET] = {"BS", "a blob set has blobs only"},
};

static bool belongs(const cspan_value *item, cspan_dynamodb_set set) {
  switch (set) {
  case CSPAN_DYNAMODB_STRING_SET:
    return item->kind == CSPAN_VALUE_STRING;
  case CSPAN_DYNAMODB_NUMBER_SET:
    return is_number(item);
  default:
    return item->kind == CSPAN_VALUE_BLOB;
  }
}

static cspan_status put_set(cspan_maker *maker, const cspan_dynamodb_path *path,
                            const cspan_value *plain, cspan_error **error) {
  cspan_dynamodb_set set = cspan_dynamodb_set_kind(plain);
  cspan_status status = CSPAN_OK;
  if (plain->size == 0) {
    return cspan_dynamodb_path_fault(path, CSPAN_ERR_INVALID, "a set has at least one item", error);
  }
  cspan_maker_fixed_name(maker, set_rules[set].name, 2);
  cspan_maker_begin(maker, CSPAN_VALUE_LIST);
  for (size_t i = 0; i < plain->size && status == CSPAN_OK; i++) {
    const cspan_value *item = &plain->as.items[i];
    cspan_dynamodb_path here = cspan_dynamodb_path_item(path, i);
    if (!belongs(item, set)) {
      status = cspan_dynamodb_path_fault(&here, CSPAN_ERR_INVALID, set_rules[set].complaint, error);
    } else if (set == CSPAN_DYNAMODB_NUMBER_SET) {
      status = put_number(maker, &here, item, error);
    } else {
      cspan_maker_put_text(maker, item->kind, item->as.text, item->size);
    }
  }
  cspan_maker_end(maker);
  return status;
}

/* ----------------------------------------------------------------- nesting */

static cspan_status put_attribute(cspan_maker *maker, const cspan_dynamodb_path *path,
                                  const cspan_value *plain, cspan_error **error);

static cspan_status put_members(cspan_maker *maker, const cspan_dynamodb_path *path,
                                const cspan_value *plain, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  for (size_t i = 0; i < plain->size && status == CSPAN_OK; i++) {
    const cspan_member *member = &plain->as.members[i];
    cspan_dynamodb_path here =
        cspan_dynamodb_path_member(path, member->name, member->name_size_bytes);
    cspan_maker_name(maker, member->name, member->name_size_bytes);
    status = put_attribute(maker, &here, &member->value, error);
  }
  cspan_maker_end(maker);
  return status;
}

static cspan_status put_list(cspan_maker *maker, const cspan_dynamodb_path *path,
                             const cspan_value *plain, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (cspan_dynamodb_set_kind(plain) != CSPAN_DYNAMODB_NO_SET) {
    return put_set(maker, path, plain, error);
  }
  cspan_maker_fixed_name(maker, TEXT_AND_SIZE("L"));
  cspan_maker_begin(maker, CSPAN_VALUE_LIST);
  for (size_t i = 0; i < plain->size && status == CSPAN_OK; i++) {
    cspan_dynamodb_path here = cspan_dynamodb_path_item(path, i);
    status = put_attribute(maker, &here, &plain->as.items[i], error);
  }
  cspan_maker_end(maker);
  return status;
}

/* What stands in {"TYPE": ...}. */
static cspan_status put_typed(cspan_maker *maker, const cspan_dynamodb_path *path,
                              const cspan_value *plain, cspan_error **error) {
  switch (plain->kind) {
  case CSPAN_VALUE_NULL:
    cspan_maker_fixed_name(maker, TEXT_AND_SIZE("NULL"));
    cspan_maker_put(maker, cspan_bool(true));
    return CSPAN_OK;
  case CSPAN_VALUE_BOOL:
    cspan_maker_fixed_name(maker, TEXT_AND_SIZE("BOOL"));
    cspan_maker_put(maker, *plain);
    return CSPAN_OK;
  case CSPAN_VALUE_INT:
  case CSPAN_VALUE_DOUBLE:
  case CSPAN_VALUE_NUMBER:
    cspan_maker_fixed_name(maker, TEXT_AND_SIZE("N"));
    return put_number(maker, path, plain, error);
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
    cspan_maker_fixed_name(maker, plain->kind == CSPAN_VALUE_STRING ? "S" : "B", 1);
    cspan_maker_put_text(maker, plain->kind, plain->as.text, plain->size);
    return CSPAN_OK;
  case CSPAN_VALUE_LIST:
    return put_list(maker, path, plain, error);
  case CSPAN_VALUE_MAP:
    cspan_maker_fixed_name(maker, TEXT_AND_SIZE("M"));
    return put_members(maker, path, plain, error);
  case CSPAN_VALUE_TIMESTAMP:
    break;
  }
  return cspan_dynamodb_path_fault(
      path, CSPAN_ERR_INVALID, "DynamoDB has no timestamps: give it a number or a string", error);
}

/* Calls itself by put_typed(): as deep as cspan_dynamodb_path_check() allows. */
static cspan_status put_attribute(cspan_maker *maker, const cspan_dynamodb_path *path,
                                  const cspan_value *plain, cspan_error **error) {
  cspan_status status = cspan_dynamodb_path_check(path, error);
  if (status == CSPAN_OK) {
    cspan_maker_begin(maker, CSPAN_VALUE_MAP);
    status = put_typed(maker, path, plain, error);
    cspan_maker_end(maker);
  }
  return status;
}

/* ------------------------------------------------------------------ public */

cspan_status cspan_dynamodb_put_attributes(cspan_maker *maker, const char *what,
                                           const cspan_value *plain, cspan_error **error) {
  cspan_dynamodb_path path = cspan_dynamodb_path_member(NULL, what, strlen(what));
  if (cspan_value_get_kind(plain) != CSPAN_VALUE_MAP) {
    return cspan_dynamodb_path_fault(&path, CSPAN_ERR_INVALID, "expected a map of plain values",
                                     error);
  }
  return put_members(maker, &path, plain, error);
}

cspan_status cspan_dynamodb_add(cspan_making *making, const char *name, const cspan_value *plain,
                                cspan_error **error) {
  if (cspan_value_is_null(plain)) {
    return CSPAN_OK;
  }
  cspan_maker_fixed_name(&making->maker, name, strlen(name));
  return cspan_dynamodb_put_attributes(&making->maker, name, plain, error);
}

static cspan_status marshal(const cspan_value *plain, bool is_item, cspan_document **out,
                            cspan_error **error) {
  static const cspan_value null = {.kind = CSPAN_VALUE_NULL};
  cspan_making making;
  *out = NULL;
  cspan_status status = cspan_making_open(&making, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_dynamodb_path path = cspan_dynamodb_path_member(NULL, TEXT_AND_SIZE("value"));
  status = is_item ? cspan_dynamodb_put_attributes(&making.maker, "item", plain, error)
                   : put_attribute(&making.maker, &path, plain != NULL ? plain : &null, error);
  return cspan_making_close(&making, status, out, error);
}

cspan_status cspan_dynamodb_marshal(const cspan_value *plain, cspan_document **out,
                                    cspan_error **error) {
  return marshal(plain, false, out, error);
}

cspan_status cspan_dynamodb_marshal_item(const cspan_value *plain, cspan_document **out,
                                         cspan_error **error) {
  return marshal(plain, true, out, error);
}
