/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "viewer/grpc_internal.h"

#define EXPORT_PATH  "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#define METRICS_PATH "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"

/* All connections together may hold this many requests of the largest size. */
enum { HELD_REQUESTS = 4 };

/* ------------------------------------------------------------ streams' lives */

static cspan_grpc_stream *stream_add(cspan_grpc_connection *connection, int32_t id) {
  cspan_grpc_stream *stream = cspan_calloc(1, sizeof *stream);
  if (stream) {
    stream->id = id;
    cspan_buf_init(&stream->body, connection->server->intake->max_bytes + CSPAN_GRPC_PREFIX);
    stream->next = connection->streams;
    if (stream->next) {
      stream->next->prev = stream;
    }
    connection->streams = stream;
  }
  return stream;
}

static void body_free(cspan_grpc_connection *connection, cspan_grpc_stream *stream) {
  connection->server->held_bytes -= stream->body.len;
  cspan_buf_free(&stream->body);
}

static void stream_free(cspan_grpc_connection *connection, cspan_grpc_stream *stream) {
  *(stream->prev ? &stream->prev->next : &connection->streams) = stream->next;
  if (stream->next) {
    stream->next->prev = stream->prev;
  }
  body_free(connection, stream);
  cspan_free(stream);
}

void cspan_grpc_streams_free(cspan_grpc_connection *connection) {
  while (connection->streams) {
    stream_free(connection, connection->streams);
  }
}

static cspan_grpc_stream *stream_of(nghttp2_session *session, int32_t id) {
  return nghttp2_session_get_stream_user_data(session, id);
}

/* --------------------------------------------------------------------- call */

/* Answers before the body is whole, or instead of it. */
static int refuse(cspan_grpc_connection *connection, cspan_grpc_stream *stream, int code,
                  const char *message) {
  cspan_intake_reject(connection->server->intake);
  body_free(connection, stream);
  return cspan_grpc_reply_failure(connection, stream, code, message);
}

static int refuse_http(cspan_grpc_connection *connection, cspan_grpc_stream *stream,
                       const char *http_status) {
  cspan_intake_reject(connection->server->intake);
  return cspan_grpc_reply_http(connection, stream, http_status);
}

/* application/grpc, perhaps with +proto or parameters. */
static bool is_grpc(const char *content_type, bool *is_proto) {
  static const char name[] = "application/grpc";
  size_t len = sizeof name - 1;
  if (strncmp(content_type, name, len) != 0 || !strchr("+;", content_type[len])) {
    return false;
  }
  const char *rest = content_type + len;
  *is_proto = *rest != '+' || strcmp(rest, "+proto") == 0 || strncmp(rest, "+proto;", 7) == 0;
  return true;
}

/* After the headers: refuses what can be refused already. */
static int check_headers(cspan_grpc_connection *connection, cspan_grpc_stream *stream) {
  bool is_proto = false;
  if (stream->header_bytes > CSPAN_GRPC_MAX_HEADER_BYTES) {
    return refuse_http(connection, stream, "431");
  }
  if (strcmp(stream->method, "POST") != 0) {
    return refuse_http(connection, stream, "405");
  }
  if (!is_grpc(stream->content_type, &is_proto)) {
    return refuse_http(connection, stream, "415");
  }
  if (!is_proto) {
    return refuse(connection, stream, CSPAN_GRPC_UNIMPLEMENTED,
                  "only application/grpc with protobuf messages is understood");
  }
  if (strstr(stream->path, "collector.logs.")) {
    return refuse(connection, stream, CSPAN_GRPC_UNIMPLEMENTED,
                  "this receiver takes traces and metrics, no logs");
  }
  if (strcmp(stream->path, EXPORT_PATH) != 0 && strcmp(stream->path, METRICS_PATH) != 0) {
    return refuse(connection, stream, CSPAN_GRPC_UNIMPLEMENTED,
                  "unknown method; this receiver has " EXPORT_PATH " and " METRICS_PATH);
  }
  if (stream->encoding[0] && strcmp(stream->encoding, "gzip") != 0 &&
      strcmp(stream->encoding, "identity") != 0) {
    return refuse(connection, stream, CSPAN_GRPC_UNIMPLEMENTED,
                  "unknown grpc-encoding; gzip and identity are understood");
  }
  return 0;
}

static int refuse_too_large(cspan_grpc_connection *connection, cspan_grpc_stream *stream) {
  return refuse(connection, stream, CSPAN_GRPC_RESOURCE_EXHAUSTED,
                "the request is larger than this receiver takes");
}

