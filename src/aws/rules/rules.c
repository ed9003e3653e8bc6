/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: walks the nodes of a compiled rule set. */
#include "aws/rules/rules.h"

#include "aws/rules/code.h"
#include "aws/rules/functions.h"
#include "base/alloc.h"
#include "base/error.h"

enum { MAX_STEPS = 1 << 16 };

struct cspan_rules {
  cspan_rules_code code;
  const uint32_t *params; /* their nodes */
  size_t param_count;
  bool used[CSPAN_RULES_MAX_PARAMS]; /* whether anything refers to the parameter */
};

static const uint32_t *node_at(const cspan_rules *rules, uint32_t at) {
  return rules->code.words + at;
}

static cspan_str text_at(const cspan_rules *rules, const uint32_t *ref) {
  return cspan_rules_text(&rules->code, ref);
}

/* ---------------------------------------------------------------------- open */

static void note_used(cspan_rules *rules) {
  const uint32_t *end = rules->code.words + rules->code.word_count;
  for (const uint32_t *at = rules->code.words; at < end; at += cspan_rules_node_size(at)) {
    uint32_t slot = cspan_rules_count_of(at);
    if (cspan_rules_op_of(at) == CSPAN_OP_REF && slot < rules->param_count) {
      rules->used[slot] = true;
    }
  }
}

cspan_status cspan_rules_open(const void *data, size_t size, cspan_rules **out,
                              cspan_error **error) {
  *out = NULL;
  cspan_rules *rules = cspan_calloc(1, sizeof *rules);
  if (rules == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory for the endpoint rules");
  }
  cspan_status status =
      cspan_rules_code_open(data, size, CSPAN_RULES_MAGIC, "endpoint rules", &rules->code, error);
  if (status != CSPAN_OK) {
    cspan_free(rules);
    return status;
  }
  const uint32_t *params = node_at(rules, rules->code.params);
  rules->params = params + 1;
  rules->param_count = cspan_rules_count_of(params);
  note_used(rules);
  *out = rules;
  return CSPAN_OK;
}

void cspan_rules_free(cspan_rules *rules) {
  cspan_free(rules);
}

bool cspan_rules_param_at(const cspan_rules *rules, size_t index, cspan_rules_param *out) {
  if (index >= rules->param_count) {
    return false;
  }
  const uint32_t *node = node_at(rules, rules->params[index]);
  uint32_t flags = cspan_rules_count_of(node);
  out->name = text_at(rules, node + 1).data;
  out->builtin = text_at(rules, node + 3).data;
  out->type = (cspan_rules_param_type)(flags & 0xff);
  out->required = (flags & CSPAN_RULES_REQUIRED) != 0;
  out->used = rules->used[index];
  return true;
}

/* ---------------------------------------------------------------------- runs */

void cspan_rules_fail(cspan_rules_run *run, cspan_status status) {
  if (run->status == CSPAN_OK) { /* `status` may be OK, too */
    run->status = status;
  }
}

void *cspan_rules_alloc(cspan_rules_run *run, size_t count, size_t size) {
  void *memory = cspan_arena_array(run->arena, count, size);
  if (memory == NULL) {
    cspan_rules_fail(run, cspan_arena_refusal(run->arena));
  }
  return memory;
}

static bool step(cspan_rules_run *run) {
  if (++run->steps > MAX_STEPS) {
    cspan_rules_fail(run, CSPAN_ERR_LIMIT);
  }
  return run->status == CSPAN_OK;
}

static cspan_value eval(cspan_rules_run *run, uint32_t at);

/* --------------------------------------------------------------- expressions */

static cspan_value eval_attr(cspan_rules_run *run, const uint32_t *node) {
  cspan_value value = eval(run, node[1]);
  uint32_t count = cspan_rules_count_of(node);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t *path = node + 2 + 2 * (size_t)i;
    const cspan_value *found = NULL;
    if (path[0] != CSPAN_RULES_NONE) {
      cspan_str key = text_at(run->rules, path);
      found = cspan_value_find(&value, key.data, key.len);
    } else if (value.kind == CSPAN_VALUE_LIST) {
      int64_t index = (int32_t)path[1]; /* below 0: from the end */
      index += index < 0 ? (int64_t)value.size : 0;
      found = index >= 0 ? cspan_value_at(&value, (size_t)index) : NULL;
    }
    if (found == NULL) {
      return cspan_null();
    }
    value = *found;
  }
  return value;
}

static cspan_value eval_call(cspan_rules_run *run, const uint32_t *node) {
  cspan_value args[CSPAN_RULES_MAX_ARGS];
  uint32_t count = cspan_rules_count_of(node);
  for (uint32_t i = 0; i < count; i++) {
    args[i] = eval(run, node[2 + i]);
  }
  return run->status == CSPAN_OK ? cspan_rules_functions[node[1]].call(run, args, count)
                                 : cspan_null();
}

