/* SPDX-License-Identifier: Apache-2.0 */
/* How near a mistyped word is to what it may have meant: for "did you mean". */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* 0: the same but for case, then Levenshtein's distance up to 2 (neighbours
 * that changed places count once), then 3 where the word begins the
 * candidate. SIZE_MAX: not near. */
size_t cspan_closeness(const char *word, size_t len, const char *candidate);

#endif
