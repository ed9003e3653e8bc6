/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to nodes. Aliases become copies, so that each node has one place; caps on nodes and
 * depth keep a small file from growing into a large tree. */
#include <string.h>

#include <yaml.h>

#include "base/sys.h"
#include "base/text.h"
#include "telemetry/config/node.h"

typedef struct anchor {
  struct anchor *before;
  const char *name;
  const cspan_config_node *node;
} anchor;

typedef struct reader {
  cspan_arena *arena;
  const char *source;
  cspan_config_node *root;
  cspan_config_node *open; /* the list or map that is being read */
  const char *key;         /* of the map's next value; NULL: a key is next */
  size_t node_count;
  size_t document_count;
  anchor *anchors;
  size_t anchor_count;
  cspan_error **error;
} reader;

static cspan_status out_of_memory(reader *r) {
  cspan_error_set(r->error, CSPAN_ERR_NOMEM,
                  "no memory for the configuration, which may take 16 MiB");
  return CSPAN_ERR_NOMEM;
}

static cspan_status fail(reader *r, const yaml_mark_t *mark, const char *problem) {
  cspan_error_set(r->error, CSPAN_ERR_CONFIG, "%s:%zu:%zu: %s", r->source, mark->line + 1,
                  mark->column + 1, problem);
  return CSPAN_ERR_CONFIG;
}

/* ------------------------------------------------------------- adding nodes */

/* Counts against the caps. */
static cspan_status make_node(reader *r, const yaml_mark_t *mark, size_t depth,
                              cspan_config_node **out) {
  if (++r->node_count > CSPAN_CONFIG_NODES_MAX) {
    return fail(r, mark, "the file has more than 20,000 values, those of aliases counted again");
  }
  if (depth > CSPAN_CONFIG_DEPTH_MAX) {
    return fail(r, mark, "the file is nested more than 48 deep");
  }
  *out = cspan_arena_alloc(r->arena, sizeof **out);
  if (*out == NULL) {
    return out_of_memory(r);
  }
  (*out)->source = r->source;
  (*out)->depth = depth;
  (*out)->line = mark->line + 1;
  (*out)->column = mark->column + 1;
  return CSPAN_OK;
}

/* For the next value; it knows its place before it is put there, for messages. */
static cspan_status new_node(reader *r, const yaml_mark_t *mark, cspan_config_node **out) {
  cspan_status status = make_node(r, mark, r->open != NULL ? r->open->depth + 1 : 0, out);
  if (status == CSPAN_OK && r->open != NULL) {
    (*out)->parent = r->open;
    (*out)->key = r->key;
    (*out)->index = r->open->count;
  }
  return status;
}

static void append(cspan_config_node *parent, cspan_config_node *child) {
  child->parent = parent;
  child->next = NULL;
  child->index = parent->count++;
  if (parent->last != NULL) {
    parent->last->next = child;
  } else {
    parent->first = child;
  }
  parent->last = child;
}

/* Puts a node where the next value goes. */
static cspan_status attach(reader *r, const yaml_mark_t *mark, cspan_config_node *node) {
  if (r->open == NULL) {
    r->root = node;
    return CSPAN_OK;
  }
  if (r->open->type == CSPAN_CONFIG_MAP) {
    if (r->open->count == CSPAN_CONFIG_MEMBERS_MAX) {
      return fail(r, mark, "a map has more than 1,000 members");
    }
    node->key = r->key;
    r->key = NULL;
  }
  append(r->open, node);
  return CSPAN_OK;
}

static cspan_status remember(reader *r, const yaml_char_t *name, const cspan_config_node *node) {
  if (name == NULL) {
    return CSPAN_OK;
  }
  if (++r->anchor_count > CSPAN_CONFIG_ANCHORS_MAX) {
    return cspan_config_fail(node, r->error, "the file has more than 1,000 anchors (&)");
  }
  anchor *entry = cspan_arena_alloc(r->arena, sizeof *entry);
  if (entry == NULL) {
    return out_of_memory(r);
  }
  entry->name = cspan_arena_strdup(r->arena, (const char *)name);
  entry->node = node;
  entry->before = r->anchors;
  r->anchors = entry;
  return entry->name != NULL ? CSPAN_OK : out_of_memory(r);
}

