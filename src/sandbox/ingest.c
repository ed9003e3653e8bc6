/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a body in: decoding, digests, and the comparison with what the
 * request said about it. */
#include <string.h>

#include "base/text.h"
#include "sandbox/call.h"
#include "sandbox/chunked.h"

typedef struct intake {
  sbx_sink sink;
  void *user;
  int64_t len;
  int64_t max;
  bool too_large;
  cspan_digest *md5;
  cspan_digest *sha256; /* NULL unless the signature names the hash */
  cspan_digest *checksum;
  sbx_checksum_kind kind;
} intake;

static cspan_status take(void *user, const char *data, size_t len) {
  intake *in = user;
  if ((int64_t)len > in->max - in->len) {
    in->too_large = true;
    return CSPAN_ERR_LIMIT;
  }
  in->len += (int64_t)len;
  cspan_digest_update(in->md5, data, len);
  if (in->sha256) {
    cspan_digest_update(in->sha256, data, len);
  }
  if (in->checksum) {
    cspan_digest_update(in->checksum, data, len);
  }
  return in->sink(in->user, data, len);
}

/* ------------------------------------------------------------- what is said */

static sbx_error named_by_header(const sbx_call *call, sbx_checksum_kind *out) {
  for (size_t i = 0; i < call->request.headers.count; i++) {
    const char *name = call->request.headers.items[i].name;
    sbx_checksum_kind kind = cspan_sbx_checksum_by_header(name);
    if (kind != SBX_CHECKSUM_NONE && *out != SBX_CHECKSUM_NONE && kind != *out) {
      return SBX_INVALID_REQUEST;
    }
    *out = kind != SBX_CHECKSUM_NONE ? kind : *out;
  }
  return SBX_OK;
}

sbx_error cspan_sbx_named_checksum(sbx_call *call, sbx_checksum_kind *out) {
  *out = SBX_CHECKSUM_NONE;
  if (named_by_header(call, out) != SBX_OK) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST, "Expecting a single x-amz-checksum- header.");
  }
  const char *trailer = cspan_sbx_header(&call->request, "x-amz-trailer");
  const char *algorithm = cspan_sbx_header(&call->request, "x-amz-sdk-checksum-algorithm");
  if (*out == SBX_CHECKSUM_NONE && trailer) {
    *out = cspan_sbx_checksum_by_header(trailer);
    if (*out == SBX_CHECKSUM_NONE) {
      return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                            "The value specified in the x-amz-trailer header is not supported");
    }
  }
  if (*out == SBX_CHECKSUM_NONE && algorithm) {
    *out = cspan_sbx_checksum_by_algorithm(algorithm);
    if (*out == SBX_CHECKSUM_NONE) {
      return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                            "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    }
  }
  return SBX_OK;
}

/* How the body is coded, by x-amz-content-sha256. */
typedef struct coding {
  bool chunked;
  bool is_signed;
  bool trailer;
  bool hashed;
} coding;

