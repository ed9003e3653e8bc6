/* SPDX-License-Identifier: Apache-2.0 */
/* Writing, reading and sending the bodies of store.h. */
#ifndef SANDBOX_BODY_H
#define SANDBOX_BODY_H

#include "sandbox/store.h"

void cspan_sbx_body_free(sbx_body *body);
/* Adds what `from` holds to the end of `to`; the bytes are shared. */
cspan_status cspan_sbx_body_share(sbx_body *to, const sbx_body *from);
/* Takes the reference also when it fails. */
cspan_status cspan_sbx_body_add_piece(sbx_body *body, sbx_piece *piece);

sbx_piece *cspan_sbx_piece_new(sbx_store *store); /* one reference; NULL: no memory */
void cspan_sbx_piece_unref(sbx_piece *piece);

/* Appends `len` bytes from `at` on to `out`, by reference. */
cspan_status cspan_sbx_body_send(const sbx_body *body, int64_t at, int64_t len,
                                 struct evbuffer *out);

/* Gives the same bytes to a function, in runs. */
typedef cspan_status (*sbx_sink)(void *user, const char *data, size_t len);
cspan_status cspan_sbx_body_each(const sbx_body *body, int64_t at, int64_t len, sbx_sink sink,
                                 void *user);

/* Collects a body. `expected` is how many bytes will come, -1 when unknown. */
typedef struct sbx_writer {
  sbx_store *store;
  sbx_body body;
  sbx_piece *current;
  int64_t expected;
} sbx_writer;

void cspan_sbx_writer_init(sbx_writer *writer, sbx_store *store, int64_t expected);
cspan_status cspan_sbx_writer_write(void *writer, const char *data, size_t len); /* an sbx_sink */
/* Moves what was written to *out. The writer is empty then, and when it failed. */
cspan_status cspan_sbx_writer_finish(sbx_writer *writer, sbx_body *out);
void cspan_sbx_writer_abort(sbx_writer *writer);

#endif
