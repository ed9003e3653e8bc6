/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "unit/viewer/trace_builder.h"
#include "viewer/tree.h"

static void add(trace_builder *b, uint8_t id, uint8_t parent, double from, double to) {
  static char names[256][4];
  names[id][0] = (char)id;
  builder_add(b, id, parent, names[id], CSPAN_SPAN_INTERNAL, from, to);
}

/* The names in order, indented by depth: "a(b(c)d)" is a with children b and d. */
static void assert_shape(const trace_builder *b, const cspan_tree *tree, const char *expected) {
  char text[256];
  size_t len = 0;
  size_t depth = 0;
  for (size_t i = 0; i < tree->count; i++) {
    size_t at = tree->order[i];
    while (depth > tree->nodes[at].depth) {
      text[len++] = ')';
      depth--;
    }
    if (depth < tree->nodes[at].depth) {
      text[len++] = '(';
      depth++;
    }
    text[len++] = b->record.spans[at]->name[0];
  }
  while (depth-- > 0) {
    text[len++] = ')';
  }
  text[len] = '\0';
  assert_string_equal(text, expected);
}

static cspan_tree_note note_of(const trace_builder *b, const cspan_tree *tree, char name) {
  for (size_t i = 0; i < tree->count; i++) {
    if (b->record.spans[i]->name[0] == name) {
      return tree->nodes[i].note;
    }
  }
  fail();
  return CSPAN_TREE_PLAIN;
}

static void build(trace_builder *b, cspan_tree *tree) {
  cspan_trace_record_sort(&b->record);
  assert_int_equal(cspan_tree_build(&b->record, tree), CSPAN_OK);
}

static void test_children_by_start(void **state) {
  (void)state;
  trace_builder b;
  cspan_tree tree;
  builder_init(&b);
  add(&b, 'd', 'a', 30, 40); /* arrives in any order */
  add(&b, 'c', 'b', 12, 13);
  add(&b, 'b', 'a', 10, 20);
  add(&b, 'a', 0, 0, 50);
  build(&b, &tree);
  assert_shape(&b, &tree, "a(b(c)d)");
  assert_int_equal(tree.start_ns, MS(0));
  assert_int_equal(tree.end_ns, MS(50));
  assert_string_equal(cspan_tree_root(&b.record, &tree)->name, "a");
  cspan_tree_free(&tree);
}

static void test_a_child_may_start_before_its_parent(void **state) {
  (void)state;
  trace_builder b;
  cspan_tree tree;
  builder_init(&b);
  add(&b, 'a', 0, 10, 20);
  add(&b, 'b', 'a', 5, 30);
  build(&b, &tree);
  assert_shape(&b, &tree, "a(b)");
  assert_int_equal(tree.start_ns, MS(5));
  assert_int_equal(tree.end_ns, MS(30));
  cspan_tree_free(&tree);
}

static void test_orphans_are_at_the_top(void **state) {
  (void)state;
  trace_builder b;
  cspan_tree tree;
  builder_init(&b);
  add(&b, 'o', 'x', 1, 2);
  add(&b, 'p', 'o', 1, 2);
  add(&b, 'a', 0, 3, 9);
  add(&b, 'r', 'y', 4, 5);
  b.views[3].flags = 0x301;
  build(&b, &tree);
  assert_shape(&b, &tree, "o(p)ar");
  assert_int_equal(note_of(&b, &tree, 'o'), CSPAN_TREE_PARENT_MISSING);
  assert_int_equal(note_of(&b, &tree, 'r'), CSPAN_TREE_PARENT_REMOTE);
  assert_int_equal(note_of(&b, &tree, 'a'), CSPAN_TREE_PLAIN);
  assert_int_equal(note_of(&b, &tree, 'p'), CSPAN_TREE_PLAIN);
  /* the real root stands for the trace, though an orphan is earlier */
  assert_string_equal(cspan_tree_root(&b.record, &tree)->name, "a");
  cspan_tree_free(&tree);
}

