/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a compiled rule set, and of the partitions: a header, 32-bit words in the machine's
 * order, then texts (each once, with a NUL behind it). Position-independent, but for being aligned
 * to 4 bytes.
 *
 * The words are nodes, one behind the other. A node's first word has its operation in the low
 * 8 bits and a count in the rest. What a node refers to lies before it, so that one pass forwards
 * checks everything, and there are no cycles. Equal nodes are written once: the rules of S3
 * repeat most of what they say.
 */
#ifndef AWS_RULES_CODE_H
#define AWS_RULES_CODE_H

#include "base/text.h"

enum {
  CSPAN_RULES_VERSION = 1,
  CSPAN_RULES_MAX_DEPTH = 200,      /* of nodes in nodes */
  CSPAN_RULES_MAX_NESTING = 190,    /* the same while compiling, where not all nodes are counted */
  CSPAN_RULES_MAX_PARAMS = 256,     /* of a rule set */
  CSPAN_RULES_MAX_SLOTS = 1024,     /* parameters and variables */
  CSPAN_RULES_MAX_ARGS = 16,        /* of a function */
  CSPAN_RULES_MAX_TEXT = 64 * 1024, /* of a text that an evaluation makes */
  CSPAN_RULES_MAX_BYTES = 16 * 1024 * 1024,
  CSPAN_RULES_MAGIC = 0x65727363,
  CSPAN_PARTITIONS_MAGIC = 0x70727363
};

#define CSPAN_RULES_NONE UINT32_MAX

typedef enum cspan_rules_op {
  /* Expressions. A text is an offset and a length. */
  CSPAN_OP_TEXT = 1,  /* text */
  CSPAN_OP_BOOL,      /* count: 0 or 1 */
  CSPAN_OP_INT,       /* int32_t */
  CSPAN_OP_REF,       /* count: slot */
  CSPAN_OP_TEMPLATE,  /* count expressions, the texts of which are joined */
  CSPAN_OP_LIST,      /* count expressions */
  CSPAN_OP_MAP,       /* count times: text, expression */
  CSPAN_OP_ATTR,      /* expression, then count steps: text, or CSPAN_RULES_NONE and an index */
  CSPAN_OP_CALL,      /* function, then count expressions */
  CSPAN_OP_CONDITION, /* expression, slot to assign or CSPAN_RULES_NONE */
  /* Rules; their count conditions come last. */
  CSPAN_OP_ENDPOINT,  /* expressions: URL, headers, properties */
  CSPAN_OP_ERROR,     /* expression */
  CSPAN_OP_TREE,      /* node of rules */
  CSPAN_OP_RULES,     /* count rules */
  CSPAN_OP_PARAM,     /* count: type, 0x100: required; texts: name, built-in; default or NONE */
  CSPAN_OP_PARAMS,    /* count parameters; their order gives the slots */
  CSPAN_OP_PARTITION, /* count regions: texts; before them text (regex) and a map (outputs) */
  CSPAN_OP_PARTITIONS /* count partitions */
} cspan_rules_op;

enum { CSPAN_RULES_REQUIRED = 0x100 };

typedef struct cspan_rules_header {
  uint32_t magic;
  uint32_t version;
  uint32_t size; /* of everything, in bytes */
  uint32_t word_count;
  uint32_t text_bytes;
  uint32_t root;   /* a node: rules, or partitions */
  uint32_t params; /* a node; partitions: 0 */
  uint32_t slot_count;
} cspan_rules_header;

/* The bytes as they are read. */
typedef struct cspan_rules_code {
  const uint32_t *words;
  const char *text;
  uint32_t word_count;
  uint32_t text_bytes;
  uint32_t root;
  uint32_t params;
  uint32_t slot_count;
} cspan_rules_code;

/* Takes them apart and checks all of their nodes. `what` names them in the message. */
cspan_status cspan_rules_code_open(const void *data, size_t size, uint32_t magic, const char *what,
                                   cspan_rules_code *out, cspan_error **error);

static inline uint32_t cspan_rules_op_of(const uint32_t *node) {
  return node[0] & 0xff;
}

static inline uint32_t cspan_rules_count_of(const uint32_t *node) {
  return node[0] >> 8;
}

/* Words of a node, by its first; 0: there is no such operation. */
uint64_t cspan_rules_node_size(const uint32_t *node);

static inline cspan_str cspan_rules_text(const cspan_rules_code *code, const uint32_t *ref) {
  return (cspan_str){code->text + ref[0], ref[1]};
}

#endif
