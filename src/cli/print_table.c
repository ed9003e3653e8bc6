/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cli/print.h"

enum { CELLS_MAX = 1 << 22, DEPTH_MAX = 200, COLUMNS_MAX = 256 };

/* Cells row by row, all of them texts in one buffer. */
typedef struct table {
  size_t columns;
  size_t rows;
  size_t *cells; /* offsets into `text` */
  size_t cell_count;
  size_t cell_cap;
  cspan_buf text;
  bool has_head; /* the first row is one of names */
  cspan_status status;
} table;

static void table_init(table *t, size_t columns, bool has_head) {
  *t = (table){.columns = columns, .has_head = has_head};
  cspan_buf_init(&t->text, (size_t)1 << 30);
}

static void table_free(table *t) {
  cspan_free(t->cells);
  cspan_buf_free(&t->text);
}

/* NULL: an empty cell. */
static void add_cell(table *t, const cspan_value *value) {
  if (t->cell_count == t->cell_cap) {
    size_t cap = t->cell_cap > 0 ? 2 * t->cell_cap : 64;
    size_t *more = cap <= CELLS_MAX ? cspan_realloc(t->cells, cap * sizeof *more) : NULL;
    if (more == NULL) {
      t->status = CSPAN_ERR_NOMEM;
      return;
    }
    t->cells = more;
    t->cell_cap = cap;
  }
  t->cells[t->cell_count++] = t->text.len;
  size_t start = t->text.len;
  if (value != NULL) {
    cspan_cli_put_scalar(&t->text, value);
  }
  for (size_t i = start; i < t->text.len; i++) {
    if (t->text.data[i] == '\n' || t->text.data[i] == '\t') {
      t->text.data[i] = ' ';
    }
  }
  cspan_buf_append(&t->text, "", 1);
}

static const char *cell(const table *t, size_t row, size_t column) {
  return cspan_buf_text(&t->text) + t->cells[row * t->columns + column];
}

/* Characters, near enough to columns of a terminal. */
static size_t width_of(const char *text) {
  size_t width = 0;
  for (; *text != '\0'; text++) {
    width += ((unsigned char)*text & 0xc0) != 0x80;
  }
  return width;
}

static void put_times(cspan_buf *out, char c, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_buf_char(out, c);
  }
}

static void put_line(cspan_buf *out, const size_t *widths, size_t columns) {
  for (size_t i = 0; i < columns; i++) {
    cspan_buf_char(out, '+');
    put_times(out, '-', widths[i] + 2);
  }
  cspan_buf_str(out, "+\n");
}

static void put_row(cspan_buf *out, const table *t, const size_t *widths, size_t row) {
  for (size_t i = 0; i < t->columns; i++) {
    const char *text = cell(t, row, i);
    cspan_buf_str(out, "| ");
    cspan_buf_str(out, text);
    put_times(out, ' ', widths[i] - width_of(text) + 1);
  }
  cspan_buf_str(out, "|\n");
}

static void put_table(cspan_buf *out, const char *title, table *t) {
  size_t widths[COLUMNS_MAX] = {0};
  if (t->status != CSPAN_OK || cspan_buf_status(&t->text) != CSPAN_OK) {
    out->status = CSPAN_ERR_NOMEM;
    return;
  }
  t->rows = t->cell_count / t->columns;
  for (size_t row = 0; row < t->rows; row++) {
    for (size_t i = 0; i < t->columns; i++) {
      size_t width = width_of(cell(t, row, i));
      widths[i] = width > widths[i] ? width : widths[i];
    }
  }
  cspan_buf_str(out, title);
  cspan_buf_char(out, '\n');
  put_line(out, widths, t->columns);
  for (size_t row = 0; row < t->rows; row++) {
    put_row(out, t, widths, row);
    if (row == 0 && t->has_head && t->rows > 1) {
      put_line(out, widths, t->columns);
    }
  }
  put_line(out, widths, t->columns);
}

/* ----------------------------------------------------------------- contents */

static void put_value(cspan_buf *out, const char *title, const cspan_value *value, int depth);

