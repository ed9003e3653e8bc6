/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The aws-chunked coding: chunks of a body, each signed or not, and trailing
 * headers. Takes bytes as they come, gives the payload on. No I/O.
 */
#ifndef SANDBOX_CHUNKED_H
#define SANDBOX_CHUNKED_H

#include "sandbox/auth.h"
#include "sandbox/body.h"

typedef struct sbx_chunked sbx_chunked;

typedef struct sbx_chunked_options {
  const sbx_auth *seed; /* NULL: chunks are not signed; borrowed until the end */
  bool trailer;         /* trailing headers follow the last chunk */
  sbx_sink sink;
  void *user;
} sbx_chunked_options;

sbx_chunked *cspan_sbx_chunked_new(const sbx_chunked_options *options); /* NULL: no memory */
void cspan_sbx_chunked_free(sbx_chunked *chunked);

/* INCOMPLETE_BODY where the coding is broken, SIGNATURE_MISMATCH, INTERNAL_ERROR
 * when the sink fails. Nothing may follow an error. */
sbx_error cspan_sbx_chunked_write(sbx_chunked *chunked, const char *data, size_t len);
/* After the last byte: whether the body was whole. */
sbx_error cspan_sbx_chunked_finish(sbx_chunked *chunked);
/* The trailing headers, names in lower case. */
const sbx_pairs *cspan_sbx_chunked_trailers(const sbx_chunked *chunked);

#endif
