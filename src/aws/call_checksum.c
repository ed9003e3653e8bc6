/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums of bodies: computed for requests, verified in responses. */
#include <stdio.h>
#include <string.h>

#include "aws/call.h"
#include "base/alloc.h"
#include "base/crc.h"
#include "base/error.h"
#include "base/text.h"

enum { STEP = 256 * 1024, BASE64_MAX = 48, UNKNOWN_SIZE_MAX = 8 * 1024 * 1024 };

typedef struct checksum_kind {
  const char *name;
  const char *header;
  cspan_digest_kind kind;
} checksum_kind;

/* In the order in which one is picked for verifying: cheap ones first. */
static const checksum_kind kinds[] = {
    {"CRC32C", "x-amz-checksum-crc32c", CSPAN_DIGEST_CRC32C},
    {"CRC32", "x-amz-checksum-crc32", CSPAN_DIGEST_CRC32},
    {"CRC64NVME", "x-amz-checksum-crc64nvme", CSPAN_DIGEST_CRC64NVME},
    {"SHA1", "x-amz-checksum-sha1", CSPAN_DIGEST_SHA1},
    {"SHA256", "x-amz-checksum-sha256", CSPAN_DIGEST_SHA256},
};

static const checksum_kind md5_kind = {"MD5", "Content-MD5", CSPAN_DIGEST_MD5};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const checksum_kind *kind_of(const char *name) {
  for (size_t i = 0; i < KIND_COUNT; i++) {
    if (cspan_ieq(name, kinds[i].name)) {
      return &kinds[i];
    }
  }
  return NULL;
}

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no checksum was computed");
}

/* ----------------------------------------------------------------- choice */

const char *cspan_call_default_checksum(const struct cspan_call *call) {
  cspan_checksum_mode mode = call->client->config->request_checksums;
  if (mode == CSPAN_CHECKSUM_DEFAULT) {
    /* Many S3-compatible servers refuse the newer headers. */
    bool custom = call->own_base_url || call->client->has_base_url;
    mode = custom ? CSPAN_CHECKSUM_WHEN_REQUIRED : CSPAN_CHECKSUM_WHEN_SUPPORTED;
  }
  return mode == CSPAN_CHECKSUM_WHEN_SUPPORTED ? "CRC32" : NULL;
}

static bool has_checksum_header(const struct cspan_call *call) {
  const cspan_header_list *headers = &call->request.headers;
  bool found = cspan_header_list_get(headers, md5_kind.header) != NULL;
  for (size_t i = 0; i < KIND_COUNT && !found; i++) {
    found = cspan_header_list_get(headers, kinds[i].header) != NULL;
  }
  return found;
}

/* NULL in *out: none. */
static cspan_status choose(const struct cspan_call *call, const checksum_kind **out,
                           cspan_error **error) {
  const cspan_call_request *request = &call->request;
  bool required = (call->operation->flags & CSPAN_OP_CHECKSUM_REQUIRED) != 0;
  const char *name = NULL;
  *out = NULL;
  if (request->checksum_wanted) {
    name = request->checksum_wanted;
  } else if (request->checksum_set || required) {
    name = cspan_call_default_checksum(call);
  }
  if (name) {
    *out = kind_of(name);
    if (!*out) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "\"%.40s\" is no checksum algorithm: CRC32, CRC32C, CRC64NVME, SHA1 "
                             "or SHA256",
                             name);
    }
  } else if (required) {
    *out = &md5_kind;
  }
  return CSPAN_OK;
}

/* -------------------------------------------------------------- computing */