/* ------------------------------------------------------------------ scalars */

static const char *core_tag(const yaml_event_t *event) {
  static const char prefix[] = "tag:yaml.org,2002:";
  const char *tag = (const char *)event->data.scalar.tag;
  if (tag == NULL || strcmp(tag, "!") == 0) {
    return tag == NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? "" : "str";
  }
  return cspan_starts_with(tag, prefix) ? tag + sizeof prefix - 1 : "unknown";
}

/* Type and value: by the tag, or by the looks of a plain scalar. */
static bool apply_tag(cspan_config_node *node, const char *tag) {
  static const struct {
    const char *tag;
    cspan_config_type type;
  } tags[] = {{"null", CSPAN_CONFIG_NULL},
              {"bool", CSPAN_CONFIG_BOOL},
              {"int", CSPAN_CONFIG_INT64},
              {"float", CSPAN_CONFIG_DOUBLE}};
  if (strcmp(tag, "str") == 0) {
    node->type = CSPAN_CONFIG_STRING;
    return true;
  }
  cspan_config_resolve(node);
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
    if (strcmp(tag, tags[i].tag) == 0) {
      if (tags[i].type == CSPAN_CONFIG_DOUBLE && node->type == CSPAN_CONFIG_INT64) {
        node->value.number = (double)node->value.int64;
        node->type = CSPAN_CONFIG_DOUBLE;
      }
      return node->type == tags[i].type;
    }
  }
  return tag[0] == '\0';
}

static cspan_status set_text(reader *r, const yaml_event_t *event, cspan_config_node *node) {
  cspan_buf buf;
  cspan_buf_init(&buf, CSPAN_CONFIG_TEXT_MAX);
  const char *problem = cspan_config_substitute((const char *)event->data.scalar.value,
                                                event->data.scalar.length, cspan_env, &buf);
  const char *text = cspan_buf_text(&buf);
  cspan_status status = CSPAN_OK;
  if (problem == NULL && cspan_buf_status(&buf) == CSPAN_ERR_LIMIT) {
    problem = "has more than 1 MiB with its variables put in";
  } else if (problem == NULL && cspan_buf_status(&buf) != CSPAN_OK) {
    status = out_of_memory(r);
  } else if (problem == NULL &&
             (memchr(text, '\0', buf.len) != NULL || !cspan_utf8_valid(text, buf.len))) {
    problem = "is not UTF-8 or has a zero byte";
  }
  if (problem != NULL) {
    status = cspan_config_fail(node, r->error, "the value %s", problem);
  }
  if (status == CSPAN_OK) {
    node->text = cspan_arena_strndup(r->arena, text, buf.len);
    status = node->text != NULL ? CSPAN_OK : out_of_memory(r);
  }
  cspan_buf_free(&buf);
  return status;
}

static cspan_status take_key(reader *r, const yaml_event_t *event) {
  const char *text = (const char *)event->data.scalar.value;
  size_t len = event->data.scalar.length;
  if (len == 0 || memchr(text, '\0', len) != NULL) {
    return fail(r, &event->start_mark, "a key is empty or has a zero byte");
  }
  r->key = cspan_arena_strndup(r->arena, text, len);
  if (r->key == NULL) {
    return out_of_memory(r);
  }
  if (cspan_config_node_get(r->open, r->key) != NULL) {
    return cspan_error_set(r->error, CSPAN_ERR_CONFIG,
                           "%s:%zu:%zu: the key \"%.80s\" stands twice in the same map", r->source,
                           event->start_mark.line + 1, event->start_mark.column + 1, r->key);
  }
  return CSPAN_OK;
}

static bool wants_key(const reader *r) {
  return r->open != NULL && r->open->type == CSPAN_CONFIG_MAP && r->key == NULL;
}

