/* SPDX-License-Identifier: Apache-2.0 */
/* Presigned URLs. */
#include "aws/call.h"
#include "aws/call_url.h"
#include "base/alloc.h"
#include "base/error.h"

/* Made for someone else's HTTP client: only what it must send is signed. */
static cspan_status sign_url(struct cspan_call *call, int64_t expires_s, char **url,
                             cspan_error **error) {
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  cspan_sigv4_scope scope;
  cspan_sigv4 signed_as;
  cspan_http_header *headers = NULL;
  cspan_sigv4_request request = {
      .method = call->request.method,
      .path = call->request.wire_path,
      .query = cspan_buf_text(&call->request.query),
      .payload_hash = call->client->service->sign_content_sha256 ? CSPAN_SIGV4_UNSIGNED
                                                                 : CSPAN_SIGV4_EMPTY_SHA256,
  };
  if (cspan_call_headers_to_sign(call, &headers, &request.header_count) != CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the URL was not signed");
  }
  request.headers = headers;
  cspan_status status = cspan_call_scope(call, key, &scope, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_sigv4_init(&signed_as);
  status = cspan_sigv4_sign_query(&request, &scope, expires_s, &signed_as, error);
  if (status == CSPAN_OK) {
    status = cspan_call_url(call, signed_as.result.data, &call->request.url);
    *url = cspan_buf_take(&call->request.url, NULL);
    if (!*url) {
      status = cspan_error_set(error, status == CSPAN_OK ? CSPAN_ERR_NOMEM : status,
                               "the presigned URL could not be written");
    }
  }
  cspan_sigv4_free(&signed_as);
  cspan_memzero(key, sizeof key);
  return status;
}

cspan_status cspan_aws_presign(cspan_aws_client *client, const cspan_call_start *start,
                               int64_t expires_s, char **url, cspan_error **error) {
  cspan_error *failure = NULL;
  *url = NULL;
  if (!client->config->credentials) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "a URL cannot be presigned by an anonymous client: it needs "
                           "credentials");
  }
  struct cspan_call *call = cspan_call_new(client, start, &failure);
  if (!call) {
    return cspan_error_move(error, failure);
  }
  cspan_status status = cspan_call_prepare(call, error);
  if (status == CSPAN_OK && !cspan_call_is_signed(call)) {
    status = cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                             "the URL of %s cannot be presigned: the operation is not signed by "
                             "keys, but by %s",
                             call->operation->name,
                             call->auth.kind == CSPAN_AUTH_BEARER ? "a bearer token"
                             : call->auth.kind == CSPAN_AUTH_V2   ? "a field of its form"
                                                                  : "nothing");
  }
  if (status == CSPAN_OK) {
    status = cspan_express_prepare(call, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_call_resolve_identity(call, error);
  }
  if (status == CSPAN_OK) {
    status = sign_url(call, expires_s, url, error);
  }
  cspan_call_free(call);
  return status;
}