/* The whole request is there. */
static int finish(cspan_grpc_connection *connection, cspan_grpc_stream *stream) {
  cspan_grpc_message message;
  cspan_grpc_state state =
      cspan_grpc_message_read((const uint8_t *)cspan_buf_text(&stream->body), stream->body.len,
                              connection->server->intake->max_bytes, &message);
  if (state != CSPAN_GRPC_WHOLE) {
    return refuse(connection, stream, CSPAN_GRPC_INVALID_ARGUMENT,
                  "the request is not exactly one whole message");
  }
  if (message.compressed && strcmp(stream->encoding, "gzip") != 0) {
    return refuse(connection, stream, CSPAN_GRPC_INTERNAL,
                  "the message is compressed, but grpc-encoding does not say how");
  }
  cspan_intake_body body = {.data = message.data,
                            .len = message.len,
                            .gzip = message.compressed,
                            .is_metrics = strcmp(stream->path, METRICS_PATH) == 0};
  cspan_error *error = NULL;
  cspan_status status = cspan_intake_take(connection->server->intake, &body, &error);
  body_free(connection, stream);
  int rc = 0;
  if (status == CSPAN_OK) {
    rc = cspan_grpc_reply_success(connection, stream);
  } else {
    int code = status == CSPAN_ERR_PROTOCOL ? CSPAN_GRPC_INVALID_ARGUMENT
               : status == CSPAN_ERR_LIMIT  ? CSPAN_GRPC_RESOURCE_EXHAUSTED
                                            : CSPAN_GRPC_UNAVAILABLE;
    rc = cspan_grpc_reply_failure(connection, stream, code, cspan_error_message(error));
  }
  cspan_error_free(error);
  return rc;
}

/* ---------------------------------------------------------------- callbacks */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
    return 0;
  }
  cspan_grpc_stream *stream = stream_add(user, frame->hd.stream_id);
  if (!stream) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
}

static void keep(char *to, size_t capacity, const uint8_t *value, size_t len) {
  len = len < capacity - 1 ? len : capacity - 1;
  memcpy(to, value, len);
  to[len] = '\0';
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user) {
  (void)flags;
  (void)user;
  cspan_grpc_stream *stream = stream_of(session, frame->hd.stream_id);
  if (!stream || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
    return 0;
  }
  /* 32 is what HTTP/2 counts for a header besides its text. */
  stream->header_bytes += name_len + value_len + 32;
  cspan_str key = {(const char *)name, name_len};
  if (cspan_str_eq(key, ":path")) {
    keep(stream->path, sizeof stream->path, value, value_len);
  } else if (cspan_str_eq(key, ":method")) {
    keep(stream->method, sizeof stream->method, value, value_len);
  } else if (cspan_str_eq(key, "content-type")) {
    keep(stream->content_type, sizeof stream->content_type, value, value_len);
  } else if (cspan_str_eq(key, "grpc-encoding")) {
    keep(stream->encoding, sizeof stream->encoding, value, value_len);
  }
  return 0;
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  cspan_grpc_connection *connection = user;
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) {
    return 0;
  }
  cspan_grpc_stream *stream = stream_of(session, frame->hd.stream_id);
  int rc = 0;
  if (!stream) {
    return 0;
  }
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    rc = check_headers(connection, stream);
  }
  if (rc == 0 && !stream->answered && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
    rc = finish(connection, stream);
  }
  return rc == 0 || !nghttp2_is_fatal(rc) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int append(cspan_grpc_connection *connection, cspan_grpc_stream *stream, const uint8_t *data,
                  size_t len) {
  cspan_grpc_server *server = connection->server;
  cspan_grpc_message message;
  if (server->held_bytes / HELD_REQUESTS > server->intake->max_bytes) {
    return refuse(connection, stream, CSPAN_GRPC_UNAVAILABLE,
                  "too much is being received at once; try again later");
  }
  cspan_status status = cspan_buf_append(&stream->body, data, len);
  if (status == CSPAN_OK) {
    server->held_bytes += len;
  } else if (status == CSPAN_ERR_NOMEM) {
    return refuse(connection, stream, CSPAN_GRPC_UNAVAILABLE, "out of memory");
  }
  cspan_grpc_state state =
      cspan_grpc_message_read((const uint8_t *)cspan_buf_text(&stream->body), stream->body.len,
                              server->intake->max_bytes, &message);
  if (status == CSPAN_ERR_LIMIT || state == CSPAN_GRPC_TOO_LONG) {
    return refuse_too_large(connection, stream);
  }
  if (state == CSPAN_GRPC_BROKEN) {
    return refuse(connection, stream, CSPAN_GRPC_INVALID_ARGUMENT,
                  "the request is not exactly one whole message");
  }
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
                   size_t len, void *user) {
  (void)flags;
  cspan_grpc_stream *stream = stream_of(session, stream_id);
  if (!stream || stream->answered) {
    return 0;
  }
  int rc = append(user, stream, data, len);
  return rc == 0 || !nghttp2_is_fatal(rc) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* An answer that went out before the request was whole: tells the client that no more of
 * it is wanted (RFC 9113, 8.1). */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)user;
  if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
      nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) != 0) {
    return 0;
  }
  int rc =
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  return rc == 0 || !nghttp2_is_fatal(rc) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t error_code,
                           void *user) {
  (void)error_code;
  cspan_grpc_stream *stream = stream_of(session, stream_id);
  if (stream) {
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    stream_free(user, stream);
  }
  return 0;
}

nghttp2_session_callbacks *cspan_grpc_callbacks(void) {
  nghttp2_session_callbacks *callbacks = NULL;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) {
    return NULL;
  }
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  return callbacks;
}
