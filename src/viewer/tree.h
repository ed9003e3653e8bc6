/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of a trace in the order of a tree: parents before children, children by
 * start time. Every span is in it exactly once, whatever the parent ids say. */
#ifndef VIEWER_TREE_H
#define VIEWER_TREE_H

#include "viewer/record.h"

#define CSPAN_TREE_NONE SIZE_MAX

typedef enum cspan_tree_note {
  CSPAN_TREE_PLAIN = 0,
  CSPAN_TREE_PARENT_MISSING, /* at the top, though it has a parent: not in this trace */
  CSPAN_TREE_PARENT_REMOTE,  /* the same, and the span says that the parent is another process's */
  CSPAN_TREE_PARENT_LOOP     /* at the top, because its ancestors lead back to it */
} cspan_tree_note;

/* Indexes are those of the record's spans. */
typedef struct cspan_tree_node {
  size_t parent;      /* CSPAN_TREE_NONE: at the top */
  size_t first_child; /* CSPAN_TREE_NONE: a leaf */
  size_t next_sibling;
  size_t depth;
  cspan_tree_note note;
} cspan_tree_node;

typedef struct cspan_tree {
  cspan_tree_node *nodes; /* one a span */
  size_t *order;          /* how to walk it: `count` indexes */
  size_t count;
  size_t first; /* the first at the top */
  int64_t start_ns;
  int64_t end_ns;
  size_t errors; /* spans whose status is Error */
} cspan_tree;

/* `record` must be sorted (record.h) and outlive the tree. */
cspan_status cspan_tree_build(const cspan_trace_record *record, cspan_tree *out);
void cspan_tree_free(cspan_tree *tree);

/* The span that stands for the trace: the first real root, else the first at the top.
 * NULL for an empty trace. */
const cspan_span_view *cspan_tree_root(const cspan_trace_record *record, const cspan_tree *tree);

#endif
