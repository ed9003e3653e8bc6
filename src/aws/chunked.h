/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The aws-chunked content encoding: a body in chunks with a checksum in a trailer, each chunk
 * signed or not; a signature of SigV4a, whose length varies, is filled up with '*' on the wire, so
 * that the size of the whole is known before. It lets a body be sent, summed and signed in one pass.
 *
 * Source: S3 API Reference, "Signature calculations for the Authorization header: transferring
 * payload in multiple chunks", with trailing headers.
 */
#ifndef AWS_CHUNKED_H
#define AWS_CHUNKED_H

#include "aws/sigv4.h"
#include "base/digest.h"

enum { CSPAN_CHUNK_BYTES = 64 * 1024 };

typedef struct cspan_chunked {
  /* What it wraps: as cspan_http_read_fn. */
  cspan_http_read_fn read;
  void *read_user;
  int64_t decoded_size; /* exact */
  /* The trailer; NULL: none. The digest is of the decoded bytes. */
  const char *trailer_name;
  cspan_digest *digest; /* borrowed */
  cspan_digest_kind digest_kind;
  /* NULL: not signed. `signature` is the last one: the request's at the start. */
  const cspan_sigv4_scope *scope;
  char signature[CSPAN_SIGV4_SIGNATURE_MAX + 1];

  int64_t decoded_read;
  cspan_buf frame; /* one encoded chunk */
  size_t frame_sent;
  bool ended;
} cspan_chunked;

/* Bytes on the wire. */
int64_t cspan_chunked_size(const cspan_chunked *chunked);
/* A cspan_http_read_fn; `user` is a cspan_chunked whose fields up to `signature` are set. */
ptrdiff_t cspan_chunked_read(void *user, char *buf, size_t cap);
/* Starts over, with `signature` set anew by the caller. */
void cspan_chunked_reset(cspan_chunked *chunked);
void cspan_chunked_free(cspan_chunked *chunked);

#endif
