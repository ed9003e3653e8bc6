/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of the values at a path: the forms of cspan_attribute_form. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "instrument/extract.h"
#include "instrument/tracing.h"

enum { MAX_ITEMS = 64, MAX_JSON_BYTES = 256 * 1024, MAX_NUMBER_BYTES = 32 };

/* A path from somewhere; NULL: the value itself. */
typedef struct values {
  const cspan_path *path;
  const cspan_value *root;
} values;

static void visit(const values *all, cspan_path_visit_fn each, void *user) {
  if (all->path != NULL) {
    cspan_path_visit(all->path, all->root, each, user);
  } else if (!cspan_value_is_null(all->root)) {
    (void)each(user, all->root);
  }
}

static const cspan_value *first(const values *all) {
  if (all->path != NULL) {
    return cspan_path_first(all->path, all->root);
  }
  return cspan_value_is_null(all->root) ? NULL : all->root;
}

static size_t limit_of(const cspan_attribute_rule *rule) {
  return rule->max_bytes != 0 ? rule->max_bytes : CSPAN_MAX_VALUE_BYTES;
}

static const char *keep(const cspan_memory *memory, const char *text, size_t size) {
  char *kept = memory->alloc(memory->user, size + 1);
  if (kept != NULL) {
    memcpy(kept, text, size);
    kept[size] = '\0';
  }
  return kept;
}

/* ------------------------------------------------------------------- scalars */

/* JSON in memory that is kept; NULL: it is too much, or there is no memory. */
static const char *json_text(const cspan_memory *memory, const cspan_value *value, size_t max_bytes,
                             size_t *size) {
  cspan_buf buf;
  const char *kept = NULL;
  cspan_buf_init(&buf, MAX_JSON_BYTES);
  cspan_json_write(&buf, value, CSPAN_JSON_COMPACT);
  if (cspan_buf_status(&buf) == CSPAN_OK && buf.len != 0) {
    *size = cspan_trace_bounded(buf.data, buf.len, max_bytes);
    kept = keep(memory, buf.data, *size);
  }
  cspan_buf_free(&buf);
  return kept;
}

/* A scalar as text; NULL: it is none. */
static const char *scalar_text(const cspan_memory *memory, const cspan_value *value, size_t *size) {
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_NUMBER:
    return cspan_value_text(value, size);
  case CSPAN_VALUE_BOOL:
    *size = cspan_value_bool(value, false) ? 4 : 5;
    return cspan_value_bool(value, false) ? "true" : "false";
  case CSPAN_VALUE_INT:
  case CSPAN_VALUE_DOUBLE:
    return json_text(memory, value, MAX_NUMBER_BYTES, size);
  default:
    return NULL;
  }
}

/* A short text with a NUL behind it, for what reads numbers; false: it is none, or too long. */
static bool short_text(const cspan_value *value, char out[MAX_NUMBER_BYTES + 1]) {
  size_t size = 0;
  const char *text = cspan_value_text(value, &size);
  if (text == NULL || size > MAX_NUMBER_BYTES) {
    return false;
  }
  memcpy(out, text, size);
  out[size] = '\0';
  return true;
}

static bool is_number(const cspan_value *value) {
  cspan_value_kind kind = cspan_value_get_kind(value);
  return kind == CSPAN_VALUE_INT || kind == CSPAN_VALUE_DOUBLE || kind == CSPAN_VALUE_NUMBER;
}

static bool as_string(const cspan_memory *memory, const cspan_value *value,
                      const cspan_attribute_rule *rule, cspan_attr *out) {
  size_t size = 0;
  const char *text = scalar_text(memory, value, &size);
  return text != NULL && cspan_attribute_text(rule->key, text, size, limit_of(rule), out);
}

static bool as_int(const cspan_value *value, const cspan_attribute_rule *rule, cspan_attr *out) {
  int64_t number = cspan_value_int(value, 0);
  char text[MAX_NUMBER_BYTES + 1];
  if (!is_number(value) && !(short_text(value, text) && cspan_parse_i64(text, &number))) {
    return false;
  }
  *out = cspan_attr_int64(rule->key, number);
  return true;
}

