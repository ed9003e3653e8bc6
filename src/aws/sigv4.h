/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4: pure functions, time passed in.
 *
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests", and S3's
 * "Authenticating Requests" for its differences.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <time.h>

#include "aws/sigv4a.h"
#include "base/buf.h"
#include "base/digest.h"
#include "http/http.h"

#define CSPAN_SIGV4_UNSIGNED         "UNSIGNED-PAYLOAD"
#define CSPAN_SIGV4_UNSIGNED_TRAILER "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
#define CSPAN_SIGV4_SIGNED_CHUNKS    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
#define CSPAN_SIGV4_SIGNED_TRAILER   "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
#define CSPAN_SIGV4A_SIGNED_CHUNKS   "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
#define CSPAN_SIGV4A_SIGNED_TRAILER  "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
#define CSPAN_SIGV4_SIGNED_EVENTS    "STREAMING-AWS4-HMAC-SHA256-EVENTS"
/* SHA-256 of nothing, in hex. */
#define CSPAN_SIGV4_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum {
  CSPAN_SIGV4_KEY_LEN = CSPAN_SHA256_LEN,
  CSPAN_SIGV4_SIGNATURE_MAX = 2 * CSPAN_SIGV4A_SIGNATURE_LEN /* in hex; of SigV4 it is 64 */
};

/* What is signed. All borrowed. */
typedef struct cspan_sigv4_request {
  const char *method;
  const char *path;                 /* as on the request line, without query */
  const char *query;                /* as on the request line, without '?'; NULL or "" for none */
  const cspan_http_header *headers; /* with Host; those that must not be signed are skipped */
  size_t header_count;
  const char *payload_hash; /* hex, or one of the constants above */
} cspan_sigv4_request;

typedef struct cspan_sigv4_scope {
  const char *access_key_id;
  const char *session_token; /* NULL: none */
  const char *region;
  const char *service; /* the signing name */
  time_t time;
  const uint8_t *key; /* derived: cspan_sigv4_key() */
  /* Not NULL: Signature Version 4a, good for these regions ("*", "us-east-1,eu-west-1"), by this
   * key; `region` and `key` are not used. */
  const char *region_set;
  const cspan_sigv4a_key *ecdsa_key;
  bool encode_path; /* the path is percent-encoded once more: all services but S3 */
  bool normalize_path;
  bool omit_session_token;    /* the token travels along without being signed */
  bool is_express;            /* the token is that of an S3 Express session */
  bool content_sha256_header; /* header form: x-amz-content-sha256 is sent and signed */
} cspan_sigv4_scope;

/* A signature. The buffers are filled by the functions below, and may be reused. */
typedef struct cspan_sigv4 {
  char date[17]; /* 20150830T123600Z: the value of x-amz-date */
  char signature[CSPAN_SIGV4_SIGNATURE_MAX + 1];
  cspan_buf canonical; /* the canonical request */
  cspan_buf string_to_sign;
  cspan_buf result; /* header form: the value of Authorization; query form: what is appended to
                       the query, the signature and an omitted session token included */
} cspan_sigv4;

void cspan_sigv4_init(cspan_sigv4 *out);
/* Wipes what it held. */
void cspan_sigv4_free(cspan_sigv4 *out);

/* The signing key of a day, a region and a service. */
void cspan_sigv4_key(const char *secret, time_t time, const char *region, const char *service,
                     uint8_t out[CSPAN_SIGV4_KEY_LEN]);

/* The name of the header that holds the session token. */
const char *cspan_sigv4_token_header(const cspan_sigv4_scope *scope);

/* Header form. The caller then sends, besides what was given: x-amz-date, Authorization, and
 * where they apply x-amz-region-set, the token's header and x-amz-content-sha256. */
cspan_status cspan_sigv4_sign_headers(const cspan_sigv4_request *request,
                                      const cspan_sigv4_scope *scope, cspan_sigv4 *out,
                                      cspan_error **error);
/* Query form: a presigned URL that is good for expires_s seconds. */
cspan_status cspan_sigv4_sign_query(const cspan_sigv4_request *request,
                                    const cspan_sigv4_scope *scope, int64_t expires_s,
                                    cspan_sigv4 *out, cspan_error **error);

/* Signs one chunk of an aws-chunked body: `previous` (room for CSPAN_SIGV4_SIGNATURE_MAX + 1, of
 * SigV4 for 65) is the signature before it in hex (the request's for the first) and is replaced.
 * An empty chunk ends the body. Only SigV4a can fail, with CSPAN_ERR_NOMEM. */
cspan_status cspan_sigv4_sign_chunk(const cspan_sigv4_scope *scope, const void *data, size_t len,
                                    char *previous);
/* Signs the trailer, given as "name:value\n" lines. */
cspan_status cspan_sigv4_sign_trailer(const cspan_sigv4_scope *scope, const char *trailer,
                                      size_t len, char *previous);
/* Signs an event of an event stream: the encoded headers of its frame (but that with the signature)
 * and its payload; scope->time is the event's. */
cspan_status cspan_sigv4_sign_event(const cspan_sigv4_scope *scope, const void *headers,
                                    size_t headers_len, const void *payload, size_t len,
                                    char *previous);

/* Whether the signer leaves a header out: changed on the way, or written after signing. */
bool cspan_sigv4_skips_header(const char *name);

#endif
