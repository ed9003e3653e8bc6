/* SPDX-License-Identifier: Apache-2.0 */
/* Which names the attributes have, and how long their values get. */
#include <string.h>

#include "base/text.h"
#include "instrument/tracing.h"

size_t cspan_trace_bounded(const char *text, size_t len, size_t max) {
  if (len <= max) {
    return len;
  }
  size_t cut = max;
  while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80) {
    cut--;
  }
  return cut;
}

cspan_semconv_mode cspan_semconv_parse(const char *opt_in) {
  static const struct {
    const char *word;
    cspan_semconv_mode mode;
  } words[] = {
      {"rpc/dup", CSPAN_SEMCONV_DUP},       {"rpc", CSPAN_SEMCONV_STABLE},
      {"rpc/stable", CSPAN_SEMCONV_STABLE}, {"rpc/old", CSPAN_SEMCONV_LEGACY},
      {"rpc/legacy", CSPAN_SEMCONV_LEGACY},
  };
  enum { WORDS = sizeof words / sizeof words[0] };
  size_t best = WORDS;
  /* The first of the words above wins, wherever it stands in the list. */
  for (const char *at = opt_in; at && *at;) {
    size_t len = strcspn(at, ",");
    cspan_str item = cspan_str_trim((cspan_str){at, len});
    for (size_t i = 0; i < best; i++) {
      if (cspan_str_eq(item, words[i].word)) {
        best = i;
      }
    }
    at += len + (at[len] == ',');
  }
  return best < WORDS ? words[best].mode : CSPAN_SEMCONV_STABLE;
}
