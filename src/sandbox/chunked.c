/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/chunked.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

enum { MAX_LINE = 4096, MAX_TRAILERS = 16, SIGNATURE_LEN = 2 * CSPAN_SHA256_LEN };

typedef enum state { SIZE_LINE, DATA, DATA_END, TRAILER_LINE, DONE } state;

struct sbx_chunked {
  sbx_chunked_options options;
  state state;
  cspan_buf line;
  int64_t left; /* of the chunk's data */
  bool last;    /* the chunk is the empty one at the end */
  cspan_digest *hash;
  char previous[SIGNATURE_LEN + 1];
  char claimed[SIGNATURE_LEN + 1];
  cspan_buf signed_trailers; /* as they are signed: "name:value\n" */
  sbx_pairs trailers;
};

sbx_chunked *cspan_sbx_chunked_new(const sbx_chunked_options *options) {
  sbx_chunked *c = cspan_calloc(1, sizeof *c);
  if (!c) {
    return NULL;
  }
  c->options = *options;
  cspan_buf_init(&c->line, MAX_LINE);
  cspan_buf_init(&c->signed_trailers, (size_t)MAX_LINE * MAX_TRAILERS);
  if (options->seed) {
    memcpy(c->previous, options->seed->signature, sizeof c->previous);
    c->hash = cspan_digest_new(CSPAN_DIGEST_SHA256);
    if (!c->hash) {
      cspan_sbx_chunked_free(c);
      return NULL;
    }
  }
  return c;
}

void cspan_sbx_chunked_free(sbx_chunked *c) {
  if (c) {
    cspan_buf_free(&c->line);
    cspan_buf_free(&c->signed_trailers);
    cspan_digest_free(c->hash);
    cspan_sbx_pairs_free(&c->trailers);
    cspan_free(c);
  }
}

/* Signs the previous signature and a hash, and compares. */
static sbx_error check(sbx_chunked *c, const char *what, const char *hashes) {
  char text[512];
  char wanted[SIGNATURE_LEN + 1];
  int len = snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%s", what, c->options.seed->date,
                     c->options.seed->scope, c->previous, hashes);
  if (len < 0 || (size_t)len >= sizeof text) {
    return SBX_SIGNATURE_MISMATCH;
  }
  cspan_sbx_auth_sign(c->options.seed->key, text, (size_t)len, wanted);
  memcpy(c->previous, wanted, sizeof wanted);
  return cspan_sbx_same_signature(wanted, c->claimed) ? SBX_OK : SBX_SIGNATURE_MISMATCH;
}

static sbx_error check_chunk(sbx_chunked *c) {
  uint8_t digest[CSPAN_SHA256_LEN];
  char hashes[2 * SIGNATURE_LEN + 2];
  if (!c->options.seed) {
    return SBX_OK;
  }
  cspan_sha256_hex("", 0, hashes);
  hashes[SIGNATURE_LEN] = '\n';
  cspan_digest_final(c->hash, digest);
  cspan_hex_encode(digest, sizeof digest, hashes + SIGNATURE_LEN + 1);
  cspan_digest_reset(c->hash);
  return check(c, "AWS4-HMAC-SHA256-PAYLOAD", hashes);
}

static sbx_error check_trailers(sbx_chunked *c) {
  char hash[SIGNATURE_LEN + 1];
  if (!c->options.seed) {
    return SBX_OK;
  }
  cspan_sha256_hex(cspan_buf_text(&c->signed_trailers), c->signed_trailers.len, hash);
  return check(c, "AWS4-HMAC-SHA256-TRAILER", hash);
}

/* "1a2b;chunk-signature=<64 hex digits>" or "1a2b". */
static sbx_error read_size(sbx_chunked *c, const char *line) {
  size_t digits = strspn(line, "0123456789abcdefABCDEF");
  if (digits == 0 || digits > 12) {
    return SBX_INCOMPLETE_BODY;
  }
  c->left = 0;
  for (size_t i = 0; i < digits; i++) {
    char c1 = line[i];
    c->left = c->left * 16 + (c1 <= '9' ? c1 - '0' : (c1 | 0x20) - 'a' + 10);
  }
  c->last = c->left == 0;
  if (c->options.seed) {
    static const char name[] = ";chunk-signature=";
    const char *rest = line + digits;
    if (!cspan_starts_with(rest, name) || strlen(rest) != sizeof name - 1 + SIGNATURE_LEN) {
      return SBX_INCOMPLETE_BODY;
    }
    memcpy(c->claimed, rest + sizeof name - 1, SIGNATURE_LEN);
  } else if (line[digits] != '\0' && line[digits] != ';') {
    return SBX_INCOMPLETE_BODY;
  }
  if (!c->last) {
    c->state = DATA;
    return SBX_OK;
  }
  c->state = c->options.trailer ? TRAILER_LINE : DATA_END;
  return check_chunk(c);
}

