/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: tokens to a tree, by operator precedence: each operator binds what is to its left
 * with a power, and an expression goes on while the next one's power is above that of the
 * operator that it is the right side of. */
#include "base/jmespath_tree.h"

/* Of what follows a projection, that with less than this power is not part of it. */
enum { POWER_ENDS_PROJECTION = 10, POWER_COMPARE = 5, POWER_PROJECTION = 20, POWER_NOT = 45 };

typedef struct parser {
  cspan_jmes_lexer lexer;
  cspan_jmes_token token; /* that comes now */
  cspan_jmes_token next;
  int level; /* of recursion */
} parser;

typedef const cspan_jmes_node *tree;

static tree parse_expression(parser *p, int power);

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

/* -------------------------------------------------------------------------- tokens */

static bool advance(parser *p) {
  p->token = p->next;
  return p->token.kind == CSPAN_JMES_END || cspan_jmes_next(&p->lexer, &p->next);
}

static tree wrong(parser *p, const char *wanted) {
  int len = (int)(p->token.end - p->token.start);
  if (p->token.kind == CSPAN_JMES_END) {
    cspan_jmes_wrong(&p->lexer, p->token.start, "%s was expected here, but the text ends", wanted);
  } else {
    cspan_jmes_wrong(&p->lexer, p->token.start, "%s was expected here, not %.*s", wanted,
                     len < 40 ? len : 40, p->lexer.text + p->token.start);
  }
  return NULL;
}

static bool match(parser *p, cspan_jmes_token_kind kind, const char *wanted) {
  return p->token.kind == kind ? advance(p) : wrong(p, wanted) != NULL;
}

/* --------------------------------------------------------------------------- nodes */

static int depth_of(tree node) {
  return node != NULL ? node->depth : 0;
}

static int deeper(int depth, tree node) {
  return depth_of(node) > depth ? depth_of(node) : depth;
}

/* Puts a node into the arena; NULL with the failure kept. */
static tree add(parser *p, cspan_jmes_node node) {
  int depth = deeper(deeper(depth_of(node.left), node.right), node.condition);
  node.depth = (node.depth > depth ? node.depth : depth) + 1;
  if (node.depth > CSPAN_JMESPATH_MAX_DEPTH) {
    cspan_jmes_refuse(&p->lexer, CSPAN_ERR_LIMIT);
    return NULL;
  }
  tree copy = cspan_arena_copy(p->lexer.arena, &node, sizeof node);
  if (copy == NULL) {
    cspan_jmes_refuse(&p->lexer, cspan_arena_refusal(p->lexer.arena));
  }
  return copy;
}

static tree add_current(parser *p) {
  return add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_CURRENT});
}

/* A node with two sides, the right of which the caller has just parsed: it may be NULL. */
static tree add_pair(parser *p, cspan_jmes_node_kind kind, tree left, tree right) {
  if (left == NULL || right == NULL) {
    return NULL;
  }
  return add(p, (cspan_jmes_node){.kind = kind, .left = left, .right = right});
}

/* ---------------------------------------------------------------- lists of parts */

static bool add_part(parser *p, cspan_buf *parts, cspan_str name, tree node) {
  cspan_jmes_part *known = (cspan_jmes_part *)(void *)parts->data;
  size_t count = parts->len / sizeof *known;
  const cspan_jmes_part part = {name, node};
  /* A name that comes again replaces what it stood for. */
  for (size_t i = 0; name.data != NULL && i < count; i++) {
    if (known[i].name.len == name.len && memcmp(known[i].name.data, name.data, name.len) == 0) {
      known[i] = part;
      return true;
    }
  }
  cspan_status status = cspan_buf_append(parts, &part, sizeof part);
  return status == CSPAN_OK || cspan_jmes_refuse(&p->lexer, status);
}

static bool parse_key(parser *p, cspan_str *name) {
  if (p->token.kind != CSPAN_JMES_NAME && p->token.kind != CSPAN_JMES_QUOTED_NAME) {
    return wrong(p, "the name of a member") != NULL;
  }
  *name = (cspan_str){p->token.value.as.text, p->token.value.size};
  return advance(p) && match(p, CSPAN_JMES_COLON, "a colon");
}

static tree parse_argument(parser *p) {
  if (p->token.kind != CSPAN_JMES_AMPERSAND) {
    return parse_expression(p, 0);
  }
  tree left = advance(p) ? parse_expression(p, 0) : NULL;
  return left == NULL ? NULL
                      : add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_REFERENCE, .left = left});
}

