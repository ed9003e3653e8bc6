/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4.h"

#include <string.h>

#include "aws/sigv4_canonical.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

static const char *algorithm(const cspan_sigv4_scope *scope) {
  return scope->region_set ? "AWS4-ECDSA-P256-SHA256" : "AWS4-HMAC-SHA256";
}

enum {
  MAX_BYTES = 1024 * 1024,
  DATE_LEN = 8,
  HEX_LEN = 2 * CSPAN_SHA256_LEN,
  MAX_MORE = 4,
  MIN_EXPIRES_S = 1,
  MAX_EXPIRES_S = 7 * 24 * 3600
};

void cspan_sigv4_init(cspan_sigv4 *out) {
  memset(out, 0, sizeof *out);
  cspan_buf_init(&out->canonical, MAX_BYTES);
  cspan_buf_init(&out->string_to_sign, MAX_BYTES);
  cspan_buf_init(&out->result, MAX_BYTES);
}

static void wipe(cspan_buf *buf) {
  if (buf->data) {
    cspan_memzero(buf->data, buf->cap);
  }
  cspan_buf_free(buf);
}

void cspan_sigv4_free(cspan_sigv4 *out) {
  wipe(&out->canonical);
  wipe(&out->string_to_sign);
  wipe(&out->result);
  cspan_memzero(out->signature, sizeof out->signature);
}

void cspan_sigv4_key(const char *secret, time_t time, const char *region, const char *service,
                     uint8_t out[CSPAN_SIGV4_KEY_LEN]) {
  static const char terminator[] = "aws4_request";
  char date[17];
  char seed[4 + 256];
  size_t secret_len = strlen(secret);
  cspan_format_iso8601_basic(time, date);
  /* A secret that does not fit is no AWS secret: signed with its start, refused by the service.
   * No real one is longer than 64 bytes. */
  if (secret_len > sizeof seed - 4) {
    secret_len = sizeof seed - 4;
  }
  memcpy(seed, "AWS4", 4);
  memcpy(seed + 4, secret, secret_len);
  cspan_hmac_sha256(seed, 4 + secret_len, date, DATE_LEN, out);
  cspan_hmac_sha256(out, CSPAN_SHA256_LEN, region, strlen(region), out);
  cspan_hmac_sha256(out, CSPAN_SHA256_LEN, service, strlen(service), out);
  cspan_hmac_sha256(out, CSPAN_SHA256_LEN, terminator, sizeof terminator - 1, out);
  cspan_memzero(seed, sizeof seed);
}

/* "20150830/us-east-1/service/aws4_request", of SigV4a without the region. */
static void append_scope(cspan_buf *out, const cspan_sigv4_scope *scope, const char *date) {
  cspan_buf_append(out, date, DATE_LEN);
  cspan_buf_char(out, '/');
  if (!scope->region_set) {
    cspan_buf_str(out, scope->region);
    cspan_buf_char(out, '/');
  }
  cspan_buf_str(out, scope->service);
  cspan_buf_str(out, "/aws4_request");
}

/* The canonical request; `more_query` is what presigning adds. Gives where the list of signed
 * headers is in it. */
static cspan_str write_canonical(const cspan_sigv4_request *request, const cspan_sigv4_scope *scope,
                                 const cspan_sorted_headers *sorted, const char *more_query,
                                 cspan_buf *out) {
  size_t token_len = scope->session_token ? strlen(scope->session_token) : 0;
  cspan_buf_clear(out);
  cspan_buf_reserve(out, 1023 + token_len); /* most often all; a secret is not left behind */
  cspan_buf_str(out, request->method);
  cspan_buf_char(out, '\n');
  cspan_sigv4_canonical_path(out, request->path, scope->normalize_path, scope->encode_path);
  cspan_buf_char(out, '\n');
  cspan_sigv4_canonical_query(out, request->query, more_query);
  cspan_buf_char(out, '\n');
  cspan_sigv4_canonical_headers(out, sorted);
  cspan_buf_char(out, '\n');
  size_t start = out->len;
  cspan_sigv4_signed_headers(out, sorted);
  size_t end = out->len;
  cspan_buf_char(out, '\n');
  cspan_buf_str(out, request->payload_hash);
  return (cspan_str){out->data + start, end - start};
}

/* Room for CSPAN_SIGV4_SIGNATURE_MAX + 1, of SigV4 for HEX_LEN + 1. */
static cspan_status sign_text(const cspan_sigv4_scope *scope, const char *text, size_t len,
                              char *out) {
  if (scope->region_set) {
    return cspan_sigv4a_sign(scope->ecdsa_key, text, len, out);
  }
  uint8_t mac[CSPAN_SHA256_LEN];
  cspan_hmac_sha256(scope->key, CSPAN_SIGV4_KEY_LEN, text, len, mac);
  cspan_hex_encode(mac, sizeof mac, out);
  return CSPAN_OK;
}