static bool as_double(const cspan_value *value, const cspan_attribute_rule *rule, cspan_attr *out) {
  double number = cspan_value_double(value, 0);
  char text[MAX_NUMBER_BYTES + 1];
  if (!is_number(value) && !(short_text(value, text) && cspan_parse_f64(text, &number))) {
    return false;
  }
  *out = cspan_attr_double(rule->key, number);
  return true;
}

static bool as_bool(const cspan_value *value, const cspan_attribute_rule *rule, cspan_attr *out) {
  bool boolean = cspan_value_bool(value, false);
  char text[MAX_NUMBER_BYTES + 1];
  if (cspan_value_get_kind(value) != CSPAN_VALUE_BOOL &&
      !(short_text(value, text) && cspan_parse_bool(text, &boolean))) {
    return false;
  }
  *out = cspan_attr_bool(rule->key, boolean);
  return true;
}

static bool as_size(const cspan_value *value, const cspan_attribute_rule *rule, cspan_attr *out) {
  size_t size = 0;
  if (cspan_value_bytes(value, &size) == NULL) {
    return false;
  }
  *out = cspan_attr_int64(rule->key, (int64_t)size);
  return true;
}

static bool as_json(const cspan_memory *memory, const cspan_value *value,
                    const cspan_attribute_rule *rule, cspan_attr *out) {
  size_t size = 0;
  const char *text = json_text(memory, value, limit_of(rule), &size);
  if (text != NULL) {
    *out = cspan_attr_string_n(rule->key, text, size);
  }
  return text != NULL;
}

static bool last_part(const char *text, size_t size, const cspan_attribute_rule *rule,
                      cspan_attr *out) {
  size_t from = size;
  while (from > 0 && text[from - 1] != '/' && text[from - 1] != ':') {
    from--;
  }
  return from < size &&
         cspan_attribute_text(rule->key, text + from, size - from, limit_of(rule), out);
}

/* A text; NULL: it is none. */
static const char *string_of(const cspan_value *value, size_t *size) {
  return cspan_value_get_kind(value) == CSPAN_VALUE_STRING ? cspan_value_text(value, size) : NULL;
}

static bool as_last_part(const cspan_value *value, const cspan_attribute_rule *rule,
                         cspan_attr *out) {
  size_t size = 0;
  const char *text = string_of(value, &size);
  return text != NULL && last_part(text, size, rule, out);
}

static bool as_arn(const cspan_value *value, const cspan_attribute_rule *rule, cspan_attr *out) {
  size_t size = 0;
  const char *text = string_of(value, &size);
  return text != NULL && size > 4 && memcmp(text, "arn:", 4) == 0 &&
         cspan_attribute_text(rule->key, text, size, limit_of(rule), out);
}

/* -------------------------------------------------------------------- counts */

static bool add_count(void *user, const cspan_value *value) {
  cspan_value_kind kind = cspan_value_get_kind(value);
  if (kind == CSPAN_VALUE_LIST || kind == CSPAN_VALUE_MAP) {
    int64_t *sum = user;
    *sum = (*sum < 0 ? 0 : *sum) + (int64_t)cspan_value_count(value);
  }
  return true;
}

static bool as_count(const values *all, const cspan_attribute_rule *rule, cspan_attr *out) {
  int64_t sum = -1;
  visit(all, add_count, &sum);
  if (sum < 0 || (sum == 1 && rule->form == CSPAN_AS_BATCH_SIZE)) {
    return false;
  }
  *out = cspan_attr_int64(rule->key, sum);
  return true;
}

/* --------------------------------------------------------------------- lists */

typedef struct text_list {
  const cspan_memory *memory;
  size_t max_bytes;
  bool is_distinct;
  bool is_list; /* there was something to list, though it may be empty */
  size_t count;
  const char *texts[MAX_ITEMS];
} text_list;

static bool is_there(const text_list *list, const char *text, size_t size) {
  for (size_t i = 0; i < list->count; i++) {
    if (strncmp(list->texts[i], text, size) == 0 && list->texts[i][size] == '\0') {
      return true;
    }
  }
  return false;
}

