/* SPDX-License-Identifier: Apache-2.0 */
/* One's own tags for sharing costs out: values of the baggage or else of the resource, which become
 * attributes of each call. */
#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "instrument/cost.h"
#include "instrument/tracing.h"
#include "telemetry/context.h"
#include "telemetry/resource_text.h"

enum { MAX_KEY_BYTES = 255 };

void cspan_allocation_tags_free(char **tags) {
  for (size_t i = 0; tags != NULL && tags[i] != NULL; i++) {
    cspan_free(tags[i]);
  }
  cspan_free(tags);
}

static cspan_status check_tag(const char *tag, cspan_error **error) {
  size_t size = strlen(tag);
  if (size == 0 || size > MAX_KEY_BYTES || !cspan_utf8_valid(tag, size)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_trace_append: a key of allocation_tags must be UTF-8 of 1 to %d "
                           "bytes",
                           MAX_KEY_BYTES);
  }
  return CSPAN_OK;
}

cspan_status cspan_allocation_tags_copy(const char *const *tags, char ***out, cspan_error **error) {
  size_t count = 0;
  *out = NULL;
  while (tags != NULL && tags[count] != NULL && count <= CSPAN_MAX_ALLOCATION_TAGS) {
    count++;
  }
  if (count == 0) {
    return CSPAN_OK;
  }
  if (count > CSPAN_MAX_ALLOCATION_TAGS) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_trace_append: allocation_tags has more than %d keys",
                           CSPAN_MAX_ALLOCATION_TAGS);
  }
  char **copies = cspan_calloc(count + 1, sizeof *copies);
  if (copies == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = check_tag(tags[i], error);
    if (status == CSPAN_OK) {
      copies[i] = cspan_strdup(tags[i]);
      status = copies[i] != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
    }
  }
  if (status != CSPAN_OK) {
    cspan_allocation_tags_free(copies);
    return status;
  }
  *out = copies;
  return CSPAN_OK;
}

size_t cspan_allocation_attrs(char *const *tags, const struct cspan_call *call,
                              const cspan_tracer *tracer, cspan_attr *out, size_t capacity) {
  const cspan_context context = cspan_context_resolve(cspan_call_context(call));
  size_t count = 0;
  for (size_t i = 0; tags[i] != NULL && count < capacity; i++) {
    cspan_str value = cspan_str_of(cspan_baggage_get(context.baggage, tags[i]));
    if (value.data == NULL && !cspan_tracer_resource_text(tracer, tags[i], &value)) {
      continue;
    }
    size_t size = cspan_trace_bounded(value.data, value.len, CSPAN_MAX_VALUE_BYTES);
    out[count++] = cspan_attr_string_n(tags[i], value.data, size);
  }
  return count;
}
