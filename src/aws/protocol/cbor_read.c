/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "aws/protocol/cbor.h"
#include "aws/protocol/protocol.h"
#include "base/decimal.h"

enum {
  MAJOR_UNSIGNED,
  MAJOR_NEGATIVE,
  MAJOR_BYTES,
  MAJOR_TEXT,
  MAJOR_LIST,
  MAJOR_MAP,
  MAJOR_TAG,
  MAJOR_SIMPLE,
  INDEFINITE = 31,
  BREAK_ITEM = 0xff,
  SIMPLE_FALSE = 20,
  SIMPLE_TRUE = 21,
  SIMPLE_NULL = 22,
  SIMPLE_UNDEFINED = 23,
  HALF_FLOAT = 25,
  SINGLE_FLOAT = 26,
  DOUBLE_FLOAT = 27,
  TAG_EPOCH = 1,
  TAG_POSITIVE_BIGNUM = 2,
  TAG_NEGATIVE_BIGNUM = 3,
  TAG_DECIMAL = 4,
  MAX_BIGNUM_BYTES = 1024,
  MAX_BIGNUM_TEXT = 2600, /* digits of that many bytes, a sign and an exponent */
  CHUNKS_MAX = 256 << 20
};

typedef struct parser {
  const uint8_t *at;
  const uint8_t *end;
  cspan_maker maker;
  size_t depth;
  cspan_buf chunks; /* of a text or blob of indefinite length */
  cspan_status status;
  const char *what;
  /* Of large numbers. Not in the functions, which call each other a thousand levels deep. */
  uint8_t bytes[MAX_BIGNUM_BYTES + 1];
  char mantissa[MAX_BIGNUM_TEXT];
  char exponent[MAX_BIGNUM_TEXT];
  char decimal[MAX_BIGNUM_TEXT];
} parser;

static bool read_item(parser *p);

static bool fail(parser *p, cspan_status status, const char *what) {
  if (p->status == CSPAN_OK) {
    p->status = status;
    p->what = what;
  }
  return false;
}

static bool fault(parser *p, const char *what) {
  return fail(p, CSPAN_ERR_INVALID, what);
}

/* ------------------------------------------------------------------------ heads */

static bool take(parser *p, size_t bytes, uint64_t *value) {
  if ((size_t)(p->end - p->at) < bytes) {
    return fault(p, "it ends in the middle of an item");
  }
  *value = 0;
  for (size_t i = 0; i < bytes; i++) {
    *value = *value << 8 | *p->at++;
  }
  return true;
}

typedef struct head {
  unsigned major;
  unsigned info;
  uint64_t value; /* argument; bits of a float */
} head;

static bool read_head(parser *p, head *out) {
  uint64_t first;
  if (!take(p, 1, &first)) {
    return false;
  }
  out->major = (unsigned)first >> 5;
  out->info = (unsigned)first & 31;
  out->value = out->info;
  if (out->info >= 28 && out->info != INDEFINITE) {
    return fault(p, "an item has a reserved length");
  }
  return out->info < 24 || out->info == INDEFINITE ||
         take(p, (size_t)1 << (out->info - 24), &out->value);
}

static bool at_break(parser *p) {
  if (p->at < p->end && *p->at == BREAK_ITEM) {
    p->at++;
    return true;
  }
  return false;
}

/* ------------------------------------------------------------------------ texts */

static bool take_bytes(parser *p, uint64_t len, const char **data) {
  if ((uint64_t)(p->end - p->at) < len) {
    return fault(p, "a text or blob is longer than the document");
  }
  *data = (const char *)p->at;
  p->at += len;
  return true;
}

/* Chunks have a length each and are of the same type. */
static bool join_chunks(parser *p, unsigned major, const char **data, size_t *size) {
  head chunk;
  cspan_buf_clear(&p->chunks);
  while (!at_break(p)) {
    const char *part;
    if (!read_head(p, &chunk)) {
      return false;
    }
    if (chunk.major != major || chunk.info == INDEFINITE) {
      return fault(p, "a text or blob has a chunk that is none");
    }
    if (!take_bytes(p, chunk.value, &part)) {
      return false;
    }
    cspan_status status = cspan_buf_append(&p->chunks, part, (size_t)chunk.value);
    if (status != CSPAN_OK) {
      return fail(p, status, "a text or blob is too long");
    }
  }
  *data = cspan_buf_text(&p->chunks);
  *size = p->chunks.len;
  return true;
}

