/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/print.h"

enum { SCALAR_MAX = 64 << 20, DEPTH_MAX = 1000 };

/* ------------------------------------------------------------------ scalars */

bool cspan_cli_is_scalar(const cspan_value *value) {
  return value->kind != CSPAN_VALUE_LIST && value->kind != CSPAN_VALUE_MAP;
}

/* Control characters would act on a terminal; tabs and line ends are the form's
 * own. */
static void put_clean(cspan_buf *out, const char *text, size_t len) {
  size_t from = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      cspan_buf_append(out, text + from, i - from);
      cspan_buf_printf(out, "\\x%02x", c);
      from = i + 1;
    }
  }
  cspan_buf_append(out, text + from, len - from);
}

/* As JSON, without the quotes of a string. */
static void put_json(cspan_buf *out, const cspan_value *value) {
  cspan_buf json;
  cspan_buf_init(&json, SCALAR_MAX);
  cspan_json_write(&json, value, CSPAN_JSON_COMPACT);
  const char *text = cspan_buf_text(&json);
  size_t quote = json.len > 1 && text[0] == '"' ? 1 : 0;
  put_clean(out, text + quote, json.len - 2 * quote);
  if (value->kind == CSPAN_VALUE_DOUBLE && strspn(text, "-0123456789") == json.len) {
    cspan_buf_str(out, ".0"); /* a double looks like one */
  }
  cspan_buf_free(&json);
}

void cspan_cli_put_scalar(cspan_buf *out, const cspan_value *value) {
  switch (value->kind) {
  case CSPAN_VALUE_NULL:
    cspan_buf_str(out, "None");
    break;
  case CSPAN_VALUE_BOOL:
    cspan_buf_str(out, value->as.boolean ? "True" : "False");
    break;
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_NUMBER:
    put_clean(out, value->as.text, value->size);
    break;
  default:
    put_json(out, value);
  }
}

/* ------------------------------------------------------- members in order */

typedef struct order {
  const cspan_member **members;
  size_t count;
} order;

static int by_name(const void *a, const void *b) {
  return strcmp((*(const cspan_member *const *)a)->name, (*(const cspan_member *const *)b)->name);
}

static bool sort_members(cspan_buf *out, const cspan_value *map, order *sorted) {
  sorted->count = map->size;
  sorted->members = cspan_calloc(map->size + 1, sizeof(const cspan_member *));
  if (sorted->members == NULL) {
    out->status = CSPAN_ERR_NOMEM;
    return false;
  }
  for (size_t i = 0; i < map->size; i++) {
    sorted->members[i] = &map->as.members[i];
  }
  qsort(sorted->members, sorted->count, sizeof(const cspan_member *), by_name);
  return true;
}

/* --------------------------------------------------------------------- text */

/* A list of maps has the same columns on each line: the scalars that any of
 * them has. */
typedef struct columns {
  const char **names;
  size_t count;
} columns;

static void put_value(cspan_buf *out, const cspan_value *value, const char *identifier,
                      const columns *wanted, int depth);

static void put_upper(cspan_buf *out, const char *text) {
  for (; *text != '\0'; text++) {
    cspan_buf_char(out, *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text);
  }
}

static void put_fields(cspan_buf *out, const order *sorted, const char *identifier,
                       const cspan_value *map, const columns *wanted) {
  size_t written = 0;
  size_t start = out->len;
  if (identifier != NULL) {
    put_upper(out, identifier);
    written++;
  }
  size_t count = wanted != NULL ? wanted->count : sorted->count;
  size_t fields = 0;
  for (size_t i = 0; i < count; i++) {
    const cspan_value *value =
        wanted != NULL ? cspan_value_get(map, wanted->names[i]) : &sorted->members[i]->value;
    if (value != NULL && !cspan_cli_is_scalar(value)) {
      continue;
    }
    cspan_buf_str(out, written++ > 0 ? "\t" : "");
    fields++;
    if (value != NULL) {
      cspan_cli_put_scalar(out, value);
    }
  }
  if (fields == 0) {
    out->len = start; /* a map of lists and maps has no line of its own */
    if (out->data != NULL) {
      out->data[start] = '\0';
    }
  } else {
    cspan_buf_char(out, '\n');
  }
}

