/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the bytes of rules and partitions once, so that nobody has to while reading them. */
#include "aws/rules/code.h"

#include <string.h>

#include "aws/rules/functions.h"
#include "base/alloc.h"
#include "base/error.h"

/* What a node may stand for; 0 where none begins. */
typedef enum node_class {
  CLASS_EXPRESSION = 1,
  CLASS_MAP, /* an expression, too */
  CLASS_CONDITION,
  CLASS_RULE,
  CLASS_RULES,
  CLASS_PARAM,
  CLASS_PARAMS,
  CLASS_PARTITION,
  CLASS_PARTITIONS
} node_class;

/* Of the node at a word. */
typedef struct node_mark {
  uint8_t is;
  uint8_t depth;
} node_mark;

typedef struct checker {
  const cspan_rules_code *code;
  node_mark *marks;
  const uint32_t *node; /* now */
  uint32_t at;
  uint32_t depth; /* of what it refers to */
} checker;

static bool text_is_in(const cspan_rules_code *code, const uint32_t *ref) {
  return ref[0] < code->text_bytes && ref[1] < code->text_bytes - ref[0] &&
         code->text[ref[0] + ref[1]] == '\0';
}

uint64_t cspan_rules_node_size(const uint32_t *node) {
  uint64_t count = cspan_rules_count_of(node);
  switch (cspan_rules_op_of(node)) {
  case CSPAN_OP_BOOL:
  case CSPAN_OP_REF:
    return 1;
  case CSPAN_OP_INT:
    return 2;
  case CSPAN_OP_TEXT:
  case CSPAN_OP_CONDITION:
    return 3;
  case CSPAN_OP_TEMPLATE:
  case CSPAN_OP_LIST:
  case CSPAN_OP_RULES:
  case CSPAN_OP_PARAMS:
  case CSPAN_OP_PARTITIONS:
    return 1 + count;
  case CSPAN_OP_CALL:
  case CSPAN_OP_ERROR:
  case CSPAN_OP_TREE:
    return 2 + count;
  case CSPAN_OP_ATTR:
    return 2 + 2 * count;
  case CSPAN_OP_MAP:
    return 1 + 3 * count;
  case CSPAN_OP_ENDPOINT:
    return 4 + count;
  case CSPAN_OP_PARAM:
    return 6;
  case CSPAN_OP_PARTITION:
    return 4 + 2 * count;
  default:
    return 0;
  }
}

/* Whether a word refers to a node before this one that may stand there. */
static bool refers(checker *check, uint32_t to, node_class wanted) {
  if (to >= check->at) {
    return false;
  }
  const node_mark *mark = &check->marks[to];
  bool fits = mark->is == wanted || (wanted == CLASS_EXPRESSION && mark->is == CLASS_MAP);
  if (fits && mark->depth > check->depth) {
    check->depth = mark->depth;
  }
  return fits;
}

static bool refers_all(checker *check, size_t first, size_t count, node_class wanted) {
  for (size_t i = 0; i < count; i++) {
    if (!refers(check, check->node[first + i], wanted)) {
      return false;
    }
  }
  return true;
}

static bool is_slot(const checker *check, uint32_t slot) {
  return slot < check->code->slot_count;
}

static bool check_map(checker *check, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t *member = check->node + 1 + 3 * (size_t)i;
    if (!text_is_in(check->code, member) || !refers(check, member[2], CLASS_EXPRESSION)) {
      return false;
    }
  }
  return true;
}

static bool check_attr(checker *check, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t *step = check->node + 2 + 2 * (size_t)i;
    if (step[0] != CSPAN_RULES_NONE && !text_is_in(check->code, step)) {
      return false;
    }
  }
  return refers(check, check->node[1], CLASS_EXPRESSION);
}

static bool check_call(checker *check, uint32_t count) {
  uint32_t function = check->node[1];
  return function < CSPAN_RULES_FUNCTION_COUNT &&
         count >= cspan_rules_functions[function].min_args &&
         count <= cspan_rules_functions[function].max_args &&
         refers_all(check, 2, count, CLASS_EXPRESSION);
}

static node_class check_expression(checker *check, uint32_t op, uint32_t count) {
  bool good = false;
  switch (op) {
  case CSPAN_OP_TEXT:
    good = text_is_in(check->code, check->node + 1);
    break;
  case CSPAN_OP_BOOL:
  case CSPAN_OP_INT:
    good = count <= 1;
    break;
  case CSPAN_OP_REF:
    good = is_slot(check, count);
    break;
  case CSPAN_OP_TEMPLATE:
  case CSPAN_OP_LIST:
    good = refers_all(check, 1, count, CLASS_EXPRESSION);
    break;
  case CSPAN_OP_MAP:
    return check_map(check, count) ? CLASS_MAP : 0;
  case CSPAN_OP_ATTR:
    good = check_attr(check, count);
    break;
  case CSPAN_OP_CALL:
    good = check_call(check, count);
    break;
  default:
    break;
  }
  return good ? CLASS_EXPRESSION : 0;
}

static bool check_param(checker *check, uint32_t flags) {
  const uint32_t *node = check->node;
  return (flags & ~(uint32_t)CSPAN_RULES_REQUIRED) <= CSPAN_RULES_STRING_ARRAY &&
         text_is_in(check->code, node + 1) && text_is_in(check->code, node + 3) &&
         (node[5] == CSPAN_RULES_NONE || refers(check, node[5], CLASS_EXPRESSION));
}

