/* SPDX-License-Identifier: Apache-2.0 */
/* Documents: a value and the arena that it lives in. */
#include "base/error.h"
#include "base/json.h"

struct cspan_document {
  cspan_arena *arena; /* which this struct lives in as well */
  cspan_value value;
};

cspan_document *cspan_document_new(cspan_arena *arena, const cspan_value *value) {
  cspan_document *document = cspan_arena_alloc(arena, sizeof *document);
  if (document == NULL) {
    cspan_arena_free(arena);
    return NULL;
  }
  document->arena = arena;
  document->value = *value;
  return document;
}

cspan_arena *cspan_document_arena(cspan_document *document) {
  return document->arena;
}

void cspan_document_set(cspan_document *document, const cspan_value *value) {
  document->value = *value;
}

void cspan_document_free(cspan_document *document) {
  if (document != NULL) {
    cspan_arena_free(document->arena);
  }
}

const cspan_value *cspan_document_value(const cspan_document *document) {
  return document != NULL ? &document->value : NULL;
}

cspan_status cspan_value_fault(cspan_status status, cspan_error **error) {
  switch (status) {
  case CSPAN_OK:
    return CSPAN_OK;
  case CSPAN_ERR_LIMIT:
    return cspan_error_set(error, status,
                           "the value is too large: at most %d levels of lists and maps, and %d "
                           "values in those that are open at a time",
                           CSPAN_VALUE_MAX_DEPTH, CSPAN_VALUE_MAX_OPEN);
  case CSPAN_ERR_INVALID:
    return cspan_error_set(error, status,
                           "what was given is no value: a member of a map needs a name, an item "
                           "of a list and the root have none, and there is one root");
  default:
    return cspan_error_set(error, status, "out of memory for a value");
  }
}

cspan_status cspan_document_copy(const cspan_value *value, cspan_document **out,
                                 cspan_error **error) {
  cspan_value copy;
  *out = NULL;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_status status = arena != NULL ? cspan_value_copy(arena, value, &copy) : CSPAN_ERR_NOMEM;
  return cspan_document_close(arena, &copy, status, out, error);
}

cspan_status cspan_document_close(cspan_arena *arena, const cspan_value *value, cspan_status status,
                                  cspan_document **out, cspan_error **error) {
  if (status != CSPAN_OK) {
    cspan_arena_free(arena);
    return cspan_value_fault(status, error);
  }
  *out = cspan_document_new(arena, value);
  return *out != NULL ? CSPAN_OK : cspan_value_fault(CSPAN_ERR_NOMEM, error);
}

cspan_status cspan_document_parse_json(const char *json, size_t size_bytes, cspan_document **out,
                                       cspan_error **error) {
  cspan_value value;
  cspan_json_fault fault;
  *out = NULL;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_status status =
      arena != NULL ? cspan_json_parse(json, size_bytes, arena, &value, &fault) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_ERR_INVALID) {
    cspan_arena_free(arena);
    return cspan_error_set(error, status, "the text is not JSON: line %zu, column %zu: %s",
                           fault.line, fault.column, fault.what);
  }
  if (status == CSPAN_ERR_LIMIT) {
    cspan_arena_free(arena);
    return cspan_error_set(error, status,
                           "the JSON text is too large: at most %d bytes, %d levels, and %d values "
                           "in lists and maps that are open at a time",
                           CSPAN_JSON_MAX_BYTES, CSPAN_VALUE_MAX_DEPTH, CSPAN_VALUE_MAX_OPEN);
  }
  return cspan_document_close(arena, &value, status, out, error);
}