/* A piece of a template; a boolean as its word. False: it has no text. */
static bool piece_text(const cspan_value *piece, cspan_str *out) {
  if (piece->kind == CSPAN_VALUE_STRING) {
    *out = (cspan_str){piece->as.text, piece->size};
  } else if (piece->kind == CSPAN_VALUE_BOOL) {
    *out = cspan_str_of(piece->as.boolean ? "true" : "false");
  } else {
    return false;
  }
  return true;
}

/* Null where a piece has no value. */
static cspan_value eval_template(cspan_rules_run *run, const uint32_t *node) {
  enum { AT_ONCE = 16 };
  cspan_str few[AT_ONCE];
  uint32_t count = cspan_rules_count_of(node);
  cspan_str *pieces = count <= AT_ONCE ? few : cspan_rules_alloc(run, count, sizeof *pieces);
  size_t size = 0;
  for (uint32_t i = 0; pieces != NULL && i < count; i++) {
    cspan_value piece = eval(run, node[1 + i]);
    if (run->status != CSPAN_OK || !piece_text(&piece, &pieces[i])) {
      return cspan_null();
    }
    size += pieces[i].len;
    if (size > CSPAN_RULES_MAX_TEXT) {
      cspan_rules_fail(run, CSPAN_ERR_LIMIT);
      return cspan_null();
    }
  }
  char *text = pieces != NULL ? cspan_rules_alloc(run, size + 1, 1) : NULL;
  if (text == NULL) {
    return cspan_null();
  }
  char *at = text;
  for (uint32_t i = 0; i < count; i++) {
    if (pieces[i].len > 0) {
      memcpy(at, pieces[i].data, pieces[i].len);
      at += pieces[i].len;
    }
  }
  return cspan_string_of(text, size);
}

static cspan_value eval_list(cspan_rules_run *run, const uint32_t *node) {
  uint32_t count = cspan_rules_count_of(node);
  cspan_value *items = cspan_rules_alloc(run, count, sizeof *items);
  for (uint32_t i = 0; items != NULL && i < count; i++) {
    items[i] = eval(run, node[1 + i]);
  }
  return items != NULL ? cspan_list(items, count) : cspan_null();
}

static cspan_value eval_map(cspan_rules_run *run, const uint32_t *node) {
  uint32_t count = cspan_rules_count_of(node);
  cspan_member *members = cspan_rules_alloc(run, count, sizeof *members);
  for (uint32_t i = 0; members != NULL && i < count; i++) {
    const uint32_t *member = node + 1 + 3 * (size_t)i;
    cspan_str name = text_at(run->rules, member);
    members[i] = (cspan_member){name.data, name.len, eval(run, member[2])};
  }
  return members != NULL ? cspan_map(members, count) : cspan_null();
}

static cspan_value eval(cspan_rules_run *run, uint32_t at) {
  const uint32_t *node = node_at(run->rules, at);
  if (!step(run)) {
    return cspan_null();
  }
  switch (cspan_rules_op_of(node)) {
  case CSPAN_OP_TEXT: {
    cspan_str text = text_at(run->rules, node + 1);
    return cspan_string_of(text.data, text.len);
  }
  case CSPAN_OP_BOOL:
    return cspan_bool(cspan_rules_count_of(node) != 0);
  case CSPAN_OP_INT:
    return cspan_int((int32_t)node[1]);
  case CSPAN_OP_REF:
    return run->slots[cspan_rules_count_of(node)];
  case CSPAN_OP_TEMPLATE:
    return eval_template(run, node);
  case CSPAN_OP_LIST:
    return eval_list(run, node);
  case CSPAN_OP_MAP:
    return eval_map(run, node);
  case CSPAN_OP_ATTR:
    return eval_attr(run, node);
  default: /* the bytes were checked */
    return eval_call(run, node);
  }
}

/* --------------------------------------------------------------------- rules */

/* Whether a rule's conditions are met, of which it has `count` from `first` on. */
static bool matches(cspan_rules_run *run, const uint32_t *node, size_t first) {
  uint32_t count = cspan_rules_count_of(node);
  for (size_t i = 0; i < count; i++) {
    const uint32_t *condition = node_at(run->rules, node[first + i]);
    cspan_value value = eval(run, condition[1]);
    bool met =
        value.kind != CSPAN_VALUE_NULL && (value.kind != CSPAN_VALUE_BOOL || value.as.boolean);
    if (!met || run->status != CSPAN_OK) {
      return false;
    }
    if (condition[2] != CSPAN_RULES_NONE) {
      run->slots[condition[2]] = value;
    }
  }
  return true;
}

/* The first rule that ends in an endpoint or error; NULL when none matches. The rules of a tree
 * whose conditions are met are all that are left ("terminal branches"). */
