/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of a rule set: literals, templates, references, calls. */
#include "aws/rules/compile.h"
#include "aws/rules/functions.h"

static cspan_str text_of(const cspan_value *value) {
  cspan_str text = {NULL, 0};
  text.data = cspan_value_text(value, &text.len);
  return text;
}

static bool same(cspan_str a, cspan_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

uint32_t cspan_rules_declare(cspan_rules_compiler *compiler, cspan_str name) {
  uint32_t slot = 0;
  while (slot < compiler->slot_count && !same(compiler->names[slot].text, name)) {
    slot++;
  }
  if (slot == CSPAN_RULES_MAX_SLOTS) {
    cspan_rules_fault(compiler, "there are more than %d names", CSPAN_RULES_MAX_SLOTS);
    return 0;
  }
  if (slot < compiler->slot_count && compiler->names[slot].in_scope) {
    cspan_rules_fault(compiler, "\"%.*s\" is assigned where it already has a value",
                      (int)(name.len < 60 ? name.len : 60), name.data);
  }
  compiler->names[slot] = (cspan_rules_name){name, true};
  if (slot == compiler->slot_count) {
    compiler->slot_count++;
  }
  return slot;
}

static uint32_t reference(cspan_rules_compiler *compiler, cspan_str name) {
  cspan_rules_node node;
  for (uint32_t slot = 0; slot < compiler->slot_count; slot++) {
    if (compiler->names[slot].in_scope && same(compiler->names[slot].text, name)) {
      cspan_rules_node_init(&node, CSPAN_OP_REF, slot);
      return cspan_rules_write(&compiler->writer, &node);
    }
  }
  cspan_rules_fault(compiler, "\"%.*s\" is no parameter or variable that is known here",
                    (int)(name.len < 60 ? name.len : 60), name.data);
  return 0;
}

/* --------------------------------------------------------------------- paths */

/* "[2]" or "[-1]" to a step. */
static bool index_step(cspan_rules_node *steps, cspan_str digits) {
  bool negative = digits.len > 0 && digits.data[0] == '-';
  size_t i = negative ? 1 : 0;
  int32_t index = 0;
  if (i == digits.len) {
    return false;
  }
  for (; i < digits.len; i++) {
    char c = digits.data[i];
    if (c < '0' || c > '9' || index > 100000) {
      return false;
    }
    index = index * 10 + (c - '0');
  }
  cspan_rules_node_add(steps, CSPAN_RULES_NONE);
  cspan_rules_node_add(steps, (uint32_t)(negative ? -index : index));
  return true;
}

/* One part between dots: "key", "key[1]" or "[1]". */
static bool path_part(cspan_rules_compiler *compiler, cspan_rules_node *steps, cspan_str part) {
  const char *bracket = part.len > 0 ? memchr(part.data, '[', part.len) : NULL;
  size_t key = bracket != NULL ? (size_t)(bracket - part.data) : part.len;
  if (key > 0) {
    cspan_rules_node_text(steps, &compiler->writer, (cspan_str){part.data, key});
  }
  if (bracket == NULL) {
    return key > 0;
  }
  return part.data[part.len - 1] == ']' &&
         index_step(steps, (cspan_str){bracket + 1, part.len - key - 2});
}

/* getAttr: a node, and a path into it. */
static uint32_t attribute(cspan_rules_compiler *compiler, uint32_t of, cspan_str path) {
  cspan_rules_node steps;
  cspan_rules_node_init(&steps, CSPAN_OP_ATTR, 0);
  cspan_rules_node_add(&steps, of);
  bool good = path.len > 0;
  for (size_t from = 0; good && from <= path.len;) {
    const char *dot = from < path.len ? memchr(path.data + from, '.', path.len - from) : NULL;
    size_t end = dot != NULL ? (size_t)(dot - path.data) : path.len;
    good = path_part(compiler, &steps, (cspan_str){path.data + from, end - from});
    from = end + 1;
  }
  if (!good) {
    cspan_rules_fault(compiler, "\"%.*s\" is no path of an attribute",
                      (int)(path.len < 60 ? path.len : 60), path.data);
  }
  steps.words[0] |= (uint32_t)((steps.count - 2) / 2) << 8;
  return cspan_rules_write(&compiler->writer, &steps);
}

/* ----------------------------------------------------------------- templates */

/* What stands between braces: "Region" or "url#authority". */
static uint32_t template_reference(cspan_rules_compiler *compiler, cspan_str text) {
  const char *hash = text.len > 0 ? memchr(text.data, '#', text.len) : NULL;
  if (hash == NULL) {
    return reference(compiler, text);
  }
  size_t name = (size_t)(hash - text.data);
  uint32_t of = reference(compiler, (cspan_str){text.data, name});
  return attribute(compiler, of, (cspan_str){hash + 1, text.len - name - 1});
}

/* The literal text up to the next reference: "{{" and "}}" are braces. */
static size_t template_literal(cspan_str text, size_t at, cspan_buf *literal) {
  while (at < text.len) {
    char c = text.data[at];
    bool doubled = at + 1 < text.len && text.data[at + 1] == c;
    if (c == '{' && !doubled) {
      break;
    }
    at += (c == '{' || c == '}') && doubled ? 2 : 1;
    cspan_buf_char(literal, c);
  }
  return at;
}

static void template_pieces(cspan_rules_compiler *compiler, cspan_str text, cspan_buf *literal,
                            cspan_rules_node *pieces) {
  for (size_t at = 0; at < text.len;) {
    cspan_buf_clear(literal);
    at = template_literal(text, at, literal);
    if (literal->status != CSPAN_OK) {
      pieces->status = literal->status;
      return;
    }
    if (literal->len > 0) {
      cspan_str part = {literal->data, literal->len};
      cspan_rules_node_add(pieces, cspan_rules_write_text(&compiler->writer, part));
    }
    if (at < text.len) {
      const char *end = memchr(text.data + at, '}', text.len - at);
      if (end == NULL) {
        cspan_rules_fault(compiler, "\"%.*s\" has a brace that is not closed",
                          (int)(text.len < 100 ? text.len : 100), text.data);
        return;
      }
      size_t len = (size_t)(end - text.data) - at - 1;
      cspan_rules_node_add(pieces,
                           template_reference(compiler, (cspan_str){text.data + at + 1, len}));
      at += len + 2;
    }
  }
}

static uint32_t template_node(cspan_rules_compiler *compiler, cspan_str text) {
  if (text.len == 0 ||
      (memchr(text.data, '{', text.len) == NULL && memchr(text.data, '}', text.len) == NULL)) {
    return cspan_rules_write_text(&compiler->writer, text);
  }
  cspan_buf literal;
  cspan_rules_node pieces;
  cspan_buf_init(&literal, CSPAN_RULES_MAX_BYTES);
  cspan_rules_node_init(&pieces, CSPAN_OP_TEMPLATE, 0);
  template_pieces(compiler, text, &literal, &pieces);
  pieces.words[0] |= (uint32_t)(pieces.count - 1) << 8;
  cspan_buf_free(&literal);
  return cspan_rules_write(&compiler->writer, &pieces);
}

/* ------------------------------------------------------------------ literals */

static uint32_t write_int(cspan_rules_compiler *compiler, int64_t number) {
  cspan_rules_node node;
  if (number < INT32_MIN || number > INT32_MAX) {
    cspan_rules_fault(compiler, "a number is too large");
  }
  cspan_rules_node_init(&node, CSPAN_OP_INT, 0);
  cspan_rules_node_add(&node, (uint32_t)(int32_t)number);
  return cspan_rules_write(&compiler->writer, &node);
}

typedef uint32_t compile_fn(cspan_rules_compiler *compiler, const cspan_value *value,
                            unsigned depth);

static uint32_t write_list(cspan_rules_compiler *compiler, const cspan_value *list,
                           compile_fn *compile_item, unsigned depth) {
  cspan_rules_node node;
  cspan_rules_node_init(&node, CSPAN_OP_LIST, list->size);
  for (size_t i = 0; i < list->size; i++) {
    cspan_rules_node_add(&node, compile_item(compiler, &list->as.items[i], depth + 1));
  }
  return cspan_rules_write(&compiler->writer, &node);
}

static uint32_t write_map(cspan_rules_compiler *compiler, const cspan_value *map,
                          compile_fn *compile_member, unsigned depth) {
  cspan_rules_node node;
  cspan_rules_node_init(&node, CSPAN_OP_MAP, map->size);
  for (size_t i = 0; i < map->size; i++) {
    const cspan_member *member = &map->as.members[i];
    cspan_rules_node_text(&node, &compiler->writer,
                          (cspan_str){member->name, member->name_size_bytes});
    cspan_rules_node_add(&node, compile_member(compiler, &member->value, depth + 1));
  }
  return cspan_rules_write(&compiler->writer, &node);
}

static bool too_deep(cspan_rules_compiler *compiler, unsigned depth) {
  if (depth >= CSPAN_RULES_MAX_NESTING) {
    cspan_rules_fault(compiler, "it is nested too deeply");
  }
  return depth >= CSPAN_RULES_MAX_NESTING;
}

/* What is the same everywhere but for what the parts of a list are. */
static uint32_t plain(cspan_rules_compiler *compiler, const cspan_value *value,
                      compile_fn *compile_item, unsigned depth) {
  cspan_rules_node node;
  switch (value->kind) {
  case CSPAN_VALUE_BOOL:
    cspan_rules_node_init(&node, CSPAN_OP_BOOL, value->as.boolean);
    return cspan_rules_write(&compiler->writer, &node);
  case CSPAN_VALUE_INT:
    return write_int(compiler, value->as.integer);
  case CSPAN_VALUE_LIST:
    return write_list(compiler, value, compile_item, depth);
  default:
    cspan_rules_fault(compiler, "there is a value that is no text, boolean, number, list or map");
    return 0;
  }
}

uint32_t cspan_rules_literal(cspan_rules_compiler *compiler, const cspan_value *value,
                             unsigned depth) {
  if (too_deep(compiler, depth)) {
    return 0;
  }
  return value->kind == CSPAN_VALUE_STRING
             ? cspan_rules_write_text(&compiler->writer, text_of(value))
             : plain(compiler, value, cspan_rules_literal, depth);
}

uint32_t cspan_rules_property(cspan_rules_compiler *compiler, const cspan_value *value,
                              unsigned depth) {
  if (too_deep(compiler, depth)) {
    return 0;
  }
  switch (value->kind) {
  case CSPAN_VALUE_STRING:
    return template_node(compiler, text_of(value));
  case CSPAN_VALUE_MAP:
    return write_map(compiler, value, cspan_rules_property, depth);
  default:
    return plain(compiler, value, cspan_rules_property, depth);
  }
}

/* --------------------------------------------------------------------- calls */

static uint32_t function_of(cspan_rules_compiler *compiler, cspan_str name) {
  for (uint32_t i = 0; i < CSPAN_RULES_FUNCTION_COUNT; i++) {
    if (cspan_str_eq(name, cspan_rules_functions[i].name)) {
      return i;
    }
  }
  cspan_rules_fault(compiler, "there is a function that this version does not know: \"%.*s\"",
                    (int)(name.len < 60 ? name.len : 60), name.data);
  return CSPAN_RULES_NONE;
}

static uint32_t get_attribute(cspan_rules_compiler *compiler, const cspan_value *argv,
                              unsigned depth) {
  cspan_str path = text_of(cspan_value_at(argv, 1));
  if (cspan_value_count(argv) != 2 || path.data == NULL) {
    cspan_rules_fault(compiler, "getAttr takes a value and a path");
    return 0;
  }
  uint32_t of = cspan_rules_expression(compiler, cspan_value_at(argv, 0), depth + 1);
  return attribute(compiler, of, path);
}

uint32_t cspan_rules_call_node(cspan_rules_compiler *compiler, const cspan_value *value,
                               unsigned depth) {
  cspan_str name = text_of(cspan_value_get(value, "fn"));
  const cspan_value *argv = cspan_value_get(value, "argv");
  if (name.data == NULL || cspan_value_get_kind(argv) != CSPAN_VALUE_LIST) {
    cspan_rules_fault(compiler, "there is a map where a function or a reference is expected");
    return 0;
  }
  if (cspan_str_eq(name, "getAttr")) {
    return get_attribute(compiler, argv, depth);
  }
  uint32_t function = function_of(compiler, name);
  if (function == CSPAN_RULES_NONE) {
    return 0;
  }
  const cspan_rules_function *known = &cspan_rules_functions[function];
  if (argv->size < known->min_args || argv->size > known->max_args) {
    cspan_rules_fault(compiler, "%s is called with %zu arguments", known->name, argv->size);
    return 0;
  }
  cspan_rules_node node;
  cspan_rules_node_init(&node, CSPAN_OP_CALL, argv->size);
  cspan_rules_node_add(&node, function);
  for (size_t i = 0; i < argv->size; i++) {
    cspan_rules_node_add(&node, cspan_rules_expression(compiler, &argv->as.items[i], depth + 1));
  }
  return cspan_rules_write(&compiler->writer, &node);
}

uint32_t cspan_rules_expression(cspan_rules_compiler *compiler, const cspan_value *value,
                                unsigned depth) {
  if (compiler->status != CSPAN_OK || too_deep(compiler, depth)) {
    return 0;
  }
  if (value->kind == CSPAN_VALUE_STRING) {
    return template_node(compiler, text_of(value));
  }
  if (value->kind != CSPAN_VALUE_MAP) {
    return plain(compiler, value, cspan_rules_expression, depth);
  }
  cspan_str name = text_of(cspan_value_get(value, "ref"));
  return name.data != NULL ? reference(compiler, name)
                           : cspan_rules_call_node(compiler, value, depth);
}
