/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: compile once, evaluate many times. An expression that is compiled does not change any
 * more, so threads may share it; each evaluation needs an arena of its own.
 *
 * The language is that of jmespath.org. Where its text and the implementations differ, this is as
 * in Python's, which the AWS CLI uses: strings are ordered by < <= > >=, too (by code point), and
 * quotes may be left out of a literal (`running`). But projections go on over all that follows, as
 * the text says, also in a.*.b.c and a[?b].c[?d]. Timestamps and blobs count as the strings that
 * they are in JSON. */
#ifndef BASE_JMESPATH_H
#define BASE_JMESPATH_H

#include "base/value.h"

enum {
  CSPAN_JMESPATH_MAX_BYTES = 64 * 1024, /* of an expression */
  CSPAN_JMESPATH_MAX_DEPTH = 400,       /* of its tree */
  CSPAN_JMESPATH_MAX_STEPS = 1 << 26    /* nodes visited in one evaluation */
};

typedef struct cspan_jmespath cspan_jmespath;

/* *out lives as long as the arena, `text` may go. INVALID with what is wrong and where, LIMIT,
 * NOMEM. */
cspan_status cspan_jmespath_compile(const char *text, cspan_arena *arena, cspan_jmespath **out,
                                    cspan_error **error);
/* *out borrows from the expression, from `in` (may be NULL: null) and from the arena. INVALID for
 * an argument of a function that has the wrong type, LIMIT, NOMEM. */
cspan_status cspan_jmespath_eval(const cspan_jmespath *expression, const cspan_value *in,
                                 cspan_arena *arena, cspan_value *out, cspan_error **error);

#endif