static const uint32_t *find_rule(cspan_rules_run *run) {
  const uint32_t *rules = node_at(run->rules, run->rules->code.root);
  for (size_t i = 0; i < cspan_rules_count_of(rules) && step(run);) {
    const uint32_t *rule = node_at(run->rules, rules[1 + i]);
    uint32_t op = cspan_rules_op_of(rule);
    if (!matches(run, rule, op == CSPAN_OP_ENDPOINT ? 4 : 2)) {
      i++;
    } else if (op == CSPAN_OP_TREE) {
      rules = node_at(run->rules, rule[1]);
      i = 0;
    } else {
      return rule;
    }
  }
  return NULL;
}

static bool has_type(const cspan_value *value, cspan_rules_param_type type) {
  switch (type) {
  case CSPAN_RULES_STRING:
    return value->kind == CSPAN_VALUE_STRING;
  case CSPAN_RULES_BOOLEAN:
    return value->kind == CSPAN_VALUE_BOOL;
  default:
    return value->kind == CSPAN_VALUE_LIST;
  }
}

static cspan_status fill_slots(cspan_rules_run *run, const cspan_value *params,
                               cspan_error **error) {
  static const char *const types[] = {"a string", "a boolean", "a list of strings"};
  for (size_t i = 0; i < run->rules->param_count; i++) {
    const uint32_t *node = node_at(run->rules, run->rules->params[i]);
    cspan_rules_param_type type = cspan_rules_count_of(node) & 0xff;
    cspan_str name = text_at(run->rules, node + 1);
    const cspan_value *given = cspan_value_find(params, name.data, name.len);
    if (!cspan_value_is_null(given)) {
      if (!has_type(given, type)) {
        return cspan_error_set(error, CSPAN_ERR_INVALID, "the endpoint parameter %s must be %s",
                               name.data, types[type]);
      }
      run->slots[i] = *given;
    } else if (node[5] != CSPAN_RULES_NONE) {
      run->slots[i] = eval(run, node[5]);
    } else if ((cspan_rules_count_of(node) & CSPAN_RULES_REQUIRED) != 0) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "the endpoint parameter %s is required and not set", name.data);
    }
  }
  return run->status;
}

static cspan_status exhausted(const cspan_rules_run *run, cspan_error **error) {
  switch (run->status) {
  case CSPAN_OK:
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the endpoint rules have no endpoint for these parameters");
  case CSPAN_ERR_LIMIT:
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "the endpoint rules take too long or too much");
  default:
    return cspan_error_set(error, run->status, "out of memory for an endpoint");
  }
}

/* What refers neither to the parameters nor to the rules any more. */
static cspan_value eval_copy(cspan_rules_run *run, uint32_t at) {
  cspan_value value = eval(run, at);
  cspan_value copy = cspan_null();
  if (run->status == CSPAN_OK) {
    cspan_rules_fail(run, cspan_value_copy(run->arena, &value, &copy));
  }
  return copy;
}

static cspan_status finish(cspan_rules_run *run, const uint32_t *rule, cspan_rules_endpoint *out,
                           cspan_error **error) {
  cspan_value text = eval(run, rule[1]);
  if (cspan_rules_op_of(rule) == CSPAN_OP_ENDPOINT) {
    out->headers = eval_copy(run, rule[2]);
    out->properties = eval_copy(run, rule[3]);
  }
  if (text.kind != CSPAN_VALUE_STRING && run->status == CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the endpoint rules end in a text with a part that has no value");
  }
  char *copy = cspan_rules_alloc(run, text.size + 1, 1);
  if (copy == NULL || run->status != CSPAN_OK) {
    return exhausted(run, error);
  }
  memcpy(copy, text.as.text, text.size);
  if (cspan_rules_op_of(rule) == CSPAN_OP_ERROR) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s", copy);
  }
  out->url = copy;
  return CSPAN_OK;
}

cspan_status cspan_rules_resolve(const cspan_rules *rules, const cspan_partitions *partitions,
                                 const cspan_value *params, cspan_arena *arena,
                                 cspan_rules_endpoint *out, cspan_error **error) {
  cspan_rules_run run = {.rules = rules, .partitions = partitions, .arena = arena};
  memset(out, 0, sizeof *out);
  run.slots = cspan_rules_alloc(&run, rules->code.slot_count, sizeof *run.slots);
  if (run.slots == NULL) {
    return exhausted(&run, error);
  }
  cspan_status status = fill_slots(&run, params, error);
  if (status != CSPAN_OK) {
    return run.status != CSPAN_OK ? exhausted(&run, error) : status;
  }
  const uint32_t *rule = find_rule(&run);
  return rule != NULL ? finish(&run, rule, out, error) : exhausted(&run, error);
}