static void put_map(cspan_buf *out, const cspan_value *map, const char *identifier,
                    const columns *wanted, int depth) {
  order sorted;
  if (!sort_members(out, map, &sorted)) {
    return;
  }
  put_fields(out, &sorted, identifier, map, wanted);
  for (size_t i = 0; i < sorted.count; i++) {
    if (!cspan_cli_is_scalar(&sorted.members[i]->value)) {
      put_value(out, &sorted.members[i]->value, sorted.members[i]->name, NULL, depth + 1);
    }
  }
  cspan_free(sorted.members);
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* False when out of memory. */
static bool collect_columns(const cspan_value *list, columns *out) {
  size_t most = 0;
  for (size_t i = 0; i < list->size; i++) {
    most += list->as.items[i].kind == CSPAN_VALUE_MAP ? list->as.items[i].size : 0;
  }
  *out = (columns){.names = cspan_calloc(most + 1, sizeof(const char *))};
  if (out->names == NULL) {
    return false;
  }
  for (size_t i = 0; i < list->size; i++) {
    const cspan_value *item = &list->as.items[i];
    for (size_t k = 0; item->kind == CSPAN_VALUE_MAP && k < item->size; k++) {
      if (cspan_cli_is_scalar(&item->as.members[k].value)) {
        out->names[out->count++] = item->as.members[k].name;
      }
    }
  }
  qsort(out->names, out->count, sizeof(const char *), by_text);
  size_t kept = 0;
  for (size_t i = 0; i < out->count; i++) {
    if (kept == 0 || strcmp(out->names[i], out->names[kept - 1]) != 0) {
      out->names[kept++] = out->names[i];
    }
  }
  out->count = kept;
  return true;
}

static void put_scalars(cspan_buf *out, const cspan_value *list, const char *identifier) {
  size_t written = 0;
  for (size_t i = 0; i < list->size; i++) {
    if (!cspan_cli_is_scalar(&list->as.items[i])) {
      continue;
    }
    if (identifier != NULL) {
      put_upper(out, identifier);
      cspan_buf_char(out, '\t');
    } else {
      cspan_buf_str(out, written > 0 ? "\t" : "");
    }
    cspan_cli_put_scalar(out, &list->as.items[i]);
    cspan_buf_str(out, identifier != NULL ? "\n" : "");
    written++;
  }
  cspan_buf_str(out, written > 0 && identifier == NULL ? "\n" : "");
}

static void put_list(cspan_buf *out, const cspan_value *list, const char *identifier, int depth) {
  columns wanted;
  put_scalars(out, list, identifier);
  if (!collect_columns(list, &wanted)) {
    out->status = CSPAN_ERR_NOMEM;
    return;
  }
  for (size_t i = 0; i < list->size; i++) {
    if (!cspan_cli_is_scalar(&list->as.items[i])) {
      put_value(out, &list->as.items[i], identifier, &wanted, depth + 1);
    }
  }
  cspan_free(wanted.names);
}

static void put_value(cspan_buf *out, const cspan_value *value, const char *identifier,
                      const columns *wanted, int depth) {
  if (depth > DEPTH_MAX) {
    out->status = CSPAN_ERR_LIMIT;
  } else if (value->kind == CSPAN_VALUE_MAP) {
    put_map(out, value, identifier, wanted, depth);
  } else if (value->kind == CSPAN_VALUE_LIST) {
    put_list(out, value, identifier, depth);
  } else {
    cspan_cli_put_scalar(out, value);
    cspan_buf_char(out, '\n');
  }
}

void cspan_cli_put_value_text(cspan_buf *out, const cspan_value *value) {
  put_value(out, value, NULL, NULL, 0);
}
