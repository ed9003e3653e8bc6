/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the CBOR parser: heads and bytes (cbor_head.c), numbers (cbor_number.c), all items
 * (cbor_read.c). */
#ifndef AWS_PROTOCOL_CBOR_PARSER_H
#define AWS_PROTOCOL_CBOR_PARSER_H

#include "aws/protocol/cbor.h"

/* RFC 8949, section 3 and 3.4. */
enum {
  CBOR_MAJOR_UNSIGNED,
  CBOR_MAJOR_NEGATIVE,
  CBOR_MAJOR_BYTES,
  CBOR_MAJOR_TEXT,
  CBOR_MAJOR_LIST,
  CBOR_MAJOR_MAP,
  CBOR_MAJOR_TAG,
  CBOR_MAJOR_SIMPLE,
  CBOR_INDEFINITE = 31,
  CBOR_BREAK_ITEM = 0xff,
  CBOR_SIMPLE_FALSE = 20,
  CBOR_SIMPLE_TRUE = 21,
  CBOR_SIMPLE_NULL = 22,
  CBOR_SIMPLE_UNDEFINED = 23,
  CBOR_HALF_FLOAT = 25,
  CBOR_SINGLE_FLOAT = 26,
  CBOR_DOUBLE_FLOAT = 27,
  CBOR_TAG_EPOCH = 1,
  CBOR_TAG_POSITIVE_BIGNUM = 2,
  CBOR_TAG_NEGATIVE_BIGNUM = 3,
  CBOR_TAG_DECIMAL = 4,
  CBOR_MAX_BIGNUM_BYTES = 1024,
  CBOR_MAX_BIGNUM_TEXT = 2600, /* digits of that many bytes, a sign and an exponent */
  CBOR_CHUNKS_MAX = 256 << 20
};

typedef struct cspan_cbor_parser {
  const uint8_t *at;
  const uint8_t *end;
  cspan_maker maker;
  size_t depth;
  cspan_buf chunks; /* of a text or blob of indefinite length */
  cspan_status status;
  const char *what;
  /* Of large numbers. Not in the functions, which call each other a thousand levels deep. */
  uint8_t bytes[CBOR_MAX_BIGNUM_BYTES + 1];
  char mantissa[CBOR_MAX_BIGNUM_TEXT];
  char exponent[CBOR_MAX_BIGNUM_TEXT];
  char decimal[CBOR_MAX_BIGNUM_TEXT];
} cspan_cbor_parser;

/* The start of an item. */
typedef struct cspan_cbor_head {
  unsigned major;
  unsigned info;
  uint64_t value; /* argument; bits of a float */
} cspan_cbor_head;

/* Keep the first failure; false, for a caller to return. */
bool cspan_cbor_fail(cspan_cbor_parser *p, cspan_status status, const char *what);
bool cspan_cbor_fault(cspan_cbor_parser *p, const char *what);

bool cspan_cbor_read_head(cspan_cbor_parser *p, cspan_cbor_head *out);
/* Takes the end of an item of indefinite length. */
bool cspan_cbor_at_break(cspan_cbor_parser *p);
/* The bytes of a text or blob, until the next one is read. */
bool cspan_cbor_read_bytes(cspan_cbor_parser *p, const cspan_cbor_head *h, const char **data,
                           size_t *size);

void cspan_cbor_put_integer(cspan_cbor_parser *p, const cspan_cbor_head *h);
/* Behind the tag of a bignum, and of a decimal fraction. */
bool cspan_cbor_put_bignum(cspan_cbor_parser *p, bool negative);
bool cspan_cbor_put_decimal(cspan_cbor_parser *p);
bool cspan_cbor_is_float(const cspan_cbor_head *h);
double cspan_cbor_float(const cspan_cbor_head *h);

#endif