/* Parts with commas between them up to the end of a list, a map, or the arguments of a call. */
static bool parse_parts(parser *p, cspan_jmes_node *node, cspan_jmes_token_kind end,
                        const char *wanted, cspan_buf *parts) {
  for (;;) {
    cspan_str name = {NULL, 0};
    if (node->kind == CSPAN_JMES_NODE_MAP && !parse_key(p, &name)) {
      return false;
    }
    tree part = node->kind == CSPAN_JMES_NODE_CALL ? parse_argument(p) : parse_expression(p, 0);
    if (part == NULL || !add_part(p, parts, name, part)) {
      return false;
    }
    node->depth = deeper(node->depth, part);
    if (p->token.kind == end) {
      return advance(p);
    }
    if (!match(p, CSPAN_JMES_COMMA, wanted)) {
      return false;
    }
  }
}

static tree parse_many(parser *p, cspan_jmes_node node, cspan_jmes_token_kind end,
                       const char *wanted) {
  cspan_buf parts;
  tree result = NULL;
  cspan_buf_init(&parts, (size_t)CSPAN_JMESPATH_MAX_BYTES * sizeof(cspan_jmes_part));
  if (parse_parts(p, &node, end, wanted, &parts)) {
    node.as.many.part_count = parts.len / sizeof(cspan_jmes_part);
    node.as.many.parts = cspan_arena_copy(p->lexer.arena, parts.data, parts.len);
    if (node.as.many.parts != NULL) {
      result = add(p, node);
    } else {
      cspan_jmes_refuse(&p->lexer, cspan_arena_refusal(p->lexer.arena));
    }
  }
  cspan_buf_free(&parts);
  return result;
}

static tree parse_list(parser *p) {
  return parse_many(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_LIST}, CSPAN_JMES_RBRACKET,
                    "a comma or ]");
}

static tree parse_map(parser *p) {
  return parse_many(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_MAP}, CSPAN_JMES_RBRACE,
                    "a comma or }");
}

/* ----------------------------------------------------------------------- functions */

static bool check_arity(parser *p, size_t offset, const cspan_jmes_function *function,
                        size_t count) {
  const char *plural = function->least == 1 ? "" : "s";
  if (count >= function->least && count <= function->most) {
    return true;
  }
  if (count > CSPAN_JMES_ARGUMENTS_MAX) {
    return cspan_jmes_refuse(&p->lexer, CSPAN_ERR_LIMIT);
  }
  return cspan_jmes_wrong(&p->lexer, offset, "%s() takes %s%zu argument%s, not %zu", function->name,
                          function->least < function->most ? "at least " : "", function->least,
                          plural, count);
}

/* At the name, behind which a parenthesis stands. */
static tree parse_call(parser *p) {
  size_t offset = p->token.start;
  cspan_str name = {p->token.value.as.text, p->token.value.size};
  cspan_jmes_node node = {.kind = CSPAN_JMES_NODE_CALL};
  const cspan_jmes_function *function = cspan_jmes_find_function(name);
  if (function == NULL) {
    cspan_jmes_wrong(&p->lexer, offset, "there is no function %.40s()", name.data);
    return NULL;
  }
  node.as.many.function = function;
  if (!advance(p) || !advance(p)) {
    return NULL;
  }
  if (p->token.kind == CSPAN_JMES_RPAREN) {
    return check_arity(p, offset, function, 0) && advance(p) ? add(p, node) : NULL;
  }
  tree call = parse_many(p, node, CSPAN_JMES_RPAREN, "a comma or )");
  return call != NULL && check_arity(p, offset, function, call->as.many.part_count) ? call : NULL;
}

/* --------------------------------------------------------------------- projections */

/* Behind a dot. */
static tree parse_behind_dot(parser *p, int power) {
  switch (p->token.kind) {
  case CSPAN_JMES_NAME:
  case CSPAN_JMES_QUOTED_NAME:
  case CSPAN_JMES_STAR:
    return parse_expression(p, power);
  case CSPAN_JMES_LBRACKET:
    return advance(p) ? parse_list(p) : NULL;
  case CSPAN_JMES_LBRACE:
    return advance(p) ? parse_map(p) : NULL;
  default:
    return wrong(p, "a name, *, [ or {");
  }
}

