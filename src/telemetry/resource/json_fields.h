/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of JSON answers as attributes. */
#ifndef TELEMETRY_RESOURCE_JSON_FIELDS_H
#define TELEMETRY_RESOURCE_JSON_FIELDS_H

#include <jansson.h>

#include "telemetry/resource/detector.h"

/* The object that the text holds; NULL for anything else. Free with json_decref(). */
static inline json_t *cspan_json_object(cspan_str text) {
  json_t *root = text.len > 0 ? json_loadb(text.data, text.len, 0, NULL) : NULL;
  if (!json_is_object(root)) {
    json_decref(root);
    return NULL;
  }
  return root;
}

/* A member that is a string; NULL when it is not. */
static inline const char *cspan_json_text(const json_t *object, const char *name) {
  return json_string_value(json_object_get(object, name));
}

static inline void cspan_json_put(cspan_resource *out, const char *key, const json_t *object,
                                  const char *name) {
  cspan_resource_put_text(out, key, cspan_json_text(object, name));
}

#endif
