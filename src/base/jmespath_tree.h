/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of JMESPath share: tokens, the tree of an expression, functions. */
#ifndef BASE_JMESPATH_TREE_H
#define BASE_JMESPATH_TREE_H

#include "base/error.h"
#include "base/jmespath.h"

/* ------------------------------------------------------------------------- tokens */

typedef enum cspan_jmes_token_kind {
  CSPAN_JMES_END,
  CSPAN_JMES_NAME,
  CSPAN_JMES_QUOTED_NAME,
  CSPAN_JMES_NUMBER,
  CSPAN_JMES_LITERAL,
  CSPAN_JMES_RBRACKET,
  CSPAN_JMES_RPAREN,
  CSPAN_JMES_RBRACE,
  CSPAN_JMES_COMMA,
  CSPAN_JMES_COLON,
  CSPAN_JMES_AT,
  CSPAN_JMES_AMPERSAND,
  CSPAN_JMES_PIPE,
  CSPAN_JMES_OR,
  CSPAN_JMES_AND,
  CSPAN_JMES_EQ,
  CSPAN_JMES_NE,
  CSPAN_JMES_LT,
  CSPAN_JMES_LE,
  CSPAN_JMES_GT,
  CSPAN_JMES_GE,
  CSPAN_JMES_FLATTEN,
  CSPAN_JMES_STAR,
  CSPAN_JMES_FILTER,
  CSPAN_JMES_DOT,
  CSPAN_JMES_NOT,
  CSPAN_JMES_LBRACE,
  CSPAN_JMES_LBRACKET,
  CSPAN_JMES_LPAREN
} cspan_jmes_token_kind;

typedef struct cspan_jmes_token {
  cspan_jmes_token_kind kind;
  size_t start; /* offsets in the expression */
  size_t end;
  int64_t number;
  cspan_value value; /* of a literal; of a name its text as a string */
} cspan_jmes_token;

typedef struct cspan_jmes_lexer {
  const char *text;
  size_t len;
  size_t at;
  cspan_arena *arena;
  cspan_status status; /* the first failure, which `error` tells */
  cspan_error **error;
} cspan_jmes_lexer;

/* False at a failure. */
bool cspan_jmes_next(cspan_jmes_lexer *lexer, cspan_jmes_token *out);
/* Both keep the first failure and give false. `offset` is where the expression is wrong. */
bool cspan_jmes_wrong(cspan_jmes_lexer *lexer, size_t offset, const char *fmt, ...)
    CSPAN_PRINTF(3, 4);
bool cspan_jmes_refuse(cspan_jmes_lexer *lexer, cspan_status status);

/* --------------------------------------------------------------------------- tree */

typedef enum cspan_jmes_node_kind {
  CSPAN_JMES_NODE_CURRENT,
  CSPAN_JMES_NODE_FIELD,
  CSPAN_JMES_NODE_LITERAL,
  CSPAN_JMES_NODE_INDEX,   /* of `left` */
  CSPAN_JMES_NODE_CHAIN,   /* `right` of what `left` gives: sub-expressions and pipes */
  CSPAN_JMES_NODE_ITEMS,   /* projections of `right` onto: each item of `left`, */
  CSPAN_JMES_NODE_VALUES,  /* each value of a map, */
  CSPAN_JMES_NODE_FLATTEN, /* each item and each item of an item, */
  CSPAN_JMES_NODE_SLICE,   /* each item of a slice, */
  CSPAN_JMES_NODE_FILTER,  /* each item for which `condition` is true */
  CSPAN_JMES_NODE_OR,
  CSPAN_JMES_NODE_AND,
  CSPAN_JMES_NODE_NOT,
  CSPAN_JMES_NODE_COMPARE,  /* `operation` */
  CSPAN_JMES_NODE_LIST,     /* `parts` */
  CSPAN_JMES_NODE_MAP,      /* `parts` with names */
  CSPAN_JMES_NODE_CALL,     /* `function` with `parts` */
  CSPAN_JMES_NODE_REFERENCE /* &left: only as an argument */
} cspan_jmes_node_kind;

typedef struct cspan_jmes_node cspan_jmes_node;

typedef struct cspan_jmes_part {
  cspan_str name;
  const cspan_jmes_node *node;
} cspan_jmes_part;

