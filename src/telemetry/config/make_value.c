/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a map with their defaults. */
#include "telemetry/config/make.h"

const char *cspan_config_text(const cspan_config_node *map, const char *key, const char *fallback) {
  cspan_config_node_string(cspan_config_node_get(map, key), &fallback);
  return fallback;
}

int64_t cspan_config_whole(const cspan_config_node *map, const char *key, int64_t fallback) {
  cspan_config_node_int64(cspan_config_node_get(map, key), &fallback);
  return fallback;
}

double cspan_config_real(const cspan_config_node *map, const char *key, double fallback) {
  cspan_config_node_double(cspan_config_node_get(map, key), &fallback);
  return fallback;
}

bool cspan_config_flag(const cspan_config_node *map, const char *key, bool fallback) {
  cspan_config_node_bool(cspan_config_node_get(map, key), &fallback);
  return fallback;
}

void cspan_config_set_no_memory(const cspan_config_node *node, cspan_error **error) {
  cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the \"%s\" of the configuration",
                  node->key != NULL ? node->key : "root");
}

cspan_status cspan_config_texts(cspan_maker *maker, const cspan_config_node *list,
                                const char *const **out, size_t *count, cspan_error **error) {
  size_t n = cspan_config_node_count(list);
  *out = NULL;
  *count = 0;
  if (n == 0) {
    return CSPAN_OK;
  }
  const char **texts = cspan_arena_array(maker->arena, n, sizeof *texts);
  if (texts == NULL) {
    return cspan_config_no_memory(list, error);
  }
  for (const cspan_config_node *child = list->first; child != NULL; child = child->next) {
    cspan_config_node_string(child, &texts[child->index]);
  }
  *out = texts;
  *count = n;
  return CSPAN_OK;
}