static void add_text(text_list *list, const char *text, size_t size) {
  size = cspan_trace_bounded(text, size, list->max_bytes);
  if (list->count < MAX_ITEMS && cspan_utf8_valid(text, size) && memchr(text, '\0', size) == NULL &&
      !(list->is_distinct && is_there(list, text, size))) {
    const char *kept = keep(list->memory, text, size);
    if (kept != NULL) {
      list->texts[list->count++] = kept;
    }
  }
}

static void add_scalar(text_list *list, const cspan_value *value) {
  size_t size = 0;
  const char *text = scalar_text(list->memory, value, &size);
  if (text != NULL) {
    add_text(list, text, size);
    list->is_list = true;
  }
}

static bool add_texts(void *user, const cspan_value *value) {
  text_list *list = user;
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_LIST:
    list->is_list = true;
    for (size_t i = 0; i < cspan_value_count(value) && list->count < MAX_ITEMS; i++) {
      add_scalar(list, cspan_value_at(value, i));
    }
    break;
  case CSPAN_VALUE_MAP:
    list->is_list = true;
    for (size_t i = 0; i < value->size && list->count < MAX_ITEMS; i++) {
      add_text(list, value->as.members[i].name, value->as.members[i].name_size_bytes);
    }
    break;
  default:
    add_scalar(list, value);
  }
  return list->count < MAX_ITEMS;
}

static void add_json(text_list *list, const cspan_value *value) {
  size_t size = 0;
  const char *text =
      list->count < MAX_ITEMS ? json_text(list->memory, value, list->max_bytes, &size) : NULL;
  if (text != NULL) {
    list->texts[list->count++] = text;
  }
}

static bool add_jsons(void *user, const cspan_value *value) {
  text_list *list = user;
  cspan_value_kind kind = cspan_value_get_kind(value);
  if (kind == CSPAN_VALUE_MAP) {
    add_json(list, value);
  }
  for (size_t i = 0; kind == CSPAN_VALUE_LIST && i < cspan_value_count(value); i++) {
    add_json(list, cspan_value_at(value, i));
  }
  list->is_list = list->is_list || kind == CSPAN_VALUE_MAP || kind == CSPAN_VALUE_LIST;
  return list->count < MAX_ITEMS;
}

static bool as_list(const cspan_memory *memory, const values *all, const cspan_attribute_rule *rule,
                    cspan_attr *out) {
  text_list list;
  list.memory = memory;
  list.max_bytes = limit_of(rule);
  list.is_distinct =
      rule->form == CSPAN_AS_ONLY_NAME || (all->path != NULL && cspan_path_has_each(all->path));
  list.is_list = false;
  list.count = 0;
  visit(all, rule->form == CSPAN_AS_JSONS ? add_jsons : add_texts, &list);
  if (rule->form == CSPAN_AS_ONLY_NAME) {
    return list.count == 1 && last_part(list.texts[0], strlen(list.texts[0]), rule, out);
  }
  const char **kept = memory->alloc(memory->user, (list.count + 1) * sizeof *kept);
  if (!list.is_list || kept == NULL) {
    return false;
  }
  memcpy(kept, list.texts, list.count * sizeof *kept);
  *out = cspan_attr_strings(rule->key, kept, list.count);
  return true;
}

bool cspan_attribute_make(const cspan_memory *memory, const cspan_attribute_rule *rule,
                          const cspan_path *path, const cspan_value *root, cspan_attr *out) {
  const values all = {path, root};
  switch (rule->form) {
  case CSPAN_AS_STRING:
    return as_string(memory, first(&all), rule, out);
  case CSPAN_AS_INT:
    return as_int(first(&all), rule, out);
  case CSPAN_AS_DOUBLE:
    return as_double(first(&all), rule, out);
  case CSPAN_AS_BOOL:
    return as_bool(first(&all), rule, out);
  case CSPAN_AS_JSON:
    return first(&all) != NULL && as_json(memory, first(&all), rule, out);
  case CSPAN_AS_SIZE:
    return as_size(first(&all), rule, out);
  case CSPAN_AS_LAST_PART:
    return as_last_part(first(&all), rule, out);
  case CSPAN_AS_ARN:
    return as_arn(first(&all), rule, out);
  case CSPAN_AS_COUNT:
  case CSPAN_AS_BATCH_SIZE:
    return as_count(&all, rule, out);
  default:
    return as_list(memory, &all, rule, out);
  }
}