/* From the canonical request to the signature. */
static cspan_status compute(const cspan_sigv4_scope *scope, cspan_sigv4 *out, cspan_error **error) {
  if (cspan_buf_status(&out->canonical) != CSPAN_OK) {
    return cspan_error_set(
        error, cspan_buf_status(&out->canonical), "the request cannot be signed: %s",
        out->canonical.status == CSPAN_ERR_LIMIT ? "its path, query and headers are over 1 MiB"
                                                 : "out of memory");
  }
  char hash[HEX_LEN + 1];
  cspan_sha256_hex(out->canonical.data, out->canonical.len, hash);
  cspan_buf *text = &out->string_to_sign;
  cspan_buf_clear(text);
  cspan_buf_reserve(text, 256);
  cspan_buf_str(text, algorithm(scope));
  cspan_buf_char(text, '\n');
  cspan_buf_str(text, out->date);
  cspan_buf_char(text, '\n');
  append_scope(text, scope, out->date);
  cspan_buf_char(text, '\n');
  if (cspan_buf_str(text, hash) != CSPAN_OK ||
      sign_text(scope, text->data, text->len, out->signature) != CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "the request cannot be signed: out of memory");
  }
  return CSPAN_OK;
}

static bool has_header(const cspan_sigv4_request *request, const char *name) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (cspan_ieq(request->headers[i].name, name)) {
      return true;
    }
  }
  return false;
}

const char *cspan_sigv4_token_header(const cspan_sigv4_scope *scope) {
  return scope->is_express ? "x-amz-s3session-token" : "x-amz-security-token";
}

/* The headers that signing adds and signs. */
static size_t added_headers(const cspan_sigv4_request *request, const cspan_sigv4_scope *scope,
                            const char *date, cspan_http_header more[MAX_MORE]) {
  size_t count = 0;
  if (!has_header(request, "x-amz-date")) {
    more[count++] = (cspan_http_header){.name = "x-amz-date", .value = date};
  }
  if (scope->region_set && !has_header(request, "x-amz-region-set")) {
    more[count++] = (cspan_http_header){.name = "x-amz-region-set", .value = scope->region_set};
  }
  const char *token_header = cspan_sigv4_token_header(scope);
  if (scope->session_token && !scope->omit_session_token && !has_header(request, token_header)) {
    more[count++] = (cspan_http_header){.name = token_header, .value = scope->session_token};
  }
  if (scope->content_sha256_header && !has_header(request, "x-amz-content-sha256")) {
    more[count++] =
        (cspan_http_header){.name = "x-amz-content-sha256", .value = request->payload_hash};
  }
  return count;
}

cspan_status cspan_sigv4_sign_headers(const cspan_sigv4_request *request,
                                      const cspan_sigv4_scope *scope, cspan_sigv4 *out,
                                      cspan_error **error) {
  cspan_http_header more[MAX_MORE];
  cspan_sorted_headers sorted;
  cspan_format_iso8601_basic(scope->time, out->date);
  size_t more_count = added_headers(request, scope, out->date, more);
  cspan_status status =
      cspan_sorted_headers_init(&sorted, request->headers, request->header_count, more, more_count);
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request cannot be signed: out of memory");
  }
  cspan_str names = write_canonical(request, scope, &sorted, NULL, &out->canonical);
  status = compute(scope, out, error);
  if (status == CSPAN_OK) {
    cspan_buf *text = &out->result;
    cspan_buf_clear(text);
    cspan_buf_reserve(text, 384);
    cspan_buf_str(text, algorithm(scope));
    cspan_buf_str(text, " Credential=");
    cspan_buf_str(text, scope->access_key_id);
    cspan_buf_char(text, '/');
    append_scope(text, scope, out->date);
    cspan_buf_str(text, ", SignedHeaders=");
    cspan_buf_append(text, names.data, names.len);
    cspan_buf_str(text, ", Signature=");
    status = cspan_buf_str(text, out->signature);
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "the request cannot be signed: out of memory");
    }
  }
  cspan_sorted_headers_free(&sorted);
  return status;
}

static void append_encoded(cspan_buf *out, const char *text) {
  cspan_uri_encode(out, text, strlen(text), false);
}

static void append_token(cspan_buf *out, const cspan_sigv4_scope *scope) {
  cspan_buf_str(out, scope->is_express ? "&X-Amz-S3session-Token=" : "&X-Amz-Security-Token=");
  append_encoded(out, scope->session_token);
}