static cspan_status take_scalar(reader *r, const yaml_event_t *event) {
  if (wants_key(r)) {
    return take_key(r, event);
  }
  cspan_config_node *node;
  cspan_status status = new_node(r, &event->start_mark, &node);
  if (status == CSPAN_OK) {
    status = set_text(r, event, node);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (!apply_tag(node, core_tag(event))) {
    return cspan_config_fail(node, r->error,
                             "the value has a tag that does not fit it: !!str, !!int, !!float, "
                             "!!bool and !!null are known");
  }
  status = remember(r, event->data.scalar.anchor, node);
  return status == CSPAN_OK ? attach(r, &event->start_mark, node) : status;
}

/* ---------------------------------------------------------- lists, maps, aliases */

static cspan_status open_container(reader *r, const yaml_event_t *event, cspan_config_type type) {
  const yaml_char_t *name = type == CSPAN_CONFIG_MAP ? event->data.mapping_start.anchor
                                                     : event->data.sequence_start.anchor;
  cspan_config_node *node;
  if (wants_key(r)) {
    return fail(r, &event->start_mark, "a key is a list or a map; keys are plain text");
  }
  cspan_status status = new_node(r, &event->start_mark, &node);
  if (status != CSPAN_OK) {
    return status;
  }
  node->type = type;
  status = remember(r, name, node);
  if (status == CSPAN_OK) {
    status = attach(r, &event->start_mark, node);
  }
  r->open = node;
  return status;
}

/* What "<<" stands for: the members of another map, or of several, that are not there
 * already. The nodes are copies and can be moved. */
static void merge(cspan_config_node *map, cspan_config_node *from) {
  cspan_config_node *next;
  for (cspan_config_node *child = from->first; child != NULL; child = next) {
    next = child->next;
    if (from->type == CSPAN_CONFIG_LIST) {
      merge(map, child);
    } else if (cspan_config_node_get(map, child->key) == NULL &&
               map->count < CSPAN_CONFIG_MEMBERS_MAX) {
      append(map, child);
    }
  }
}

static bool is_mergeable(const cspan_config_node *node) {
  if (node->type == CSPAN_CONFIG_MAP) {
    return true;
  }
  const cspan_config_node *child = node->type == CSPAN_CONFIG_LIST ? node->first : NULL;
  bool all = child != NULL;
  for (; child != NULL; child = child->next) {
    all = all && child->type == CSPAN_CONFIG_MAP;
  }
  return all;
}

static cspan_status merge_keys(reader *r, const yaml_mark_t *mark, cspan_config_node *map) {
  cspan_config_node *before = NULL;
  cspan_config_node *found = map->first;
  while (found != NULL && strcmp(found->key, "<<") != 0) {
    before = found;
    found = found->next;
  }
  if (found == NULL) {
    return CSPAN_OK;
  }
  if (!is_mergeable(found)) {
    return fail(r, mark, "the value of a merge key << is neither a map nor a list of maps");
  }
  *(before != NULL ? &before->next : &map->first) = found->next;
  if (map->last == found) {
    map->last = before;
  }
  map->count--;
  merge(map, found);
  return CSPAN_OK;
}

static cspan_status close_container(reader *r, const yaml_event_t *event) {
  cspan_config_node *closed = r->open;
  if (closed == NULL) { /* libyaml ends only what it began */
    return fail(r, &event->start_mark, "something ends that did not begin");
  }
  r->open = closed->parent;
  return closed->type == CSPAN_CONFIG_MAP ? merge_keys(r, &event->end_mark, closed) : CSPAN_OK;
}

static cspan_status copy_tree(reader *r, const yaml_mark_t *mark, const cspan_config_node *from,
                              size_t depth, cspan_config_node **out) {
  cspan_status status = make_node(r, mark, depth, out);
  if (status != CSPAN_OK) {
    return status;
  }
  (*out)->type = from->type;
  (*out)->is_plain = from->is_plain;
  (*out)->line = from->line;
  (*out)->column = from->column;
  (*out)->value = from->value;
  (*out)->text = from->text;
  for (const cspan_config_node *child = from->first; child != NULL; child = child->next) {
    cspan_config_node *copy;
    status = copy_tree(r, mark, child, depth + 1, &copy);
    if (status != CSPAN_OK) {
      return status;
    }
    copy->key = child->key;
    append(*out, copy);
  }
  return CSPAN_OK;
}

static cspan_status take_alias(reader *r, const yaml_event_t *event) {
  const char *name = (const char *)event->data.alias.anchor;
  const anchor *found = r->anchors;
  cspan_config_node *copy;
  if (wants_key(r)) {
    return fail(r, &event->start_mark, "a key is an alias; keys are plain text");
  }
  while (found != NULL && strcmp(found->name, name) != 0) {
    found = found->before;
  }
  if (found == NULL) {
    return fail(r, &event->start_mark, "an alias (*) has no anchor (&) before it");
  }
  for (const cspan_config_node *around = r->open; around != NULL; around = around->parent) {
    if (around == found->node) {
      return fail(r, &event->start_mark, "an alias (*) stands inside of what it refers to");
    }
  }
  cspan_status status = copy_tree(r, &event->start_mark, found->node, r->open->depth + 1, &copy);
  return status == CSPAN_OK ? attach(r, &event->start_mark, copy) : status;
}

/* --------------------------------------------------------------------- events */

static cspan_status take_event(reader *r, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    return ++r->document_count > 1
               ? fail(r, &event->start_mark, "the file has a second document (---)")
               : CSPAN_OK;
  case YAML_SCALAR_EVENT:
    return take_scalar(r, event);
  case YAML_SEQUENCE_START_EVENT:
    return open_container(r, event, CSPAN_CONFIG_LIST);
  case YAML_MAPPING_START_EVENT:
    return open_container(r, event, CSPAN_CONFIG_MAP);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    return close_container(r, event);
  case YAML_ALIAS_EVENT:
    return take_alias(r, event);
  case YAML_NO_EVENT:
  case YAML_STREAM_START_EVENT:
  case YAML_STREAM_END_EVENT:
  case YAML_DOCUMENT_END_EVENT:
    break;
  }
  return CSPAN_OK;
}

