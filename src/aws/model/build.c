/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

bool cspan_build_ok(const cspan_builder *build) {
  return build->status == CSPAN_OK;
}

void cspan_build_fail(cspan_builder *build, const char *fmt, ...) {
  char text[512];
  va_list args;
  if (build->status != CSPAN_OK) {
    return;
  }
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  if (build->kind) {
    build->status = cspan_error_set(build->error, CSPAN_ERR_INVALID, "model of '%s': %s '%s': %s",
                                    build->key, build->kind, build->name, text);
  } else {
    build->status =
        cspan_error_set(build->error, CSPAN_ERR_INVALID, "model of '%s': %s", build->key, text);
  }
}

void cspan_build_no_memory(cspan_builder *build) {
  if (build->status == CSPAN_OK) {
    build->status = cspan_error_set(build->error, CSPAN_ERR_NOMEM, "out of memory");
  }
}

static json_t *typed(cspan_builder *build, json_t *from, const char *key, json_type type,
                     const char *type_name) {
  json_t *value = json_object_get(from, key);
  if (value && json_typeof(value) != type) {
    cspan_build_fail(build, "'%s' is not %s", key, type_name);
    return NULL;
  }
  return value;
}

json_t *cspan_build_object(cspan_builder *build, json_t *from, const char *key) {
  return typed(build, from, key, JSON_OBJECT, "an object");
}

json_t *cspan_build_list(cspan_builder *build, json_t *from, const char *key) {
  return typed(build, from, key, JSON_ARRAY, "a list");
}

const char *cspan_build_string(cspan_builder *build, json_t *from, const char *key) {
  return json_string_value(typed(build, from, key, JSON_STRING, "a text"));
}

bool cspan_build_flag(cspan_builder *build, json_t *from, const char *key) {
  json_t *value = json_object_get(from, key);
  if (value && !json_is_boolean(value)) {
    cspan_build_fail(build, "'%s' is neither true nor false", key);
  }
  return json_is_true(value);
}

uint32_t cspan_build_count(cspan_builder *build, json_t *from, const char *key, uint32_t max) {
  json_t *value = json_object_get(from, key);
  if (!value) {
    return 0;
  }
  json_int_t number = json_integer_value(value);
  if (!json_is_integer(value) || number < 0 || number > max) {
    cspan_build_fail(build, "'%s' is not a number from 0 to %u", key, max);
    return 0;
  }
  return (uint32_t)number;
}

/* In the first walk it is only noted. */
static uint32_t text_ref(cspan_builder *build, const char *text, bool near) {
  size_t len = text ? strlen(text) : 0;
  if (len == 0) {
    return 0;
  }
  cspan_pool_entry *entry = cspan_pool_add(&build->texts, text, len, 0);
  if (!entry) {
    cspan_build_no_memory(build);
    return 0;
  }
  if (!build->laid_out) {
    entry->near = entry->near || near;
    return 0;
  }
  return entry->value;
}

cspan_text_ref cspan_build_text(cspan_builder *build, const char *text) {
  return text_ref(build, text, false);
}

cspan_near_ref cspan_build_near(cspan_builder *build, const char *text) {
  uint32_t ref = text_ref(build, text, true);
  if (ref > UINT16_MAX) {
    cspan_build_fail(build, "the service has too many namespaces, error codes and parameters");
  }
  return (cspan_near_ref)ref;
}

cspan_text_ref cspan_build_text_of(cspan_builder *build, json_t *from, const char *key) {
  return cspan_build_text(build, cspan_build_string(build, from, key));
}

cspan_near_ref cspan_build_near_of(cspan_builder *build, json_t *from, const char *key) {
  return cspan_build_near(build, cspan_build_string(build, from, key));
}

