/* SPDX-License-Identifier: Apache-2.0 */
/* Parse: from a file or a text to a checked tree. */
#include <string.h>

#include "base/alloc.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/config/schema.h"

static cspan_status read_all(cspan_configuration *configuration, const char *yaml, size_t size,
                             const char *name, cspan_error **error) {
  configuration->arena = cspan_arena_create(CSPAN_CONFIG_ARENA_MAX);
  const char *source =
      configuration->arena != NULL ? cspan_arena_strdup(configuration->arena, name) : NULL;
  if (source == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the configuration");
  }
  cspan_status status =
      cspan_config_read_yaml(configuration->arena, yaml, size, source, &configuration->root, error);
  return status == CSPAN_OK
             ? cspan_schema_check(&cspan_schema_configuration, configuration->root, error)
             : status;
}

cspan_status cspan_configuration_parse(const char *yaml, size_t size_bytes, const char *name,
                                       cspan_configuration **out, cspan_error **error) {
  *out = NULL;
  cspan_configuration *configuration = cspan_calloc(1, sizeof *configuration);
  if (configuration == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the configuration");
  }
  cspan_status status =
      read_all(configuration, yaml, size_bytes, name != NULL ? name : "configuration", error);
  if (status != CSPAN_OK) {
    cspan_configuration_free(configuration);
    return status;
  }
  *out = configuration;
  return CSPAN_OK;
}

cspan_status cspan_configuration_parse_file(const char *path, cspan_configuration **out,
                                            cspan_error **error) {
  *out = NULL;
  if (path == NULL || path[0] == '\0') {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a configuration file needs a path");
  }
  cspan_buf text;
  cspan_buf_init(&text, CSPAN_CONFIG_BYTES_MAX);
  cspan_status status = cspan_file_read(path, CSPAN_CONFIG_BYTES_MAX, &text, error);
  if (status == CSPAN_OK) {
    status = cspan_configuration_parse(cspan_buf_text(&text), text.len, path, out, error);
  }
  if (text.data != NULL) { /* it may hold keys */
    cspan_memzero(text.data, text.len);
  }
  cspan_buf_free(&text);
  return status;
}

void cspan_configuration_free(cspan_configuration *configuration) {
  if (configuration != NULL) {
    cspan_arena_free(configuration->arena);
    cspan_free(configuration);
  }
}

const cspan_config_node *cspan_configuration_root(const cspan_configuration *configuration) {
  return configuration != NULL ? configuration->root : NULL;
}

/* The length of the next step of a path: "name" or "[3]". */
static size_t step_len(const char *at) {
  if (at[0] == '[') {
    size_t len = strcspn(at, "]");
    return len + (at[len] == ']');
  }
  return strcspn(at, ".[");
}

static const cspan_config_node *take_step(const cspan_config_node *node, const char *at,
                                          size_t len) {
  char step[128];
  uint64_t index;
  if (len == 0 || len >= sizeof step) {
    return NULL;
  }
  memcpy(step, at, len);
  step[len] = '\0';
  if (step[0] != '[') {
    return cspan_config_node_get(node, step);
  }
  step[len - 1] = '\0';
  return cspan_config_node_type(node) == CSPAN_CONFIG_LIST && at[len - 1] == ']' &&
                 cspan_parse_u64(step + 1, &index)
             ? cspan_config_node_at(node, (size_t)index, NULL)
             : NULL;
}

const cspan_config_node *cspan_configuration_find(const cspan_configuration *configuration,
                                                  const char *path) {
  const cspan_config_node *node = cspan_configuration_root(configuration);
  for (const char *at = path; node != NULL && *at != '\0';) {
    size_t len = step_len(at);
    node = take_step(node, at, len);
    at += len;
    at += *at == '.';
  }
  return node;
}