static void lower(char *text) {
  for (; *text; text++) {
    *text = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
  }
}

/* "name:value"; an empty line ends them. */
static sbx_error read_trailer(sbx_chunked *c, char *line) {
  char *colon = strchr(line, ':');
  if (!*line) {
    c->state = DONE;
    /* A signature comes after what it signs, so one must have been there. */
    return c->options.seed && !c->claimed[0] ? SBX_SIGNATURE_MISMATCH : SBX_OK;
  }
  if (!colon || c->trailers.count == MAX_TRAILERS) {
    return SBX_INCOMPLETE_BODY;
  }
  *colon = '\0';
  cspan_str value = cspan_str_trim(cspan_str_of(colon + 1));
  lower(line);
  if (c->options.seed && strcmp(line, "x-amz-trailer-signature") == 0) {
    if (value.len != SIGNATURE_LEN) {
      return SBX_SIGNATURE_MISMATCH;
    }
    memcpy(c->claimed, value.data, SIGNATURE_LEN);
    return check_trailers(c);
  }
  cspan_buf_printf(&c->signed_trailers, "%s:%.*s\n", line, (int)value.len, value.data);
  c->claimed[0] = '\0';
  cspan_status status =
      cspan_sbx_pairs_take(&c->trailers, cspan_strdup(line), cspan_strndup(value.data, value.len));
  return cspan_sbx_error_of(status == CSPAN_OK ? cspan_buf_status(&c->signed_trailers) : status);
}

static sbx_error end_of_line(sbx_chunked *c) {
  char *line = c->line.data;
  if (c->line.len == 0 || line[c->line.len - 1] != '\r' ||
      memchr(line, '\0', c->line.len) != NULL) {
    return SBX_INCOMPLETE_BODY;
  }
  line[c->line.len - 1] = '\0';
  sbx_error error = SBX_OK;
  switch (c->state) {
  case SIZE_LINE:
    error = read_size(c, line);
    break;
  case TRAILER_LINE:
    error = read_trailer(c, line);
    break;
  default: /* the line end behind the data */
    error = *line ? SBX_INCOMPLETE_BODY : SBX_OK;
    c->state = c->last ? DONE : SIZE_LINE;
  }
  cspan_buf_clear(&c->line);
  return error;
}

/* How much of the input was used. */
static sbx_error read_line(sbx_chunked *c, const char *data, size_t len, size_t *used) {
  const char *end = memchr(data, '\n', len);
  size_t run = end ? (size_t)(end - data) : len;
  *used = end ? run + 1 : run;
  cspan_status status = cspan_buf_append(&c->line, data, run);
  if (status != CSPAN_OK) {
    return status == CSPAN_ERR_LIMIT ? SBX_INCOMPLETE_BODY : SBX_INTERNAL_ERROR;
  }
  return end ? end_of_line(c) : SBX_OK;
}

static sbx_error read_data(sbx_chunked *c, const char *data, size_t len, size_t *used) {
  size_t run = (uint64_t)c->left < len ? (size_t)c->left : len;
  *used = run;
  if (c->hash) {
    cspan_digest_update(c->hash, data, run);
  }
  c->left -= (int64_t)run;
  cspan_status status = c->options.sink(c->options.user, data, run);
  if (status != CSPAN_OK) {
    return SBX_INTERNAL_ERROR;
  }
  if (c->left > 0) {
    return SBX_OK;
  }
  c->state = DATA_END;
  return check_chunk(c);
}

sbx_error cspan_sbx_chunked_write(sbx_chunked *c, const char *data, size_t len) {
  sbx_error error = SBX_OK;
  while (len > 0 && error == SBX_OK) {
    size_t used = len;
    if (c->state == DONE) {
      return SBX_INCOMPLETE_BODY;
    }
    error = c->state == DATA ? read_data(c, data, len, &used) : read_line(c, data, len, &used);
    data += used;
    len -= used;
  }
  return error;
}

sbx_error cspan_sbx_chunked_finish(sbx_chunked *c) {
  return c->state == DONE ? SBX_OK : SBX_INCOMPLETE_BODY;
}

const sbx_pairs *cspan_sbx_chunked_trailers(const sbx_chunked *c) {
  return &c->trailers;
}
