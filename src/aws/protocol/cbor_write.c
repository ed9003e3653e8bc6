/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/protocol/cbor_parser.h"

enum {
  FALSE_ITEM = 0xf4,
  TRUE_ITEM = 0xf5,
  NULL_ITEM = 0xf6,
  FLOAT_ITEM = 0xfa,
  DOUBLE_ITEM = 0xfb,
  MAX_DIGITS = 2048,
  NANOS = 1000000000
};

static void put_big_endian(cspan_buf *out, uint8_t first, uint64_t value, size_t bytes) {
  uint8_t item[9] = {first};
  for (size_t i = bytes; i > 0; i--) {
    item[i] = (uint8_t)value;
    value >>= 8;
  }
  cspan_buf_append(out, item, bytes + 1);
}

static void put_head(cspan_buf *out, int major, uint64_t value) {
  uint8_t first = (uint8_t)(major << 5);
  if (value < 24) {
    put_big_endian(out, (uint8_t)(first | value), 0, 0);
  } else if (value <= UINT8_MAX) {
    put_big_endian(out, first | 24, value, 1);
  } else if (value <= UINT16_MAX) {
    put_big_endian(out, first | 25, value, 2);
  } else if (value <= UINT32_MAX) {
    put_big_endian(out, first | 26, value, 4);
  } else {
    put_big_endian(out, first | 27, value, 8);
  }
}

void cspan_cbor_write_map(cspan_buf *out, size_t count) {
  put_head(out, CBOR_MAJOR_MAP, count);
}

void cspan_cbor_write_list(cspan_buf *out, size_t count) {
  put_head(out, CBOR_MAJOR_LIST, count);
}

void cspan_cbor_write_text(cspan_buf *out, const char *text, size_t len) {
  put_head(out, CBOR_MAJOR_TEXT, len);
  cspan_buf_append(out, text, len);
}

void cspan_cbor_write_blob(cspan_buf *out, const void *data, size_t len) {
  put_head(out, CBOR_MAJOR_BYTES, len);
  cspan_buf_append(out, data, len);
}

void cspan_cbor_write_null(cspan_buf *out) {
  put_big_endian(out, NULL_ITEM, 0, 0);
}

void cspan_cbor_write_bool(cspan_buf *out, bool value) {
  put_big_endian(out, value ? TRUE_ITEM : FALSE_ITEM, 0, 0);
}

/* -1 is sent as 0, -2 as 1: the complement is that number without overflow. */
void cspan_cbor_write_int(cspan_buf *out, int64_t value) {
  if (value < 0) {
    put_head(out, CBOR_MAJOR_NEGATIVE, ~(uint64_t)value);
  } else {
    put_head(out, CBOR_MAJOR_UNSIGNED, (uint64_t)value);
  }
}

void cspan_cbor_write_float(cspan_buf *out, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_big_endian(out, FLOAT_ITEM, bits, sizeof bits);
}

void cspan_cbor_write_double(cspan_buf *out, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_big_endian(out, DOUBLE_ITEM, bits, sizeof bits);
}

void cspan_cbor_write_timestamp(cspan_buf *out, int64_t unix_s, uint32_t nanoseconds) {
  put_head(out, CBOR_MAJOR_TAG, CBOR_TAG_EPOCH);
  if (nanoseconds == 0) {
    cspan_cbor_write_int(out, unix_s);
  } else {
    cspan_cbor_write_double(out, (double)unix_s + (double)nanoseconds / NANOS);
  }
}

/* ---------------------------------------------------------------------- bignums */

/* Big-endian at the end of `bytes`. The most significant that is used is at *first. */
static bool decimal_to_bytes(const char *digits, size_t len, uint8_t bytes[CBOR_MAX_BIGNUM_BYTES],
                             size_t *first) {
  *first = CBOR_MAX_BIGNUM_BYTES;
  for (size_t i = 0; i < len; i++) {
    if (digits[i] < '0' || digits[i] > '9') {
      return false;
    }
    unsigned carry = (unsigned)(digits[i] - '0');
    for (size_t at = CBOR_MAX_BIGNUM_BYTES; at > *first; at--) {
      carry += bytes[at - 1] * 10u;
      bytes[at - 1] = (uint8_t)carry;
      carry >>= 8;
    }
    if (carry > 0) {
      bytes[--*first] = (uint8_t)carry;
    }
  }
  return true;
}

/* -n is sent as n - 1. */
static void decrement(uint8_t bytes[CBOR_MAX_BIGNUM_BYTES], size_t *first) {
  for (size_t at = CBOR_MAX_BIGNUM_BYTES; at > *first; at--) {
    if (bytes[at - 1]-- != 0) {
      break;
    }
  }
  while (*first < CBOR_MAX_BIGNUM_BYTES && bytes[*first] == 0) {
    ++*first;
  }
}

cspan_status cspan_cbor_write_bignum(cspan_buf *out, const char *digits, size_t len) {
  uint8_t bytes[CBOR_MAX_BIGNUM_BYTES];
  size_t first;
  bool negative = len > 0 && digits[0] == '-';
  if (len - negative == 0 || len - negative > MAX_DIGITS ||
      !decimal_to_bytes(digits + negative, len - negative, bytes, &first)) {
    return CSPAN_ERR_INVALID;
  }
  negative = negative && first < CBOR_MAX_BIGNUM_BYTES; /* -0 */
  if (negative) {
    decrement(bytes, &first);
  }
  size_t size = CBOR_MAX_BIGNUM_BYTES - first;
  if (size <= sizeof(uint64_t)) {
    uint64_t value = 0;
    for (size_t i = first; i < CBOR_MAX_BIGNUM_BYTES; i++) {
      value = value << 8 | bytes[i];
    }
    put_head(out, negative ? CBOR_MAJOR_NEGATIVE : CBOR_MAJOR_UNSIGNED, value);
  } else {
    put_head(out, CBOR_MAJOR_TAG, negative ? CBOR_TAG_NEGATIVE_BIGNUM : CBOR_TAG_POSITIVE_BIGNUM);
    cspan_cbor_write_blob(out, bytes + first, size);
  }
  return cspan_buf_status(out);
}
