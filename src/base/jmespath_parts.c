/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: lists, maps and the arguments of functions, and what all of the parser uses. */
#include "base/jmespath_parser.h"

/* -------------------------------------------------------------------------- tokens */

bool cspan_jmes_advance(cspan_jmes_parser *p) {
  p->token = p->next;
  return p->token.kind == CSPAN_JMES_END || cspan_jmes_next(&p->lexer, &p->next);
}

cspan_jmes_tree cspan_jmes_expected(cspan_jmes_parser *p, const char *wanted) {
  int len = (int)(p->token.end - p->token.start);
  if (p->token.kind == CSPAN_JMES_END) {
    cspan_jmes_wrong(&p->lexer, p->token.start, "%s was expected here, but the text ends", wanted);
  } else {
    cspan_jmes_wrong(&p->lexer, p->token.start, "%s was expected here, not %.*s", wanted,
                     len < 40 ? len : 40, p->lexer.text + p->token.start);
  }
  return NULL;
}

bool cspan_jmes_match(cspan_jmes_parser *p, cspan_jmes_token_kind kind, const char *wanted) {
  return p->token.kind == kind ? cspan_jmes_advance(p) : cspan_jmes_expected(p, wanted) != NULL;
}

/* --------------------------------------------------------------------------- nodes */

static int depth_of(cspan_jmes_tree node) {
  return node != NULL ? node->depth : 0;
}

static int deeper(int depth, cspan_jmes_tree node) {
  return depth_of(node) > depth ? depth_of(node) : depth;
}

cspan_jmes_tree cspan_jmes_add(cspan_jmes_parser *p, cspan_jmes_node node) {
  int depth = deeper(deeper(depth_of(node.left), node.right), node.condition);
  node.depth = (node.depth > depth ? node.depth : depth) + 1;
  if (node.depth > CSPAN_JMESPATH_MAX_DEPTH) {
    cspan_jmes_refuse(&p->lexer, CSPAN_ERR_LIMIT);
    return NULL;
  }
  cspan_jmes_tree copy = cspan_arena_copy(p->lexer.arena, &node, sizeof node);
  if (copy == NULL) {
    cspan_jmes_refuse(&p->lexer, cspan_arena_refusal(p->lexer.arena));
  }
  return copy;
}

/* ---------------------------------------------------------------- lists of parts */

static bool add_part(cspan_jmes_parser *p, cspan_buf *parts, cspan_str name, cspan_jmes_tree node) {
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

static bool parse_key(cspan_jmes_parser *p, cspan_str *name) {
  if (p->token.kind != CSPAN_JMES_NAME && p->token.kind != CSPAN_JMES_QUOTED_NAME) {
    return cspan_jmes_expected(p, "the name of a member") != NULL;
  }
  *name = (cspan_str){p->token.value.as.text, p->token.value.size};
  return cspan_jmes_advance(p) && cspan_jmes_match(p, CSPAN_JMES_COLON, "a colon");
}

static cspan_jmes_tree parse_argument(cspan_jmes_parser *p) {
  if (p->token.kind != CSPAN_JMES_AMPERSAND) {
    return cspan_jmes_expression(p, 0);
  }
  cspan_jmes_tree left = cspan_jmes_advance(p) ? cspan_jmes_expression(p, 0) : NULL;
  return left == NULL ? NULL
                      : cspan_jmes_add(
                            p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_REFERENCE, .left = left});
}

/* Parts with commas between them up to the end of a list, a map, or the arguments of a call. */
static bool parse_parts(cspan_jmes_parser *p, cspan_jmes_node *node, cspan_jmes_token_kind end,
                        const char *wanted, cspan_buf *parts) {
  for (;;) {
    cspan_str name = {NULL, 0};
    if (node->kind == CSPAN_JMES_NODE_MAP && !parse_key(p, &name)) {
      return false;
    }
    cspan_jmes_tree part =
        node->kind == CSPAN_JMES_NODE_CALL ? parse_argument(p) : cspan_jmes_expression(p, 0);
    if (part == NULL || !add_part(p, parts, name, part)) {
      return false;
    }
    node->depth = deeper(node->depth, part);
    if (p->token.kind == end) {
      return cspan_jmes_advance(p);
    }
    if (!cspan_jmes_match(p, CSPAN_JMES_COMMA, wanted)) {
      return false;
    }
  }
}

static cspan_jmes_tree parse_many(cspan_jmes_parser *p, cspan_jmes_node node,
                                  cspan_jmes_token_kind end, const char *wanted) {
  cspan_buf parts;
  cspan_jmes_tree result = NULL;
  cspan_buf_init(&parts, (size_t)CSPAN_JMESPATH_MAX_BYTES * sizeof(cspan_jmes_part));
  if (parse_parts(p, &node, end, wanted, &parts)) {
    node.as.many.part_count = parts.len / sizeof(cspan_jmes_part);
    node.as.many.parts = cspan_arena_copy(p->lexer.arena, parts.data, parts.len);
    if (node.as.many.parts != NULL) {
      result = cspan_jmes_add(p, node);
    } else {
      cspan_jmes_refuse(&p->lexer, cspan_arena_refusal(p->lexer.arena));
    }
  }
  cspan_buf_free(&parts);
  return result;
}

cspan_jmes_tree cspan_jmes_list(cspan_jmes_parser *p) {
  return parse_many(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_LIST}, CSPAN_JMES_RBRACKET,
                    "a comma or ]");
}

cspan_jmes_tree cspan_jmes_map(cspan_jmes_parser *p) {
  return parse_many(p, (cspan_jmes_node){.kind = CSPAN_JMES_NODE_MAP}, CSPAN_JMES_RBRACE,
                    "a comma or }");
}

/* ----------------------------------------------------------------------- functions */

static bool check_arity(cspan_jmes_parser *p, size_t offset, const cspan_jmes_function *function,
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

cspan_jmes_tree cspan_jmes_parse_call(cspan_jmes_parser *p) {
  size_t offset = p->token.start;
  cspan_str name = {p->token.value.as.text, p->token.value.size};
  cspan_jmes_node node = {.kind = CSPAN_JMES_NODE_CALL};
  const cspan_jmes_function *function = cspan_jmes_find_function(name);
  if (function == NULL) {
    cspan_jmes_wrong(&p->lexer, offset, "there is no function %.40s()", name.data);
    return NULL;
  }
  node.as.many.function = function;
  if (!cspan_jmes_advance(p) || !cspan_jmes_advance(p)) {
    return NULL;
  }
  if (p->token.kind == CSPAN_JMES_RPAREN) {
    return check_arity(p, offset, function, 0) && cspan_jmes_advance(p) ? cspan_jmes_add(p, node)
                                                                        : NULL;
  }
  cspan_jmes_tree call = parse_many(p, node, CSPAN_JMES_RPAREN, "a comma or )");
  return call != NULL && check_arity(p, offset, function, call->as.many.part_count) ? call : NULL;
}
