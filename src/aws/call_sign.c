/* SPDX-License-Identifier: Apache-2.0 */
/* Signing the request of an attempt. */
#include <string.h>

#include "aws/call.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

static const int64_t ns_per_s = 1000000000;

time_t cspan_call_time(const struct cspan_call *call) {
  return (time_t)(cspan_unix_ns() / ns_per_s + atomic_load(&call->client->clock_offset_s));
}

bool cspan_call_signs_payload(const struct cspan_call *call) {
  const cspan_aws_config *config = call->client->config;
  if (config->anonymous) {
    return false;
  }
  if (!call->client->service->sign_content_sha256) {
    return true;
  }
  if (config->payload_signing == CSPAN_PAYLOAD_DEFAULT) {
    return !call->request.endpoint.https; /* over TLS nobody on the way can change it */
  }
  return config->payload_signing == CSPAN_PAYLOAD_SIGNED;
}

static cspan_status payload_hash(struct cspan_call *call, const char **out, cspan_error **error) {
  cspan_call_request *request = &call->request;
  bool hashed = cspan_call_signs_payload(call);
  if (request->is_chunked) {
    bool trailer = request->chunked.trailer_name != NULL;
    *out = !hashed   ? CSPAN_SIGV4_UNSIGNED_TRAILER
           : trailer ? CSPAN_SIGV4_SIGNED_TRAILER
                     : CSPAN_SIGV4_SIGNED_CHUNKS;
    return CSPAN_OK;
  }
  if (request->body.size == 0) {
    *out = CSPAN_SIGV4_EMPTY_SHA256;
    return CSPAN_OK;
  }
  if (!hashed) {
    *out = CSPAN_SIGV4_UNSIGNED;
    return CSPAN_OK;
  }
  *out = request->payload_sha256;
  return cspan_call_hash_payload(call, error);
}

cspan_status cspan_call_headers_to_sign(struct cspan_call *call, cspan_http_header **out,
                                        size_t *count) {
  const cspan_header_list *list = &call->request.headers;
  cspan_http_header *headers = cspan_arena_array(call->scratch, list->count + 1, sizeof *headers);
  if (!headers) {
    return CSPAN_ERR_NOMEM;
  }
  headers[0] = (cspan_http_header){"host", call->request.endpoint.host_header};
  memcpy(headers + 1, list->items, list->count * sizeof *headers);
  *out = headers;
  *count = list->count + 1;
  return CSPAN_OK;
}

/* What the signature adds to the request. The token lives in the identity, which the call keeps
 * for the attempt. */
static cspan_status add_headers(struct cspan_call *call, const cspan_sigv4 *signed_as,
                                const cspan_sigv4_scope *scope, const char *hash) {
  cspan_header_list *list = &call->request.headers;
  cspan_arena *arena = call->scratch;
  cspan_status status = cspan_header_list_set(list, arena, "x-amz-date", signed_as->date);
  if (status == CSPAN_OK && scope->session_token) {
    status = cspan_header_list_put(list, arena, "x-amz-security-token", scope->session_token);
  }
  if (status == CSPAN_OK && scope->content_sha256_header) {
    status = cspan_header_list_put(list, arena, "x-amz-content-sha256", hash);
  }
  if (status == CSPAN_OK) {
    const char *value = cspan_arena_strndup(arena, signed_as->result.data, signed_as->result.len);
    status = value ? cspan_header_list_put(list, arena, "Authorization", value) : CSPAN_ERR_NOMEM;
  }
  return status;
}

static void start_chunks(struct cspan_call *call, const cspan_sigv4 *signed_as,
                         const cspan_sigv4_scope *scope) {
  cspan_call_request *request = &call->request;
  request->chunked.scope = NULL;
  if (request->is_chunked && cspan_call_signs_payload(call)) {
    memcpy(request->chunk_key, scope->key, sizeof request->chunk_key);
    request->chunk_scope = *scope;
    request->chunk_scope.key = request->chunk_key;
    request->chunked.scope = &request->chunk_scope;
    memcpy(request->chunked.signature, signed_as->signature, sizeof request->chunked.signature);
  }
}

void cspan_call_scope(struct cspan_call *call, uint8_t key[CSPAN_SIGV4_KEY_LEN],
                      cspan_sigv4_scope *out) {
  const cspan_service *service = call->client->service;
  const cspan_credentials *credentials = cspan_identity_get(call->identity);
  *out = (cspan_sigv4_scope){
      .access_key_id = credentials->access_key_id,
      .session_token = credentials->session_token,
      .region = call->region,
      .service = service->signing_name,
      .time = cspan_call_time(call),
      .key = key,
      .encode_path = !service->single_encode_path,
      .normalize_path = !service->single_encode_path,
      .content_sha256_header = service->sign_content_sha256,
  };
  cspan_identity_key(call->identity, out->time, call->region, service->signing_name, key);
}

/* Not signed, but the service must know how the body is encoded. */
static cspan_status announce_chunks(struct cspan_call *call, cspan_error **error) {
  if (!call->request.is_chunked) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_header_list_put(&call->request.headers, call->scratch,
                                              "x-amz-content-sha256", CSPAN_SIGV4_UNSIGNED_TRAILER);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the request has too many headers");
}

cspan_status cspan_call_sign(struct cspan_call *call, cspan_error **error) {
  if (!call->identity) {
    return announce_chunks(call, error);
  }
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  cspan_sigv4_scope scope;
  cspan_sigv4 signed_as;
  cspan_sigv4_request request = {
      .method = call->request.method,
      .path = call->request.wire_path,
      .query = cspan_buf_text(&call->request.query),
  };
  cspan_http_header *headers = NULL;
  cspan_status status = payload_hash(call, &request.payload_hash, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (cspan_call_headers_to_sign(call, &headers, &request.header_count) != CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the request was not signed");
  }
  request.headers = headers;
  cspan_call_scope(call, key, &scope);
  cspan_sigv4_init(&signed_as);
  status = cspan_sigv4_sign_headers(&request, &scope, &signed_as, error);
  if (status == CSPAN_OK) {
    start_chunks(call, &signed_as, &scope);
    status = add_headers(call, &signed_as, &scope, request.payload_hash);
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "out of memory: the request was not signed");
    }
  }
  cspan_sigv4_free(&signed_as);
  cspan_memzero(key, sizeof key);
  return status;
}
