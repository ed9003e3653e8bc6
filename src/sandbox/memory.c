/* SPDX-License-Identifier: Apache-2.0 */
/* The backing that keeps bodies in memory, and nothing past the end. */
#include <string.h>

#include "base/alloc.h"
#include "sandbox/body.h"

/* Blocks are as large as what the server reads at once (sandbox.c), so that memory
 * goes from one to the other instead of being given back and asked for again. */
enum { BLOCK_MAX = 120 << 10, BLOCK_UNKNOWN = 64 << 10 };

static cspan_status piece_open(sbx_store *store, sbx_piece *piece, int64_t expected) {
  (void)store;
  int64_t size = expected <= 0 ? BLOCK_UNKNOWN : expected;
  piece->cap = (size_t)(size < BLOCK_MAX ? size : BLOCK_MAX);
  piece->data = cspan_malloc(piece->cap);
  return piece->data ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static cspan_status piece_append(sbx_piece *piece, const char *data, size_t len, size_t *taken) {
  size_t room = piece->cap - (size_t)piece->len;
  *taken = len < room ? len : room;
  memcpy(piece->data + piece->len, data, *taken);
  piece->len += (int64_t)*taken;
  return CSPAN_OK;
}

static cspan_status piece_seal(sbx_piece *piece) {
  /* A block that is much too large gives the rest back; it may also stay. */
  if ((size_t)piece->len < piece->cap / 2) {
    char *data = cspan_realloc(piece->data, (size_t)piece->len);
    if (data) {
      piece->data = data;
      piece->cap = (size_t)piece->len;
    }
  }
  return CSPAN_OK;
}

static void piece_drop(sbx_piece *piece) {
  cspan_free(piece->data);
}

static void sent(const void *data, size_t len, void *user) {
  (void)data;
  (void)len;
  cspan_sbx_piece_unref(user);
}

static cspan_status piece_send(sbx_piece *piece, int64_t at, int64_t len, struct evbuffer *out) {
  piece->refs++;
  if (evbuffer_add_reference(out, piece->data + at, (size_t)len, sent, piece) != 0) {
    cspan_sbx_piece_unref(piece);
    return CSPAN_ERR_NOMEM;
  }
  return CSPAN_OK;
}

static cspan_status piece_read(sbx_piece *piece, int64_t at, char *out, size_t len) {
  memcpy(out, piece->data + at, len);
  return CSPAN_OK;
}

static const sbx_backing memory_backing = {
    .piece_open = piece_open,
    .piece_append = piece_append,
    .piece_seal = piece_seal,
    .piece_drop = piece_drop,
    .piece_send = piece_send,
    .piece_read = piece_read,
};

sbx_store *cspan_sbx_store_memory(void) {
  return cspan_sbx_store_new(&memory_backing, NULL);
}