/* The parameters of a presigned URL, but for the signature. */
static void write_parameters(const cspan_sigv4_scope *scope, const cspan_sorted_headers *sorted,
                             int64_t expires_s, cspan_sigv4 *out) {
  cspan_buf *text = &out->result;
  cspan_buf *part = &out->string_to_sign; /* free until it is computed */
  cspan_buf_clear(text);
  cspan_buf_clear(part);
  cspan_buf_printf(text, "X-Amz-Algorithm=%s&X-Amz-Credential=", algorithm(scope));
  cspan_buf_str(part, scope->access_key_id);
  cspan_buf_char(part, '/');
  append_scope(part, scope, out->date);
  append_encoded(text, cspan_buf_text(part));
  cspan_buf_printf(text, "&X-Amz-Date=%s&X-Amz-SignedHeaders=", out->date);
  cspan_buf_clear(part);
  cspan_sigv4_signed_headers(part, sorted);
  append_encoded(text, cspan_buf_text(part));
  cspan_buf_printf(text, "&X-Amz-Expires=%lld", (long long)expires_s);
  if (scope->region_set) {
    cspan_buf_str(text, "&X-Amz-Region-Set=");
    append_encoded(text, scope->region_set);
  }
  if (scope->session_token && !scope->omit_session_token) {
    append_token(text, scope);
  }
  if (cspan_buf_status(part) != CSPAN_OK) {
    text->status = part->status;
  }
}

cspan_status cspan_sigv4_sign_query(const cspan_sigv4_request *request,
                                    const cspan_sigv4_scope *scope, int64_t expires_s,
                                    cspan_sigv4 *out, cspan_error **error) {
  if (expires_s < MIN_EXPIRES_S || expires_s > MAX_EXPIRES_S) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a presigned URL can be good for 1 to %d seconds, not %lld",
                           MAX_EXPIRES_S, (long long)expires_s);
  }
  cspan_sorted_headers sorted;
  cspan_format_iso8601_basic(scope->time, out->date);
  cspan_status status =
      cspan_sorted_headers_init(&sorted, request->headers, request->header_count, NULL, 0);
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request cannot be signed: out of memory");
  }
  write_parameters(scope, &sorted, expires_s, out);
  status = cspan_buf_status(&out->result);
  if (status == CSPAN_OK) {
    write_canonical(request, scope, &sorted, out->result.data, &out->canonical);
    status = compute(scope, out, error);
  }
  if (status == CSPAN_OK) {
    if (scope->session_token && scope->omit_session_token) {
      append_token(&out->result, scope);
    }
    status = cspan_buf_printf(&out->result, "&X-Amz-Signature=%s", out->signature);
  }
  if (status != CSPAN_OK) {
    cspan_error_set(error, status, "the request cannot be signed: out of memory");
  }
  cspan_sorted_headers_free(&sorted);
  return status;
}

/* ------------------------------------------------------------------ chunks */

enum { CHUNK_TEXT_MAX = 512 };

/* `kind` goes after the algorithm; `first_hash` is a line that trailers do not have (NULL). */
static cspan_status sign_part(const cspan_sigv4_scope *scope, const char *kind,
                              const char *first_hash, const void *data, size_t len,
                              char *previous) {
  char date[17];
  char hash[HEX_LEN + 1];
  char memory[CHUNK_TEXT_MAX];
  cspan_format_iso8601_basic(scope->time, date);
  cspan_sha256_hex(data, len, hash);
  /* On the stack: called for every 64 KiB. */
  cspan_buf text = {.data = memory, .cap = sizeof memory, .max = sizeof memory - 1};
  memory[0] = '\0';
  cspan_buf_str(&text, algorithm(scope));
  cspan_buf_str(&text, kind);
  cspan_buf_char(&text, '\n');
  cspan_buf_str(&text, date);
  cspan_buf_char(&text, '\n');
  append_scope(&text, scope, date);
  cspan_buf_char(&text, '\n');
  cspan_buf_str(&text, previous);
  cspan_buf_char(&text, '\n');
  if (first_hash) {
    cspan_buf_str(&text, first_hash);
    cspan_buf_char(&text, '\n');
  }
  cspan_buf_str(&text, hash);
  return sign_text(scope, text.data, text.len, previous);
}

cspan_status cspan_sigv4_sign_chunk(const cspan_sigv4_scope *scope, const void *data, size_t len,
                                    char *previous) {
  return sign_part(scope, "-PAYLOAD", CSPAN_SIGV4_EMPTY_SHA256, data, len, previous);
}

cspan_status cspan_sigv4_sign_trailer(const cspan_sigv4_scope *scope, const char *trailer,
                                      size_t len, char *previous) {
  return sign_part(scope, "-TRAILER", NULL, trailer, len, previous);
}

cspan_status cspan_sigv4_sign_event(const cspan_sigv4_scope *scope, const void *headers,
                                    size_t headers_len, const void *payload, size_t len,
                                    char *previous) {
  char hash[HEX_LEN + 1];
  cspan_sha256_hex(headers, headers_len, hash);
  return sign_part(scope, "-PAYLOAD", hash, payload, len, previous);
}
