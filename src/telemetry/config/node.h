/* SPDX-License-Identifier: Apache-2.0 */
/* The tree that a configuration file is read into. */
#ifndef TELEMETRY_CONFIG_NODE_H
#define TELEMETRY_CONFIG_NODE_H

#include <cloudspan/ext/configuration.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* Caps of a file; aliases count as often as they are used. */
enum {
  CSPAN_CONFIG_BYTES_MAX = 1 << 20,
  CSPAN_CONFIG_NODES_MAX = 20000,
  CSPAN_CONFIG_MEMBERS_MAX = 1000, /* of one map */
  CSPAN_CONFIG_DEPTH_MAX = 48,
  CSPAN_CONFIG_ANCHORS_MAX = 1000,
  CSPAN_CONFIG_TEXT_MAX = 1 << 20, /* of one value, variables put in */
  CSPAN_CONFIG_ARENA_MAX = 16 << 20
};

struct cspan_config_node {
  cspan_config_type type;
  bool is_plain; /* a scalar without quotes */
  cspan_config_node *parent;
  const char *source; /* of the root: the file's name */
  const char *key;    /* in a map */
  size_t index;       /* in a list */
  size_t line;        /* from 1 */
  size_t column;
  size_t depth; /* of the root: 0 */
  union {
    bool boolean;
    int64_t int64;
    double number;
  } value;
  const char *text; /* of a scalar, as it stands after substitution; NULL for lists and maps */
  cspan_config_node *first;
  cspan_config_node *last;
  cspan_config_node *next;
  size_t count;
};

struct cspan_configuration {
  cspan_arena *arena;
  const cspan_config_node *root;
};

/* "a", "a[3]", "a.b[3].c"; long paths are cut. */
void cspan_config_path(const cspan_config_node *node, cspan_buf *out);

/* CSPAN_ERR_CONFIG with file, line, column and path before the problem. */
cspan_status cspan_config_fail(const cspan_config_node *node, cspan_error **error, const char *fmt,
                               ...) CSPAN_PRINTF(3, 4);
/* The same place before the message of what could not be made of it. Keeps its status, but for
 * CSPAN_ERR_INVALID: what is a wrong argument in a program is CSPAN_ERR_CONFIG in a file. */
cspan_status cspan_config_wrap(const cspan_config_node *node, cspan_error **to, cspan_error *from);
/* Logs a warning with the place. */
void cspan_config_warn(const cspan_config_node *node, const char *fmt, ...) CSPAN_PRINTF(2, 3);

/* YAML to nodes, in the arena. */
cspan_status cspan_config_read_yaml(cspan_arena *arena, const char *text, size_t size,
                                    const char *source, const cspan_config_node **out,
                                    cspan_error **error);

/* Puts variables in for the references of a scalar (data-model.md, "Environment variable
 * substitution"). NULL on success, else what is wrong, as the end of a sentence; the value is
 * not quoted. `lookup` returns NULL for a variable that is not set. */
const char *cspan_config_substitute(const char *text, size_t len,
                                    const char *(*lookup)(const char *name), cspan_buf *out);

/* Sets type and value by the core schema of YAML 1.2 for a plain scalar's text. */
void cspan_config_resolve(cspan_config_node *node);

#endif
