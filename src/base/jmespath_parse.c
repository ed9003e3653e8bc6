/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: tokens to a tree, by operator precedence: each operator binds what is to its left
 * with a power, and an expression goes on while the next one's power is above that of the
 * operator that it is the right side of. */
#include "base/jmespath_parser.h"

/* Of what follows a projection, that with less than this power is not part of it. */
enum { POWER_ENDS_PROJECTION = 10, POWER_COMPARE = 5, POWER_PROJECTION = 20, POWER_NOT = 45 };

static int power_of(cspan_jmes_token_kind kind) {
  switch (kind) {
  case CSPAN_JMES_PIPE:
    return 1;
  case CSPAN_JMES_OR:
    return 2;
  case CSPAN_JMES_AND:
    return 3;
  case CSPAN_JMES_EQ:
  case CSPAN_JMES_NE:
  case CSPAN_JMES_LT:
  case CSPAN_JMES_LE:
  case CSPAN_JMES_GT:
  case CSPAN_JMES_GE:
    return POWER_COMPARE;
  case CSPAN_JMES_FLATTEN:
    return 9;
  case CSPAN_JMES_FILTER:
    return 21;
  case CSPAN_JMES_DOT:
    return 40;
  case CSPAN_JMES_LBRACKET:
    return 55;
  default:
    return 0;
  }
}

static cspan_jmes_tree add_current(cspan_jmes_parser *p) {
  return cspan_jmes_add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_CURRENT});
}

/* A node with two sides, the right of which the caller has just parsed: it may be NULL. */
static cspan_jmes_tree add_pair(cspan_jmes_parser *p, cspan_jmes_node_kind kind,
                                cspan_jmes_tree left, cspan_jmes_tree right) {
  if (left == NULL || right == NULL) {
    return NULL;
  }
  return cspan_jmes_add(p, (cspan_jmes_node){.kind = kind, .left = left, .right = right});
}

/* --------------------------------------------------------------------- projections */

/* Behind a dot. */
static cspan_jmes_tree parse_behind_dot(cspan_jmes_parser *p, int power) {
  switch (p->token.kind) {
  case CSPAN_JMES_NAME:
  case CSPAN_JMES_QUOTED_NAME:
  case CSPAN_JMES_STAR:
    return cspan_jmes_expression(p, power);
  case CSPAN_JMES_LBRACKET:
    return cspan_jmes_advance(p) ? cspan_jmes_list(p) : NULL;
  case CSPAN_JMES_LBRACE:
    return cspan_jmes_advance(p) ? cspan_jmes_map(p) : NULL;
  default:
    return cspan_jmes_expected(p, "a name, *, [ or {");
  }
}

/* What a projection does to each of its items. */
static cspan_jmes_tree parse_projected(cspan_jmes_parser *p, int power) {
  if (power_of(p->token.kind) < POWER_ENDS_PROJECTION) {
    return add_current(p);
  }
  if (p->token.kind == CSPAN_JMES_DOT) {
    return cspan_jmes_advance(p) ? parse_behind_dot(p, power) : NULL;
  }
  return cspan_jmes_expression(p, power);
}

static cspan_jmes_tree parse_values(cspan_jmes_parser *p, cspan_jmes_tree left) {
  return add_pair(p, CSPAN_JMES_NODE_VALUES, left, parse_projected(p, POWER_PROJECTION));
}

/* Behind "[*". */
static cspan_jmes_tree parse_items(cspan_jmes_parser *p, cspan_jmes_tree left) {
  if (!cspan_jmes_match(p, CSPAN_JMES_RBRACKET, "]")) {
    return NULL;
  }
  return add_pair(p, CSPAN_JMES_NODE_ITEMS, left, parse_projected(p, POWER_PROJECTION));
}

/* At "[]". */
static cspan_jmes_tree parse_flatten(cspan_jmes_parser *p, cspan_jmes_tree left) {
  int power = power_of(p->token.kind);
  if (!cspan_jmes_advance(p)) {
    return NULL;
  }
  return add_pair(p, CSPAN_JMES_NODE_FLATTEN, left, parse_projected(p, power));
}

/* At "[?". */
static cspan_jmes_tree parse_filter(cspan_jmes_parser *p, cspan_jmes_tree left) {
  cspan_jmes_tree condition = cspan_jmes_advance(p) ? cspan_jmes_expression(p, 0) : NULL;
  if (left == NULL || condition == NULL || !cspan_jmes_match(p, CSPAN_JMES_RBRACKET, "]")) {
    return NULL;
  }
  cspan_jmes_tree right = parse_projected(p, POWER_PROJECTION);
  return right == NULL ? NULL
                       : cspan_jmes_add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_FILTER,
                                                             .left = left,
                                                             .right = right,
                                                             .condition = condition});
}