/* What is nested gets tables of its own: "Title.Name". */
static void put_nested(cspan_buf *out, const char *title, const cspan_value *map, int depth) {
  for (size_t i = 0; i < map->size; i++) {
    const cspan_member *member = &map->as.members[i];
    if (cspan_cli_is_scalar(&member->value)) {
      continue;
    }
    char *inner = cspan_asprintf("%s.%s", title, member->name);
    if (inner == NULL) {
      out->status = CSPAN_ERR_NOMEM;
      return;
    }
    put_value(out, inner, &member->value, depth + 1);
    cspan_free(inner);
  }
}

static void put_map(cspan_buf *out, const char *title, const cspan_value *map, int depth) {
  table t;
  table_init(&t, 2, false);
  for (size_t i = 0; i < map->size; i++) {
    const cspan_member *member = &map->as.members[i];
    if (cspan_cli_is_scalar(&member->value)) {
      cspan_value name = cspan_string_of(member->name, member->name_size_bytes);
      add_cell(&t, &name);
      add_cell(&t, &member->value);
    }
  }
  if (t.cell_count > 0) {
    put_table(out, title, &t);
  }
  table_free(&t);
  put_nested(out, title, map, depth);
}

/* The scalar members of all maps of a list, in the order in which they come. */
static size_t column_names(const cspan_value *list, const char *names[COLUMNS_MAX]) {
  size_t count = 0;
  for (size_t i = 0; i < list->size; i++) {
    const cspan_value *item = &list->as.items[i];
    for (size_t k = 0; item->kind == CSPAN_VALUE_MAP && k < item->size; k++) {
      size_t at = 0;
      while (at < count && strcmp(names[at], item->as.members[k].name) != 0) {
        at++;
      }
      if (at == count && count < COLUMNS_MAX && cspan_cli_is_scalar(&item->as.members[k].value)) {
        names[count++] = item->as.members[k].name;
      }
    }
  }
  return count;
}

static void put_maps(cspan_buf *out, const char *title, const cspan_value *list, int depth) {
  const char *names[COLUMNS_MAX];
  size_t count = column_names(list, names);
  table t;
  table_init(&t, count, true);
  for (size_t i = 0; i < count; i++) {
    cspan_value name = cspan_string(names[i]);
    add_cell(&t, &name);
  }
  for (size_t i = 0; i < list->size; i++) {
    for (size_t k = 0; k < count; k++) {
      const cspan_value *value = cspan_value_get(&list->as.items[i], names[k]);
      add_cell(&t, value != NULL && cspan_cli_is_scalar(value) ? value : NULL);
    }
  }
  if (count > 0) {
    put_table(out, title, &t);
  }
  table_free(&t);
  for (size_t i = 0; i < list->size; i++) {
    if (list->as.items[i].kind == CSPAN_VALUE_MAP) {
      put_nested(out, title, &list->as.items[i], depth);
    } else {
      put_value(out, title, &list->as.items[i], depth + 1);
    }
  }
}

static void put_scalars(cspan_buf *out, const char *title, const cspan_value *list) {
  table t;
  table_init(&t, 1, false);
  for (size_t i = 0; i < list->size; i++) {
    if (cspan_cli_is_scalar(&list->as.items[i])) {
      add_cell(&t, &list->as.items[i]);
    }
  }
  if (t.cell_count > 0) {
    put_table(out, title, &t);
  }
  table_free(&t);
}

static void put_value(cspan_buf *out, const char *title, const cspan_value *value, int depth) {
  if (depth > DEPTH_MAX) {
    out->status = CSPAN_ERR_LIMIT;
  } else if (value->kind == CSPAN_VALUE_MAP) {
    put_map(out, title, value, depth);
  } else if (value->kind == CSPAN_VALUE_LIST) {
    bool all_scalar = true;
    for (size_t i = 0; i < value->size; i++) {
      all_scalar = all_scalar && cspan_cli_is_scalar(&value->as.items[i]);
    }
    if (all_scalar) {
      put_scalars(out, title, value);
    } else {
      put_maps(out, title, value, depth);
    }
  } else {
    cspan_value list = cspan_list(value, 1);
    put_scalars(out, title, &list);
  }
}

void cspan_cli_put_value_table(cspan_buf *out, const char *title, const cspan_value *value) {
  put_value(out, title, value, 0);
}
