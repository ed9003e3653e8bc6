/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/chunked.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

enum {
  HEAD_MAX = 16 + 17 + CSPAN_SIGV4_SIGNATURE_MAX + 2, /* "10000;chunk-signature=...\r\n" */
  FRAME_MAX = CSPAN_CHUNK_BYTES + HEAD_MAX + 1024
};

static const char chunk_signature[] = ";chunk-signature=";
static const char trailer_signature[] = "x-amz-trailer-signature:";

static int64_t hex_digits(int64_t value) {
  int64_t digits = 1;
  for (; value >= 16; value /= 16) {
    digits++;
  }
  return digits;
}

/* Characters of a signature on the wire; 0: not signed. */
static int signature_size(const cspan_chunked *chunked) {
  if (!chunked->scope) {
    return 0;
  }
  return chunked->scope->region_set ? CSPAN_SIGV4_SIGNATURE_MAX : 2 * CSPAN_SHA256_LEN;
}

/* Size line, data and line end of a chunk of `size` bytes; the last one (0) has no data line. */
static int64_t chunk_size(int64_t size, int signature) {
  int64_t head = hex_digits(size) + 2;
  head += signature > 0 ? (int64_t)sizeof chunk_signature - 1 + signature : 0;
  return size > 0 ? head + size + 2 : head;
}

int64_t cspan_chunked_size(const cspan_chunked *chunked) {
  int signature = signature_size(chunked);
  int64_t whole = chunked->decoded_size / CSPAN_CHUNK_BYTES;
  int64_t rest = chunked->decoded_size % CSPAN_CHUNK_BYTES;
  int64_t total = whole * chunk_size(CSPAN_CHUNK_BYTES, signature);
  total += rest > 0 ? chunk_size(rest, signature) : 0;
  total += chunk_size(0, signature);
  if (chunked->trailer_name) {
    size_t digest_len = cspan_digest_len(chunked->digest_kind);
    total += (int64_t)(strlen(chunked->trailer_name) + 1 + (digest_len + 2) / 3 * 4 + 2);
    total += signature > 0 ? (int64_t)sizeof trailer_signature - 1 + signature + 2 : 0;
  }
  return total + 2;
}

static const char *padding(const cspan_chunked *chunked) {
  static const char stars[CSPAN_SIGV4_SIGNATURE_MAX + 1] =
      "************************************************************************"
      "************************************************************************";
  return stars + sizeof stars - 1 - (size_t)signature_size(chunked) + strlen(chunked->signature);
}

/* The head goes right before the data, which is at HEAD_MAX; gives where it starts, or 0 when it
 * could not be signed. */
static size_t write_head(cspan_chunked *chunked, size_t size) {
  char head[HEAD_MAX + 1];
  char *data = chunked->frame.data + HEAD_MAX;
  int len;
  if (chunked->scope) {
    if (cspan_sigv4_sign_chunk(chunked->scope, data, size, chunked->signature) != CSPAN_OK) {
      return 0;
    }
    len = snprintf(head, sizeof head, "%zx%s%s%s\r\n", size, chunk_signature, chunked->signature,
                   padding(chunked));
  } else {
    len = snprintf(head, sizeof head, "%zx\r\n", size);
  }
  memcpy(data - len, head, (size_t)len);
  return HEAD_MAX - (size_t)len;
}

static bool append_trailer(cspan_chunked *chunked) {
  uint8_t sum[CSPAN_SHA256_LEN];
  cspan_buf *frame = &chunked->frame;
  cspan_digest_final(chunked->digest, sum);
  size_t start = frame->len;
  cspan_buf_str(frame, chunked->trailer_name);
  cspan_buf_char(frame, ':');
  cspan_base64_encode(frame, sum, cspan_digest_len(chunked->digest_kind));
  if (chunked->scope && cspan_buf_char(frame, '\n') == CSPAN_OK) {
    /* Signed with a bare line feed, sent with CR LF. */
    if (cspan_sigv4_sign_trailer(chunked->scope, frame->data + start, frame->len - start,
                                 chunked->signature) != CSPAN_OK) {
      return false;
    }
    frame->len--;
    cspan_buf_str(frame, "\r\n");
    cspan_buf_str(frame, trailer_signature);
    cspan_buf_str(frame, chunked->signature);
    cspan_buf_str(frame, padding(chunked));
  }
  cspan_buf_str(frame, "\r\n");
  return true;
}

/* Encodes the next chunk into the frame; false when the source or memory failed. */
static bool next_frame(cspan_chunked *chunked) {
  cspan_buf *frame = &chunked->frame;
  if (!frame->data) {
    cspan_buf_init(frame, FRAME_MAX);
  }
  cspan_buf_clear(frame);
  if (cspan_buf_reserve(frame, FRAME_MAX) != CSPAN_OK) {
    return false;
  }
  size_t size = 0;
  int64_t left = chunked->decoded_size - chunked->decoded_read;
  size_t want = left < CSPAN_CHUNK_BYTES ? (size_t)left : CSPAN_CHUNK_BYTES;
  char *data = frame->data + HEAD_MAX;
  while (size < want) {
    ptrdiff_t got = chunked->read(chunked->read_user, data + size, want - size);
    if (got <= 0) {
      return false;
    }
    size += (size_t)got;
  }
  chunked->decoded_read += (int64_t)size;
  if (chunked->digest) {
    cspan_digest_update(chunked->digest, data, size);
  }
  chunked->frame_sent = write_head(chunked, size);
  if (chunked->frame_sent == 0) {
    return false;
  }
  frame->len = HEAD_MAX + size;
  chunked->ended = size == 0;
  if (chunked->ended && chunked->trailer_name && !append_trailer(chunked)) {
    return false;
  }
  return cspan_buf_str(frame, "\r\n") == CSPAN_OK;
}

ptrdiff_t cspan_chunked_read(void *user, char *buf, size_t cap) {
  cspan_chunked *chunked = user;
  size_t made = 0;
  while (made < cap) {
    size_t left = chunked->frame.len - chunked->frame_sent;
    if (left == 0) {
      if (chunked->ended) {
        break;
      }
      if (!next_frame(chunked)) {
        return -1;
      }
      continue;
    }
    size_t take = left < cap - made ? left : cap - made;
    memcpy(buf + made, chunked->frame.data + chunked->frame_sent, take);
    chunked->frame_sent += take;
    made += take;
  }
  return (ptrdiff_t)made;
}

void cspan_chunked_reset(cspan_chunked *chunked) {
  chunked->decoded_read = 0;
  chunked->frame_sent = 0;
  chunked->ended = false;
  cspan_buf_clear(&chunked->frame);
  if (chunked->digest) {
    cspan_digest_reset(chunked->digest);
  }
}

void cspan_chunked_free(cspan_chunked *chunked) {
  cspan_buf_free(&chunked->frame);
}
