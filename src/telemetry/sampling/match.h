/* SPDX-License-Identifier: Apache-2.0 */
/* Which spans a rule means: patterns and conditions of sampling.h, copied. */
#ifndef TELEMETRY_SAMPLING_MATCH_H
#define TELEMETRY_SAMPLING_MATCH_H

#include <cloudspan/ext/sampler.h>

#include "base/text.h"

/* '*': any characters, also none; '?': one (of UTF-8). The time is bounded by the product of the
 * lengths. */
bool cspan_pattern_matches(const char *pattern, cspan_str text);

/* Room for a value that is not a string as text. */
enum { CSPAN_VALUE_TEXT_MAX = 32 };
/* The text of a value that is no array; `room` is used for what is not a string. */
cspan_str cspan_attr_value_text(const cspan_attr *value, char room[CSPAN_VALUE_TEXT_MAX]);

/* Deep copies; false when out of memory, and then there is nothing to be freed. */
bool cspan_span_match_copy(cspan_span_match *to, const cspan_span_match *from);
void cspan_span_match_free(cspan_span_match *match);
/* An attribute with its key and value. */
bool cspan_attr_copy(cspan_attr *to, const cspan_attr *from);
void cspan_attr_copy_free(cspan_attr *attr);

bool cspan_attr_key_matches(const cspan_attr_match *match, cspan_str key);
/* Of an array's value, call it for each element. */
bool cspan_attr_text_matches(const cspan_attr_match *match, cspan_str value);
/* Key and value, arrays too. */
bool cspan_attr_matches(const cspan_attr_match *match, const cspan_attr *attr);

/* Name, kind and parent, but not attributes. */
static inline bool cspan_span_match_outside(const cspan_span_match *match, cspan_str name,
                                            cspan_span_kind kind, unsigned parent) {
  return (match->kinds == 0 || (match->kinds & CSPAN_KIND_BIT((unsigned)kind)) != 0) &&
         (match->parents == 0 || (match->parents & parent) != 0) &&
         (match->span_name == NULL || cspan_pattern_matches(match->span_name, name));
}

/* A span about to start. */
bool cspan_span_match_start(const cspan_span_match *match, const cspan_sampling_input *input);

#endif
