/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/body.h"

#include <string.h>

#include "base/alloc.h"

enum { READ_SIZE = 65536 };

sbx_piece *cspan_sbx_piece_new(sbx_store *store) {
  sbx_piece *piece = cspan_calloc(1, sizeof *piece);
  if (piece) {
    piece->refs = 1;
    piece->store = store;
    piece->fd = -1;
  }
  return piece;
}

void cspan_sbx_piece_unref(sbx_piece *piece) {
  if (piece && --piece->refs == 0) {
    piece->store->backing->piece_drop(piece);
    cspan_free(piece);
  }
}

void cspan_sbx_body_free(sbx_body *body) {
  for (size_t i = 0; i < body->count; i++) {
    cspan_sbx_piece_unref(body->pieces[i]);
  }
  cspan_free(body->pieces);
  *body = (sbx_body){0};
}

cspan_status cspan_sbx_body_add_piece(sbx_body *body, sbx_piece *piece) {
  if (body->count == body->cap) {
    size_t cap = body->cap ? body->cap * 2 : 1;
    sbx_piece **pieces = cspan_realloc(body->pieces, cap * sizeof(sbx_piece *));
    if (!pieces) {
      cspan_sbx_piece_unref(piece);
      return CSPAN_ERR_NOMEM;
    }
    body->pieces = pieces;
    body->cap = cap;
  }
  body->pieces[body->count++] = piece;
  body->len += piece->len;
  return CSPAN_OK;
}

cspan_status cspan_sbx_body_share(sbx_body *to, const sbx_body *from) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < from->count && status == CSPAN_OK; i++) {
    from->pieces[i]->refs++;
    status = cspan_sbx_body_add_piece(to, from->pieces[i]);
  }
  return status;
}

typedef cspan_status (*piece_fn)(void *user, sbx_piece *piece, int64_t at, int64_t len);

/* Calls fn for each piece's share of a range. */
static cspan_status walk(const sbx_body *body, int64_t at, int64_t len, piece_fn fn, void *user) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < body->count && len > 0 && status == CSPAN_OK; i++) {
    sbx_piece *piece = body->pieces[i];
    if (at >= piece->len) {
      at -= piece->len;
      continue;
    }
    int64_t run = piece->len - at < len ? piece->len - at : len;
    status = fn(user, piece, at, run);
    len -= run;
    at = 0;
  }
  return status;
}

static cspan_status send_piece(void *user, sbx_piece *piece, int64_t at, int64_t len) {
  return piece->store->backing->piece_send(piece, at, len, user);
}

cspan_status cspan_sbx_body_send(const sbx_body *body, int64_t at, int64_t len,
                                 struct evbuffer *out) {
  return walk(body, at, len, send_piece, out);
}

typedef struct reader {
  sbx_sink sink;
  void *user;
  char *buffer;
} reader;

static cspan_status read_piece(void *user, sbx_piece *piece, int64_t at, int64_t len) {
  const reader *to = user;
  cspan_status status = CSPAN_OK;
  while (len > 0 && status == CSPAN_OK) {
    size_t run = len < READ_SIZE ? (size_t)len : READ_SIZE;
    status = piece->store->backing->piece_read(piece, at, to->buffer, run);
    if (status == CSPAN_OK) {
      status = to->sink(to->user, to->buffer, run);
    }
    at += (int64_t)run;
    len -= (int64_t)run;
  }
  return status;
}

cspan_status cspan_sbx_body_each(const sbx_body *body, int64_t at, int64_t len, sbx_sink sink,
                                 void *user) {
  reader to = {sink, user, cspan_malloc(READ_SIZE)};
  cspan_status status = to.buffer ? walk(body, at, len, read_piece, &to) : CSPAN_ERR_NOMEM;
  cspan_free(to.buffer);
  return status;
}

/* ------------------------------------------------------------------ writer */

void cspan_sbx_writer_init(sbx_writer *writer, sbx_store *store, int64_t expected) {
  *writer = (sbx_writer){.store = store, .expected = expected};
}

/* Seals the current piece and moves it to the body. */
static cspan_status seal(sbx_writer *writer) {
  sbx_piece *piece = writer->current;
  if (!piece) {
    return CSPAN_OK;
  }
  writer->current = NULL;
  cspan_status status = writer->store->backing->piece_seal(piece);
  if (status != CSPAN_OK) {
    cspan_sbx_piece_unref(piece);
    return status;
  }
  return cspan_sbx_body_add_piece(&writer->body, piece);
}

static cspan_status open_piece(sbx_writer *writer) {
  sbx_piece *piece = cspan_sbx_piece_new(writer->store);
  if (!piece) {
    return CSPAN_ERR_NOMEM;
  }
  int64_t left = writer->expected < 0 ? -1 : writer->expected - writer->body.len;
  cspan_status status = writer->store->backing->piece_open(writer->store, piece, left);
  if (status != CSPAN_OK) {
    cspan_sbx_piece_unref(piece);
    return status;
  }
  writer->current = piece;
  return CSPAN_OK;
}

cspan_status cspan_sbx_writer_write(void *user, const char *data, size_t len) {
  sbx_writer *writer = user;
  while (len > 0) {
    size_t taken = 0;
    cspan_status status = writer->current ? CSPAN_OK : open_piece(writer);
    if (status == CSPAN_OK) {
      status = writer->store->backing->piece_append(writer->current, data, len, &taken);
    }
    data += taken;
    len -= taken;
    if (status == CSPAN_OK && len > 0) {
      status = seal(writer);
    }
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_sbx_writer_finish(sbx_writer *writer, sbx_body *out) {
  cspan_status status = seal(writer);
  if (status == CSPAN_OK) {
    *out = writer->body;
    writer->body = (sbx_body){0};
  }
  cspan_sbx_writer_abort(writer);
  return status;
}

void cspan_sbx_writer_abort(sbx_writer *writer) {
  cspan_sbx_piece_unref(writer->current);
  writer->current = NULL;
  cspan_sbx_body_free(&writer->body);
}
