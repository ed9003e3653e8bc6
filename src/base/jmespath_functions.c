/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: the built-in functions. */
#include <math.h>

#include "base/decimal.h"
#include "base/jmespath_tree.h"
#include "base/json.h"

/* ------------------------------------------------------------------------- numbers */

static bool call_abs(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                     cspan_value *out) {
  (void)run;
  (void)count;
  *out = arguments[0].value;
  if (out->kind == CSPAN_VALUE_NUMBER) {
    size_t sign = *out->as.text == '-' ? 1 : 0;
    out->as.text += sign;
    out->size -= sign;
  } else if (out->kind == CSPAN_VALUE_DOUBLE) {
    out->as.number = fabs(out->as.number);
  } else if (out->as.integer == INT64_MIN) {
    *out = cspan_double(-(double)INT64_MIN);
  } else if (out->as.integer < 0) {
    out->as.integer = -out->as.integer;
  }
  return true;
}

/* A whole number as INT where it fits. */
static cspan_value whole(double number) {
  const double end = 9223372036854775808.0; /* 2^63 */
  return number >= -end && number < end ? cspan_int((int64_t)number) : cspan_double(number);
}

static bool call_ceil(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                      cspan_value *out) {
  (void)run;
  (void)count;
  *out = arguments[0].value;
  if (out->kind != CSPAN_VALUE_INT) {
    *out = whole(ceil(cspan_value_double(out, 0)));
  }
  return true;
}

static bool call_floor(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                       cspan_value *out) {
  (void)run;
  (void)count;
  *out = arguments[0].value;
  if (out->kind != CSPAN_VALUE_INT) {
    *out = whole(floor(cspan_value_double(out, 0)));
  }
  return true;
}

static bool add_ints(const cspan_value *numbers, int64_t *out) {
  int64_t sum = 0;
  for (size_t i = 0; i < numbers->size; i++) {
    const cspan_value *number = &numbers->as.items[i];
    if (number->kind != CSPAN_VALUE_INT || __builtin_add_overflow(sum, number->as.integer, &sum)) {
      return false;
    }
  }
  *out = sum;
  return true;
}

static double add_doubles(const cspan_value *numbers) {
  double sum = 0;
  for (size_t i = 0; i < numbers->size; i++) {
    sum += cspan_value_double(&numbers->as.items[i], 0);
  }
  return sum;
}

static bool call_sum(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                     cspan_value *out) {
  const cspan_value *numbers = &arguments[0].value;
  int64_t sum;
  (void)run;
  (void)count;
  *out = add_ints(numbers, &sum) ? cspan_int(sum) : cspan_double(add_doubles(numbers));
  return true;
}

static bool call_avg(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                     cspan_value *out) {
  const cspan_value *numbers = &arguments[0].value;
  int64_t sum;
  (void)run;
  (void)count;
  *out = cspan_null();
  if (numbers->size > 0) {
    double total = add_ints(numbers, &sum) ? (double)sum : add_doubles(numbers);
    *out = cspan_double(total / (double)numbers->size);
  }
  return true;
}

static bool call_to_number(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                           cspan_value *out) {
  const cspan_value *from = &arguments[0].value;
  (void)count;
  *out = cspan_null();
  if (cspan_jmes_is_number(from)) {
    *out = *from;
  } else if (from->kind == CSPAN_VALUE_STRING) {
    cspan_status status = cspan_value_from_number(from->as.text, from->size, run->arena, out);
    if (status != CSPAN_OK && status != CSPAN_ERR_INVALID) {
      return cspan_jmes_fail(run, status, "no memory for a number");
    }
  }
  return true;
}

/* ------------------------------------------------------------------------- strings */

/* Takes the buffer. */
static bool finish_text(cspan_jmes_run *run, cspan_buf *text, cspan_value *out) {
  cspan_status status = cspan_buf_status(text);
  char *copy = NULL;
  if (status == CSPAN_OK) {
    copy = cspan_jmes_room(run, text->len + 1, 1);
  } else {
    cspan_jmes_fail(run, status,
                    status == CSPAN_ERR_LIMIT ? "the string is too large"
                                              : "out of memory for a string");
  }
  if (copy != NULL) {
    memcpy(copy, cspan_buf_text(text), text->len);
    *out = cspan_string_of(copy, text->len);
  }
  cspan_buf_free(text);
  return copy != NULL;
}

static bool call_to_string(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                           cspan_value *out) {
  cspan_buf text;
  (void)count;
  *out = arguments[0].value;
  if (!cspan_jmes_plain(run, out)) {
    return false;
  }
  if (out->kind == CSPAN_VALUE_STRING) {
    return true;
  }
  cspan_buf_init(&text, CSPAN_JSON_MAX_BYTES);
  cspan_json_write(&text, out, CSPAN_JSON_COMPACT);
  return finish_text(run, &text, out);
}

