/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call proves who makes it. A service has one way for all its calls (cspan_service); where
 * the model or the endpoint of a call says otherwise, that is set on the call, before Finalize.
 */
#ifndef AWS_AUTH_H
#define AWS_AUTH_H

#include <cloudspan/base.h>

struct cspan_call;

typedef enum cspan_auth_kind {
  CSPAN_AUTH_V4 = 0,
  CSPAN_AUTH_V4A,
  CSPAN_AUTH_S3EXPRESS, /* SigV4 by the credentials of a session (express.h) */
  CSPAN_AUTH_BEARER,    /* a token (token.h), over TLS or to this machine only */
  CSPAN_AUTH_V2,        /* of old services, in the form that is posted (sigv2.h) */
  CSPAN_AUTH_NONE,
  CSPAN_AUTH_COUNT
} cspan_auth_kind;

typedef struct cspan_auth {
  cspan_auth_kind kind;
  const char *signing_name; /* NULL: the service's */
  const char *region;       /* to sign for; NULL: the call's */
  const char *region_set;   /* V4A: "*", "us-east-1,eu-west-1"; NULL: the region */
  const char *bucket;       /* S3EXPRESS: whose session; NULL: the call's, else that of the host */
  /* In addition to what the service says (cspan_service.single_encode_path has both). */
  bool disable_double_encoding;
  bool disable_normalize_path;
  bool unsigned_payload; /* over TLS; over plain HTTP the payload is always signed */
} cspan_auth;

/* Copied into the call. An anonymous client still sends without credentials. CSPAN_ERR_NOMEM. */
cspan_status cspan_call_set_auth(struct cspan_call *call, const cspan_auth *auth);

#endif