/* What a projection does to each of its items. */
static tree parse_projected(parser *p, int power) {
  if (power_of(p->token.kind) < POWER_ENDS_PROJECTION) {
    return add_current(p);
  }
  if (p->token.kind == CSPAN_JMES_DOT) {
    return advance(p) ? parse_behind_dot(p, power) : NULL;
  }
  return parse_expression(p, power);
}

static tree parse_values(parser *p, tree left) {
  return add_pair(p, CSPAN_JMES_NODE_VALUES, left, parse_projected(p, POWER_PROJECTION));
}

/* Behind "[*". */
static tree parse_items(parser *p, tree left) {
  if (!match(p, CSPAN_JMES_RBRACKET, "]")) {
    return NULL;
  }
  return add_pair(p, CSPAN_JMES_NODE_ITEMS, left, parse_projected(p, POWER_PROJECTION));
}

/* At "[]". */
static tree parse_flatten(parser *p, tree left) {
  int power = power_of(p->token.kind);
  if (!advance(p)) {
    return NULL;
  }
  return add_pair(p, CSPAN_JMES_NODE_FLATTEN, left, parse_projected(p, power));
}

/* At "[?". */
static tree parse_filter(parser *p, tree left) {
  tree condition = advance(p) ? parse_expression(p, 0) : NULL;
  if (left == NULL || condition == NULL || !match(p, CSPAN_JMES_RBRACKET, "]")) {
    return NULL;
  }
  tree right = parse_projected(p, POWER_PROJECTION);
  return right == NULL ? NULL
                       : add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_FILTER,
                                                  .left = left,
                                                  .right = right,
                                                  .condition = condition});
}

/* Behind "[", where a colon comes now or next. */
static tree parse_slice(parser *p, tree left) {
  int64_t parts[3] = {INT64_MIN, INT64_MIN, INT64_MIN};
  size_t colons = 0;
  size_t start = p->token.start;
  while (p->token.kind != CSPAN_JMES_RBRACKET) {
    if (p->token.kind == CSPAN_JMES_COLON && colons < 2) {
      colons++;
    } else if (p->token.kind == CSPAN_JMES_NUMBER && parts[colons] == INT64_MIN) {
      parts[colons] = p->token.number;
    } else {
      return wrong(p, "] or a part of a slice");
    }
    if (!advance(p)) {
      return NULL;
    }
  }
  if (parts[2] == 0) {
    cspan_jmes_wrong(&p->lexer, start, "the step of a slice cannot be 0");
    return NULL;
  }
  tree right = advance(p) ? parse_projected(p, POWER_PROJECTION) : NULL;
  return right == NULL ? NULL
                       : add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_SLICE,
                                                  .left = left,
                                                  .right = right,
                                                  .as.slice = {parts[0], parts[1], parts[2]}});
}

/* Behind "[", at a number or colon. */
static tree parse_index(parser *p, tree left) {
  if (left == NULL) {
    return NULL;
  }
  if (p->token.kind == CSPAN_JMES_COLON || p->next.kind == CSPAN_JMES_COLON) {
    return parse_slice(p, left);
  }
  int64_t index = p->token.number;
  if (!advance(p) || !match(p, CSPAN_JMES_RBRACKET, "]")) {
    return NULL;
  }
  return add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_INDEX, .left = left, .as.index = index});
}

/* -------------------------------------------------------------------- expressions */

static bool is_index(const parser *p) {
  return p->token.kind == CSPAN_JMES_NUMBER || p->token.kind == CSPAN_JMES_COLON;
}

/* "[" at the beginning of an expression. */
static tree parse_bracket(parser *p) {
  if (!advance(p)) {
    return NULL;
  }
  if (is_index(p)) {
    return parse_index(p, add_current(p));
  }
  if (p->token.kind == CSPAN_JMES_STAR && p->next.kind == CSPAN_JMES_RBRACKET) {
    return advance(p) ? parse_items(p, add_current(p)) : NULL;
  }
  return parse_list(p);
}

static tree parse_name(parser *p) {
  if (p->next.kind == CSPAN_JMES_LPAREN) {
    return p->token.kind == CSPAN_JMES_NAME ? parse_call(p)
                                            : wrong(p, "the name of a function, without quotes,");
  }
  tree node = add(p, (cspan_jmes_node){
                         .kind = CSPAN_JMES_NODE_FIELD,
                         .as.name = {p->token.value.as.text, p->token.value.size},
                     });
  return node != NULL && advance(p) ? node : NULL;
}