static bool call_join(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                      cspan_value *out) {
  const cspan_value *glue = &arguments[0].value;
  const cspan_value *strings = &arguments[1].value;
  cspan_buf text;
  (void)count;
  cspan_buf_init(&text, CSPAN_JSON_MAX_BYTES);
  for (size_t i = 0; i < strings->size; i++) {
    cspan_buf_append(&text, glue->as.text, i > 0 ? glue->size : 0);
    cspan_buf_append(&text, strings->as.items[i].as.text, strings->as.items[i].size);
  }
  return finish_text(run, &text, out);
}

static bool ends_at(const cspan_value *text, size_t end, const cspan_value *part) {
  return part->size <= end && end <= text->size &&
         (part->size == 0 ||
          memcmp(text->as.text + end - part->size, part->as.text, part->size) == 0);
}

static bool call_starts_with(cspan_jmes_run *run, const cspan_jmes_argument *arguments,
                             size_t count, cspan_value *out) {
  const cspan_value *part = &arguments[1].value;
  (void)run;
  (void)count;
  *out = cspan_bool(ends_at(&arguments[0].value, part->size, part));
  return true;
}

static bool call_ends_with(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                           cspan_value *out) {
  const cspan_value *text = &arguments[0].value;
  (void)run;
  (void)count;
  *out = cspan_bool(ends_at(text, text->size, &arguments[1].value));
  return true;
}

static bool call_contains(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                          cspan_value *out) {
  const cspan_value *in = &arguments[0].value;
  cspan_value wanted = arguments[1].value;
  bool found = false;
  (void)count;
  if (!cspan_jmes_plain(run, &wanted)) {
    return false;
  }
  if (in->kind == CSPAN_VALUE_STRING) {
    found = wanted.kind == CSPAN_VALUE_STRING &&
            (wanted.size == 0 ||
             (in->size > 0 && memmem(in->as.text, in->size, wanted.as.text, wanted.size) != NULL));
  } else {
    for (size_t i = 0; i < in->size && !found; i++) {
      found = cspan_value_equals(&in->as.items[i], &wanted);
    }
  }
  *out = cspan_bool(found);
  return true;
}

/* Bytes of the character at the start; what is not UTF-8 counts byte by byte. */
static size_t character_size(const char *text, size_t len) {
  size_t size = cspan_utf8_size(text, len);
  return size > 0 ? size : 1;
}

static bool call_length(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                        cspan_value *out) {
  const cspan_value *value = &arguments[0].value;
  size_t length = value->size;
  (void)run;
  (void)count;
  if (value->kind == CSPAN_VALUE_STRING) {
    length = 0;
    for (size_t i = 0; i < value->size; length++) {
      i += character_size(value->as.text + i, value->size - i);
    }
  }
  *out = cspan_int((int64_t)length);
  return true;
}

static bool reverse_text(cspan_jmes_run *run, const cspan_value *text, cspan_value *out) {
  char *copy = cspan_jmes_room(run, text->size + 1, 1);
  if (copy == NULL) {
    return false;
  }
  for (size_t i = 0; i < text->size;) {
    size_t size = character_size(text->as.text + i, text->size - i);
    i += size;
    memcpy(copy + text->size - i, text->as.text + i - size, size);
  }
  *out = cspan_string_of(copy, text->size);
  return true;
}

static bool call_reverse(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                         cspan_value *out) {
  const cspan_value *value = &arguments[0].value;
  (void)count;
  if (value->kind == CSPAN_VALUE_STRING) {
    return reverse_text(run, value, out);
  }
  cspan_value *items = cspan_jmes_room(run, value->size, sizeof *items);
  for (size_t i = 0; items != NULL && i < value->size; i++) {
    items[i] = value->as.items[value->size - 1 - i];
  }
  *out = cspan_list(items, value->size);
  return items != NULL;
}

/* ------------------------------------------------------------------ lists and maps */

static bool call_keys(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                      cspan_value *out) {
  const cspan_value *map = &arguments[0].value;
  (void)count;
  cspan_value *items = cspan_jmes_room(run, map->size, sizeof *items);
  for (size_t i = 0; items != NULL && i < map->size; i++) {
    items[i] = cspan_string_of(map->as.members[i].name, map->as.members[i].name_size_bytes);
  }
  *out = cspan_list(items, map->size);
  return items != NULL;
}

static bool call_values(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                        cspan_value *out) {
  const cspan_value *map = &arguments[0].value;
  (void)count;
  cspan_value *items = cspan_jmes_room(run, map->size, sizeof *items);
  for (size_t i = 0; items != NULL && i < map->size; i++) {
    items[i] = map->as.members[i].value;
  }
  *out = cspan_list(items, map->size);
  return items != NULL;
}

