/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "viewer/grpc_internal.h"

enum { MAX_MESSAGE = 2048 };

static nghttp2_nv pair(const char *name, const char *value) {
  nghttp2_nv nv = {.name = (uint8_t *)(uintptr_t)name,
                   .value = (uint8_t *)(uintptr_t)value,
                   .namelen = strlen(name),
                   .valuelen = strlen(value),
                   .flags = NGHTTP2_NV_FLAG_NONE};
  return nv;
}

/* The response message, an empty ExportTraceServiceResponse, is only a prefix of zeros. */
static ssize_t read_message(nghttp2_session *session, int32_t stream_id, uint8_t *buf,
                            size_t length, uint32_t *flags, nghttp2_data_source *source,
                            void *user) {
  (void)source;
  (void)user;
  if (length < CSPAN_GRPC_PREFIX) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  nghttp2_nv trailer = pair("grpc-status", "0");
  memset(buf, 0, CSPAN_GRPC_PREFIX);
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  int rc = nghttp2_submit_trailer(session, stream_id, &trailer, 1);
  return rc == 0 ? CSPAN_GRPC_PREFIX : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int cspan_grpc_reply_success(cspan_grpc_connection *connection, cspan_grpc_stream *stream) {
  nghttp2_nv headers[] = {pair(":status", "200"), pair("content-type", "application/grpc"),
                          pair("grpc-accept-encoding", "identity,gzip")};
  nghttp2_data_provider message = {.read_callback = read_message};
  stream->answered = true;
  return nghttp2_submit_response(connection->session, stream->id, headers,
                                 sizeof headers / sizeof *headers, &message);
}

int cspan_grpc_reply_failure(cspan_grpc_connection *connection, cspan_grpc_stream *stream,
                             int grpc_code, const char *message) {
  char code[16];
  cspan_buf text;
  cspan_buf_init(&text, MAX_MESSAGE);
  snprintf(code, sizeof code, "%d", grpc_code);
  if (cspan_grpc_text_encode(&text, message) != CSPAN_OK) {
    cspan_buf_clear(&text); /* better no text than no answer */
  }
  nghttp2_nv headers[] = {pair(":status", "200"), pair("content-type", "application/grpc"),
                          pair("grpc-accept-encoding", "identity,gzip"), pair("grpc-status", code),
                          pair("grpc-message", cspan_buf_text(&text))};
  stream->answered = true;
  int rc = nghttp2_submit_response(connection->session, stream->id, headers,
                                   sizeof headers / sizeof *headers, NULL);
  cspan_buf_free(&text);
  return rc;
}

int cspan_grpc_reply_http(cspan_grpc_connection *connection, cspan_grpc_stream *stream,
                          const char *http_status) {
  nghttp2_nv headers[] = {pair(":status", http_status), pair("content-length", "0")};
  stream->answered = true;
  return nghttp2_submit_response(connection->session, stream->id, headers,
                                 sizeof headers / sizeof *headers, NULL);
}
