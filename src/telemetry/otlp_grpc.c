/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a unary gRPC call: status, message and details as in gRPC's
 * "PROTOCOL-HTTP2", and the retry rules of the OTLP specification. */
#include "telemetry/otlp_grpc.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "telemetry/inflate.h"
#include "telemetry/otlp_client.h"
#include "telemetry/otlp_outcome.h"
#include "telemetry/text_wire.h"

enum { MAX_DETAILS = 16 << 10 };

typedef enum grpc_code {
  GRPC_OK = 0,
  GRPC_CANCELLED = 1,
  GRPC_UNKNOWN = 2,
  GRPC_DEADLINE_EXCEEDED = 4,
  GRPC_PERMISSION_DENIED = 7,
  GRPC_RESOURCE_EXHAUSTED = 8,
  GRPC_ABORTED = 10,
  GRPC_OUT_OF_RANGE = 11,
  GRPC_UNIMPLEMENTED = 12,
  GRPC_INTERNAL = 13,
  GRPC_UNAVAILABLE = 14,
  GRPC_DATA_LOSS = 15,
  GRPC_UNAUTHENTICATED = 16
} grpc_code;

const char *cspan_grpc_code_name(uint64_t code) {
  static const char *const names[] = {
      "OK",
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
  };
  return code < sizeof names / sizeof names[0] ? names[code] : "UNKNOWN";
}

void cspan_grpc_prefix(uint8_t out[CSPAN_GRPC_PREFIX], bool compressed, uint32_t len) {
  out[0] = compressed;
  for (unsigned i = 0; i < 4; i++)
    out[1 + i] = (uint8_t)(len >> (24 - 8 * i));
}

/* Where there is no grpc-status the HTTP status speaks. */
static uint64_t code_of_http(int http_status) {
  switch (http_status) {
  case 400:
    return GRPC_INTERNAL;
  case 401:
    return GRPC_UNAUTHENTICATED;
  case 403:
    return GRPC_PERMISSION_DENIED;
  case 404:
    return GRPC_UNIMPLEMENTED;
  case 429:
  case 502:
  case 503:
  case 504:
    return GRPC_UNAVAILABLE;
  default:
    return GRPC_UNKNOWN;
  }
}

static bool is_retryable(uint64_t code, bool has_retry_info) {
  switch (code) {
  case GRPC_CANCELLED:
  case GRPC_DEADLINE_EXCEEDED:
  case GRPC_ABORTED:
  case GRPC_OUT_OF_RANGE:
  case GRPC_UNAVAILABLE:
  case GRPC_DATA_LOSS:
    return true;
  case GRPC_RESOURCE_EXHAUSTED:
    return has_retry_info;
  default:
    return false;
  }
}

/* grpc-message is percent-encoded. */
static void say_message(cspan_otlp_outcome *out, const char *message) {
  char text[sizeof out->message];
  size_t len = 0;
  for (const char *c = message; *c && len < sizeof text - 1; c++) {
    uint8_t byte = (uint8_t)*c;
    if (byte == '%' && c[1] && c[2] && cspan_hex_decode(c + 1, 2, &byte))
      c += 2;
    text[len++] = (char)byte;
  }
  if (len == sizeof text - 1)
    len = cspan_text_cut(text, len, len - 1); /* not inside a character */
  cspan_otlp_say(out, text, len);
}

/* Base64, with or without padding. */
static bool decode_details(const char *text, cspan_buf *out) {
  size_t len = strlen(text);
  cspan_buf padded;
  if (len > MAX_DETAILS)
    return false;
  cspan_buf_init(&padded, MAX_DETAILS + 4);
  cspan_buf_str(&padded, text);
  for (size_t i = len; i % 4; i++)
    cspan_buf_char(&padded, '=');
  bool ok = cspan_buf_status(&padded) == CSPAN_OK &&
            cspan_base64_decode(cspan_buf_text(&padded), padded.len, out);
  cspan_buf_free(&padded);
  return ok;
}

static void read_details(const char *text, cspan_otlp_outcome *out, bool *has_retry_info) {
  cspan_buf bytes;
  cspan_buf_init(&bytes, MAX_DETAILS);
  if (text && decode_details(text, &bytes))
    cspan_otlp_read_status((const uint8_t *)cspan_buf_text(&bytes), bytes.len, out, has_retry_info);
  cspan_buf_free(&bytes);
}