cspan_table_range cspan_build_texts_of(cspan_builder *build, json_t *from, const char *key) {
  json_t *value = json_object_get(from, key);
  uint16_t first = cspan_build_next(build, CSPAN_PART_REFS);
  if (json_is_string(value)) {
    cspan_build_ref(build, cspan_build_text(build, json_string_value(value)));
  } else if (value) {
    size_t i = 0;
    json_t *item = NULL;
    (void)cspan_build_list(build, from, key);
    json_array_foreach(value, i, item) {
      if (!json_is_string(item)) {
        cspan_build_fail(build, "'%s' holds what is not a text", key);
      }
      cspan_build_ref(build, cspan_build_text(build, json_string_value(item)));
    }
  }
  return cspan_build_range(build, CSPAN_PART_REFS, first);
}

uint16_t cspan_build_next(const cspan_builder *build, cspan_section_part part) {
  return (uint16_t)(build->parts[part].len / cspan_section_record_size(part));
}

uint16_t cspan_build_record(cspan_builder *build, cspan_section_part part, const void *record) {
  size_t size = cspan_section_record_size(part);
  uint16_t index = cspan_build_next(build, part);
  if (index == CSPAN_TABLE_MAX) {
    cspan_build_fail(build, "the service has more than %d records of a kind", CSPAN_TABLE_MAX);
  } else if (cspan_buf_append(&build->parts[part], record, size) != CSPAN_OK) {
    cspan_build_no_memory(build);
  }
  return index;
}

cspan_table_range cspan_build_range(const cspan_builder *build, cspan_section_part part,
                                    uint16_t first) {
  return (cspan_table_range){first, (uint16_t)(cspan_build_next(build, part) - first)};
}

void cspan_build_ref(cspan_builder *build, uint32_t value) {
  (void)cspan_build_record(build, CSPAN_PART_REFS, &value);
}

void cspan_build_pair(cspan_builder *build, const char *name, const char *value) {
  cspan_model_pair pair = {cspan_build_text(build, name), cspan_build_text(build, value)};
  (void)cspan_build_record(build, CSPAN_PART_PAIRS, &pair);
}

static int append_json(const char *data, size_t len, void *out) {
  return cspan_buf_append(out, data, len) == CSPAN_OK ? 0 : -1;
}

const char *cspan_build_json(cspan_builder *build, json_t *value) {
  const char *kept = NULL;
  cspan_buf text;
  cspan_buf_init(&text, 1 << 20);
  if (json_dump_callback(value, append_json, &text, JSON_ENCODE_ANY | JSON_COMPACT) == 0) {
    kept = cspan_arena_strndup(build->arena, cspan_buf_text(&text), text.len);
  }
  cspan_buf_free(&text);
  if (!kept) {
    cspan_build_no_memory(build);
  }
  return kept;
}

const char *cspan_build_namespace(cspan_builder *build, json_t *from, const char **prefix) {
  json_t *space = json_object_get(from, "xmlNamespace");
  *prefix = NULL;
  if (json_is_string(space)) {
    return json_string_value(space);
  }
  space = cspan_build_object(build, from, "xmlNamespace");
  *prefix = cspan_build_string(build, space, "prefix");
  return cspan_build_string(build, space, "uri");
}

uint16_t cspan_build_shape_ref(cspan_builder *build, json_t *from, json_t **shape) {
  const char *name = cspan_build_string(build, from, "shape");
  const cspan_pool_entry *entry = name ? cspan_pool_find(&build->shapes, name, strlen(name)) : NULL;
  *shape = entry ? json_object_get(build->shape_models, name) : NULL;
  if (!entry) {
    cspan_build_fail(build, "refers to shape '%s', which the model does not define",
                     name ? name : "");
    return 0;
  }
  return (uint16_t)entry->value;
}

void cspan_build_each(cspan_builder *build, const char *kind, json_t *all,
                      void (*visit)(cspan_builder *build, json_t *from)) {
  const char *name = NULL;
  json_t *from = NULL;
  build->kind = kind;
  json_object_foreach(all, name, from) {
    build->name = name;
    if (!json_is_object(from)) {
      cspan_build_fail(build, "is not an object");
    }
    if (!cspan_build_ok(build)) {
      break;
    }
    visit(build, from);
  }
  build->kind = NULL;
}