static sbx_error coding_of(sbx_call *call, coding *out) {
  static const struct {
    const char *payload;
    coding coding;
  } known[] = {
      {"UNSIGNED-PAYLOAD", {false, false, false, false}},
      {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", {true, false, true, false}},
      {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", {true, true, false, false}},
      {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", {true, true, true, false}},
  };
  const char *payload = call->auth.payload;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(payload, known[i].payload) == 0) {
      *out = known[i].coding;
      out->is_signed = out->is_signed && !call->auth.anonymous;
      return SBX_OK;
    }
  }
  uint8_t digest[CSPAN_SHA256_LEN];
  size_t len = strlen(payload);
  if (len != 2 * CSPAN_SHA256_LEN || !cspan_hex_decode(payload, len, digest)) {
    return cspan_sbx_fail(call, SBX_INVALID_ARGUMENT,
                          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the STREAMING "
                          "values, or a valid sha256 value.");
  }
  *out = (coding){.hashed = true};
  return SBX_OK;
}

/* The length that the headers announce for the payload; -1: none. */
static sbx_error announced(sbx_call *call, const coding *how, int64_t *out) {
  const char *name = how->chunked ? "x-amz-decoded-content-length" : "Content-Length";
  const char *text = cspan_sbx_header(&call->request, name);
  *out = -1;
  if (text) {
    bool ok = cspan_parse_i64(text, out) && *out >= 0;
    return ok ? SBX_OK : cspan_sbx_fail(call, SBX_INVALID_ARGUMENT, "A length is not valid.");
  }
  if (cspan_sbx_header(&call->request, "Transfer-Encoding") && !how->chunked) {
    return SBX_NOT_IMPLEMENTED;
  }
  return SBX_MISSING_LENGTH;
}

/* ------------------------------------------------------------ taking it in */

static sbx_error drain(sbx_call *call, intake *in, sbx_chunked *chunked) {
  struct evbuffer_iovec run;
  while (evbuffer_peek(call->input, -1, NULL, &run, 1) > 0) {
    sbx_error error;
    if (chunked) {
      error = cspan_sbx_chunked_write(chunked, run.iov_base, run.iov_len);
    } else {
      error = cspan_sbx_error_of(take(in, run.iov_base, run.iov_len));
    }
    if (error != SBX_OK) {
      return in->too_large ? SBX_ENTITY_TOO_LARGE : error;
    }
    evbuffer_drain(call->input, run.iov_len);
  }
  return chunked ? cspan_sbx_chunked_finish(chunked) : SBX_OK;
}

static sbx_error check_md5(sbx_call *call, const uint8_t md5[CSPAN_MD5_LEN]) {
  const char *said = cspan_sbx_header(&call->request, "Content-MD5");
  cspan_buf raw;
  cspan_buf_init(&raw, 64);
  sbx_error error = SBX_OK;
  cspan_status status = said ? cspan_sbx_base64_decode(said, CSPAN_MD5_LEN, &raw) : CSPAN_OK;
  if (status != CSPAN_OK) {
    error = status == CSPAN_ERR_NOMEM ? SBX_INTERNAL_ERROR : SBX_INVALID_DIGEST;
  } else if (said && memcmp(raw.data, md5, CSPAN_MD5_LEN) != 0) {
    error = SBX_BAD_DIGEST;
  }
  cspan_buf_free(&raw);
  return error;
}

static sbx_error check_checksum(sbx_call *call, const sbx_pairs *trailers,
                                const sbx_checksum *made) {
  const char *header = cspan_sbx_checksum_header(made->kind);
  const char *said = cspan_sbx_header(&call->request, header);
  if (!said && trailers) {
    said = cspan_sbx_pairs_get(trailers, header);
    const char *promised = cspan_sbx_header(&call->request, "x-amz-trailer");
    if (!said && promised) {
      return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                            "The trailer that x-amz-trailer promised did not come.");
    }
  }
  cspan_status status = said ? cspan_sbx_checksum_check(made->kind, said) : CSPAN_OK;
  if (status != CSPAN_OK) {
    return status == CSPAN_ERR_NOMEM
               ? SBX_INTERNAL_ERROR
               : cspan_sbx_fail(call, SBX_INVALID_REQUEST, "The value of a checksum is not valid.");
  }
  return said && strcmp(said, made->value) != 0 ? SBX_BAD_DIGEST : SBX_OK;
}

static sbx_error conclude(sbx_call *call, intake *in, const sbx_chunked *chunked,
                          sbx_ingested *out) {
  uint8_t digest[CSPAN_SHA256_LEN];
  out->len = in->len;
  cspan_digest_final(in->md5, out->md5);
  sbx_error error = check_md5(call, out->md5);
  if (error == SBX_OK && in->sha256) {
    char hex[2 * CSPAN_SHA256_LEN + 1];
    cspan_digest_final(in->sha256, digest);
    cspan_hex_encode(digest, sizeof digest, hex);
    error = cspan_ieq(hex, call->auth.payload) ? SBX_OK : SBX_SHA256_MISMATCH;
  }
  if (error == SBX_OK && in->checksum) {
    cspan_digest_final(in->checksum, digest);
    error = cspan_sbx_error_of(cspan_sbx_checksum_set(&out->checksum, in->kind, digest));
  }
  if (error == SBX_OK && in->checksum) {
    const sbx_pairs *trailers = chunked ? cspan_sbx_chunked_trailers(chunked) : NULL;
    error = check_checksum(call, trailers, &out->checksum);
  }
  return error;
}