static void fail_with(cspan_otlp_outcome *out, uint64_t code, bool has_retry_info) {
  out->status = CSPAN_ERR_SERVICE;
  out->code = cspan_grpc_code_name(code);
  out->retryable = is_retryable(code, has_retry_info);
}

/* Some receivers answer a compressed request by a compressed message. */
static const char *read_compressed(const cspan_otlp_reply *reply, cspan_otlp_outcome *out) {
  cspan_buf plain;
  const char *wrong = NULL;
  if (!reply->grpc_encoding || strcmp(reply->grpc_encoding, "gzip") != 0)
    return "its message has a compression other than gzip";
  cspan_buf_init(&plain, CSPAN_OTLP_MAX_RESPONSE);
  out->status = cspan_gunzip(reply->body + CSPAN_GRPC_PREFIX, reply->body_len - CSPAN_GRPC_PREFIX,
                             &plain, NULL);
  if (out->status == CSPAN_ERR_NOMEM)
    wrong = "out of memory";
  else if (out->status == CSPAN_ERR_LIMIT)
    wrong = "its message is larger than 4 MiB";
  else if (out->status != CSPAN_OK)
    wrong = "its message cannot be unpacked";
  else if (!cspan_otlp_read_response((const uint8_t *)cspan_buf_text(&plain), plain.len, out))
    wrong = "its message is malformed";
  cspan_buf_free(&plain);
  return wrong;
}

/* Accepted: one message, and nothing behind it. */
static void read_message(const cspan_otlp_reply *reply, cspan_otlp_outcome *out) {
  const uint8_t *body = reply->body;
  if (reply->body_len == 0)
    return; /* the status alone says that all is well */
  const char *wrong = NULL;
  if (reply->body_len < CSPAN_GRPC_PREFIX)
    wrong = "its message is cut short";
  else if (((size_t)body[1] << 24 | (size_t)body[2] << 16 | (size_t)body[3] << 8 | body[4]) !=
           reply->body_len - CSPAN_GRPC_PREFIX)
    wrong = "its message has another length than it says";
  else if (body[0] != 0)
    wrong = read_compressed(reply, out);
  else if (!cspan_otlp_read_response(body + CSPAN_GRPC_PREFIX, reply->body_len - CSPAN_GRPC_PREFIX,
                                     out))
    wrong = "its message is malformed";
  if (wrong) {
    if (out->status == CSPAN_OK)
      out->status = CSPAN_ERR_PROTOCOL;
    out->code = cspan_status_code(out->status);
    out->rejected_items = 0;
    out->message[0] = '\0';
    cspan_otlp_say(out, "the receiver's answer cannot be understood: ",
                   strlen("the receiver's answer cannot be understood: "));
    cspan_otlp_say(out, wrong, strlen(wrong));
  }
}

void cspan_otlp_read_grpc(const cspan_otlp_reply *reply, cspan_otlp_outcome *out) {
  uint64_t code = GRPC_UNKNOWN;
  bool has_retry_info = false;
  *out = (cspan_otlp_outcome){.retry_after_ms = -1, .code = "", .http_status = reply->http_status};
  bool is_grpc = reply->content_type && cspan_starts_with(reply->content_type, "application/grpc");
  if (!reply->grpc_status || !is_grpc) {
    fail_with(out, code_of_http(reply->http_status), false);
    snprintf(out->message, sizeof out->message,
             "the receiver answered HTTP status %d without a gRPC status%s", reply->http_status,
             reply->http_status == 200 || reply->http_status == 404
                 ? ": is this the port of OTLP over gRPC?"
                 : "");
    return;
  }
  if (!cspan_parse_u64(reply->grpc_status, &code))
    code = GRPC_UNKNOWN;
  if (code == GRPC_OK) {
    read_message(reply, out);
    return;
  }
  if (reply->grpc_message)
    say_message(out, reply->grpc_message);
  read_details(reply->grpc_details, out, &has_retry_info);
  fail_with(out, code, has_retry_info);
  char said[sizeof out->message];
  memcpy(said, out->message, sizeof said);
  snprintf(out->message, sizeof out->message, "the receiver answered %s%s", out->code,
           said[0] ? ": " : "");
  cspan_otlp_say(out, said, strlen(said));
}