static bool call_merge(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                       cspan_value *out) {
  size_t most = 0;
  for (size_t i = 0; i < count; i++) {
    most += arguments[i].value.size;
  }
  cspan_member *members = cspan_jmes_room(run, most, sizeof *members);
  *out = cspan_map(members, 0);
  for (size_t i = 0; members != NULL && i < count; i++) {
    const cspan_value *map = &arguments[i].value;
    for (size_t j = 0; j < map->size; j++) {
      const cspan_member *member = &map->as.members[j];
      const cspan_value *known = cspan_value_find(out, member->name, member->name_size_bytes);
      size_t at = out->size;
      for (size_t k = 0; known != NULL && k < out->size; k++) {
        at = known == &members[k].value ? k : at;
      }
      members[at] = *member;
      out->size += known == NULL ? 1 : 0;
    }
  }
  return members != NULL;
}

static bool call_map(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                     cspan_value *out) {
  const cspan_value *from = &arguments[1].value;
  (void)count;
  cspan_value *items = cspan_jmes_room(run, from->size, sizeof *items);
  for (size_t i = 0; items != NULL && i < from->size; i++) {
    if (!cspan_jmes_eval(run, arguments[0].expression, &from->as.items[i], &items[i])) {
      return false;
    }
  }
  *out = cspan_list(items, from->size);
  return items != NULL;
}

static bool call_not_null(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                          cspan_value *out) {
  (void)run;
  *out = cspan_null();
  for (size_t i = 0; i < count && out->kind == CSPAN_VALUE_NULL; i++) {
    *out = arguments[i].value;
  }
  return true;
}

static bool call_to_array(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                          cspan_value *out) {
  (void)count;
  *out = arguments[0].value;
  if (out->kind == CSPAN_VALUE_LIST) {
    return true;
  }
  cspan_value *item = cspan_jmes_room(run, 1, sizeof *item);
  if (item != NULL) {
    *item = *out;
    *out = cspan_list(item, 1);
  }
  return item != NULL;
}

static bool call_type(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                      cspan_value *out) {
  (void)run;
  (void)count;
  *out = cspan_string(cspan_jmes_type_name(&arguments[0]));
  return true;
}

/* --------------------------------------------------------------------------- table */

#define ANY        CSPAN_JMES_IS_ANY
#define NUMBER     CSPAN_JMES_IS_NUMBER
#define STRING     CSPAN_JMES_IS_STRING
#define ARRAY      CSPAN_JMES_IS_ARRAY
#define OBJECT     CSPAN_JMES_IS_OBJECT
#define NUMBERS    CSPAN_JMES_IS_NUMBERS
#define STRINGS    CSPAN_JMES_IS_STRINGS
#define EXPRESSION CSPAN_JMES_IS_EXPRESSION
#define MANY       CSPAN_JMES_ARGUMENTS_MAX

static const cspan_jmes_function functions[] = {
    {"abs", 1, 1, {NUMBER, 0}, call_abs},
    {"avg", 1, 1, {NUMBERS, 0}, call_avg},
    {"ceil", 1, 1, {NUMBER, 0}, call_ceil},
    {"contains", 2, 2, {ARRAY | STRING, ANY}, call_contains},
    {"ends_with", 2, 2, {STRING, STRING}, call_ends_with},
    {"floor", 1, 1, {NUMBER, 0}, call_floor},
    {"join", 2, 2, {STRING, STRINGS}, call_join},
    {"keys", 1, 1, {OBJECT, 0}, call_keys},
    {"length", 1, 1, {STRING | ARRAY | OBJECT, 0}, call_length},
    {"map", 2, 2, {EXPRESSION, ARRAY}, call_map},
    {"max", 1, 1, {NUMBERS | STRINGS, 0}, cspan_jmes_max},
    {"max_by", 2, 2, {ARRAY, EXPRESSION}, cspan_jmes_max_by},
    {"merge", 1, MANY, {OBJECT, OBJECT}, call_merge},
    {"min", 1, 1, {NUMBERS | STRINGS, 0}, cspan_jmes_min},
    {"min_by", 2, 2, {ARRAY, EXPRESSION}, cspan_jmes_min_by},
    {"not_null", 1, MANY, {ANY, ANY}, call_not_null},
    {"reverse", 1, 1, {ARRAY | STRING, 0}, call_reverse},
    {"sort", 1, 1, {NUMBERS | STRINGS, 0}, cspan_jmes_sort},
    {"sort_by", 2, 2, {ARRAY, EXPRESSION}, cspan_jmes_sort_by},
    {"starts_with", 2, 2, {STRING, STRING}, call_starts_with},
    {"sum", 1, 1, {NUMBERS, 0}, call_sum},
    {"to_array", 1, 1, {ANY, 0}, call_to_array},
    {"to_number", 1, 1, {ANY, 0}, call_to_number},
    {"to_string", 1, 1, {ANY, 0}, call_to_string},
    {"type", 1, 1, {ANY, 0}, call_type},
    {"values", 1, 1, {OBJECT, 0}, call_values},
};

const cspan_jmes_function *cspan_jmes_find_function(cspan_str name) {
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    if (cspan_str_eq(name, functions[i].name)) {
      return &functions[i];
    }
  }
  return NULL;
}