/* The bytes of a text or blob, until the next one is read. */
static bool read_bytes(parser *p, const head *h, const char **data, size_t *size) {
  if (h->info == INDEFINITE) {
    if (!join_chunks(p, h->major, data, size)) {
      return false;
    }
  } else {
    *size = (size_t)h->value;
    if (!take_bytes(p, h->value, data)) {
      return false;
    }
  }
  return h->major == MAJOR_BYTES || *size == 0 || cspan_utf8_valid(*data, *size) ||
         fault(p, "a text is not UTF-8");
}

static bool put_text(parser *p, const head *h) {
  const char *data;
  size_t size;
  if (!read_bytes(p, h, &data, &size)) {
    return false;
  }
  cspan_maker_put_text(&p->maker, h->major == MAJOR_TEXT ? CSPAN_VALUE_STRING : CSPAN_VALUE_BLOB,
                       data, size);
  return true;
}

/* ---------------------------------------------------------------------- numbers */

/* Divides the big-endian number by ten; its remainder. */
static unsigned divide(uint8_t *bytes, size_t size) {
  unsigned rest = 0;
  for (size_t i = 0; i < size; i++) {
    rest = rest << 8 | bytes[i];
    bytes[i] = (uint8_t)(rest / 10);
    rest %= 10;
  }
  return rest;
}

/* -1 - n is as text n + 1 with a sign. */
static void increment(uint8_t *bytes, size_t size) {
  for (size_t i = size; i > 0 && ++bytes[i - 1] == 0; i--) {
  }
}

/* `bytes` has room for one more before it, which is 0. The text is at the end of `room`. */
static cspan_str bignum_text(uint8_t *bytes, size_t size, bool negative,
                             char room[MAX_BIGNUM_TEXT]) {
  char *end = room + MAX_BIGNUM_TEXT;
  char *at = end;
  size_t skipped = 0;
  if (negative) {
    increment(bytes, size);
  }
  do {
    *--at = (char)('0' + divide(bytes + skipped, size - skipped));
    while (skipped < size && bytes[skipped] == 0) {
      skipped++;
    }
  } while (skipped < size);
  if (negative) {
    *--at = '-';
  }
  return (cspan_str){at, (size_t)(end - at)};
}

static void put_number(parser *p, cspan_str text) {
  cspan_maker_put_text(&p->maker, CSPAN_VALUE_NUMBER, text.data, text.len);
}

static cspan_str integer_text(parser *p, const head *h, char room[MAX_BIGNUM_TEXT]) {
  p->bytes[0] = 0;
  for (size_t i = 0; i < sizeof h->value; i++) {
    p->bytes[i + 1] = (uint8_t)(h->value >> (56 - 8 * i));
  }
  return bignum_text(p->bytes, sizeof h->value + 1, h->major == MAJOR_NEGATIVE, room);
}

static void put_integer(parser *p, const head *h) {
  if (h->value > INT64_MAX) {
    put_number(p, integer_text(p, h, p->mantissa));
  } else {
    int64_t integer = (int64_t)h->value;
    cspan_maker_put(&p->maker, cspan_int(h->major == MAJOR_NEGATIVE ? -1 - integer : integer));
  }
}

/* Behind the tag of a bignum. */
static bool read_bignum(parser *p, bool negative, char room[MAX_BIGNUM_TEXT], cspan_str *out) {
  const char *data;
  size_t size;
  head h;
  if (!read_head(p, &h)) {
    return false;
  }
  if (h.major != MAJOR_BYTES) {
    return fault(p, "a large number is no blob");
  }
  if (!read_bytes(p, &h, &data, &size)) {
    return false;
  }
  if (size > MAX_BIGNUM_BYTES) {
    return fail(p, CSPAN_ERR_LIMIT, "a number is too large");
  }
  p->bytes[0] = 0;
  if (size > 0) {
    memcpy(p->bytes + 1, data, size);
  }
  *out = bignum_text(p->bytes, size + 1, negative, room);
  return true;
}

