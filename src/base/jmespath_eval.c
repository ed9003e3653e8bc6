/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: what the tree of an expression gives for a value. */
#include "base/jmespath_tree.h"

#include <stdio.h>

#include "base/decimal.h"
#include "base/json.h"

enum { SEARCH_MAX_BYTES = 512 * 1024 * 1024 };

typedef const cspan_jmes_node *tree;

/* ------------------------------------------------------------------------ failures */

bool cspan_jmes_fail(cspan_jmes_run *run, cspan_status status, const char *fmt, ...) {
  enum { WHAT_MAX = 256 };
  char what[WHAT_MAX];
  va_list args;
  va_start(args, fmt);
  vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  if (run->status == CSPAN_OK) {
    run->status = status;
    cspan_error_set(run->error, status, "JMESPath: %s", what);
  }
  return false;
}

void *cspan_jmes_room(cspan_jmes_run *run, size_t count, size_t size) {
  void *room = cspan_arena_array(run->arena, count, size);
  if (room == NULL) {
    cspan_status status = cspan_arena_refusal(run->arena);
    cspan_jmes_fail(run, status,
                    status == CSPAN_ERR_LIMIT ? "the result is too large" : "out of memory");
  }
  return room;
}

/* ------------------------------------------------------------------ kinds of values */

bool cspan_jmes_is_number(const cspan_value *value) {
  return value->kind == CSPAN_VALUE_INT || value->kind == CSPAN_VALUE_DOUBLE ||
         value->kind == CSPAN_VALUE_NUMBER;
}

bool cspan_jmes_plain(cspan_jmes_run *run, cspan_value *value) {
  if (value->kind != CSPAN_VALUE_TIMESTAMP && value->kind != CSPAN_VALUE_BLOB) {
    return true;
  }
  cspan_buf text;
  cspan_buf_init(&text, CSPAN_JSON_MAX_BYTES);
  if (value->kind == CSPAN_VALUE_TIMESTAMP) {
    cspan_write_timestamp(&text, value);
  } else {
    cspan_base64_encode(&text, value->as.text, value->size);
  }
  char *copy = NULL;
  if (cspan_buf_status(&text) == CSPAN_OK) {
    copy = cspan_jmes_room(run, text.len + 1, 1);
  } else {
    cspan_jmes_fail(run, cspan_buf_status(&text), "no memory for a blob as a string");
  }
  if (copy != NULL) {
    memcpy(copy, cspan_buf_text(&text), text.len);
    *value = cspan_string_of(copy, text.len);
  }
  cspan_buf_free(&text);
  return copy != NULL;
}

static int compare_texts(const cspan_value *a, const cspan_value *b) {
  size_t both = a->size < b->size ? a->size : b->size;
  /* UTF-8 sorts as its code points do. */
  int order = both > 0 ? memcmp(a->as.text, b->as.text, both) : 0;
  if (order == 0) {
    return a->size < b->size ? -1 : a->size > b->size;
  }
  return order < 0 ? -1 : 1;
}

bool cspan_jmes_compare(const cspan_value *a, const cspan_value *b, int *order) {
  if (a->kind == CSPAN_VALUE_STRING && b->kind == CSPAN_VALUE_STRING) {
    *order = compare_texts(a, b);
    return true;
  }
  return cspan_value_compare_numbers(a, b, order);
}

static bool is_true(const cspan_value *value) {
  switch (value->kind) {
  case CSPAN_VALUE_NULL:
    return false;
  case CSPAN_VALUE_BOOL:
    return value->as.boolean;
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
  case CSPAN_VALUE_LIST:
  case CSPAN_VALUE_MAP:
    return value->size > 0;
  default:
    return true;
  }
}

static void set(cspan_value *out, const cspan_value *found) {
  *out = found != NULL ? *found : cspan_null();
}

/* --------------------------------------------------------------------- projections */

/* Adds what `right` gives for the item, unless that is null. */
static bool project_one(cspan_jmes_run *run, tree right, const cspan_value *item,
                        cspan_value *items, size_t *count) {
  if (!cspan_jmes_eval(run, right, item, &items[*count])) {
    return false;
  }
  *count += items[*count].kind != CSPAN_VALUE_NULL;
  return true;
}

/* Of a list its items, of a map its values. */
static bool project(cspan_jmes_run *run, tree node, const cspan_value *from, cspan_value *out) {
  size_t count = 0;
  cspan_value *items = cspan_jmes_room(run, from->size, sizeof *items);
  for (size_t i = 0; items != NULL && i < from->size; i++) {
    const cspan_value *item = cspan_value_at(from, i);
    if (node->kind == CSPAN_JMES_NODE_FILTER) {
      cspan_value condition;
      if (!cspan_jmes_eval(run, node->condition, item, &condition)) {
        return false;
      }
      if (!is_true(&condition)) {
        continue;
      }
    }
    if (!project_one(run, node->right, item, items, &count)) {
      return false;
    }
  }
  *out = cspan_list(items, count);
  return items != NULL;
}

