/* SPDX-License-Identifier: Apache-2.0 */
/* Text: encodings, parsing of numbers and times. Bytes in, bytes out; no
 * locale is ever consulted. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <string.h>
#include <time.h>

#include "base/buf.h"

/* A borrowed run of bytes. */
typedef struct cspan_str {
  const char *data;
  size_t len;
} cspan_str;

cspan_str cspan_str_of(const char *text); /* NULL gives {NULL,0} */
bool cspan_str_eq(cspan_str a, const char *b);
cspan_str cspan_str_trim(cspan_str s); /* spaces, tabs, CR, LF */
bool cspan_starts_with(const char *text, const char *prefix);

bool cspan_ieq_whole(const char *a, const char *b);
/* ASCII case-insensitive; NULL only equals NULL. Most texts differ in the first letter already. */
static inline bool cspan_ieq(const char *a, const char *b) {
  return !(a && b && ((*a ^ *b) & ~0x20)) && cspan_ieq_whole(a, b);
}

extern const char cspan_hex_pairs[]; /* the two digits of each byte, lower case */
/* 2*len+1 bytes, lower case. */
static inline void cspan_hex_encode(const void *data, size_t len, char *out) {
  const uint8_t *bytes = data;
  for (size_t i = 0; i < len; i++) {
    memcpy(out + 2 * i, cspan_hex_pairs + 2 * (size_t)bytes[i], 2);
  }
  out[2 * len] = '\0';
}
int cspan_hex_value(char c);                                    /* of a digit; -1: it is none */
bool cspan_hex_decode(const char *text, size_t len, void *out); /* len even; len/2 bytes */

cspan_status cspan_base64_encode(cspan_buf *out, const void *data, size_t len);
/* Strict RFC 4648 with padding; false on anything else. */
bool cspan_base64_decode(const char *text, size_t len, cspan_buf *out);

/* Percent-encoding of RFC 3986: all but A-Z a-z 0-9 - . _ ~ ; with keep_slash
 * '/' stays as well. Upper-case hex. */
cspan_status cspan_uri_encode(cspan_buf *out, const char *data, size_t len, bool keep_slash);
/* %XX only ('+' stays); a broken escape is copied as it stands. */
cspan_status cspan_uri_decode(cspan_buf *out, const char *data, size_t len);
/* The same where '+' is a blank, as in forms. */
cspan_status cspan_form_decode(cspan_buf *out, const char *data, size_t len);

/* Whole text must be a number, no blanks, no sign for u64; false otherwise. */
bool cspan_parse_i64(const char *text, int64_t *out);
bool cspan_parse_u64(const char *text, uint64_t *out);
bool cspan_parse_f64(const char *text, double *out);
bool cspan_parse_bool(const char *text, bool *out); /* true/false, any case */

bool cspan_utf8_valid(const char *data, size_t len);
/* Bytes of the well-formed sequence at the start of `len` > 0 bytes; 0 when there is none. */
size_t cspan_utf8_size(const char *data, size_t len);

/* Times are seconds since the epoch, UTC. */
void cspan_format_iso8601(time_t t, char out[21]);         /* 2015-08-30T12:36:00Z */
void cspan_format_iso8601_basic(time_t t, char out[17]);   /* 20150830T123600Z */
void cspan_format_http_date(time_t t, char out[30]);       /* Sun, 30 Aug 2015 12:36:00 GMT */
bool cspan_parse_iso8601(const char *text, time_t *out);   /* fraction and basic form allowed */
bool cspan_parse_http_date(const char *text, time_t *out); /* IMF-fixdate */

#endif
