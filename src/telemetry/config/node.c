/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at nodes, and saying where they stand. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/config/node.h"

enum { PATH_MAX_BYTES = 512, PROBLEM_MAX = 768 };

/* ----------------------------------------------------------------- looking */

cspan_config_type cspan_config_node_type(const cspan_config_node *node) {
  return node != NULL ? node->type : CSPAN_CONFIG_ABSENT;
}

size_t cspan_config_node_count(const cspan_config_node *node) {
  return node != NULL ? node->count : 0;
}

const cspan_config_node *cspan_config_node_at(const cspan_config_node *node, size_t index,
                                              const char **key) {
  const cspan_config_node *child = node != NULL && index < node->count ? node->first : NULL;
  while (child != NULL && index-- > 0) {
    child = child->next;
  }
  if (key != NULL) {
    *key = child != NULL ? child->key : NULL;
  }
  return child;
}

const cspan_config_node *cspan_config_node_get(const cspan_config_node *map, const char *key) {
  if (map == NULL || map->type != CSPAN_CONFIG_MAP || key == NULL) {
    return NULL;
  }
  const cspan_config_node *child = map->first;
  while (child != NULL && strcmp(child->key, key) != 0) {
    child = child->next;
  }
  return child;
}

bool cspan_config_node_string(const cspan_config_node *node, const char **out) {
  if (node == NULL || node->type != CSPAN_CONFIG_STRING) {
    return false;
  }
  *out = node->text;
  return true;
}

bool cspan_config_node_bool(const cspan_config_node *node, bool *out) {
  if (node == NULL || node->type != CSPAN_CONFIG_BOOL) {
    return false;
  }
  *out = node->value.boolean;
  return true;
}

bool cspan_config_node_int64(const cspan_config_node *node, int64_t *out) {
  if (node == NULL || node->type != CSPAN_CONFIG_INT64) {
    return false;
  }
  *out = node->value.int64;
  return true;
}

bool cspan_config_node_double(const cspan_config_node *node, double *out) {
  if (node == NULL || (node->type != CSPAN_CONFIG_DOUBLE && node->type != CSPAN_CONFIG_INT64)) {
    return false;
  }
  *out = node->type == CSPAN_CONFIG_DOUBLE ? node->value.number : (double)node->value.int64;
  return true;
}

/* -------------------------------------------------------------------- where */

void cspan_config_path(const cspan_config_node *node, cspan_buf *out) {
  const cspan_config_node *chain[CSPAN_CONFIG_DEPTH_MAX + 1];
  size_t count = 0;
  for (; node->parent != NULL && count < sizeof chain / sizeof chain[0]; node = node->parent) {
    chain[count++] = node;
  }
  while (count-- > 0) {
    if (chain[count]->key == NULL) {
      cspan_buf_printf(out, "[%zu]", chain[count]->index);
    } else {
      cspan_buf_printf(out, "%s%.80s", out->len > 0 ? "." : "", chain[count]->key);
    }
  }
}

static cspan_status place(const cspan_config_node *node, cspan_buf *out) {
  const cspan_config_node *root = node;
  while (root->parent != NULL) {
    root = root->parent;
  }
  cspan_buf path;
  cspan_buf_init(&path, PATH_MAX_BYTES);
  cspan_config_path(node, &path);
  cspan_buf_printf(out, "%s:%zu:%zu: %s%s", root->source, node->line, node->column,
                   cspan_buf_text(&path), path.len > 0 ? ": " : "");
  cspan_buf_free(&path);
  return cspan_buf_status(out);
}

cspan_status cspan_config_fail(const cspan_config_node *node, cspan_error **error, const char *fmt,
                               ...) {
  char problem[PROBLEM_MAX];
  va_list args;
  va_start(args, fmt);
  vsnprintf(problem, sizeof problem, fmt, args);
  va_end(args);
  cspan_buf where;
  cspan_buf_init(&where, 2 * PROBLEM_MAX);
  place(node, &where);
  cspan_error_set(error, CSPAN_ERR_CONFIG, "%s%s", cspan_buf_text(&where), problem);
  cspan_buf_free(&where);
  return CSPAN_ERR_CONFIG;
}

cspan_status cspan_config_node_error(const cspan_config_node *node, cspan_error **error,
                                     const char *problem) {
  if (node == NULL) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s", problem);
  }
  return cspan_config_fail(node, error, "%s", problem);
}

cspan_status cspan_config_wrap(const cspan_config_node *node, cspan_error **to, cspan_error *from) {
  cspan_buf where;
  cspan_buf_init(&where, 2 * PROBLEM_MAX);
  const char *message = cspan_error_message(from);
  bool has_place = cspan_starts_with(message, node->source) && message[strlen(node->source)] == ':';
  if (!has_place && place(node, &where) == CSPAN_OK) {
    where.data[where.len - 2] = '\0'; /* the prefix brings its own ": " */
    cspan_error_prefix(from, "%s", where.data);
  }
  cspan_buf_free(&where);
  if (cspan_error_status(from) != CSPAN_ERR_INVALID) {
    return cspan_error_move(to, from);
  }
  cspan_error_set(to, CSPAN_ERR_CONFIG, "%s", cspan_error_message(from));
  cspan_error_free(from);
  return CSPAN_ERR_CONFIG;
}

void cspan_config_warn(const cspan_config_node *node, const char *fmt, ...) {
  char problem[PROBLEM_MAX];
  va_list args;
  va_start(args, fmt);
  vsnprintf(problem, sizeof problem, fmt, args);
  va_end(args);
  cspan_buf where;
  cspan_buf_init(&where, 2 * PROBLEM_MAX);
  place(node, &where);
  cspan_log(CSPAN_LOG_WARN, "%s%s", cspan_buf_text(&where), problem);
  cspan_buf_free(&where);
}
