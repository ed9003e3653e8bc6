/* SPDX-License-Identifier: Apache-2.0 */
/* The request that serializers fill, and what is done to every input and body. */
#include "aws/protocol/protocol.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/gzip.h"

cspan_status cspan_protocol_request_init(cspan_protocol_request *request, cspan_arena *arena) {
  memset(request, 0, sizeof *request);
  request->arena = arena;
  request->method = "POST";
  cspan_buf_init(&request->path, CSPAN_PROTOCOL_TARGET_MAX);
  cspan_buf_init(&request->query, CSPAN_PROTOCOL_TARGET_MAX);
  cspan_buf_init(&request->body, CSPAN_PROTOCOL_BODY_MAX);
  cspan_buf_init(&request->host_prefix, CSPAN_PROTOCOL_TARGET_MAX);
  cspan_header_list_init(&request->headers);
  return CSPAN_OK;
}

void cspan_protocol_request_free(cspan_protocol_request *request) {
  cspan_buf_free(&request->path);
  cspan_buf_free(&request->query);
  cspan_buf_free(&request->body);
  cspan_buf_free(&request->host_prefix);
}

static bool lacks(const cspan_value *value, const char *name) {
  return !cspan_protocol_is_given(cspan_value_get(value, name));
}

static size_t count_missing(const cspan_protocol_input *input, const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(input->model, shape);
  size_t missing = 0;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    missing += (members[i].flags & CSPAN_MEMBER_IDEMPOTENCY_TOKEN) != 0 &&
               lacks(input->value, cspan_model_text(input->model, members[i].name));
  }
  return missing;
}

/* A token that is null would be found before the one that is added: it is left out. */
static size_t copy_given(const cspan_value *from, cspan_member *to) {
  size_t used = 0;
  for (size_t i = 0; i < cspan_value_count(from); i++) {
    if (cspan_protocol_is_given(&from->as.members[i].value)) {
      to[used++] = from->as.members[i];
    }
  }
  return used;
}

cspan_status cspan_protocol_fill_tokens(const cspan_protocol_input *input, cspan_arena *arena,
                                        const cspan_value **out) {
  static const cspan_value empty = {.kind = CSPAN_VALUE_MAP};
  const cspan_shape *shape = cspan_model_shape(input->model, input->operation->input);
  bool is_map = input->value != NULL && input->value->kind == CSPAN_VALUE_MAP;
  size_t missing = shape != NULL && input->token != NULL ? count_missing(input, shape) : 0;
  *out = is_map ? input->value : &empty;
  if (missing == 0) {
    return CSPAN_OK;
  }
  cspan_value *filled = cspan_arena_alloc(arena, sizeof *filled);
  cspan_member *fields =
      cspan_arena_array(arena, missing + cspan_value_count(*out), sizeof *fields);
  if (filled == NULL || fields == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  size_t used = copy_given(*out, fields);
  const cspan_member_model *members = cspan_shape_members(input->model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    const char *name = cspan_model_text(input->model, members[i].name);
    if ((members[i].flags & CSPAN_MEMBER_IDEMPOTENCY_TOKEN) != 0 && lacks(*out, name)) {
      fields[used++] = cspan_field(name, cspan_string(input->token));
    }
  }
  *filled = cspan_map(fields, used);
  *out = filled;
  return CSPAN_OK;
}

static cspan_status add_encoding(cspan_protocol_request *request) {
  static const char name[] = "Content-Encoding";
  const char *before = cspan_header_list_get(&request->headers, name);
  if (before == NULL || before[0] == '\0') {
    return cspan_header_list_put(&request->headers, request->arena, name, "gzip");
  }
  size_t len = strlen(before);
  char *both = cspan_arena_alloc(request->arena, len + sizeof ", gzip");
  if (both == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  memcpy(both, before, len);
  memcpy(both + len, ", gzip", sizeof ", gzip");
  return cspan_header_list_put(&request->headers, request->arena, name, both);
}

cspan_status cspan_protocol_compress(const cspan_operation_model *operation, size_t min_size,
                                     cspan_protocol_request *request, cspan_error **error) {
  cspan_gzip gzip = {.ready = false};
  cspan_buf packed;
  if ((operation->flags & CSPAN_OPERATION_COMPRESSES) == 0 || !request->has_body ||
      request->body.len < min_size) {
    return CSPAN_OK;
  }
  cspan_buf_init(&packed, CSPAN_PROTOCOL_BODY_MAX);
  cspan_status status = cspan_gzip_append(&gzip, (const uint8_t *)cspan_buf_text(&request->body),
                                          request->body.len, &packed);
  cspan_gzip_free(&gzip);
  if (status == CSPAN_OK) {
    status = add_encoding(request);
  }
  if (status != CSPAN_OK) {
    cspan_buf_free(&packed);
    return cspan_error_set(error, status, "the request body could not be compressed");
  }
  cspan_buf_free(&request->body);
  request->body = packed;
  return CSPAN_OK;
}

cspan_status cspan_protocol_content_md5(cspan_protocol_request *request) {
  uint8_t digest[CSPAN_MD5_LEN];
  cspan_buf text;
  if (cspan_header_list_get(&request->headers, "Content-MD5") != NULL) {
    return CSPAN_OK;
  }
  cspan_md5(cspan_buf_text(&request->body), request->body.len, digest);
  cspan_buf_init(&text, 2 * sizeof digest);
  cspan_status status = cspan_base64_encode(&text, digest, sizeof digest);
  if (status == CSPAN_OK) {
    status = cspan_header_list_set(&request->headers, request->arena, "Content-MD5", text.data);
  }
  cspan_buf_free(&text);
  return status;
}