static void test_loops_are_cut(void **state) {
  (void)state;
  trace_builder b;
  cspan_tree tree;
  builder_init(&b);
  add(&b, 'c', 'b', 3, 4);
  add(&b, 'b', 'a', 2, 5);
  add(&b, 'a', 'c', 1, 6); /* a -> c -> b -> a */
  add(&b, 's', 's', 7, 8); /* its own parent */
  add(&b, 't', 'c', 9, 9); /* hangs on the loop */
  build(&b, &tree);
  assert_shape(&b, &tree, "a(b(c(t)))s");
  assert_int_equal(note_of(&b, &tree, 'a'), CSPAN_TREE_PARENT_LOOP);
  assert_int_equal(note_of(&b, &tree, 's'), CSPAN_TREE_PARENT_LOOP);
  assert_int_equal(note_of(&b, &tree, 'b'), CSPAN_TREE_PLAIN);
  cspan_tree_free(&tree);
}

static void test_repeated_spans_count_once(void **state) {
  (void)state;
  trace_builder b;
  cspan_tree tree;
  builder_init(&b);
  add(&b, 'a', 0, 0, 9);
  add(&b, 'b', 'a', 1, 2);
  add(&b, 'b', 'a', 1, 2);
  add(&b, 'a', 0, 0, 9);
  build(&b, &tree);
  assert_int_equal(b.record.span_count, 2);
  assert_shape(&b, &tree, "a(b)");
  cspan_tree_free(&tree);
}

static void test_times_out_of_order(void **state) {
  (void)state;
  trace_builder b;
  cspan_tree tree;
  builder_init(&b);
  add(&b, 'a', 0, 10, 5); /* ends before it starts */
  b.views[0].status = CSPAN_SPAN_ERROR;
  build(&b, &tree);
  assert_int_equal(tree.start_ns, MS(10));
  assert_int_equal(tree.end_ns, MS(10));
  assert_int_equal(tree.errors, 1);
  cspan_tree_free(&tree);
}

static void test_empty(void **state) {
  (void)state;
  cspan_trace_record record = {.span_count = 0};
  cspan_tree tree;
  assert_int_equal(cspan_tree_build(&record, &tree), CSPAN_OK);
  assert_null(cspan_tree_root(&record, &tree));
  cspan_tree_free(&tree);
}

/* No recursion: a chain as deep as a trace may be. */
static void test_deep_chain(void **state) {
  (void)state;
  enum { DEPTH = 20000 };
  cspan_span_view *views = calloc(DEPTH, sizeof *views);
  const cspan_span_view **pointers = calloc(DEPTH, sizeof *pointers);
  assert_non_null(views);
  assert_non_null(pointers);
  for (uint32_t i = 0; i < DEPTH; i++) {
    uint32_t id = i + 1;
    memcpy(views[i].span_id, &id, sizeof id);
    memcpy(views[i].parent_span_id, &i, sizeof i);
    views[i].start_time_unix_ns = i;
    pointers[DEPTH - 1 - i] = &views[i];
  }
  cspan_trace_record record = {.spans = pointers, .span_count = DEPTH};
  cspan_tree tree;
  cspan_trace_record_sort(&record);
  assert_int_equal(cspan_tree_build(&record, &tree), CSPAN_OK);
  assert_int_equal(tree.count, DEPTH);
  assert_int_equal(tree.nodes[tree.order[DEPTH - 1]].depth, DEPTH - 1);
  cspan_tree_free(&tree);
  free(pointers);
  free(views);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_children_by_start),
      cmocka_unit_test(test_a_child_may_start_before_its_parent),
      cmocka_unit_test(test_orphans_are_at_the_top),
      cmocka_unit_test(test_loops_are_cut),
      cmocka_unit_test(test_repeated_spans_count_once),
      cmocka_unit_test(test_times_out_of_order),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_deep_chain),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
