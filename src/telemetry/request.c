/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/request.h"

#include "base/alloc.h"
#include "telemetry/core.h"

/* Fields of ExportTraceServiceRequest, ResourceSpans, ScopeSpans. */
enum {
  TAG_RESOURCE_SPANS = 0x0A,
  TAG_RESOURCE = 0x0A,
  TAG_SCOPE_SPANS = 0x12,
  TAG_SCHEMA_URL = 0x1A
};
/* A larger buffer is given back, so that one burst does not stay for ever. */
enum { FIRST_CAP = 16384, KEEP_BYTES = 8 << 20 };

bool cspan_request_init(cspan_request *request, size_t max_runs) {
  memset(request, 0, sizeof *request);
  request->max_runs = max_runs;
  request->runs = cspan_calloc(max_runs, sizeof *request->runs);
  request->groups = cspan_calloc(max_runs, sizeof *request->groups);
  if (request->runs == NULL || request->groups == NULL) {
    cspan_request_free(request);
    return false;
  }
  return true;
}

void cspan_request_free(cspan_request *request) {
  cspan_free(request->data);
  cspan_free(request->runs);
  cspan_free(request->groups);
  memset(request, 0, sizeof *request);
}

static bool reserve(cspan_request *request, size_t size) {
  if (request->cap > KEEP_BYTES && size <= KEEP_BYTES) {
    cspan_free(request->data);
    request->data = NULL;
    request->cap = 0;
  }
  if (request->data != NULL && size <= request->cap) {
    return true;
  }
  size_t cap = request->cap > 0 ? request->cap : FIRST_CAP;
  while (cap < size) {
    cap *= 2;
  }
  uint8_t *data = cspan_malloc(cap);
  if (data == NULL) {
    return false;
  }
  cspan_free(request->data);
  request->data = data;
  request->cap = cap;
  return true;
}

/* Gives each run the number of its scope. */
static size_t group_runs(cspan_request *request, size_t count) {
  size_t groups = 0;
  size_t group = 0;
  for (size_t i = 0; i < count; i++) {
    cspan_request_run *run = &request->runs[i];
    if (groups == 0 || request->groups[group].tracer != run->tracer) {
      for (group = 0; group < groups && request->groups[group].tracer != run->tracer;) {
        group++;
      }
      if (group == groups) {
        request->groups[groups++] = (cspan_request_group){
            .tracer = run->tracer, .size = run->tracer->head_len + run->tracer->tail_len};
      }
    }
    run->group = (uint32_t)group;
    request->groups[group].size += run->is_framed ? run->size : wire_bytes_size(run->size);
  }
  return groups;
}

static uint8_t *write_group(uint8_t *p, const cspan_request *request, size_t group, size_t count) {
  const cspan_tracer *tracer = request->groups[group].tracer;
  *p++ = TAG_SCOPE_SPANS;
  p = wire_varint(p, request->groups[group].size);
  p = wire_copy(p, tracer->head, tracer->head_len);
  for (size_t i = 0; i < count; i++) {
    const cspan_request_run *run = &request->runs[i];
    if (run->group == group) {
      p = run->is_framed ? wire_copy(p, run->bytes, run->size)
                         : cspan_request_frame(p, run->bytes, run->size);
    }
  }
  return wire_copy(p, tracer->tail, tracer->tail_len);
}

bool cspan_request_build(cspan_request *request, const cspan_encoded_resource *resource,
                         size_t count) {
  size_t groups = group_runs(request, count);
  size_t url_len = resource->schema_url != NULL ? strlen(resource->schema_url) : 0;
  size_t size = wire_bytes_size(resource->size_bytes);
  for (size_t i = 0; i < groups; i++) {
    size += wire_bytes_size(request->groups[i].size);
  }
  size += url_len > 0 ? wire_bytes_size(url_len) : 0;
  if (!reserve(request, wire_bytes_size(size))) {
    return false;
  }
  uint8_t *p = request->data;
  *p++ = TAG_RESOURCE_SPANS;
  p = wire_varint(p, size);
  p = wire_bytes(p, TAG_RESOURCE, resource->bytes, resource->size_bytes);
  for (size_t i = 0; i < groups; i++) {
    p = write_group(p, request, i, count);
  }
  if (url_len > 0) {
    p = wire_bytes(p, TAG_SCHEMA_URL, resource->schema_url, url_len);
  }
  request->len = (size_t)(p - request->data);
  return true;
}
