/* SPDX-License-Identifier: Apache-2.0 */
/* What the typed helpers share: taking the structures of a caller, making documents. */
#ifndef SERVICES_TYPED_H
#define SERVICES_TYPED_H

#include <cloudspan/client.h>

#include "base/decimal.h"

/* The fields of a structure that the caller was compiled with; the rest is zero. `from` starts with
 * its size_t size and may be NULL. */
void cspan_typed_take(void *to, size_t room, const void *from);
/* CSPAN_ERR_INVALID for options with a loop: `what` waits for its calls. `options` may be NULL. */
cspan_status cspan_typed_refuse_loop(const char *what, const cspan_call_options *options,
                                     cspan_error **error);

/* *error becomes `late` in place of what it is. Returns `status`. */
cspan_status cspan_typed_replace(cspan_status status, cspan_error *late, cspan_error **error);
/* The end of a function whose outcome is `first`, with its error set, and where keeping what was
 * done gave `kept` and the error `late` (owned by this from now on). */
cspan_status cspan_typed_outcome(cspan_status first, cspan_status kept, cspan_error *late,
                                 cspan_error **error);
/* The decimal text of a number, in `room` or in the value; NULL for what is no finite one. */
const char *cspan_typed_number_text(const cspan_value *number, char room[CSPAN_DOUBLE_TEXT_MAX],
                                    size_t *size);

/* A member's text, cut to the room; "" where there is none. */
void cspan_typed_copy_text(const cspan_value *map, const char *name, char *to, size_t room);

/* A document in the making. */
typedef struct cspan_making {
  cspan_arena *arena;
  cspan_maker maker;
} cspan_making;

cspan_status cspan_making_open(cspan_making *making, cspan_error **error);
/* Ends what is open. Gives the document where `status` is OK and the maker's is; else frees it. */
cspan_status cspan_making_close(cspan_making *making, cspan_status status, cspan_document **out,
                                cspan_error **error);
/* Members with names and texts that outlive the document; those that are NULL are left out. */
void cspan_making_text(cspan_making *making, const char *name, const char *text);
void cspan_making_value(cspan_making *making, const char *name, const cspan_value *value);

#endif