/* Behind "[", where a colon comes now or next. */
static cspan_jmes_tree parse_slice(cspan_jmes_parser *p, cspan_jmes_tree left) {
  int64_t parts[3] = {INT64_MIN, INT64_MIN, INT64_MIN};
  size_t colons = 0;
  size_t start = p->token.start;
  while (p->token.kind != CSPAN_JMES_RBRACKET) {
    if (p->token.kind == CSPAN_JMES_COLON && colons < 2) {
      colons++;
    } else if (p->token.kind == CSPAN_JMES_NUMBER && parts[colons] == INT64_MIN) {
      parts[colons] = p->token.number;
    } else {
      return cspan_jmes_expected(p, "] or a part of a slice");
    }
    if (!cspan_jmes_advance(p)) {
      return NULL;
    }
  }
  if (parts[2] == 0) {
    cspan_jmes_wrong(&p->lexer, start, "the step of a slice cannot be 0");
    return NULL;
  }
  cspan_jmes_tree right = cspan_jmes_advance(p) ? parse_projected(p, POWER_PROJECTION) : NULL;
  return right == NULL
             ? NULL
             : cspan_jmes_add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_SLICE,
                                                   .left = left,
                                                   .right = right,
                                                   .as.slice = {parts[0], parts[1], parts[2]}});
}

/* Behind "[", at a number or colon. */
static cspan_jmes_tree parse_index(cspan_jmes_parser *p, cspan_jmes_tree left) {
  if (left == NULL) {
    return NULL;
  }
  if (p->token.kind == CSPAN_JMES_COLON || p->next.kind == CSPAN_JMES_COLON) {
    return parse_slice(p, left);
  }
  int64_t index = p->token.number;
  if (!cspan_jmes_advance(p) || !cspan_jmes_match(p, CSPAN_JMES_RBRACKET, "]")) {
    return NULL;
  }
  return cspan_jmes_add(
      p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_INDEX, .left = left, .as.index = index});
}

/* -------------------------------------------------------------------- expressions */

static bool is_index(const cspan_jmes_parser *p) {
  return p->token.kind == CSPAN_JMES_NUMBER || p->token.kind == CSPAN_JMES_COLON;
}

/* "[" at the beginning of an expression. */
static cspan_jmes_tree parse_bracket(cspan_jmes_parser *p) {
  if (!cspan_jmes_advance(p)) {
    return NULL;
  }
  if (is_index(p)) {
    return parse_index(p, add_current(p));
  }
  if (p->token.kind == CSPAN_JMES_STAR && p->next.kind == CSPAN_JMES_RBRACKET) {
    return cspan_jmes_advance(p) ? parse_items(p, add_current(p)) : NULL;
  }
  return cspan_jmes_list(p);
}

static cspan_jmes_tree parse_name(cspan_jmes_parser *p) {
  if (p->next.kind == CSPAN_JMES_LPAREN) {
    return p->token.kind == CSPAN_JMES_NAME
               ? cspan_jmes_parse_call(p)
               : cspan_jmes_expected(p, "the name of a function, without quotes,");
  }
  cspan_jmes_tree node =
      cspan_jmes_add(p, (cspan_jmes_node){
                            .kind = CSPAN_JMES_NODE_FIELD,
                            .as.name = {p->token.value.as.text, p->token.value.size},
                        });
  return node != NULL && cspan_jmes_advance(p) ? node : NULL;
}

static cspan_jmes_tree parse_literal(cspan_jmes_parser *p) {
  cspan_jmes_tree node = cspan_jmes_add(
      p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_LITERAL, .as.literal = p->token.value});
  return node != NULL && cspan_jmes_advance(p) ? node : NULL;
}

static cspan_jmes_tree parse_not(cspan_jmes_parser *p) {
  cspan_jmes_tree left = cspan_jmes_advance(p) ? cspan_jmes_expression(p, POWER_NOT) : NULL;
  return left == NULL
             ? NULL
             : cspan_jmes_add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_NOT, .left = left});
}

static cspan_jmes_tree parse_group(cspan_jmes_parser *p) {
  cspan_jmes_tree inner = cspan_jmes_advance(p) ? cspan_jmes_expression(p, 0) : NULL;
  return inner != NULL && cspan_jmes_match(p, CSPAN_JMES_RPAREN, ")") ? inner : NULL;
}

/* What an expression begins with. */
static cspan_jmes_tree parse_first(cspan_jmes_parser *p) {
  switch (p->token.kind) {
  case CSPAN_JMES_NAME:
  case CSPAN_JMES_QUOTED_NAME:
    return parse_name(p);
  case CSPAN_JMES_LITERAL:
    return parse_literal(p);
  case CSPAN_JMES_AT:
    return cspan_jmes_advance(p) ? add_current(p) : NULL;
  case CSPAN_JMES_STAR:
    return cspan_jmes_advance(p) ? parse_values(p, add_current(p)) : NULL;
  case CSPAN_JMES_LBRACKET:
    return parse_bracket(p);
  case CSPAN_JMES_LBRACE:
    return cspan_jmes_advance(p) ? cspan_jmes_map(p) : NULL;
  case CSPAN_JMES_FLATTEN:
    return parse_flatten(p, add_current(p));
  case CSPAN_JMES_FILTER:
    return parse_filter(p, add_current(p));
  case CSPAN_JMES_NOT:
    return parse_not(p);
  case CSPAN_JMES_LPAREN:
    return parse_group(p);
  case CSPAN_JMES_AMPERSAND:
    return cspan_jmes_expected(p, "an expression (& is only for arguments of functions)");
  default:
    return cspan_jmes_expected(p, "an expression");
  }
}

