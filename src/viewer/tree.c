/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Bits of OTLP's Span.flags that say where the parent is. */
#define FLAG_REMOTE_KNOWN 0x100u
#define FLAG_REMOTE       0x200u

/* A span id and where it is, to be searched. */
typedef struct entry {
  uint8_t id[8];
  size_t index;
} entry;

static int compare_entries(const void *a, const void *b) {
  return memcmp(((const entry *)a)->id, ((const entry *)b)->id, 8);
}

static size_t find(const entry *index, size_t count, const uint8_t id[8]) {
  entry key = {.index = 0};
  memcpy(key.id, id, sizeof key.id);
  const entry *found = bsearch(&key, index, count, sizeof *index, compare_entries);
  return found ? found->index : CSPAN_TREE_NONE;
}

/* Fills each node's parent; what has none is noted. */
static void find_parents(const cspan_trace_record *record, const entry *index, cspan_tree *tree) {
  for (size_t i = 0; i < tree->count; i++) {
    const cspan_span_view *view = record->spans[i];
    cspan_tree_node *node = &tree->nodes[i];
    node->first_child = CSPAN_TREE_NONE;
    node->next_sibling = CSPAN_TREE_NONE;
    node->parent = CSPAN_TREE_NONE;
    if (cspan_span_view_is_root(view)) {
      continue;
    }
    node->parent = find(index, tree->count, view->parent_span_id);
    if (node->parent == CSPAN_TREE_NONE) {
      bool remote = (view->flags & FLAG_REMOTE_KNOWN) && (view->flags & FLAG_REMOTE);
      node->note = remote ? CSPAN_TREE_PARENT_REMOTE : CSPAN_TREE_PARENT_MISSING;
    }
  }
}

/* Cuts every loop of parents at its earliest span. `state` holds the number of the walk that
 * saw a node, 0 for none yet. */
static void cut_loops(cspan_tree *tree, size_t *state) {
  for (size_t i = 0; i < tree->count; i++) {
    size_t at = i;
    while (at != CSPAN_TREE_NONE && state[at] == 0) {
      state[at] = i + 1;
      at = tree->nodes[at].parent;
    }
    if (at == CSPAN_TREE_NONE || state[at] != i + 1) {
      continue;
    }
    size_t earliest = at;
    for (size_t k = tree->nodes[at].parent; k != at; k = tree->nodes[k].parent) {
      earliest = k < earliest ? k : earliest;
    }
    tree->nodes[earliest].parent = CSPAN_TREE_NONE;
    tree->nodes[earliest].note = CSPAN_TREE_PARENT_LOOP;
  }
}

/* Spans are in order of time, so going backwards and putting each one first leaves
 * every list of children in that order. */
static void link_children(cspan_tree *tree) {
  tree->first = CSPAN_TREE_NONE;
  for (size_t i = tree->count; i-- > 0;) {
    size_t parent = tree->nodes[i].parent;
    size_t *head = parent == CSPAN_TREE_NONE ? &tree->first : &tree->nodes[parent].first_child;
    tree->nodes[i].next_sibling = *head;
    *head = i;
  }
}

static void walk(cspan_tree *tree) {
  size_t at = tree->first;
  for (size_t n = 0; n < tree->count && at != CSPAN_TREE_NONE; n++) {
    cspan_tree_node *node = &tree->nodes[at];
    node->depth = node->parent == CSPAN_TREE_NONE ? 0 : tree->nodes[node->parent].depth + 1;
    tree->order[n] = at;
    if (node->first_child != CSPAN_TREE_NONE) {
      at = node->first_child;
      continue;
    }
    while (at != CSPAN_TREE_NONE && tree->nodes[at].next_sibling == CSPAN_TREE_NONE) {
      at = tree->nodes[at].parent;
    }
    at = at == CSPAN_TREE_NONE ? at : tree->nodes[at].next_sibling;
  }
}

static void measure(const cspan_trace_record *record, cspan_tree *tree) {
  for (size_t i = 0; i < tree->count; i++) {
    int64_t start = cspan_span_view_start(record->spans[i]);
    int64_t end = cspan_span_view_end(record->spans[i]);
    tree->start_ns = i == 0 || start < tree->start_ns ? start : tree->start_ns;
    tree->end_ns = end > tree->end_ns ? end : tree->end_ns;
    tree->errors += record->spans[i]->status == CSPAN_SPAN_ERROR;
  }
}

cspan_status cspan_tree_build(const cspan_trace_record *record, cspan_tree *out) {
  memset(out, 0, sizeof *out);
  out->first = CSPAN_TREE_NONE;
  size_t count = record->span_count;
  if (count == 0) {
    return CSPAN_OK;
  }
  cspan_status status = CSPAN_ERR_NOMEM;
  entry *index = cspan_calloc(count, sizeof *index);
  out->nodes = cspan_calloc(count, sizeof *out->nodes);
  out->order = cspan_calloc(count, sizeof *out->order);
  if (!index || !out->nodes || !out->order) {
    goto out;
  }
  out->count = count;
  for (size_t i = 0; i < count; i++) {
    memcpy(index[i].id, record->spans[i]->span_id, sizeof index[i].id);
    index[i].index = i;
  }
  qsort(index, count, sizeof *index, compare_entries);
  find_parents(record, index, out);
  cut_loops(out, out->order); /* filled only later: until then, scratch */
  link_children(out);
  walk(out);
  measure(record, out);
  status = CSPAN_OK;
out:
  cspan_free(index);
  if (status != CSPAN_OK) {
    cspan_tree_free(out);
  }
  return status;
}

void cspan_tree_free(cspan_tree *tree) {
  cspan_free(tree->nodes);
  cspan_free(tree->order);
  memset(tree, 0, sizeof *tree);
}

const cspan_span_view *cspan_tree_root(const cspan_trace_record *record, const cspan_tree *tree) {
  for (size_t i = tree->first; i != CSPAN_TREE_NONE && tree->count;
       i = tree->nodes[i].next_sibling) {
    if (tree->nodes[i].note == CSPAN_TREE_PLAIN) {
      return record->spans[i];
    }
  }
  return tree->count ? record->spans[tree->first] : NULL;
}
