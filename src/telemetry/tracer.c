/* SPDX-License-Identifier: Apache-2.0 */
/* Tracers: one an instrumentation scope, found again by all that names it. */
#include "base/alloc.h"
#include "base/log.h"
#include "telemetry/core.h"
#include "telemetry/decode.h"

enum { SCOPE = 0x0A, SCOPE_NAME = 0x0A, SCOPE_VERSION = 0x12, SCOPE_ATTRIBUTE = 0x1A };
enum { SCOPE_ATTRIBUTE_FIELD = 3, SCHEMA_URL = 0x1A };
enum { TRACERS_MAX = 1024, TEXT_MAX = 4096, ATTRIBUTES_MAX = 128, ATTRIBUTES_SIZE_MAX = 65536 };

/* What makes two tracers the same; the texts are borrowed. */
typedef struct identity {
  const char *name;
  const char *version;
  const char *schema_url;
  cspan_enc attributes; /* encoded in the order of their keys */
} identity;

void cspan_tracer_free(cspan_tracer *tracer) {
  if (tracer != NULL) {
    cspan_arena_free(tracer->arena);
    cspan_free(tracer->name);
    cspan_free(tracer->version);
    cspan_free(tracer->schema_url);
    cspan_free(tracer->head);
    cspan_free(tracer->tail);
    cspan_free(tracer);
  }
}

/* -------------------------------------------------------------------- identity */

/* Keeps the order of equal keys, of which the last wins. */
static void sort_by_key(const cspan_attr **attrs, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const cspan_attr *moved = attrs[i];
    size_t at = i;
    for (; at > 0 && strcmp(attrs[at - 1]->key, moved->key) > 0; at--) {
      attrs[at] = attrs[at - 1];
    }
    attrs[at] = moved;
  }
}

static bool encode_attributes(cspan_enc *enc, const cspan_attr *attributes, size_t count) {
  const cspan_attr *sorted[ATTRIBUTES_MAX];
  size_t used = 0;
  for (size_t i = 0; i < count && used < ATTRIBUTES_MAX; i++) {
    if (attributes[i].key != NULL) {
      sorted[used++] = &attributes[i];
    }
  }
  sort_by_key(sorted, used);
  cspan_enc_begin(enc, ATTRIBUTES_SIZE_MAX, ATTRIBUTES_MAX);
  size_t kept = 0;
  for (size_t i = 0; i < used; i++) {
    kept += cspan_enc_set(enc, SCOPE_ATTRIBUTE, sorted[i]);
  }
  return kept == count;
}

/* False where an attribute cannot be kept. */
static bool identify(const cspan_scope *scope, identity *out) {
  *out = (identity){.name = scope->name != NULL ? scope->name : "",
                    .version = scope->version != NULL ? scope->version : "",
                    .schema_url = scope->schema_url != NULL ? scope->schema_url : ""};
  size_t count = scope->attributes != NULL ? scope->attribute_count : 0;
  return count == 0 || encode_attributes(&out->attributes, scope->attributes, count);
}

static size_t kept_length(const char *text) {
  return cspan_text_cut(text, strlen(text), TEXT_MAX);
}

static bool is_copy(const char *copy, const char *text) {
  size_t len = kept_length(text);
  return strncmp(copy, text, len) == 0 && copy[len] == '\0';
}

static bool has_identity(const cspan_tracer *tracer, const identity *id) {
  return is_copy(tracer->name, id->name) && is_copy(tracer->version, id->version) &&
         is_copy(tracer->schema_url, id->schema_url) &&
         tracer->attributes_len == id->attributes.len &&
         (tracer->attributes_len == 0 ||
          memcmp(tracer->head + tracer->head_len - tracer->attributes_len, id->attributes.data,
                 tracer->attributes_len) == 0);
}

/* ---------------------------------------------------------------------- create */

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

static bool encode_scope(cspan_tracer *tracer, const cspan_enc *attributes) {
  size_t scope = text_field_size(tracer->name) + attributes->len;
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
    p = text_field(p, SCOPE_VERSION, tracer->version);
  }
  wire_copy(p, attributes->data, attributes->len);
  if (tracer->tail_len > 0) {
    text_field(tracer->tail, SCHEMA_URL, tracer->schema_url);
  }
  return true;
}

