/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/resource/value.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "telemetry/enc.h"
#include "telemetry/resource/plan.h"

enum { RESOURCE_ATTRIBUTE = 0x0A, FIRST_CAPACITY = 32, SCHEMA_URL_MAX = 4096 };
/* Values that were replaced stay in the arena. */
enum { ARENA_MAX = 4 * CSPAN_RESOURCE_BYTES_MAX };

struct cspan_resource {
  cspan_arena *arena; /* the texts */
  cspan_attr *attributes;
  size_t count;
  size_t capacity;
  size_t bytes; /* as a Resource message */
  const char *schema_url;
  cspan_status status;
};

cspan_resource *cspan_resource_new(void) {
  cspan_resource *resource = cspan_calloc(1, sizeof *resource);
  if (resource == NULL) {
    return NULL;
  }
  resource->arena = cspan_arena_create(ARENA_MAX);
  resource->schema_url = "";
  if (resource->arena == NULL) {
    cspan_free(resource);
    return NULL;
  }
  return resource;
}

void cspan_resource_free(cspan_resource *resource) {
  if (resource != NULL) {
    cspan_arena_free(resource->arena);
    cspan_free(resource->attributes);
    cspan_free(resource);
  }
}

const cspan_attr *cspan_resource_attributes(const cspan_resource *resource, size_t *count) {
  *count = resource != NULL ? resource->count : 0;
  return resource != NULL ? resource->attributes : NULL;
}

const char *cspan_resource_schema_url(const cspan_resource *resource) {
  return resource != NULL ? resource->schema_url : "";
}

/* ---------------------------------------------------------------------- copying */

static const void *copy_array(cspan_arena *arena, const cspan_attr *attr) {
  static const size_t sizes[] = {[CSPAN_ATTR_STRING_ARRAY] = sizeof(char *),
                                 [CSPAN_ATTR_BOOL_ARRAY] = sizeof(bool),
                                 [CSPAN_ATTR_INT64_ARRAY] = sizeof(int64_t),
                                 [CSPAN_ATTR_DOUBLE_ARRAY] = sizeof(double)};
  size_t size = sizes[attr->type];
  void *array = cspan_arena_array(arena, attr->count > 0 ? attr->count : 1, size);
  if (array == NULL || attr->count == 0) {
    return array;
  }
  if (attr->type != CSPAN_ATTR_STRING_ARRAY) {
    memcpy(array, attr->value.strings, attr->count * size);
    return array;
  }
  const char **texts = array;
  for (size_t i = 0; i < attr->count; i++) {
    const char *text = attr->value.strings[i];
    texts[i] = cspan_arena_strdup(arena, text != NULL ? text : "");
    if (texts[i] == NULL) {
      return NULL;
    }
  }
  return array;
}

static bool copy_attr(cspan_arena *arena, const cspan_attr *attr, cspan_attr *out) {
  size_t key_len = strlen(attr->key);
  *out = *attr;
  out->key = cspan_arena_strndup(arena, attr->key, key_len);
  out->key_size = (uint32_t)key_len;
  if (attr->type == CSPAN_ATTR_STRING) {
    out->value.string = cspan_arena_strndup(arena, attr->value.string, attr->count);
    return out->key != NULL && out->value.string != NULL;
  }
  if (attr->type >= CSPAN_ATTR_STRING_ARRAY) {
    out->value.strings = copy_array(arena, attr);
    return out->key != NULL && out->value.strings != NULL;
  }
  return out->key != NULL;
}

/* What it adds to a Resource message; 0 when it cannot be an attribute. */
static size_t wire_size(const cspan_attr *attr) {
  cspan_kv_size size;
  return attr->key != NULL && attr->key[0] != '\0' &&
                 cspan_kv_measure(attr, CSPAN_RESOURCE_BYTES_MAX, CSPAN_ENC_UNLIMITED, &size)
             ? wire_bytes_size(size.kv)
             : 0;
}

static bool make_room(cspan_resource *resource) {
  if (resource->count < resource->capacity) {
    return true;
  }
  size_t capacity = resource->capacity > 0 ? 2 * resource->capacity : FIRST_CAPACITY;
  cspan_attr *larger = cspan_realloc(resource->attributes, capacity * sizeof *larger);
  if (larger == NULL) {
    return false;
  }
  resource->attributes = larger;
  resource->capacity = capacity;
  return true;
}

cspan_status cspan_resource_put(cspan_resource *resource, const cspan_attr *attr) {
  cspan_attr copy;
  size_t size = wire_size(attr);
  size_t at = 0;
  if (size == 0) {
    return CSPAN_ERR_INVALID;
  }
  while (at < resource->count && strcmp(resource->attributes[at].key, attr->key) != 0) {
    at++;
  }
  size_t before = at < resource->count ? wire_size(&resource->attributes[at]) : 0;
  if (at == CSPAN_RESOURCE_ATTRIBUTES_MAX ||
      resource->bytes - before + size > CSPAN_RESOURCE_BYTES_MAX) {
    return CSPAN_ERR_LIMIT;
  }
  if (!make_room(resource) || !copy_attr(resource->arena, attr, &copy)) {
    return CSPAN_ERR_NOMEM;
  }
  resource->attributes[at] = copy;
  resource->count += at == resource->count;
  resource->bytes += size - before;
  return CSPAN_OK;
}