/* An integer of either kind, or a bignum. */
static bool read_integer_text(parser *p, char room[MAX_BIGNUM_TEXT], cspan_str *out) {
  head h;
  if (!read_head(p, &h)) {
    return false;
  }
  if (h.info != INDEFINITE && (h.major == MAJOR_UNSIGNED || h.major == MAJOR_NEGATIVE)) {
    *out = integer_text(p, &h, room);
    return true;
  }
  bool is_bignum = h.major == MAJOR_TAG && h.info != INDEFINITE &&
                   (h.value == TAG_POSITIVE_BIGNUM || h.value == TAG_NEGATIVE_BIGNUM);
  return is_bignum ? read_bignum(p, h.value == TAG_NEGATIVE_BIGNUM, room, out)
                   : fault(p, "a decimal number holds what is no integer");
}

/* Whole numbers that fit stay INT. */
static bool put_bignum(parser *p, bool negative) {
  cspan_value value;
  cspan_str text;
  if (!read_bignum(p, negative, p->mantissa, &text)) {
    return false;
  }
  cspan_status status = cspan_value_from_number(text.data, text.len, p->maker.arena, &value);
  if (status != CSPAN_OK) {
    return fail(p, status, "a number is too large");
  }
  cspan_maker_put(&p->maker, value);
  return true;
}

/* [exponent, mantissa], to the base of ten. */
static bool put_decimal(parser *p) {
  char *text = p->decimal;
  cspan_str exponent;
  cspan_str mantissa;
  head h;
  if (!read_head(p, &h)) {
    return false;
  }
  if (h.major != MAJOR_LIST || (h.value != 2 && h.info != INDEFINITE)) {
    return fault(p, "a decimal number is no pair");
  }
  if (!read_integer_text(p, p->exponent, &exponent) ||
      !read_integer_text(p, p->mantissa, &mantissa)) {
    return false;
  }
  if (h.info == INDEFINITE && !at_break(p)) {
    return fault(p, "a decimal number is no pair");
  }
  if (exponent.len + mantissa.len + 1 > MAX_BIGNUM_TEXT || exponent.len > 20) {
    return fail(p, CSPAN_ERR_LIMIT, "a number is too large");
  }
  memcpy(text, mantissa.data, mantissa.len);
  text[mantissa.len] = 'e';
  memcpy(text + mantissa.len + 1, exponent.data, exponent.len);
  put_number(p, (cspan_str){text, mantissa.len + 1 + exponent.len});
  return true;
}

static double half_to_double(uint64_t bits) {
  int exponent = (int)(bits >> 10 & 31);
  double mantissa = (double)(bits & 1023);
  double value;
  if (exponent == 31) {
    value = mantissa == 0 ? INFINITY : NAN;
  } else {
    value = exponent == 0 ? ldexp(mantissa, -24) : ldexp(mantissa + 1024, exponent - 25);
  }
  return bits >> 15 != 0 ? -value : value;
}

static bool is_float(const head *h) {
  return h->major == MAJOR_SIMPLE && h->info >= HALF_FLOAT && h->info <= DOUBLE_FLOAT;
}

static double float_of(const head *h) {
  uint32_t bits = (uint32_t)h->value;
  float single;
  double number;
  if (h->info == HALF_FLOAT) {
    return half_to_double(h->value);
  }
  if (h->info == SINGLE_FLOAT) {
    memcpy(&single, &bits, sizeof single);
    return (double)single;
  }
  memcpy(&number, &h->value, sizeof number);
  return number;
}

static bool put_simple(parser *p, const head *h) {
  if (is_float(h)) {
    cspan_maker_put(&p->maker, cspan_double(float_of(h)));
    return true;
  }
  switch (h->info) {
  case SIMPLE_FALSE:
  case SIMPLE_TRUE:
    cspan_maker_put(&p->maker, cspan_bool(h->info == SIMPLE_TRUE));
    return true;
  case SIMPLE_NULL:
  case SIMPLE_UNDEFINED:
    cspan_maker_put(&p->maker, cspan_null());
    return true;
  default:
    return fault(p, h->info == INDEFINITE ? "an end stands where nothing ends"
                                          : "there is a simple value without a meaning");
  }
}

/* ------------------------------------------------------------------------- tags */

