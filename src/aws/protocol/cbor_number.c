/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "aws/protocol/cbor_parser.h"
#include "base/decimal.h"

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
                             char room[CBOR_MAX_BIGNUM_TEXT]) {
  char *end = room + CBOR_MAX_BIGNUM_TEXT;
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

static void put_number(cspan_cbor_parser *p, cspan_str text) {
  cspan_maker_put_text(&p->maker, CSPAN_VALUE_NUMBER, text.data, text.len);
}

static cspan_str integer_text(cspan_cbor_parser *p, const cspan_cbor_head *h,
                              char room[CBOR_MAX_BIGNUM_TEXT]) {
  p->bytes[0] = 0;
  for (size_t i = 0; i < sizeof h->value; i++) {
    p->bytes[i + 1] = (uint8_t)(h->value >> (56 - 8 * i));
  }
  return bignum_text(p->bytes, sizeof h->value + 1, h->major == CBOR_MAJOR_NEGATIVE, room);
}

void cspan_cbor_put_integer(cspan_cbor_parser *p, const cspan_cbor_head *h) {
  if (h->value > INT64_MAX) {
    put_number(p, integer_text(p, h, p->mantissa));
  } else {
    int64_t integer = (int64_t)h->value;
    cspan_maker_put(&p->maker, cspan_int(h->major == CBOR_MAJOR_NEGATIVE ? -1 - integer : integer));
  }
}

/* Behind the tag of a bignum. */
static bool read_bignum(cspan_cbor_parser *p, bool negative, char room[CBOR_MAX_BIGNUM_TEXT],
                        cspan_str *out) {
  const char *data;
  size_t size;
  cspan_cbor_head h;
  if (!cspan_cbor_read_head(p, &h)) {
    return false;
  }
  if (h.major != CBOR_MAJOR_BYTES) {
    return cspan_cbor_fault(p, "a large number is no blob");
  }
  if (!cspan_cbor_read_bytes(p, &h, &data, &size)) {
    return false;
  }
  if (size > CBOR_MAX_BIGNUM_BYTES) {
    return cspan_cbor_fail(p, CSPAN_ERR_LIMIT, "a number is too large");
  }
  p->bytes[0] = 0;
  if (size > 0) {
    memcpy(p->bytes + 1, data, size);
  }
  *out = bignum_text(p->bytes, size + 1, negative, room);
  return true;
}

/* An integer of either kind, or a bignum. */
static bool read_integer_text(cspan_cbor_parser *p, char room[CBOR_MAX_BIGNUM_TEXT],
                              cspan_str *out) {
  cspan_cbor_head h;
  if (!cspan_cbor_read_head(p, &h)) {
    return false;
  }
  if (h.info != CBOR_INDEFINITE &&
      (h.major == CBOR_MAJOR_UNSIGNED || h.major == CBOR_MAJOR_NEGATIVE)) {
    *out = integer_text(p, &h, room);
    return true;
  }
  bool is_bignum = h.major == CBOR_MAJOR_TAG && h.info != CBOR_INDEFINITE &&
                   (h.value == CBOR_TAG_POSITIVE_BIGNUM || h.value == CBOR_TAG_NEGATIVE_BIGNUM);
  return is_bignum ? read_bignum(p, h.value == CBOR_TAG_NEGATIVE_BIGNUM, room, out)
                   : cspan_cbor_fault(p, "a decimal number holds what is no integer");
}

/* Whole numbers that fit stay INT. */
bool cspan_cbor_put_bignum(cspan_cbor_parser *p, bool negative) {
  cspan_value value;
  cspan_str text = {"", 0};
  if (!read_bignum(p, negative, p->mantissa, &text)) {
    return false;
  }
  cspan_status status = cspan_value_from_number(text.data, text.len, p->maker.arena, &value);
  if (status != CSPAN_OK) {
    return cspan_cbor_fail(p, status, "a number is too large");
  }
  cspan_maker_put(&p->maker, value);
  return true;
}

/* [exponent, mantissa], to the base of ten. */
bool cspan_cbor_put_decimal(cspan_cbor_parser *p) {
  char *text = p->decimal;
  cspan_str exponent = {"", 0};
  cspan_str mantissa = {"", 0};
  cspan_cbor_head h;
  if (!cspan_cbor_read_head(p, &h)) {
    return false;
  }
  if (h.major != CBOR_MAJOR_LIST || (h.value != 2 && h.info != CBOR_INDEFINITE)) {
    return cspan_cbor_fault(p, "a decimal number is no pair");
  }
  if (!read_integer_text(p, p->exponent, &exponent) ||
      !read_integer_text(p, p->mantissa, &mantissa)) {
    return false;
  }
  if (h.info == CBOR_INDEFINITE && !cspan_cbor_at_break(p)) {
    return cspan_cbor_fault(p, "a decimal number is no pair");
  }
  if (exponent.len + mantissa.len + 1 > CBOR_MAX_BIGNUM_TEXT || exponent.len > 20) {
    return cspan_cbor_fail(p, CSPAN_ERR_LIMIT, "a number is too large");
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

bool cspan_cbor_is_float(const cspan_cbor_head *h) {
  return h->major == CBOR_MAJOR_SIMPLE && h->info >= CBOR_HALF_FLOAT &&
         h->info <= CBOR_DOUBLE_FLOAT;
}

double cspan_cbor_float(const cspan_cbor_head *h) {
  uint32_t bits = (uint32_t)h->value;
  float single;
  double number;
  if (h->info == CBOR_HALF_FLOAT) {
    return half_to_double(h->value);
  }
  if (h->info == CBOR_SINGLE_FLOAT) {
    memcpy(&single, &bits, sizeof single);
    return (double)single;
  }
  memcpy(&number, &h->value, sizeof number);
  return number;
}
