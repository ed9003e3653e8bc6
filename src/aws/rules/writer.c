/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rules/writer.h"

#include <string.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = 256, MAX_COUNT = 0xffffff };

void cspan_rules_writer_init(cspan_rules_writer *writer) {
  memset(writer, 0, sizeof *writer);
  cspan_buf_init(&writer->words, CSPAN_RULES_MAX_BYTES);
  cspan_buf_init(&writer->text, CSPAN_RULES_MAX_BYTES);
}

void cspan_rules_writer_free(cspan_rules_writer *writer) {
  cspan_buf_free(&writer->words);
  cspan_buf_free(&writer->text);
  cspan_free(writer->nodes.at);
  cspan_free(writer->nodes.hash);
  cspan_free(writer->texts.at);
  cspan_free(writer->texts.hash);
}

static void fail(cspan_rules_writer *writer, cspan_status status) {
  if (writer->status == CSPAN_OK) {
    writer->status = status;
  }
}

/* FNV-1a */
static uint32_t hash_of(const void *data, size_t size) {
  const unsigned char *bytes = data;
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < size; i++) {
    hash = (hash ^ bytes[i]) * 16777619u;
  }
  return hash;
}

static void table_put(cspan_rules_table *table, uint32_t hash, uint32_t at) {
  size_t i = hash & (table->capacity - 1);
  while (table->at[i] != 0) {
    i = (i + 1) & (table->capacity - 1);
  }
  table->at[i] = at + 1;
  table->hash[i] = hash;
  table->used++;
}

static bool table_grow(cspan_rules_table *table) {
  size_t capacity = table->capacity != 0 ? table->capacity * 2 : FIRST_CAPACITY;
  cspan_rules_table larger = {cspan_calloc(capacity, sizeof(uint32_t)),
                              cspan_calloc(capacity, sizeof(uint32_t)), capacity, 0};
  if (larger.at == NULL || larger.hash == NULL) {
    cspan_free(larger.at);
    cspan_free(larger.hash);
    return false;
  }
  for (size_t i = 0; i < table->capacity; i++) {
    if (table->at[i] != 0) {
      table_put(&larger, table->hash[i], table->at[i] - 1);
    }
  }
  cspan_free(table->at);
  cspan_free(table->hash);
  *table = larger;
  return true;
}

/* Where `pool` has these bytes at a place of the table, else where they were appended to it;
 * `unit` is what places are counted in. */
static uint32_t intern(cspan_rules_writer *writer, cspan_rules_table *table, cspan_buf *pool,
                       const void *data, size_t size, size_t unit) {
  if (table->used >= table->capacity / 2 && !table_grow(table)) {
    fail(writer, CSPAN_ERR_NOMEM);
    return 0;
  }
  uint32_t hash = hash_of(data, size);
  for (size_t i = hash & (table->capacity - 1); table->at[i] != 0;
       i = (i + 1) & (table->capacity - 1)) {
    size_t at = (table->at[i] - 1) * unit;
    if (table->hash[i] == hash && pool->len - at >= size &&
        memcmp(pool->data + at, data, size) == 0) {
      return table->at[i] - 1;
    }
  }
  uint32_t at = (uint32_t)(pool->len / unit);
  cspan_status status = cspan_buf_append(pool, data, size);
  if (status != CSPAN_OK) {
    fail(writer, status);
    return 0;
  }
  table_put(table, hash, at);
  return at;
}

/* -------------------------------------------------------------------- nodes */

void cspan_rules_node_init(cspan_rules_node *node, cspan_rules_op op, size_t count) {
  memset(node, 0, sizeof *node);
  node->words = node->few;
  node->capacity = sizeof node->few / sizeof node->few[0];
  node->status = count > MAX_COUNT ? CSPAN_ERR_LIMIT : CSPAN_OK;
  cspan_rules_node_add(node, (uint32_t)op | (uint32_t)(count << 8));
}

void cspan_rules_node_add(cspan_rules_node *node, uint32_t word) {
  if (node->count == node->capacity) {
    size_t capacity = node->capacity * 2;
    uint32_t *larger =
        cspan_realloc(node->words != node->few ? node->words : NULL, capacity * sizeof *larger);
    if (larger == NULL) {
      node->status = CSPAN_ERR_NOMEM;
      return;
    }
    if (node->words == node->few) {
      memcpy(larger, node->few, sizeof node->few);
    }
    node->words = larger;
    node->capacity = capacity;
  }
  node->words[node->count++] = word;
}

void cspan_rules_node_text(cspan_rules_node *node, cspan_rules_writer *writer, cspan_str text) {
  char *copy = cspan_strndup(text.data != NULL ? text.data : "", text.len);
  if (copy == NULL) {
    node->status = CSPAN_ERR_NOMEM;
    return;
  }
  /* With its NUL: no text is found as the beginning of another. */
  cspan_rules_node_add(node, intern(writer, &writer->texts, &writer->text, copy, text.len + 1, 1));
  cspan_rules_node_add(node, (uint32_t)text.len);
  cspan_free(copy);
}

uint32_t cspan_rules_write(cspan_rules_writer *writer, cspan_rules_node *node) {
  uint32_t at = 0;
  if (node->status != CSPAN_OK) {
    fail(writer, node->status);
  } else if (writer->status == CSPAN_OK) {
    at = intern(writer, &writer->nodes, &writer->words, node->words,
                node->count * sizeof *node->words, sizeof *node->words);
  }
  if (node->words != node->few) {
    cspan_free(node->words);
  }
  return at;
}

uint32_t cspan_rules_write_text(cspan_rules_writer *writer, cspan_str text) {
  cspan_rules_node node;
  cspan_rules_node_init(&node, CSPAN_OP_TEXT, 0);
  cspan_rules_node_text(&node, writer, text);
  return cspan_rules_write(writer, &node);
}

cspan_status cspan_rules_writer_finish(cspan_rules_writer *writer, cspan_rules_header header,
                                       cspan_buf *out) {
  static const char padding[4] = {0};
  if (writer->status != CSPAN_OK) {
    return writer->status;
  }
  size_t pad = (4 - writer->text.len % 4) % 4;
  header.version = CSPAN_RULES_VERSION;
  header.word_count = (uint32_t)(writer->words.len / sizeof(uint32_t));
  header.text_bytes = (uint32_t)(writer->text.len + pad);
  header.size = (uint32_t)(sizeof header + writer->words.len + writer->text.len + pad);
  cspan_buf_append(out, &header, sizeof header);
  cspan_buf_append(out, writer->words.data, writer->words.len);
  cspan_buf_append(out, writer->text.data, writer->text.len);
  cspan_buf_append(out, padding, pad);
  return cspan_buf_status(out);
}