/* What is left out of a slice is INT64_MIN. */
typedef struct cspan_jmes_slice {
  int64_t start;
  int64_t stop;
  int64_t step;
} cspan_jmes_slice;

struct cspan_jmes_node {
  cspan_jmes_node_kind kind;
  int depth;
  const cspan_jmes_node *left;
  const cspan_jmes_node *right;
  const cspan_jmes_node *condition;
  union {
    cspan_str name;
    cspan_value literal;
    int64_t index;
    cspan_jmes_slice slice;
    cspan_jmes_token_kind operation;
    struct {
      const cspan_jmes_part *parts;
      size_t part_count;
      const struct cspan_jmes_function *function;
    } many;
  } as;
};

struct cspan_jmespath {
  const cspan_jmes_node *root;
};

/* --------------------------------------------------------------------- evaluation */

typedef struct cspan_jmes_run {
  cspan_arena *arena;
  size_t steps;
  cspan_status status;
  cspan_error **error;
} cspan_jmes_run;

/* False at a failure, which the run keeps. */
bool cspan_jmes_eval(cspan_jmes_run *run, const cspan_jmes_node *node, const cspan_value *in,
                     cspan_value *out);
bool cspan_jmes_fail(cspan_jmes_run *run, cspan_status status, const char *fmt, ...)
    CSPAN_PRINTF(3, 4);
/* Room for `count` values or members; NULL with the failure kept. */
void *cspan_jmes_room(cspan_jmes_run *run, size_t count, size_t size);
/* What a value is to comparisons and functions: timestamps and blobs become strings. */
bool cspan_jmes_plain(cspan_jmes_run *run, cspan_value *value);
bool cspan_jmes_is_number(const cspan_value *value);
/* Of two numbers, or of two strings by code point: -1, 0, 1. False for anything else. */
bool cspan_jmes_compare(const cspan_value *a, const cspan_value *b, int *order);

/* ---------------------------------------------------------------------- functions */

enum { CSPAN_JMES_ARGUMENTS_MAX = 64 };

/* Types that an argument may have. */
enum {
  CSPAN_JMES_IS_NUMBER = 1 << 0,
  CSPAN_JMES_IS_STRING = 1 << 1,
  CSPAN_JMES_IS_BOOLEAN = 1 << 2,
  CSPAN_JMES_IS_NULL = 1 << 3,
  CSPAN_JMES_IS_ARRAY = 1 << 4,
  CSPAN_JMES_IS_OBJECT = 1 << 5,
  CSPAN_JMES_IS_ANY = (1 << 6) - 1,
  CSPAN_JMES_IS_EXPRESSION = 1 << 6,
  CSPAN_JMES_IS_NUMBERS = 1 << 7, /* an array of nothing but numbers */
  CSPAN_JMES_IS_STRINGS = 1 << 8
};

typedef struct cspan_jmes_argument {
  cspan_value value;
  const cspan_jmes_node *expression; /* of a reference; NULL: a value */
} cspan_jmes_argument;

typedef bool (*cspan_jmes_call)(cspan_jmes_run *run, const cspan_jmes_argument *arguments,
                                size_t count, cspan_value *out);

typedef struct cspan_jmes_function {
  const char *name;
  size_t least; /* arguments */
  size_t most;
  unsigned types[2]; /* of the first and all others */
  cspan_jmes_call call;
} cspan_jmes_function;

/* NULL: there is none of that name. */
const cspan_jmes_function *cspan_jmes_find_function(cspan_str name);
bool cspan_jmes_call_function(cspan_jmes_run *run, const cspan_jmes_node *node,
                              const cspan_value *in, cspan_value *out);

/* "number", "string"... Static. */
const char *cspan_jmes_type_name(const cspan_jmes_argument *argument);

/* Those that order things, in jmespath_order.c. */
bool cspan_jmes_sort(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                     cspan_value *out);
bool cspan_jmes_sort_by(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                        cspan_value *out);
bool cspan_jmes_max(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                    cspan_value *out);
bool cspan_jmes_max_by(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                       cspan_value *out);
bool cspan_jmes_min(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                    cspan_value *out);
bool cspan_jmes_min_by(cspan_jmes_run *run, const cspan_jmes_argument *arguments, size_t count,
                       cspan_value *out);

#endif