static bool project_flat(cspan_jmes_run *run, tree node, const cspan_value *from,
                         cspan_value *out) {
  size_t most = 0;
  size_t count = 0;
  for (size_t i = 0; i < from->size; i++) {
    const cspan_value *item = &from->as.items[i];
    most += item->kind == CSPAN_VALUE_LIST ? item->size : 1;
  }
  cspan_value *items = cspan_jmes_room(run, most, sizeof *items);
  for (size_t i = 0; items != NULL && i < from->size; i++) {
    const cspan_value *item = &from->as.items[i];
    bool is_list = item->kind == CSPAN_VALUE_LIST;
    for (size_t j = 0; j < (is_list ? item->size : 1); j++) {
      if (!project_one(run, node->right, is_list ? &item->as.items[j] : item, items, &count)) {
        return false;
      }
    }
  }
  *out = cspan_list(items, count);
  return items != NULL;
}

/* A bound of a slice of `size` items as an index, from 0 to size forwards, and from -1 to
 * size - 1 backwards. */
static int64_t slice_bound(int64_t bound, int64_t size, bool forwards) {
  int64_t least = forwards ? 0 : -1;
  int64_t most = forwards ? size : size - 1;
  bound += bound < 0 ? size : 0;
  return bound < least ? least : bound > most ? most : bound;
}

static bool project_slice(cspan_jmes_run *run, tree node, const cspan_value *from,
                          cspan_value *out) {
  cspan_jmes_slice slice = node->as.slice;
  int64_t size = (int64_t)from->size;
  int64_t step = slice.step == INT64_MIN ? 1 : slice.step;
  bool forwards = step > 0;
  int64_t start = slice.start == INT64_MIN ? (forwards ? 0 : size - 1)
                                           : slice_bound(slice.start, size, forwards);
  int64_t stop =
      slice.stop == INT64_MIN ? (forwards ? size : -1) : slice_bound(slice.stop, size, forwards);
  size_t count = 0;
  cspan_value *items = cspan_jmes_room(run, from->size, sizeof *items);
  for (int64_t i = start; items != NULL && (forwards ? i < stop : i > stop); i += step) {
    if (!project_one(run, node->right, &from->as.items[i], items, &count)) {
      return false;
    }
  }
  *out = cspan_list(items, count);
  return items != NULL;
}

/* Nodes that project onto a list or map; anything else gives null. */
static bool eval_projection(cspan_jmes_run *run, tree node, const cspan_value *in,
                            cspan_value *out) {
  cspan_value from;
  cspan_value_kind wanted =
      node->kind == CSPAN_JMES_NODE_VALUES ? CSPAN_VALUE_MAP : CSPAN_VALUE_LIST;
  if (!cspan_jmes_eval(run, node->left, in, &from)) {
    return false;
  }
  if (from.kind != wanted) {
    *out = cspan_null();
    return true;
  }
  switch (node->kind) {
  case CSPAN_JMES_NODE_FLATTEN:
    return project_flat(run, node, &from, out);
  case CSPAN_JMES_NODE_SLICE:
    return project_slice(run, node, &from, out);
  default:
    return project(run, node, &from, out);
  }
}

/* ----------------------------------------------------------------------- operators */

static bool eval_index(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  cspan_value from;
  if (!cspan_jmes_eval(run, node->left, in, &from)) {
    return false;
  }
  int64_t index = node->as.index + (node->as.index < 0 ? (int64_t)from.size : 0);
  bool is_item = from.kind == CSPAN_VALUE_LIST && index >= 0 && index < (int64_t)from.size;
  set(out, is_item ? &from.as.items[index] : NULL);
  return true;
}

static bool eval_logic(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  if (!cspan_jmes_eval(run, node->left, in, out)) {
    return false;
  }
  if (node->kind == CSPAN_JMES_NODE_NOT) {
    *out = cspan_bool(!is_true(out));
    return true;
  }
  bool is_decided = is_true(out) == (node->kind == CSPAN_JMES_NODE_OR);
  return is_decided || cspan_jmes_eval(run, node->right, in, out);
}

static bool holds(cspan_jmes_token_kind operation, int order) {
  switch (operation) {
  case CSPAN_JMES_LT:
    return order < 0;
  case CSPAN_JMES_LE:
    return order <= 0;
  case CSPAN_JMES_GT:
    return order > 0;
  default:
    return order >= 0;
  }
}

static bool eval_compare(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  cspan_value left;
  cspan_value right;
  int order;
  cspan_jmes_token_kind operation = node->as.operation;
  if (!cspan_jmes_eval(run, node->left, in, &left) ||
      !cspan_jmes_eval(run, node->right, in, &right) || !cspan_jmes_plain(run, &left) ||
      !cspan_jmes_plain(run, &right)) {
    return false;
  }
  if (operation == CSPAN_JMES_EQ || operation == CSPAN_JMES_NE) {
    *out = cspan_bool(cspan_value_equals(&left, &right) == (operation == CSPAN_JMES_EQ));
  } else if (cspan_jmes_compare(&left, &right, &order)) {
    *out = cspan_bool(holds(operation, order));
  } else {
    *out = cspan_null();
  }
  return true;
}

