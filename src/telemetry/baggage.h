/* SPDX-License-Identifier: Apache-2.0 */
/* Baggage, inside: making one from many members at once. */
#ifndef TELEMETRY_BAGGAGE_H
#define TELEMETRY_BAGGAGE_H

#include <cloudspan/telemetry.h>

#include "base/buf.h"

/* The limits of W3C Baggage. */
enum { CSPAN_BAGGAGE_MAX_MEMBERS = 64, CSPAN_BAGGAGE_MAX_BYTES = 8192 };

typedef struct cspan_baggage_member {
  const char *key;
  const char *value;
  const char *metadata; /* "" for none */
} cspan_baggage_member;

typedef struct cspan_baggage_draft {
  cspan_baggage_member members[CSPAN_BAGGAGE_MAX_MEMBERS];
  size_t count;
  size_t encoded_bytes; /* as a header, the commas counted */
} cspan_baggage_draft;

/* Sets a member (strings stay borrowed); false, and no change, when it is not
 * valid or the limits are reached. */
bool cspan_baggage_draft_set(cspan_baggage_draft *draft, const cspan_baggage_member *member);
/* Copies the members; NULL when out of memory. */
cspan_baggage *cspan_baggage_make(const cspan_baggage_draft *draft);
/* One more owner of the same baggage; NULL for NULL. */
cspan_baggage *cspan_baggage_share(const cspan_baggage *baggage);
/* The header's value. */
void cspan_baggage_encode(const cspan_baggage *baggage, cspan_buf *out);

#endif