static bool check_partition(checker *check, uint32_t count) {
  for (size_t i = 0; i <= count; i++) {
    size_t at = i == 0 ? 1 : 2 + 2 * i;
    if (!text_is_in(check->code, check->node + at)) {
      return false;
    }
  }
  return refers(check, check->node[3], CLASS_MAP);
}

static node_class check_other(checker *check, uint32_t op, uint32_t count) {
  const uint32_t *node = check->node;
  switch (op) {
  case CSPAN_OP_CONDITION:
    return refers(check, node[1], CLASS_EXPRESSION) &&
                   (node[2] == CSPAN_RULES_NONE || is_slot(check, node[2]))
               ? CLASS_CONDITION
               : 0;
  case CSPAN_OP_ENDPOINT:
    return refers(check, node[1], CLASS_EXPRESSION) && refers(check, node[2], CLASS_MAP) &&
                   refers(check, node[3], CLASS_MAP) && refers_all(check, 4, count, CLASS_CONDITION)
               ? CLASS_RULE
               : 0;
  case CSPAN_OP_ERROR:
    return refers(check, node[1], CLASS_EXPRESSION) && refers_all(check, 2, count, CLASS_CONDITION)
               ? CLASS_RULE
               : 0;
  case CSPAN_OP_TREE:
    return refers(check, node[1], CLASS_RULES) && refers_all(check, 2, count, CLASS_CONDITION)
               ? CLASS_RULE
               : 0;
  case CSPAN_OP_RULES:
    return refers_all(check, 1, count, CLASS_RULE) ? CLASS_RULES : 0;
  case CSPAN_OP_PARAM:
    return check_param(check, count) ? CLASS_PARAM : 0;
  case CSPAN_OP_PARAMS:
    return refers_all(check, 1, count, CLASS_PARAM) ? CLASS_PARAMS : 0;
  case CSPAN_OP_PARTITION:
    return check_partition(check, count) ? CLASS_PARTITION : 0;
  case CSPAN_OP_PARTITIONS:
    return refers_all(check, 1, count, CLASS_PARTITION) ? CLASS_PARTITIONS : 0;
  default:
    return 0;
  }
}

static bool check_nodes(checker *check) {
  const cspan_rules_code *code = check->code;
  uint64_t size = 0;
  for (uint64_t at = 0; at < code->word_count; at += size) {
    check->node = code->words + at;
    check->at = (uint32_t)at;
    check->depth = 0;
    uint32_t op = cspan_rules_op_of(check->node);
    uint32_t count = cspan_rules_count_of(check->node);
    size = cspan_rules_node_size(check->node);
    if (size == 0 || size > code->word_count - at) {
      return false;
    }
    bool is_expression = op <= CSPAN_OP_CALL;
    node_class is =
        is_expression ? check_expression(check, op, count) : check_other(check, op, count);
    if (is == 0 || check->depth >= CSPAN_RULES_MAX_DEPTH) {
      return false;
    }
    check->marks[at] = (node_mark){(uint8_t)is, (uint8_t)(check->depth + 1)};
  }
  return true;
}

static bool check_roots(checker *check, uint32_t magic) {
  const cspan_rules_code *code = check->code;
  check->at = code->word_count;
  if (magic == CSPAN_PARTITIONS_MAGIC) {
    return refers(check, code->root, CLASS_PARTITIONS);
  }
  return refers(check, code->root, CLASS_RULES) && refers(check, code->params, CLASS_PARAMS) &&
         cspan_rules_count_of(code->words + code->params) <= CSPAN_RULES_MAX_PARAMS &&
         cspan_rules_count_of(code->words + code->params) <= code->slot_count &&
         code->slot_count <= CSPAN_RULES_MAX_SLOTS;
}

static bool take_header(const void *data, size_t size, uint32_t magic, cspan_rules_code *out) {
  cspan_rules_header header;
  if (size < sizeof header || (uintptr_t)data % sizeof(uint32_t) != 0) {
    return false;
  }
  memcpy(&header, data, sizeof header);
  uint64_t words = (uint64_t)header.word_count * sizeof(uint32_t);
  if (header.magic != magic || header.version != CSPAN_RULES_VERSION || header.size != size ||
      sizeof header + words + header.text_bytes != size || size > CSPAN_RULES_MAX_BYTES) {
    return false;
  }
  const char *bytes = data;
  *out = (cspan_rules_code){.words = (const void *)(bytes + sizeof header),
                            .text = bytes + sizeof header + words,
                            .word_count = header.word_count,
                            .text_bytes = header.text_bytes,
                            .root = header.root,
                            .params = header.params,
                            .slot_count = header.slot_count};
  return true;
}

cspan_status cspan_rules_code_open(const void *data, size_t size, uint32_t magic, const char *what,
                                   cspan_rules_code *out, cspan_error **error) {
  bool good = take_header(data, size, magic, out);
  if (good) {
    checker check = {.code = out};
    check.marks = cspan_calloc((size_t)out->word_count + 1, sizeof *check.marks);
    if (check.marks == NULL) {
      return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
    }
    good = check_nodes(&check) && check_roots(&check, magic);
    cspan_free(check.marks);
  }
  if (!good) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the compiled %s are damaged or of another version: compile the models "
                           "again with \"cloudspan models compile\"",
                           what);
  }
  return CSPAN_OK;
}