static bool eval_list(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  size_t count = node->as.many.part_count;
  cspan_value *items = cspan_jmes_room(run, count, sizeof *items);
  for (size_t i = 0; items != NULL && i < count; i++) {
    if (!cspan_jmes_eval(run, node->as.many.parts[i].node, in, &items[i])) {
      return false;
    }
  }
  *out = cspan_list(items, count);
  return items != NULL;
}

static bool eval_map(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  size_t count = node->as.many.part_count;
  cspan_member *members = cspan_jmes_room(run, count, sizeof *members);
  for (size_t i = 0; members != NULL && i < count; i++) {
    const cspan_jmes_part *part = &node->as.many.parts[i];
    members[i].name = part->name.data;
    members[i].name_size_bytes = part->name.len;
    if (!cspan_jmes_eval(run, part->node, in, &members[i].value)) {
      return false;
    }
  }
  *out = cspan_map(members, count);
  return members != NULL;
}

static bool eval_many(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  if (in->kind == CSPAN_VALUE_NULL) {
    *out = cspan_null();
    return true;
  }
  return node->kind == CSPAN_JMES_NODE_LIST ? eval_list(run, node, in, out)
                                            : eval_map(run, node, in, out);
}

bool cspan_jmes_eval(cspan_jmes_run *run, tree node, const cspan_value *in, cspan_value *out) {
  cspan_value left;
  if (++run->steps > CSPAN_JMESPATH_MAX_STEPS) {
    cspan_jmes_fail(run, CSPAN_ERR_LIMIT, "the expression takes more than %d steps",
                    CSPAN_JMESPATH_MAX_STEPS);
    return false;
  }
  switch (node->kind) {
  case CSPAN_JMES_NODE_CURRENT:
    *out = *in;
    return true;
  case CSPAN_JMES_NODE_FIELD:
    set(out, cspan_value_find(in, node->as.name.data, node->as.name.len));
    return true;
  case CSPAN_JMES_NODE_LITERAL:
    *out = node->as.literal;
    return true;
  case CSPAN_JMES_NODE_INDEX:
    return eval_index(run, node, in, out);
  case CSPAN_JMES_NODE_CHAIN:
    return cspan_jmes_eval(run, node->left, in, &left) &&
           cspan_jmes_eval(run, node->right, &left, out);
  case CSPAN_JMES_NODE_OR:
  case CSPAN_JMES_NODE_AND:
  case CSPAN_JMES_NODE_NOT:
    return eval_logic(run, node, in, out);
  case CSPAN_JMES_NODE_COMPARE:
    return eval_compare(run, node, in, out);
  case CSPAN_JMES_NODE_LIST:
  case CSPAN_JMES_NODE_MAP:
    return eval_many(run, node, in, out);
  case CSPAN_JMES_NODE_CALL:
    return cspan_jmes_call_function(run, node, in, out);
  default:
    return eval_projection(run, node, in, out);
  }
}

/* -------------------------------------------------------------------- entry points */

cspan_status cspan_jmespath_eval(const cspan_jmespath *expression, const cspan_value *in,
                                 cspan_arena *arena, cspan_value *out, cspan_error **error) {
  const cspan_value null_value = cspan_null();
  cspan_jmes_run run = {.arena = arena, .error = error};
  if (!cspan_jmes_eval(&run, expression->root, in != NULL ? in : &null_value, out)) {
    *out = null_value;
  }
  return run.status;
}

/* The result in an arena of its own; both the input and `work` may go. */
static cspan_status search(const cspan_value *value, const char *text, cspan_arena *work,
                           cspan_document **out, cspan_error **error) {
  /* Values that occur in the result many times are copied as often. */
  cspan_jmespath *expression;
  cspan_value found;
  cspan_value copy;
  cspan_status status = cspan_jmespath_compile(text, work, &expression, error);
  if (status == CSPAN_OK) {
    status = cspan_jmespath_eval(expression, value, work, &found, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_arena *arena = cspan_arena_create(SEARCH_MAX_BYTES);
  status = arena != NULL ? cspan_value_copy(arena, &found, &copy) : CSPAN_ERR_NOMEM;
  return cspan_document_close(arena, &copy, status, out, error);
}

cspan_status cspan_value_search(const cspan_value *value, const char *expression,
                                cspan_document **out, cspan_error **error) {
  *out = NULL;
  cspan_arena *work = cspan_arena_create(SEARCH_MAX_BYTES);
  if (work == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory for a JMESPath expression");
  }
  cspan_status status = search(value, expression, work, out, error);
  cspan_arena_free(work);
  return status;
}