/* The attributes as they were kept, to be given back. */
static bool decode_attributes(cspan_tracer *tracer, const cspan_enc *attributes) {
  tracer->attributes_len = attributes->len;
  if (attributes->len == 0) {
    return true;
  }
  tracer->arena = cspan_arena_create(0);
  cspan_decoder decoder = {.arena = tracer->arena, .budget = SIZE_MAX};
  return tracer->arena != NULL &&
         cspan_decode_attributes(&decoder, attributes->data, attributes->len, SCOPE_ATTRIBUTE_FIELD,
                                 &tracer->attributes, &tracer->attribute_count);
}

static char *copy_text(const char *text) {
  return cspan_strndup(text, kept_length(text));
}

static cspan_tracer *make_tracer(cspan_tracer_provider *provider, const identity *id) {
  cspan_tracer *tracer = cspan_calloc(1, sizeof *tracer);
  if (tracer == NULL) {
    return NULL;
  }
  tracer->provider = provider;
  tracer->name = copy_text(id->name);
  tracer->version = copy_text(id->version);
  tracer->schema_url = copy_text(id->schema_url);
  if (tracer->name == NULL || tracer->version == NULL || tracer->schema_url == NULL ||
      !encode_scope(tracer, &id->attributes) || !decode_attributes(tracer, &id->attributes)) {
    cspan_tracer_free(tracer);
    return NULL;
  }
  return tracer;
}

cspan_tracer *cspan_tracer_create(cspan_tracer_provider *provider, const cspan_scope *scope) {
  identity id;
  cspan_tracer *tracer = identify(scope, &id) ? make_tracer(provider, &id) : NULL;
  cspan_enc_free(&id.attributes);
  return tracer;
}

/* ------------------------------------------------------------- those of a provider */

static cspan_tracer *find(cspan_tracer *first, const identity *id, size_t *count) {
  *count = 0;
  for (cspan_tracer *t = first; t != NULL; t = t->next) {
    if (has_identity(t, id)) {
      return t;
    }
    (*count)++;
  }
  return NULL;
}

static cspan_tracer *find_or_add(cspan_tracer_provider *provider, const identity *id) {
  cspan_tracer *made = NULL;
  cspan_tracer *first = atomic_load_explicit(&provider->tracers, memory_order_acquire);
  for (;;) {
    size_t count;
    cspan_tracer *found = find(first, id, &count);
    if (found != NULL) {
      cspan_tracer_free(made);
      return found;
    }
    if (count >= TRACERS_MAX) {
      cspan_log(CSPAN_LOG_ERROR,
                "cspan_tracer_get: %zu tracers exist already, \"%.100s\" is not added; use one "
                "name a library",
                count, id->name);
      cspan_tracer_free(made);
      return NULL;
    }
    if (made == NULL && (made = make_tracer(provider, id)) == NULL) {
      return NULL;
    }
    made->next = first;
    if (atomic_compare_exchange_weak_explicit(&provider->tracers, &first, made,
                                              memory_order_acq_rel, memory_order_acquire)) {
      return made;
    }
  }
}

cspan_tracer *cspan_tracer_for_scope(cspan_tracer_provider *provider, const cspan_scope *scope) {
  static const cspan_scope nameless;
  if (provider == NULL && (provider = cspan_tracer_provider_global()) == NULL) {
    return NULL;
  }
  identity id;
  if (!identify(scope != NULL ? scope : &nameless, &id)) {
    cspan_log(
        CSPAN_LOG_WARN,
        "cspan_tracer_for_scope: not all attributes of the scope \"%.100s\" are kept: a key is "
        "empty or not UTF-8, they are over %d attributes or %d bytes, or memory is short",
        id.name, ATTRIBUTES_MAX, ATTRIBUTES_SIZE_MAX);
  }
  cspan_tracer *tracer = find_or_add(provider, &id);
  cspan_enc_free(&id.attributes);
  return tracer;
}

cspan_tracer *cspan_tracer_get(cspan_tracer_provider *provider, const char *name,
                               const char *version, const char *schema_url) {
  const cspan_scope scope = {
      .size = sizeof scope, .name = name, .version = version, .schema_url = schema_url};
  return cspan_tracer_for_scope(provider, &scope);
}

cspan_scope cspan_tracer_scope(const cspan_tracer *tracer) {
  return (cspan_scope){.size = sizeof(cspan_scope),
                       .name = tracer->name,
                       .version = tracer->version,
                       .schema_url = tracer->schema_url,
                       .attributes = tracer->attributes,
                       .attribute_count = tracer->attribute_count};
}

void cspan_tracers_free(cspan_tracer_provider *provider) {
  cspan_tracer *tracer = atomic_exchange(&provider->tracers, NULL);
  while (tracer != NULL) {
    cspan_tracer *next = tracer->next;
    cspan_tracer_free(tracer);
    tracer = next;
  }
}
