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
  if (!cspan_call_is_signed(call)) {
    return false;
  }
  if (call->auth.unsigned_payload) {
    return !call->request.endpoint.https;
  }
  if (!call->client->service->sign_content_sha256) {
    return true;
  }
  if (config->payload_signing == CSPAN_PAYLOAD_DEFAULT) {
    return !call->request.endpoint.https; /* over TLS nobody on the way can change it */
  }
  return config->payload_signing == CSPAN_PAYLOAD_SIGNED;
}

static const char *signed_chunks(const struct cspan_call *call) {
  bool trailer = call->request.chunked.trailer_name != NULL;
  if (call->auth.kind == CSPAN_AUTH_V4A) {
    return trailer ? CSPAN_SIGV4A_SIGNED_TRAILER : CSPAN_SIGV4A_SIGNED_CHUNKS;
  }
  return trailer ? CSPAN_SIGV4_SIGNED_TRAILER : CSPAN_SIGV4_SIGNED_CHUNKS;
}

static cspan_status payload_hash(struct cspan_call *call, const char **out, cspan_error **error) {
  cspan_call_request *request = &call->request;
  bool hashed = cspan_call_signs_payload(call);
  if (cspan_call_sends_events(call)) {
    *out = CSPAN_SIGV4_SIGNED_EVENTS;
    return call->auth.kind != CSPAN_AUTH_V4A
               ? CSPAN_OK
               : cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                                 "events are signed by sigv4 only, not by sigv4a; set "
                                 "auth_scheme_preference to sigv4");
  }
  if (request->is_chunked) {
    *out = hashed ? signed_chunks(call) : CSPAN_SIGV4_UNSIGNED_TRAILER;
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
  headers[0] = (cspan_http_header){.name = "host", .value = call->request.endpoint.host_header};
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
  if (status == CSPAN_OK && scope->region_set) {
    status = cspan_header_list_put(list, arena, "x-amz-region-set", scope->region_set);
  }
  if (status == CSPAN_OK && scope->session_token) {
    status =
        cspan_header_list_put(list, arena, cspan_sigv4_token_header(scope), scope->session_token);
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

/* The signature that those of the body go on from. */
static void start_chunks(struct cspan_call *call, const cspan_sigv4 *signed_as,
                         const cspan_sigv4_scope *scope) {
  cspan_call_request *request = &call->request;
  request->chunked.scope = NULL;
  memcpy(request->events.signature, signed_as->signature, sizeof request->events.signature);
  if (request->is_chunked && cspan_call_signs_payload(call)) {
    memcpy(request->chunk_key, scope->key, sizeof request->chunk_key);
    request->chunk_scope = *scope;
    request->chunk_scope.key = request->chunk_key;
    request->chunked.scope = &request->chunk_scope;
    memcpy(request->chunked.signature, signed_as->signature, sizeof request->chunked.signature);
  }
}

cspan_status cspan_call_scope(struct cspan_call *call, uint8_t key[CSPAN_SIGV4_KEY_LEN],
                              cspan_sigv4_scope *out, cspan_error **error) {
  const cspan_service *service = call->client->service;
  const cspan_auth *auth = &call->auth;
  const cspan_credentials *credentials = cspan_identity_get(call->identity);
  const char *region = cspan_call_signing_region(call);
  if (!region) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "the request cannot be signed: no region is set; give it in the "
                           "options, in AWS_REGION, or as region in the profile");
  }
  *out = (cspan_sigv4_scope){
      .access_key_id = credentials->access_key_id,
      .session_token = credentials->session_token,
      .region = region,
      .service = cspan_call_signing_name(call),
      .time = cspan_call_time(call),
      .key = key,
      .encode_path = !service->single_encode_path && !auth->disable_double_encoding,
      .normalize_path = !service->single_encode_path && !auth->disable_normalize_path,
      .is_express = auth->kind == CSPAN_AUTH_S3EXPRESS,
      .content_sha256_header = service->sign_content_sha256,
  };
  if (auth->kind == CSPAN_AUTH_V4A) {
    const char *wanted =
        cspan_aws_config_text(call->client->config, CSPAN_SETTING_SIGV4A_REGION_SET);
    out->region_set = wanted ? wanted : auth->region_set ? auth->region_set : region;
    return cspan_identity_ecdsa_key(call->identity, &out->ecdsa_key, error);
  }
  cspan_identity_key(call->identity, out->time, region, out->service, key);
  return CSPAN_OK;
}

cspan_status cspan_call_sign_v4(struct cspan_call *call, cspan_error **error) {
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  cspan_sigv4_scope scope = {.key = key};
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
  status = cspan_call_scope(call, key, &scope, error);
  if (status != CSPAN_OK) {
    return status;
  }
  scope.content_sha256_header = scope.content_sha256_header || cspan_call_sends_events(call);
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