static tree parse_literal(parser *p) {
  tree node =
      add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_LITERAL, .as.literal = p->token.value});
  return node != NULL && advance(p) ? node : NULL;
}

static tree parse_not(parser *p) {
  tree left = advance(p) ? parse_expression(p, POWER_NOT) : NULL;
  return left == NULL ? NULL : add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_NOT, .left = left});
}

static tree parse_group(parser *p) {
  tree inner = advance(p) ? parse_expression(p, 0) : NULL;
  return inner != NULL && match(p, CSPAN_JMES_RPAREN, ")") ? inner : NULL;
}

/* What an expression begins with. */
static tree parse_first(parser *p) {
  switch (p->token.kind) {
  case CSPAN_JMES_NAME:
  case CSPAN_JMES_QUOTED_NAME:
    return parse_name(p);
  case CSPAN_JMES_LITERAL:
    return parse_literal(p);
  case CSPAN_JMES_AT:
    return advance(p) ? add_current(p) : NULL;
  case CSPAN_JMES_STAR:
    return advance(p) ? parse_values(p, add_current(p)) : NULL;
  case CSPAN_JMES_LBRACKET:
    return parse_bracket(p);
  case CSPAN_JMES_LBRACE:
    return advance(p) ? parse_map(p) : NULL;
  case CSPAN_JMES_FLATTEN:
    return parse_flatten(p, add_current(p));
  case CSPAN_JMES_FILTER:
    return parse_filter(p, add_current(p));
  case CSPAN_JMES_NOT:
    return parse_not(p);
  case CSPAN_JMES_LPAREN:
    return parse_group(p);
  case CSPAN_JMES_AMPERSAND:
    return wrong(p, "an expression (& is only for arguments of functions)");
  default:
    return wrong(p, "an expression");
  }
}

static tree parse_bracket_behind(parser *p, tree left) {
  if (!advance(p)) {
    return NULL;
  }
  if (is_index(p)) {
    return parse_index(p, left);
  }
  if (p->token.kind == CSPAN_JMES_STAR) {
    return advance(p) ? parse_items(p, left) : NULL;
  }
  return wrong(p, "a number, a slice or *");
}

static tree parse_dot(parser *p, tree left) {
  int power = power_of(p->token.kind);
  if (!advance(p)) {
    return NULL;
  }
  if (p->token.kind == CSPAN_JMES_STAR) {
    return advance(p) ? parse_values(p, left) : NULL;
  }
  return add_pair(p, CSPAN_JMES_NODE_CHAIN, left, parse_behind_dot(p, power));
}

/* An operator with an expression on both sides. */
static tree parse_operator(parser *p, tree left) {
  cspan_jmes_token_kind operation = p->token.kind;
  tree right = advance(p) ? parse_expression(p, power_of(operation)) : NULL;
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
                       : add(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_COMPARE,
                                                  .left = left,
                                                  .right = right,
                                                  .as.operation = operation});
}

/* What goes on behind an expression. */
static tree parse_more(parser *p, tree left) {
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

static tree parse_expression(parser *p, int power) {
  if (++p->level > CSPAN_JMESPATH_MAX_DEPTH) {
    cspan_jmes_refuse(&p->lexer, CSPAN_ERR_LIMIT);
    return NULL;
  }
  tree left = parse_first(p);
  while (left != NULL && power < power_of(p->token.kind)) {
    left = parse_more(p, left);
  }
  p->level--;
  return left;
}

static tree parse_text(parser *p) {
  if (!cspan_jmes_next(&p->lexer, &p->next) || !advance(p)) {
    return NULL;
  }
  tree root = parse_expression(p, 0);
  if (root != NULL && p->token.kind != CSPAN_JMES_END) {
    return wrong(p, "the end or an operator");
  }
  return root;
}

cspan_status cspan_jmespath_compile(const char *text, cspan_arena *arena, cspan_jmespath **out,
                                    cspan_error **error) {
  *out = NULL;
  size_t len = text != NULL ? strlen(text) : 0;
  parser p = {
      .lexer = {.text = text != NULL ? text : "", .len = len, .arena = arena, .error = error}};
  if (len > CSPAN_JMESPATH_MAX_BYTES) {
    cspan_jmes_refuse(&p.lexer, CSPAN_ERR_LIMIT);
    return CSPAN_ERR_LIMIT;
  }
  if (!cspan_utf8_valid(p.lexer.text, len)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the JMESPath expression is not UTF-8");
  }
  tree root = parse_text(&p);
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