static size_t sum_memory(cspan_digest_kind kind, const void *data, size_t len, uint8_t out[32]) {
  if (kind == CSPAN_DIGEST_CRC32 || kind == CSPAN_DIGEST_CRC32C) {
    uint32_t crc =
        kind == CSPAN_DIGEST_CRC32 ? cspan_crc32(0, data, len) : cspan_crc32c(0, data, len);
    for (int i = 0; i < 4; i++) {
      out[i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    return 4;
  }
  if (kind == CSPAN_DIGEST_MD5) {
    cspan_md5(data, len, out);
    return CSPAN_MD5_LEN;
  }
  cspan_digest *digest = cspan_digest_new(kind);
  if (!digest) {
    return 0;
  }
  cspan_digest_update(digest, data, len);
  cspan_digest_final(digest, out);
  cspan_digest_free(digest);
  return cspan_digest_len(kind);
}

static cspan_status put_checksum(struct cspan_call *call, const checksum_kind *kind,
                                 const uint8_t *sum, size_t len, cspan_error **error) {
  char memory[BASE64_MAX + 1] = "";
  cspan_buf text = {.data = memory, .cap = sizeof memory, .max = BASE64_MAX};
  cspan_base64_encode(&text, sum, len);
  const char *value = cspan_arena_strdup(call->scratch, memory);
  if (!value || cspan_header_list_put(&call->request.headers, call->scratch, kind->header, value) !=
                    CSPAN_OK) {
    return nomem(error);
  }
  return CSPAN_OK;
}

cspan_status cspan_call_visit_body(struct cspan_call *call, cspan_bytes_fn take, void *user,
                                   cspan_error **error) {
  cspan_source *source = &call->request.body;
  char *buffer = cspan_malloc(STEP);
  if (!buffer) {
    return nomem(error);
  }
  ptrdiff_t got;
  while ((got = cspan_source_read(source, buffer, STEP)) > 0) {
    take(user, buffer, (size_t)got);
  }
  cspan_free(buffer);
  if (got < 0) {
    cspan_error *failure = source->error;
    source->error = NULL;
    return cspan_error_move(error, failure);
  }
  return cspan_source_rewind(source, error);
}

/* Either may be NULL. */
typedef struct digest_pair {
  cspan_digest *first;
  cspan_digest *second;
} digest_pair;

static void feed_both(void *user, const void *data, size_t len) {
  const digest_pair *pair = user;
  if (pair->first) {
    cspan_digest_update(pair->first, data, len);
  }
  if (pair->second) {
    cspan_digest_update(pair->second, data, len);
  }
}

/* Reads the whole body, feeds both digests and rewinds. */
static cspan_status read_through(struct cspan_call *call, cspan_digest *first, cspan_digest *second,
                                 cspan_error **error) {
  digest_pair pair = {first, second};
  return cspan_call_visit_body(call, feed_both, &pair, error);
}

static void take_payload_hash(struct cspan_call *call, cspan_digest *digest) {
  uint8_t hash[CSPAN_SHA256_LEN];
  cspan_digest_final(digest, hash);
  cspan_hex_encode(hash, sizeof hash, call->request.payload_sha256);
}

cspan_status cspan_call_hash_payload(struct cspan_call *call, cspan_error **error) {
  cspan_call_request *request = &call->request;
  if (request->payload_sha256[0]) {
    return CSPAN_OK;
  }
  if (request->body.kind == CSPAN_SOURCE_MEMORY) {
    cspan_sha256_hex(request->body.data, (size_t)request->body.size, request->payload_sha256);
    return CSPAN_OK;
  }
  cspan_digest *digest = cspan_digest_new(CSPAN_DIGEST_SHA256);
  if (!digest) {
    return nomem(error);
  }
  cspan_status status = read_through(call, digest, NULL, error);
  if (status == CSPAN_OK) {
    take_payload_hash(call, digest);
  }
  cspan_digest_free(digest);
  return status;
}

/* A body that can be read twice: checksum and, where it is signed, hash in one pass. */
static cspan_status sum_stream(struct cspan_call *call, const checksum_kind *kind, bool with_hash,
                               cspan_error **error) {
  uint8_t sum[CSPAN_SHA256_LEN];
  cspan_digest *digest = cspan_digest_new(kind->kind);
  cspan_digest *hash = with_hash ? cspan_digest_new(CSPAN_DIGEST_SHA256) : NULL;
  cspan_status status =
      digest && (hash || !with_hash) ? read_through(call, digest, hash, error) : nomem(error);
  if (status == CSPAN_OK) {
    cspan_digest_final(digest, sum);
    status = put_checksum(call, kind, sum, cspan_digest_len(kind->kind), error);
  }
  if (status == CSPAN_OK && hash) {
    take_payload_hash(call, hash);
  }
  cspan_digest_free(digest);
  cspan_digest_free(hash);
  return status;
}

/* ---------------------------------------------------------------- chunking */

static cspan_status put(struct cspan_call *call, const char *name, const char *value) {
  return cspan_call_set_request_header(call, name, value);
}

/* The body goes out as aws-chunked; kind NULL: without a trailer. */
static cspan_status set_chunked(struct cspan_call *call, const checksum_kind *kind,
                                cspan_error **error) {
  cspan_call_request *request = &call->request;
  cspan_chunked *chunked = &request->chunked;
  char size[24];
  chunked->read = cspan_call_read_source;
  chunked->read_user = call;
  chunked->decoded_size = request->body.size;
  request->is_chunked = true;
  if (kind) {
    cspan_digest_free(request->digest);
    request->digest = cspan_digest_new(kind->kind);
    if (!request->digest || put(call, "x-amz-trailer", kind->header) != CSPAN_OK) {
      return nomem(error);
    }
    chunked->digest = request->digest;
    chunked->digest_kind = kind->kind;
    chunked->trailer_name = kind->header;
  }
  const char *encoding = cspan_header_list_get(&request->headers, "content-encoding");
  char *joined = cspan_asprintf("aws-chunked%s%s", encoding ? "," : "", encoding ? encoding : "");
  snprintf(size, sizeof size, "%lld", (long long)request->body.size);
  cspan_status status = joined ? put(call, "Content-Encoding", joined) : CSPAN_ERR_NOMEM;
  cspan_free(joined);
  if (status == CSPAN_OK) {
    status = put(call, "x-amz-decoded-content-length", size);
  }
  return status == CSPAN_OK ? CSPAN_OK : nomem(error);
}

static cspan_status add_to_stream(struct cspan_call *call, const checksum_kind *kind,
                                  cspan_error **error) {
  const cspan_source *body = &call->request.body;
  bool hashed = cspan_call_signs_payload(call);
  bool twice = body->kind == CSPAN_SOURCE_FILE || body->rewind;
  bool https = call->request.endpoint.https;
  bool chunkable = call->client->service->sign_content_sha256 && kind != &md5_kind;
  if (chunkable && kind && https && !hashed) {
    return set_chunked(call, kind, error); /* one pass */
  }
  if (chunkable && !twice && (kind || hashed)) {
    return set_chunked(call, kind, error);
  }
  if (!twice && (kind || hashed)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the body must be read twice here (to sum it, then to send it): give "
                           "it a rewind callback");
  }
  return kind ? sum_stream(call, kind, hashed, error) : CSPAN_OK;
}

cspan_status cspan_call_add_checksum(struct cspan_call *call, cspan_error **error) {
  cspan_call_request *request = &call->request;
  const checksum_kind *kind = NULL;
  cspan_status status = CSPAN_OK;
  if (request->body.size < 0) {
    status = cspan_source_buffer(&request->body, UNKNOWN_SIZE_MAX, error);
  }
  if (status == CSPAN_OK) {
    status = choose(call, &kind, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  if (kind && request->checksum_given) {
    status = cspan_header_list_put(&request->headers, call->scratch, kind->header,
                                   request->checksum_given);
    kind = NULL;
  } else if (kind && has_checksum_header(call)) {
    kind = NULL;
  }
  if (status != CSPAN_OK) {
    return nomem(error);
  }
  if (request->body.kind == CSPAN_SOURCE_FILE || request->body.kind == CSPAN_SOURCE_CALLBACK) {
    return request->body.size > 0 || kind ? add_to_stream(call, kind, error) : CSPAN_OK;
  }
  if (!kind) {
    return CSPAN_OK;
  }
  uint8_t sum[CSPAN_SHA256_LEN];
  size_t len = sum_memory(kind->kind, request->body.data, (size_t)request->body.size, sum);
  return len ? put_checksum(call, kind, sum, len, error) : nomem(error);
}

/* --------------------------------------------------------------- verifying */

/* "...-N": of the parts of a multipart upload, not of the bytes. */
static bool is_composite(const char *value) {
  return strchr(value, '-') != NULL;
}

cspan_status cspan_call_verify_start(struct cspan_call *call) {
  cspan_call_response *response = &call->response;
  const char *type = cspan_header_block_get(&response->headers, "x-amz-checksum-type");
  if (response->status == 206 || (type && cspan_ieq(type, "COMPOSITE"))) {
    return CSPAN_OK; /* of the whole object, of which this is a part */
  }
  for (size_t i = 0; i < KIND_COUNT; i++) {
    const char *value = cspan_header_block_get(&response->headers, kinds[i].header);
    if (!value || is_composite(value)) {
      continue;
    }
    cspan_digest_free(response->digest);
    response->digest = cspan_digest_new(kinds[i].kind);
    response->digest_kind = kinds[i].kind;
    response->digest_header = kinds[i].header;
    return response->digest ? CSPAN_OK : CSPAN_ERR_NOMEM;
  }
  return CSPAN_OK;
}

cspan_status cspan_call_verify_end(struct cspan_call *call, cspan_error **error) {
  cspan_call_response *response = &call->response;
  if (!response->digest_header || !response->digest) {
    return CSPAN_OK;
  }
  uint8_t sum[CSPAN_SHA256_LEN];
  char memory[BASE64_MAX + 1] = "";
  cspan_buf text = {.data = memory, .cap = sizeof memory, .max = BASE64_MAX};
  cspan_digest_final(response->digest, sum);
  cspan_base64_encode(&text, sum, cspan_digest_len(response->digest_kind));
  const char *wanted = cspan_header_block_get(&response->headers, response->digest_header);
  if (wanted && strcmp(wanted, memory) == 0) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_CHECKSUM,
                         "the received content does not match its %s: it was damaged on the way",
                         response->digest_header);
}
