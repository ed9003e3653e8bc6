/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers as text, as JSON writes them: reading, comparing, writing. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/value.h"

/* Room for the text of any double. */
enum { CSPAN_DOUBLE_TEXT_MAX = 40 };

/* 0.DIGITS times ten to the power of `magnitude`. */
typedef struct cspan_decimal {
  const char *digits; /* in the text: from the first that is not 0; may hold the point */
  size_t count;       /* digits up to the last that is not 0; 0: the number is zero */
  int64_t magnitude;
  bool negative;
  bool integral; /* written without fraction and exponent */
} cspan_decimal;

/* Reads a number of JSON's grammar at the start of the text. Bytes it has; 0: there is none. */
size_t cspan_decimal_scan(const char *text, size_t len, cspan_decimal *out);
/* -1, 0 or 1. */
int cspan_decimal_compare(const cspan_decimal *a, const cspan_decimal *b);
/* Rounded towards zero and clamped. True when that changed nothing. */
bool cspan_decimal_to_int(const cspan_decimal *decimal, int64_t *out);

/* The double nearest to the text, an infinity past all of them; `otherwise` when it is no number. */
double cspan_decimal_round(const char *text, size_t len, double otherwise);

/* The shortest text that reads back as the same finite double. */
void cspan_format_double(double number, char out[CSPAN_DOUBLE_TEXT_MAX]);

/* Text that is wholly a JSON number as INT, DOUBLE or NUMBER, see cspan_document_parse_json().
 * INVALID, or the arena's refusal: only NUMBER needs memory of it. */
cspan_status cspan_value_from_number(const char *text, size_t len, cspan_arena *arena,
                                     cspan_value *out);

/* -1, 0 or 1 in *order, exactly; false when one is no number, or NaN. */
bool cspan_value_compare_numbers(const cspan_value *a, const cspan_value *b, int *order);

#endif