static bool put_epoch(parser *p) {
  head h;
  if (!read_head(p, &h)) {
    return false;
  }
  if (is_float(&h)) {
    cspan_value number = cspan_double(float_of(&h));
    cspan_value time;
    if (!cspan_protocol_time_of(&number, &time)) {
      return fault(p, "a time is too far away");
    }
    cspan_maker_put(&p->maker, time);
    return true;
  }
  if (h.major > MAJOR_NEGATIVE || h.info == INDEFINITE || h.value > INT64_MAX) {
    return fault(p, "a time is no number");
  }
  int64_t seconds = (int64_t)h.value;
  cspan_maker_put(&p->maker,
                  cspan_timestamp(h.major == MAJOR_NEGATIVE ? -1 - seconds : seconds, 0));
  return true;
}

static bool put_tagged(parser *p, const head *h) {
  if (h->info == INDEFINITE) {
    return fault(p, "a tag has no number");
  }
  switch (h->value) {
  case TAG_EPOCH:
    return put_epoch(p);
  case TAG_POSITIVE_BIGNUM:
  case TAG_NEGATIVE_BIGNUM:
    return put_bignum(p, h->value == TAG_NEGATIVE_BIGNUM);
  case TAG_DECIMAL:
    return put_decimal(p);
  default:
    return read_item(p);
  }
}

/* ------------------------------------------------------------------------ nests */

static bool more(parser *p, const head *h, uint64_t done) {
  return p->status == CSPAN_OK && p->maker.status == CSPAN_OK &&
         (h->info == INDEFINITE ? !at_break(p) : done < h->value);
}

static bool read_key(parser *p) {
  const char *data;
  size_t size;
  head h;
  if (!read_head(p, &h)) {
    return false;
  }
  if (h.major != MAJOR_TEXT) {
    return fault(p, "the key of a map is no text");
  }
  if (!read_bytes(p, &h, &data, &size)) {
    return false;
  }
  cspan_maker_name(&p->maker, data, size);
  return true;
}

static bool read_nest(parser *p, const head *h) {
  bool is_map = h->major == MAJOR_MAP;
  cspan_maker_begin(&p->maker, is_map ? CSPAN_VALUE_MAP : CSPAN_VALUE_LIST);
  for (uint64_t done = 0; more(p, h, done); done++) {
    if ((is_map && !read_key(p)) || !read_item(p)) {
      return false;
    }
  }
  cspan_maker_end(&p->maker);
  return p->status == CSPAN_OK && p->maker.status == CSPAN_OK;
}

static bool read_item(parser *p) {
  head h;
  bool ok;
  if (p->depth >= CSPAN_VALUE_MAX_DEPTH) {
    return fail(p, CSPAN_ERR_LIMIT, "it is nested too deeply");
  }
  if (!read_head(p, &h)) {
    return false;
  }
  p->depth++;
  switch (h.major) {
  case MAJOR_UNSIGNED:
  case MAJOR_NEGATIVE:
    ok = h.info != INDEFINITE || fault(p, "an integer has no length");
    if (ok) {
      put_integer(p, &h);
    }
    break;
  case MAJOR_BYTES:
  case MAJOR_TEXT:
    ok = put_text(p, &h);
    break;
  case MAJOR_LIST:
  case MAJOR_MAP:
    ok = read_nest(p, &h);
    break;
  case MAJOR_TAG:
    ok = put_tagged(p, &h);
    break;
  default:
    ok = put_simple(p, &h);
  }
  p->depth--;
  return ok;
}

cspan_status cspan_cbor_parse(const char *data, size_t size, cspan_arena *arena, cspan_value *out,
                              const char **what) {
  parser p;
  p.at = (const uint8_t *)data;
  p.end = p.at + size;
  p.depth = 0;
  p.status = CSPAN_OK;
  p.what = "";
  cspan_buf_init(&p.chunks, CHUNKS_MAX);
  cspan_maker_init(&p.maker, arena);
  *out = cspan_null();
  if (read_item(&p) && p.at != p.end) {
    fault(&p, "something follows behind its end");
  }
  if (p.status == CSPAN_OK) {
    p.status = cspan_maker_finish(&p.maker, out);
  }
  if (what != NULL) {
    *what = p.what;
  }
  cspan_maker_free(&p.maker);
  cspan_buf_free(&p.chunks);
  return p.status;
}