static sbx_error receive(sbx_call *call, intake *in, const coding *how, int64_t expected,
                         sbx_ingested *out) {
  sbx_chunked *chunked = NULL;
  sbx_chunked_options options = {.seed = how->is_signed ? &call->auth : NULL,
                                 .trailer = how->trailer,
                                 .sink = take,
                                 .user = in};
  bool ready = true;
  if (how->chunked) {
    chunked = cspan_sbx_chunked_new(&options);
    ready = chunked != NULL;
  }
  in->md5 = cspan_digest_new(CSPAN_DIGEST_MD5);
  in->sha256 = how->hashed ? cspan_digest_new(CSPAN_DIGEST_SHA256) : NULL;
  in->checksum = in->kind ? cspan_digest_new(cspan_sbx_checksum_digest(in->kind)) : NULL;
  ready = ready && in->md5 && (in->sha256 || !how->hashed) && (in->checksum || !in->kind);
  sbx_error error = ready ? drain(call, in, chunked) : SBX_INTERNAL_ERROR;
  if (error == SBX_OK && expected >= 0 && in->len != expected) {
    error = SBX_INCOMPLETE_BODY;
  }
  if (error == SBX_OK) {
    error = conclude(call, in, chunked, out);
  }
  cspan_digest_free(in->md5);
  cspan_digest_free(in->sha256);
  cspan_digest_free(in->checksum);
  cspan_sbx_chunked_free(chunked);
  return error;
}

static sbx_error ingest(sbx_call *call, sbx_sink sink, void *user, sbx_checksum_kind kind,
                        sbx_ingested *out) {
  intake in = {.sink = sink, .user = user, .max = call->service->max_body_bytes, .kind = kind};
  coding how = {0};
  int64_t expected = -1;
  *out = (sbx_ingested){0};
  sbx_error error = coding_of(call, &how);
  error = error == SBX_OK ? announced(call, &how, &expected) : error;
  if (error == SBX_OK && expected > in.max) {
    error = SBX_ENTITY_TOO_LARGE;
  }
  return error == SBX_OK ? receive(call, &in, &how, expected, out) : error;
}

sbx_error cspan_sbx_ingest_body(sbx_call *call, sbx_checksum_kind fallback, sbx_body *body,
                                sbx_ingested *out) {
  sbx_writer writer;
  sbx_checksum_kind kind;
  int64_t expected = -1;
  const char *text = cspan_sbx_header(&call->request, "x-amz-decoded-content-length");
  text = text ? text : cspan_sbx_header(&call->request, "Content-Length");
  if (!text || !cspan_parse_i64(text, &expected)) {
    expected = -1;
  }
  cspan_sbx_writer_init(&writer, call->service->store, expected);
  sbx_error error = cspan_sbx_named_checksum(call, &kind);
  if (error == SBX_OK) {
    kind = kind == SBX_CHECKSUM_NONE ? fallback : kind;
    error = ingest(call, cspan_sbx_writer_write, &writer, kind, out);
  }
  if (error != SBX_OK) {
    cspan_sbx_writer_abort(&writer);
    return error;
  }
  return cspan_sbx_error_of(cspan_sbx_writer_finish(&writer, body));
}

static cspan_status to_buffer(void *user, const char *data, size_t len) {
  return cspan_buf_append(user, data, len);
}

sbx_error cspan_sbx_ingest_document(sbx_call *call, bool checked, cspan_buf *out) {
  sbx_ingested result;
  sbx_checksum_kind kind = SBX_CHECKSUM_NONE;
  sbx_error error = checked ? cspan_sbx_named_checksum(call, &kind) : SBX_OK;
  if (error == SBX_OK) {
    error = ingest(call, to_buffer, out, kind, &result);
  }
  return cspan_buf_status(out) == CSPAN_ERR_LIMIT ? SBX_MALFORMED_XML : error;
}