/* ---------------------------------------------------------------- for detectors */

static void put(cspan_resource *resource, const cspan_attr *attr) {
  cspan_status status = cspan_resource_put(resource, attr);
  if (resource->status == CSPAN_OK && status != CSPAN_ERR_INVALID) {
    resource->status = status;
  }
}

void cspan_resource_put_text_n(cspan_resource *resource, const char *key, const char *value,
                               size_t len) {
  if (value != NULL && len > 0) {
    cspan_attr attr = cspan_attr_string_n(key, value, len);
    put(resource, &attr);
  }
}

void cspan_resource_put_text(cspan_resource *resource, const char *key, const char *value) {
  cspan_resource_put_text_n(resource, key, value, value != NULL ? strlen(value) : 0);
}

void cspan_resource_put_int(cspan_resource *resource, const char *key, int64_t value) {
  cspan_attr attr = cspan_attr_int64(key, value);
  put(resource, &attr);
}

void cspan_resource_put_list(cspan_resource *resource, const char *key, const char *value) {
  if (value != NULL && value[0] != '\0') {
    cspan_attr attr = cspan_attr_strings(key, &value, 1);
    put(resource, &attr);
  }
}

cspan_status cspan_resource_status(const cspan_resource *resource) {
  return resource->status;
}

/* ---------------------------------------------------------------------- merging */

cspan_status cspan_resource_set_schema_url(cspan_resource *resource, const char *schema_url) {
  if (schema_url == NULL || schema_url[0] == '\0') {
    resource->schema_url = "";
    return CSPAN_OK;
  }
  size_t len = cspan_text_cut(schema_url, strlen(schema_url), SCHEMA_URL_MAX);
  const char *copy = cspan_arena_strndup(resource->arena, schema_url, len);
  resource->schema_url = copy != NULL ? copy : "";
  return copy != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static cspan_status merge_schema_url(cspan_resource *resource, const char *updating) {
  if (updating[0] == '\0' || strcmp(resource->schema_url, updating) == 0) {
    return CSPAN_OK;
  }
  if (resource->schema_url[0] == '\0') {
    return cspan_resource_set_schema_url(resource, updating);
  }
  cspan_log(CSPAN_LOG_WARN,
            "resources of two schemas were merged, %.100s and %.100s: the result has none",
            resource->schema_url, updating);
  return cspan_resource_set_schema_url(resource, NULL);
}

cspan_status cspan_resource_update(cspan_resource *resource, const cspan_resource *updating) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; updating != NULL && i < updating->count && status == CSPAN_OK; i++) {
    status = cspan_resource_put(resource, &updating->attributes[i]);
  }
  return status == CSPAN_OK && updating != NULL ? merge_schema_url(resource, updating->schema_url)
                                                : status;
}

cspan_status cspan_resource_write(const cspan_resource *resource, uint8_t **out, size_t *out_len) {
  cspan_enc enc = {.data = NULL};
  cspan_enc_begin(&enc, CSPAN_RESOURCE_BYTES_MAX, CSPAN_RESOURCE_ATTRIBUTES_MAX);
  for (size_t i = 0; i < resource->count; i++) {
    if (!cspan_enc_set(&enc, RESOURCE_ATTRIBUTE, &resource->attributes[i])) {
      cspan_enc_free(&enc); /* each was measured: only memory is missing */
      return CSPAN_ERR_NOMEM;
    }
  }
  *out = enc.data;
  *out_len = enc.len;
  enc.data = NULL;
  cspan_enc_free(&enc);
  return CSPAN_OK;
}

/* ------------------------------------------------------------------------- API */

/* `resource` goes to *out, or is freed with an error. */
static cspan_status finish(cspan_resource *resource, cspan_status status, cspan_resource **out,
                           cspan_error **error) {
  *out = status == CSPAN_OK ? resource : NULL;
  if (status != CSPAN_OK) {
    cspan_resource_free(resource);
  }
  return cspan_resource_fail(status, error);
}

cspan_status cspan_resource_create(const cspan_attr *attributes, size_t count,
                                   const char *schema_url, cspan_resource **out,
                                   cspan_error **error) {
  cspan_resource *resource = cspan_resource_new();
  cspan_status status =
      resource != NULL ? cspan_resource_set_schema_url(resource, schema_url) : CSPAN_ERR_NOMEM;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = cspan_resource_put(resource, &attributes[i]);
  }
  return finish(resource, status, out, error);
}

cspan_status cspan_resource_merge(const cspan_resource *old, const cspan_resource *updating,
                                  cspan_resource **out, cspan_error **error) {
  cspan_resource *resource = cspan_resource_new();
  cspan_status status = resource != NULL ? cspan_resource_update(resource, old) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    status = cspan_resource_update(resource, updating);
  }
  return finish(resource, status, out, error);
}
