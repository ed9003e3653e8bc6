/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of JMESPath's parser share. */
#ifndef BASE_JMESPATH_PARSER_H
#define BASE_JMESPATH_PARSER_H

#include "base/jmespath_tree.h"

typedef struct cspan_jmes_parser {
  cspan_jmes_lexer lexer;
  cspan_jmes_token token; /* that comes now */
  cspan_jmes_token next;
  int level; /* of recursion */
} cspan_jmes_parser;

/* NULL wherever one is given: a failure, which the lexer keeps. */
typedef const cspan_jmes_node *cspan_jmes_tree;

bool cspan_jmes_advance(cspan_jmes_parser *p);
/* Passes a token of that kind; says that it was wanted where another comes. */
bool cspan_jmes_match(cspan_jmes_parser *p, cspan_jmes_token_kind kind, const char *wanted);
/* What comes now is not what was wanted: gives NULL. */
cspan_jmes_tree cspan_jmes_expected(cspan_jmes_parser *p, const char *wanted);
/* Puts a node into the arena. */
cspan_jmes_tree cspan_jmes_add(cspan_jmes_parser *p, cspan_jmes_node node);

/* An expression up to an operator of at most that power. */
cspan_jmes_tree cspan_jmes_expression(cspan_jmes_parser *p, int power);
/* Behind "[" and "{". */
cspan_jmes_tree cspan_jmes_list(cspan_jmes_parser *p);
cspan_jmes_tree cspan_jmes_map(cspan_jmes_parser *p);
/* At the name, behind which a parenthesis stands. */
cspan_jmes_tree cspan_jmes_parse_call(cspan_jmes_parser *p);

#endif
