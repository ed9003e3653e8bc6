/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <stdbool.h>
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

static bool is_same(char a, char b) {
  return lower(a) == lower(b);
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Two neighbours that changed places are one edit: what fingers do most. Far too large for words
 * that are too long to be typos. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t rows[3][MAX_WORD + 1]; /* of i, i - 1 and i - 2, in turns */
  if (a_len > MAX_WORD || b_len > MAX_WORD) {
    return SIZE_MAX;
  }
  for (size_t j = 0; j <= b_len; j++) {
    rows[0][j] = j;
  }
  for (size_t i = 1; i <= a_len; i++) {
    size_t *row = rows[i % 3];
    const size_t *above = rows[(i + 2) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      row[j] = least(above[j - 1] + !is_same(a[i - 1], b[j - 1]), least(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1])) {
        row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
      }
    }
  }
  return rows[a_len % 3][b_len];
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