static cspan_status parser_failure(reader *r, const yaml_parser_t *parser) {
  if (parser->error == YAML_MEMORY_ERROR) {
    return out_of_memory(r);
  }
  if (parser->error == YAML_READER_ERROR) {
    return cspan_error_set(r->error, CSPAN_ERR_CONFIG, "%s: byte %zu: not YAML: %s", r->source,
                           parser->problem_offset,
                           parser->problem != NULL ? parser->problem : "it cannot be read");
  }
  return cspan_error_set(r->error, CSPAN_ERR_CONFIG, "%s:%zu:%zu: not YAML: %s%s%s", r->source,
                         parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                         parser->problem != NULL ? parser->problem : "it cannot be read",
                         parser->context != NULL ? ", " : "",
                         parser->context != NULL ? parser->context : "");
}

static cspan_status read_events(reader *r, yaml_parser_t *parser) {
  cspan_status status = CSPAN_OK;
  bool is_end = false;
  while (status == CSPAN_OK && !is_end) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) {
      return parser_failure(r, parser);
    }
    is_end = event.type == YAML_STREAM_END_EVENT;
    status = take_event(r, &event);
    yaml_event_delete(&event);
  }
  return status;
}

cspan_status cspan_config_read_yaml(cspan_arena *arena, const char *text, size_t size,
                                    const char *source, const cspan_config_node **out,
                                    cspan_error **error) {
  reader r = {.arena = arena, .source = source, .error = error};
  yaml_parser_t parser;
  if (size > CSPAN_CONFIG_BYTES_MAX) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s: the file has more than 1 MiB", source);
  }
  if (!yaml_parser_initialize(&parser)) {
    return out_of_memory(&r);
  }
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
  cspan_status status = read_events(&r, &parser);
  yaml_parser_delete(&parser);
  if (status == CSPAN_OK && r.root == NULL) {
    status = cspan_error_set(error, CSPAN_ERR_CONFIG, "%s: the file is empty", source);
  }
  *out = status == CSPAN_OK ? r.root : NULL;
  return status;
}
