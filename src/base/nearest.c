/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

enum { MAX_WORD = 48, MOST_EDITS = 2 };

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t same_start(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t i = 0;
  while (i < a_len && i < b_len && lower(a[i]) == lower(b[i])) {
    i++;
  }
  return i;
}

/* Far too large for words that are too long to be typos. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t row[MAX_WORD + 1];
  if (a_len > MAX_WORD || b_len > MAX_WORD) {
    return SIZE_MAX;
  }
  for (size_t j = 0; j <= b_len; j++) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a_len; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      best = row[j] + 1 < best ? row[j] + 1 : best;
      best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[b_len];
}

size_t cspan_closeness(const char *word, size_t len, const char *candidate) {
  size_t candidate_len = strlen(candidate);
  size_t shared = same_start(word, len, candidate, candidate_len);
  if (shared == len && shared == candidate_len) {
    return 0;
  }
  size_t apart = distance(word, len, candidate, candidate_len);
  if (apart <= MOST_EDITS && apart < len) {
    return apart;
  }
  return len >= 2 && shared == len ? MOST_EDITS + 1 : SIZE_MAX;
}
