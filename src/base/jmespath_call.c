/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: calling a function, and the types of its arguments. */
#include "base/jmespath_tree.h"

static unsigned type_of(const cspan_jmes_argument *argument) {
  if (argument->expression != NULL) {
    return CSPAN_JMES_IS_EXPRESSION;
  }
  switch (argument->value.kind) {
  case CSPAN_VALUE_NULL:
    return CSPAN_JMES_IS_NULL;
  case CSPAN_VALUE_BOOL:
    return CSPAN_JMES_IS_BOOLEAN;
  case CSPAN_VALUE_LIST:
    return CSPAN_JMES_IS_ARRAY;
  case CSPAN_VALUE_MAP:
    return CSPAN_JMES_IS_OBJECT;
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
  case CSPAN_VALUE_TIMESTAMP:
    return CSPAN_JMES_IS_STRING;
  default:
    return CSPAN_JMES_IS_NUMBER;
  }
}

static const struct {
  unsigned type;
  const char *name;
} type_names[] = {
    {CSPAN_JMES_IS_NUMBER, "number"},
    {CSPAN_JMES_IS_STRING, "string"},
    {CSPAN_JMES_IS_BOOLEAN, "boolean"},
    {CSPAN_JMES_IS_NULL, "null"},
    {CSPAN_JMES_IS_ARRAY, "array"},
    {CSPAN_JMES_IS_OBJECT, "object"},
    {CSPAN_JMES_IS_EXPRESSION, "&expression"},
    {CSPAN_JMES_IS_NUMBERS, "array of numbers"},
    {CSPAN_JMES_IS_STRINGS, "array of strings"},
};

enum { TYPE_NAMES = sizeof type_names / sizeof type_names[0] };

static const char *name_of_type(unsigned type) {
  for (size_t i = 0; i < TYPE_NAMES; i++) {
    if (type_names[i].type == type) {
      return type_names[i].name;
    }
  }
  return "nothing";
}

const char *cspan_jmes_type_name(const cspan_jmes_argument *argument) {
  return name_of_type(type_of(argument));
}

/* "string or array", into `room`. */
static const char *name_types(unsigned types, char *room, size_t size) {
  size_t used = 0;
  room[0] = '\0';
  for (size_t i = 0; i < TYPE_NAMES; i++) {
    if (types & type_names[i].type) {
      const char *between = used == 0 ? "" : " or ";
      size_t len = strlen(between) + strlen(type_names[i].name);
      if (used + len < size) {
        memcpy(room + used, between, strlen(between));
        memcpy(room + used + strlen(between), type_names[i].name, strlen(type_names[i].name) + 1);
        used += len;
      }
    }
  }
  return room;
}

/* Makes the items of an array plain, in a copy if one is not. */
static bool plain_items(cspan_jmes_run *run, cspan_value *array) {
  size_t i = 0;
  while (i < array->size && array->as.items[i].kind != CSPAN_VALUE_TIMESTAMP &&
         array->as.items[i].kind != CSPAN_VALUE_BLOB) {
    i++;
  }
  if (i == array->size) {
    return true;
  }
  cspan_value *items = cspan_jmes_room(run, array->size, sizeof *items);
  if (items == NULL) {
    return false;
  }
  memcpy(items, array->as.items, array->size * sizeof *items);
  for (; i < array->size; i++) {
    if (!cspan_jmes_plain(run, &items[i])) {
      return false;
    }
  }
  array->as.items = items;
  return true;
}

static bool is_array_of(const cspan_value *array, bool numbers) {
  for (size_t i = 0; i < array->size; i++) {
    const cspan_value *item = &array->as.items[i];
    if (numbers ? !cspan_jmes_is_number(item) : item->kind != CSPAN_VALUE_STRING) {
      return false;
    }
  }
  return true;
}

static bool has_type(const cspan_jmes_argument *argument, unsigned types) {
  unsigned type = type_of(argument);
  return (types & type) != 0 ||
         (type == CSPAN_JMES_IS_ARRAY &&
          (((types & CSPAN_JMES_IS_NUMBERS) && is_array_of(&argument->value, true)) ||
           ((types & CSPAN_JMES_IS_STRINGS) && is_array_of(&argument->value, false))));
}

static bool check_argument(cspan_jmes_run *run, const cspan_jmes_function *function, size_t index,
                           cspan_jmes_argument *argument) {
  enum { NAMES_MAX = 128 };
  char names[NAMES_MAX];
  unsigned types = function->types[index == 0 ? 0 : 1];
  if (argument->expression == NULL && types != CSPAN_JMES_IS_ANY &&
      (!cspan_jmes_plain(run, &argument->value) ||
       (argument->value.kind == CSPAN_VALUE_LIST && !plain_items(run, &argument->value)))) {
    return false;
  }
  return has_type(argument, types) ||
         cspan_jmes_fail(run, CSPAN_ERR_INVALID,
                         "argument %zu of %s() has to be of type %s, and is of type %s", index + 1,
                         function->name, name_types(types, names, sizeof names),
                         cspan_jmes_type_name(argument));
}

bool cspan_jmes_call_function(cspan_jmes_run *run, const cspan_jmes_node *node,
                              const cspan_value *in, cspan_value *out) {
  const cspan_jmes_function *function = node->as.many.function;
  size_t count = node->as.many.part_count;
  cspan_jmes_argument *arguments = cspan_jmes_room(run, count, sizeof *arguments);
  if (arguments == NULL) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    const cspan_jmes_node *part = node->as.many.parts[i].node;
    if (part->kind == CSPAN_JMES_NODE_REFERENCE) {
      arguments[i].expression = part->left;
    } else if (!cspan_jmes_eval(run, part, in, &arguments[i].value)) {
      return false;
    }
    if (!check_argument(run, function, i, &arguments[i])) {
      return false;
    }
  }
  return function->call(run, arguments, count, out);
}
