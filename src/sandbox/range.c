/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/range.h"

#include <string.h>

#include "base/text.h"

/* Digits up to `end`; numbers beyond all sizes become the largest. */
static bool take_number(const char **at, int64_t *out) {
  size_t digits = strspn(*at, "0123456789");
  int64_t value = 0;
  for (size_t i = 0; i < digits; i++) {
    int digit = (*at)[i] - '0';
    value = value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
  }
  *at += digits;
  *out = value;
  return digits > 0;
}

sbx_range_kind cspan_sbx_range_parse(const char *text, int64_t size, int64_t *at, int64_t *len) {
  int64_t first;
  int64_t last;
  if (!text || !cspan_starts_with(text, "bytes=")) {
    return SBX_RANGE_NONE;
  }
  text += strlen("bytes=");
  bool has_first = take_number(&text, &first);
  if (*text++ != '-') {
    return SBX_RANGE_NONE;
  }
  bool has_last = take_number(&text, &last);
  if (*text || (!has_first && !has_last) || (has_first && has_last && last < first)) {
    return SBX_RANGE_NONE;
  }
  if (!has_first) {
    first = last < size ? size - last : 0;
    if (last == 0) {
      return SBX_RANGE_UNSATISFIABLE;
    }
    last = size - 1;
  } else if (!has_last || last >= size) {
    last = size - 1;
  }
  if (first >= size) {
    return SBX_RANGE_UNSATISFIABLE;
  }
  *at = first;
  *len = last - first + 1;
  return SBX_RANGE_OK;
}
