/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: sorting, and the largest and smallest. */
#include "base/jmespath_tree.h"

/* What an item is ordered by. */
typedef struct keyed {
  cspan_value key;
  cspan_value item;
} keyed;

static bool is_less(const keyed *a, const keyed *b) {
  int order;
  return cspan_jmes_compare(&a->key, &b->key, &order) && order < 0;
}

/* Keys are all numbers or all strings. */
static bool check_keys(cspan_jmes_run *run, const keyed *items, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bool fits = i > 0 && items[0].key.kind == CSPAN_VALUE_STRING
                    ? items[i].key.kind == CSPAN_VALUE_STRING
                    : cspan_jmes_is_number(&items[i].key) ||
                          (i == 0 && items[i].key.kind == CSPAN_VALUE_STRING);
    if (!fits) {
      return cspan_jmes_fail(run, CSPAN_ERR_INVALID,
                             "the expression after & has to give a number for each item, or a "
                             "string for each; for item %zu it does not",
                             i);
    }
  }
  return true;
}

/* The items with their keys: what the expression gives, or the items themselves. NULL with the
 * failure kept. */
static keyed *key_items(cspan_jmes_run *run, const cspan_value *list,
                        const cspan_jmes_node *expression) {
  keyed *items = cspan_jmes_room(run, list->size, sizeof *items);
  for (size_t i = 0; items != NULL && i < list->size; i++) {
    items[i].item = list->as.items[i];
    items[i].key = items[i].item;
    if (expression != NULL && (!cspan_jmes_eval(run, expression, &items[i].item, &items[i].key) ||
                               !cspan_jmes_plain(run, &items[i].key))) {
      return NULL;
    }
  }
  return items != NULL && check_keys(run, items, list->size) ? items : NULL;
}

/* -------------------------------------------------------------------------- sorting */

/* Merges two sorted runs that lie side by side; of equal ones the left comes first. */
static void merge(const keyed *from, size_t middle, size_t end, keyed *to) {
  size_t left = 0;
  size_t right = middle;
  for (size_t i = 0; i < end; i++) {
    bool take_right = right < end && (left == middle || is_less(&from[right], &from[left]));
    to[i] = take_right ? from[right++] : from[left++];
  }
}

/* Runs of doubled size each time; gives where the result is. */
static keyed *sort_runs(keyed *items, keyed *room, size_t count) {
  for (size_t width = 1; width < count; width *= 2) {
    for (size_t at = 0; at < count; at += 2 * width) {
      size_t rest = count - at;
      size_t end = rest < 2 * width ? rest : 2 * width;
      merge(items + at, end < width ? end : width, end, room + at);
    }
    keyed *sorted = room;
    room = items;
    items = sorted;
  }
  return items;
}

static bool sort_items(cspan_jmes_run *run, const cspan_value *list,
                       const cspan_jmes_node *expression, cspan_value *out) {
  size_t count = list->size;
  keyed *items = key_items(run, list, expression);
  keyed *room = items != NULL ? cspan_jmes_room(run, count, sizeof *room) : NULL;
  cspan_value *sorted = room != NULL ? cspan_jmes_room(run, count, sizeof *sorted) : NULL;
  if (sorted == NULL) {
    return false;
  }
  items = sort_runs(items, room, count);
  for (size_t i = 0; i < count; i++) {
    sorted[i] = items[i].item;
  }
  *out = cspan_list(sorted, count);
  return true;
}

bool cspan_jmes_sort(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                     cspan_value *out) {
  (void)count;
  return sort_items(run, &arguments[0].value, NULL, out);
}

bool cspan_jmes_sort_by(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                        cspan_value *out) {
  (void)count;
  return sort_items(run, &arguments[0].value, arguments[1].expression, out);
}

/* ------------------------------------------------------------------------- extremes */

/* Of equal ones the first; null of an empty list. */
static bool find_extreme(cspan_jmes_run *run, const cspan_value *list,
                         const cspan_jmes_node *expression, bool largest, cspan_value *out) {
  keyed *items = key_items(run, list, expression);
  size_t best = 0;
  if (items == NULL) {
    return false;
  }
  for (size_t i = 1; i < list->size; i++) {
    bool better = largest ? is_less(&items[best], &items[i]) : is_less(&items[i], &items[best]);
    best = better ? i : best;
  }
  *out = list->size > 0 ? items[best].item : cspan_null();
  return true;
}

bool cspan_jmes_max(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                    cspan_value *out) {
  (void)count;
  return find_extreme(run, &arguments[0].value, NULL, true, out);
}

bool cspan_jmes_max_by(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                       cspan_value *out) {
  (void)count;
  return find_extreme(run, &arguments[0].value, arguments[1].expression, true, out);
}

bool cspan_jmes_min(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                    cspan_value *out) {
  (void)count;
  return find_extreme(run, &arguments[0].value, NULL, false, out);
}

bool cspan_jmes_min_by(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                       cspan_value *out) {
  (void)count;
  return find_extreme(run, &arguments[0].value, arguments[1].expression, false, out);
}
