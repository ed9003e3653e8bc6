/* SPDX-License-Identifier: Apache-2.0 */
/* A request as it came over the wire, taken apart. No I/O. */
#ifndef SANDBOX_REQUEST_H
#define SANDBOX_REQUEST_H

#include "sandbox/errors.h"
#include "sandbox/pairs.h"
#include "sandbox/store.h"

typedef struct sbx_request {
  const char *method; /* static */
  char *path;         /* as sent, without the query */
  char *query;        /* as sent, "" when there is none */
  sbx_pairs headers;
  sbx_pairs params;                /* decoded */
  char bucket[SBX_BUCKET_MAX + 1]; /* "" for the service itself */
  char *key;                       /* decoded; "" for the bucket itself */
  size_t key_len;
} sbx_request;

/* Fills the request from a request target and headers that were added already;
 * INVALID_URI, INVALID_BUCKET_NAME, KEY_TOO_LONG... The request is to be freed
 * in every case, and `path`, `query`, `key` are never NULL when it is OK. */
sbx_error cspan_sbx_request_parse(sbx_request *request, const char *method, const char *target);
void cspan_sbx_request_free(sbx_request *request);

const char *cspan_sbx_param(const sbx_request *request, const char *name);
const char *cspan_sbx_header(const sbx_request *request, const char *name);

/* "/bucket/key" or "bucket/key", percent-encoded: x-amz-copy-source. *key is
 * freed with cspan_free(). */
sbx_error cspan_sbx_parse_source(const char *source, char bucket[SBX_BUCKET_MAX + 1], char **key);

bool cspan_sbx_bucket_name_ok(const char *name, size_t len);

#endif
