/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the bytes that code.h describes; equal texts and equal nodes are written once. */
#ifndef AWS_RULES_WRITER_H
#define AWS_RULES_WRITER_H

#include "aws/rules/code.h"

/* Where what was written begins, by its hash. */
typedef struct cspan_rules_table {
  uint32_t *at; /* + 1; 0: free */
  uint32_t *hash;
  size_t capacity; /* a power of 2, or 0 */
  size_t used;
} cspan_rules_table;

typedef struct cspan_rules_writer {
  cspan_buf words;
  cspan_buf text;
  cspan_rules_table nodes;
  cspan_rules_table texts;
  cspan_status status; /* the first failure stays */
} cspan_rules_writer;

/* A node, or the items of one, before it is written: the first words lie in the struct itself. */
typedef struct cspan_rules_node {
  uint32_t few[32];
  uint32_t *words;
  size_t count;
  size_t capacity;
  cspan_status status;
} cspan_rules_node;

void cspan_rules_writer_init(cspan_rules_writer *writer);
void cspan_rules_writer_free(cspan_rules_writer *writer);

void cspan_rules_node_init(cspan_rules_node *node, cspan_rules_op op, size_t count);
void cspan_rules_node_add(cspan_rules_node *node, uint32_t word);
void cspan_rules_node_text(cspan_rules_node *node, cspan_rules_writer *writer, cspan_str text);
/* Writes the node, unless it is there, and frees it; where it lies. */
uint32_t cspan_rules_write(cspan_rules_writer *writer, cspan_rules_node *node);
/* A whole node that is a text. */
uint32_t cspan_rules_write_text(cspan_rules_writer *writer, cspan_str text);

/* Appends header, words and texts. `header` has magic, root, params and slot_count. */
cspan_status cspan_rules_writer_finish(cspan_rules_writer *writer, cspan_rules_header header,
                                       cspan_buf *out);

#endif
