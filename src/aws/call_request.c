/* SPDX-License-Identifier: Apache-2.0 */
/* What serializers fill in. */
#include <string.h>

#include "aws/call.h"
#include "base/error.h"
#include "base/text.h"

static cspan_status copy(struct cspan_call *call, const char *text, const char **to) {
  const char *made = cspan_arena_strdup(call->scratch, text);
  if (!made) {
    return CSPAN_ERR_NOMEM;
  }
  *to = made;
  return CSPAN_OK;
}

cspan_status cspan_call_set_path(struct cspan_call *call, const char *encoded_path) {
  if (encoded_path[0] != '/' || strpbrk(encoded_path, "?# \r\n")) {
    return CSPAN_ERR_INVALID;
  }
  return copy(call, encoded_path, &call->request.path);
}

const void *cspan_call_typed_input(const struct cspan_call *call) {
  return call->input;
}

cspan_arena *cspan_call_scratch(struct cspan_call *call) {
  return call->scratch;
}

void *cspan_call_owner(const struct cspan_call *call) {
  return call->client->service->owner;
}

const char *cspan_call_bucket(const struct cspan_call *call) {
  return call->request.bucket;
}

const cspan_base_url *cspan_call_custom_endpoint(const struct cspan_call *call) {
  if (call->own_base_url) {
    return call->own_base_url;
  }
  return call->client->has_base_url ? &call->client->base_url : NULL;
}

void cspan_call_set_endpoint(struct cspan_call *call, const cspan_endpoint *endpoint) {
  call->request.endpoint = *endpoint;
}

cspan_status cspan_call_put_request_header(struct cspan_call *call, const char *name,
                                           const char *value) {
  return cspan_header_list_put(&call->request.headers, call->scratch, name, value);
}

cspan_status cspan_call_put_safe_header(struct cspan_call *call, const cspan_http_header *header) {
  return cspan_header_list_put_safe(&call->request.headers, call->scratch, header);
}

cspan_status cspan_call_set_host_prefix(struct cspan_call *call, const char *prefix) {
  call->request.host_prefix = NULL;
  return prefix[0] != '\0' ? copy(call, prefix, &call->request.host_prefix) : CSPAN_OK;
}

cspan_status cspan_call_add_encoded_query(struct cspan_call *call, const char *query) {
  cspan_buf *all = &call->request.query;
  cspan_buf_append(all, "&", all->len > 0 && query[0] != '\0');
  return cspan_buf_str(all, query);
}

cspan_status cspan_call_set_bucket(struct cspan_call *call, const char *bucket) {
  return bucket ? copy(call, bucket, &call->request.bucket) : CSPAN_ERR_INVALID;
}

cspan_status cspan_call_set_method(struct cspan_call *call, const char *method) {
  return copy(call, method, &call->request.method);
}

cspan_status cspan_call_add_query(struct cspan_call *call, const char *name, const char *value) {
  cspan_buf *query = &call->request.query;
  cspan_buf_append(query, "&", query->len > 0);
  cspan_uri_encode(query, name, strlen(name), false);
  cspan_buf_char(query, '=');
  if (value) {
    cspan_uri_encode(query, value, strlen(value), false);
  }
  return cspan_buf_status(query);
}

cspan_status cspan_call_set_body(struct cspan_call *call, const cspan_body *body,
                                 cspan_error **error) {
  cspan_source_close(&call->request.body);
  return cspan_source_open(&call->request.body, body, error);
}

cspan_status cspan_call_take_body(struct cspan_call *call, cspan_buf *buf) {
  cspan_source_close(&call->request.body);
  return cspan_source_take(&call->request.body, buf);
}

cspan_status cspan_call_set_checksum(struct cspan_call *call, const char *algorithm,
                                     const char *value) {
  cspan_call_request *request = &call->request;
  request->checksum_set = true;
  if (algorithm && copy(call, algorithm, &request->checksum_wanted) != CSPAN_OK) {
    return CSPAN_ERR_NOMEM;
  }
  return value ? copy(call, value, &request->checksum_given) : CSPAN_OK;
}

cspan_status cspan_call_set_sink(struct cspan_call *call, const cspan_sink *sink) {
  if (sink) {
    call->response.sink = *sink;
    call->response.has_sink = sink->write != NULL;
  }
  return CSPAN_OK;
}

void cspan_call_set_verify_checksum(struct cspan_call *call, bool verify) {
  cspan_call_request *request = &call->request;
  call->response.verify =
      verify && (call->client->config->response_checksums != CSPAN_CHECKSUM_WHEN_REQUIRED ||
                 cspan_header_list_get(&request->headers, "x-amz-checksum-mode"));
  if (call->response.verify) {
    /* Without it S3 sends no checksum. Where there is no room for it, nothing is verified. */
    cspan_header_list_put(&request->headers, call->scratch, "x-amz-checksum-mode", "ENABLED");
  }
}

void cspan_call_forbid_retry(struct cspan_call *call) {
  call->final_error = true;
}
