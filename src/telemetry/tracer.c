/* SPDX-License-Identifier: Apache-2.0 */
/* Tracers: one an instrumentation scope, found again by name. */
#include "base/alloc.h"
#include "base/log.h"
#include "telemetry/core.h"

enum { SCOPE = 0x0A, SCOPE_NAME = 0x0A, SCOPE_VERSION = 0x12, SCHEMA_URL = 0x1A };
enum { TRACERS_MAX = 1024, TEXT_MAX = 4096 };

void cspan_tracer_free(cspan_tracer *tracer) {
  if (tracer != NULL) {
    cspan_free(tracer->name);
    cspan_free(tracer->version);
    cspan_free(tracer->schema_url);
    cspan_free(tracer->head);
    cspan_free(tracer->tail);
    cspan_free(tracer);
  }
}

static uint8_t *text_field(uint8_t *p, uint8_t tag, const char *text) {
  size_t len = strlen(text);
  size_t wire = text_wire_size(text, len);
  *p++ = tag;
  p = wire_varint(p, wire);
  return text_wire(p, text, len, wire);
}

static size_t text_field_size(const char *text) {
  return wire_bytes_size(text_wire_size(text, strlen(text)));
}

static bool encode_scope(cspan_tracer *tracer) {
  size_t scope = text_field_size(tracer->name);
  if (tracer->version[0] != '\0') {
    scope += text_field_size(tracer->version);
  }
  tracer->head_len = wire_bytes_size(scope);
  tracer->tail_len = tracer->schema_url[0] != '\0' ? text_field_size(tracer->schema_url) : 0;
  tracer->head = cspan_malloc(tracer->head_len);
  tracer->tail = cspan_malloc(tracer->tail_len + 1);
  if (tracer->head == NULL || tracer->tail == NULL) {
    return false;
  }
  uint8_t *p = tracer->head;
  *p++ = SCOPE;
  p = wire_varint(p, scope);
  p = text_field(p, SCOPE_NAME, tracer->name);
  if (tracer->version[0] != '\0') {
    text_field(p, SCOPE_VERSION, tracer->version);
  }
  if (tracer->tail_len > 0) {
    text_field(tracer->tail, SCHEMA_URL, tracer->schema_url);
  }
  return true;
}

static size_t kept_length(const char *text) {
  return cspan_text_cut(text, strlen(text), TEXT_MAX);
}

static char *copy_text(const char *text) {
  return cspan_strndup(text, kept_length(text));
}

static bool is_copy(const char *copy, const char *text) {
  size_t len = kept_length(text);
  return strncmp(copy, text, len) == 0 && copy[len] == '\0';
}

cspan_tracer *cspan_tracer_create(cspan_tracer_provider *provider, const char *name,
                                  const char *version, const char *schema_url) {
  cspan_tracer *tracer = cspan_calloc(1, sizeof *tracer);
  if (tracer == NULL) {
    return NULL;
  }
  tracer->provider = provider;
  tracer->name = copy_text(name);
  tracer->version = copy_text(version);
  tracer->schema_url = copy_text(schema_url);
  if (tracer->name == NULL || tracer->version == NULL || tracer->schema_url == NULL ||
      !encode_scope(tracer)) {
    cspan_tracer_free(tracer);
    return NULL;
  }
  return tracer;
}

static cspan_tracer *find(cspan_tracer *first, const char *name, const char *version,
                          const char *schema_url, size_t *count) {
  *count = 0;
  for (cspan_tracer *t = first; t != NULL; t = t->next) {
    if (is_copy(t->name, name) && is_copy(t->version, version) &&
        is_copy(t->schema_url, schema_url)) {
      return t;
    }
    (*count)++;
  }
  return NULL;
}

cspan_tracer *cspan_tracer_get(cspan_tracer_provider *provider, const char *name,
                               const char *version, const char *schema_url) {
  if (provider == NULL && (provider = cspan_tracer_provider_global()) == NULL) {
    return NULL;
  }
  name = name != NULL ? name : "";
  version = version != NULL ? version : "";
  schema_url = schema_url != NULL ? schema_url : "";
  cspan_tracer *made = NULL;
  cspan_tracer *first = atomic_load_explicit(&provider->tracers, memory_order_acquire);
  for (;;) {
    size_t count;
    cspan_tracer *found = find(first, name, version, schema_url, &count);
    if (found != NULL) {
      cspan_tracer_free(made);
      return found;
    }
    if (count >= TRACERS_MAX) {
      cspan_log(CSPAN_LOG_ERROR,
                "cspan_tracer_get: %zu tracers exist already, \"%.100s\" is not added; use one "
                "name a library",
                count, name);
      cspan_tracer_free(made);
      return NULL;
    }
    if (made == NULL && (made = cspan_tracer_create(provider, name, version, schema_url)) == NULL) {
      return NULL;
    }
    made->next = first;
    if (atomic_compare_exchange_weak_explicit(&provider->tracers, &first, made,
                                              memory_order_acq_rel, memory_order_acquire)) {
      return made;
    }
  }
}

void cspan_tracers_free(cspan_tracer_provider *provider) {
  cspan_tracer *tracer = atomic_exchange(&provider->tracers, NULL);
  while (tracer != NULL) {
    cspan_tracer *next = tracer->next;
    cspan_tracer_free(tracer);
    tracer = next;
  }
}
