/* SPDX-License-Identifier: Apache-2.0 */
/* The propagator of a configuration file: entries of `composite`, then names of
 * `composite_list`, each name once. */
#include <string.h>

#include "base/text.h"
#include "telemetry/config/make.h"

enum { PARTS_MAX = 16, NAME_MAX_BYTES = 64 };

typedef struct parts {
  cspan_propagator *made[PARTS_MAX];
  char names[PARTS_MAX][NAME_MAX_BYTES];
  size_t count;
} parts;

static bool has(const parts *all, const char *name) {
  for (size_t i = 0; i < all->count; i++) {
    if (strcmp(all->names[i], name) == 0) {
      return true;
    }
  }
  return false;
}

/* `choice` NULL: the name comes from the list, which is `where`. */
static cspan_status make_one(const cspan_config_node *where, const cspan_config_node *choice,
                             const char *name, cspan_propagator **out, cspan_error **error) {
  if (choice != NULL && !cspan_schema_has(&cspan_schema_propagator, name)) {
    cspan_component component = {.propagator = NULL};
    cspan_status status =
        cspan_component_make(CSPAN_COMPONENT_PROPAGATOR, choice, &component, error);
    *out = component.propagator;
    return status;
  }
  if (cspan_component_is_registered(CSPAN_COMPONENT_PROPAGATOR, name)) {
    cspan_config_node empty = {.type = CSPAN_CONFIG_NULL,
                               .parent = where->parent,
                               .source = where->source,
                               .key = name,
                               .line = where->line,
                               .column = where->column};
    const cspan_config_node map = {.type = CSPAN_CONFIG_MAP, .first = &empty, .count = 1};
    cspan_component component = {.propagator = NULL};
    cspan_status status = cspan_component_make(CSPAN_COMPONENT_PROPAGATOR, &map, &component, error);
    *out = component.propagator;
    return status;
  }
  cspan_error *failure = NULL;
  *out = cspan_propagator_from_names(name, &failure);
  return *out != NULL ? CSPAN_OK : cspan_config_wrap(where, error, failure);
}

static cspan_status add(parts *all, const cspan_config_node *where, const cspan_config_node *choice,
                        cspan_str name, cspan_error **error) {
  if (name.len == 0 || (choice == NULL && cspan_str_eq(name, "none"))) {
    return CSPAN_OK;
  }
  if (all->count == PARTS_MAX || name.len >= NAME_MAX_BYTES) {
    return cspan_config_fail(where, error,
                             "there may be 16 propagators, with names of 63 characters");
  }
  char *copy = all->names[all->count];
  memcpy(copy, name.data, name.len);
  copy[name.len] = '\0';
  if (has(all, copy)) {
    return CSPAN_OK;
  }
  cspan_propagator *made = NULL;
  cspan_status status = make_one(where, choice, copy, &made, error);
  if (status == CSPAN_OK) {
    all->made[all->count++] = made;
  }
  return status;
}

static cspan_status add_all(parts *all, const cspan_config_node *node, cspan_error **error) {
  const cspan_config_node *composite = cspan_config_node_get(node, "composite");
  const cspan_config_node *list = cspan_config_node_get(node, "composite_list");
  const char *names = cspan_config_text(node, "composite_list", "");
  cspan_status status = CSPAN_OK;
  for (const cspan_config_node *choice = composite != NULL ? composite->first : NULL;
       choice != NULL && status == CSPAN_OK; choice = choice->next) {
    status = add(all, choice->first, choice, cspan_str_of(choice->first->key), error);
  }
  while (*names != '\0' && status == CSPAN_OK) {
    size_t len = strcspn(names, ",");
    status = add(all, list, NULL, cspan_str_trim((cspan_str){names, len}), error);
    names += len + (names[len] == ',');
  }
  return status;
}

cspan_status cspan_make_propagator(const cspan_config_node *node, cspan_propagator **out,
                                   cspan_error **error) {
  parts all = {.count = 0};
  *out = NULL;
  cspan_status status = node != NULL ? add_all(&all, node, error) : CSPAN_OK;
  if (status != CSPAN_OK) {
    for (size_t i = 0; i < all.count; i++) {
      cspan_propagator_free(all.made[i]);
    }
    return status;
  }
  *out = cspan_propagator_composite(all.made, all.count);
  return *out != NULL ? CSPAN_OK
                      : cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the propagator");
}