static cspan_jmes_tree parse_bracket_behind(cspan_jmes_parser *p, cspan_jmes_tree left) {
  if (!cspan_jmes_advance(p)) {
    return NULL;
  }
  if (is_index(p)) {
    return parse_index(p, left);
  }
  if (p->token.kind == CSPAN_JMES_STAR) {
    return cspan_jmes_advance(p) ? parse_items(p, left) : NULL;
  }
  return cspan_jmes_expected(p, "a number, a slice or *");
}

static cspan_jmes_tree parse_dot(cspan_jmes_parser *p, cspan_jmes_tree left) {
  int power = power_of(p->token.kind);
  if (!cspan_jmes_advance(p)) {
    return NULL;
  }
  if (p->token.kind == CSPAN_JMES_STAR) {
    return cspan_jmes_advance(p) ? parse_values(p, left) : NULL;
  }
  return add_pair(p, CSPAN_JMES_NODE_CHAIN, left, parse_behind_dot(p, power));
}

/* An operator with an expression on both sides. */
static cspan_jmes_tree parse_operator(cspan_jmes_parser *p, cspan_jmes_tree left) {
  cspan_jmes_token_kind operation = p->token.kind;
  cspan_jmes_tree right =
      cspan_jmes_advance(p) ? cspan_jmes_expression(p, power_of(operation)) : NULL;
  switch (operation) {
  case CSPAN_JMES_PIPE:
    return add_pair(p, CSPAN_JMES_NODE_CHAIN, left, right);
  case CSPAN_JMES_OR:
    return add_pair(p, CSPAN_JMES_NODE_OR, left, right);
  case CSPAN_JMES_AND:
    return add_pair(p, CSPAN_JMES_NODE_AND, left, right);
  default:
    break;
  }
  return right == NULL ? NULL
                       : cspan_jmes_add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_COMPARE,
                                                             .left = left,
                                                             .right = right,
                                                             .as.operation = operation});
}

/* What goes on behind an expression. */
static cspan_jmes_tree parse_more(cspan_jmes_parser *p, cspan_jmes_tree left) {
  switch (p->token.kind) {
  case CSPAN_JMES_DOT:
    return parse_dot(p, left);
  case CSPAN_JMES_LBRACKET:
    return parse_bracket_behind(p, left);
  case CSPAN_JMES_FLATTEN:
    return parse_flatten(p, left);
  case CSPAN_JMES_FILTER:
    return parse_filter(p, left);
  default:
    return parse_operator(p, left);
  }
}

cspan_jmes_tree cspan_jmes_expression(cspan_jmes_parser *p, int power) {
  if (++p->level > CSPAN_JMESPATH_MAX_DEPTH) {
    cspan_jmes_refuse(&p->lexer, CSPAN_ERR_LIMIT);
    return NULL;
  }
  cspan_jmes_tree left = parse_first(p);
  while (left != NULL && power < power_of(p->token.kind)) {
    left = parse_more(p, left);
  }
  p->level--;
  return left;
}

static cspan_jmes_tree parse_text(cspan_jmes_parser *p) {
  if (!cspan_jmes_next(&p->lexer, &p->next) || !cspan_jmes_advance(p)) {
    return NULL;
  }
  cspan_jmes_tree root = cspan_jmes_expression(p, 0);
  if (root != NULL && p->token.kind != CSPAN_JMES_END) {
    return cspan_jmes_expected(p, "the end or an operator");
  }
  return root;
}

cspan_status cspan_jmespath_compile(const char *text, cspan_arena *arena, cspan_jmespath **out,
                                    cspan_error **error) {
  *out = NULL;
  size_t len = text != NULL ? strlen(text) : 0;
  cspan_jmes_parser p = {
      .lexer = {.text = text != NULL ? text : "", .len = len, .arena = arena, .error = error}};
  if (len > CSPAN_JMESPATH_MAX_BYTES) {
    cspan_jmes_refuse(&p.lexer, CSPAN_ERR_LIMIT);
    return CSPAN_ERR_LIMIT;
  }
  if (!cspan_utf8_valid(p.lexer.text, len)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the JMESPath expression is not UTF-8");
  }
  cspan_jmes_tree root = parse_text(&p);
  if (root == NULL) {
    return p.lexer.status;
  }
  *out = cspan_arena_alloc(arena, sizeof **out);
  if (*out == NULL) {
    cspan_jmes_refuse(&p.lexer, cspan_arena_refusal(arena));
    return p.lexer.status;
  }
  (*out)->root = root;
  return CSPAN_OK;
}
