/* SPDX-License-Identifier: Apache-2.0 */
/* The patterns of region names in the partitions: "^(us|eu)\-\w+\-\d+$". */
#ifndef AWS_RULES_REGION_PATTERN_H
#define AWS_RULES_REGION_PATTERN_H

#include "base/text.h"

/* What is understood: ^ at the beginning, $ at the end, characters, escapes, \w, \d, '+', '*' and
 * '?' behind one character, and groups of alternatives of characters: (a|b). */
bool cspan_region_pattern_check(cspan_str pattern);
/* Whether the pattern, which was checked, holds from the beginning of `text` on. */
bool cspan_region_pattern_matches(cspan_str pattern, cspan_str text);

#endif
