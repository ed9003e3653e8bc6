/* SPDX-License-Identifier: Apache-2.0 */
/* Making values in an arena: for parsers, which do not know beforehand how long a list gets. */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <cloudspan/value.h>

#include "base/arena.h"

enum {
  CSPAN_VALUE_MAX_DEPTH = 1000,
  CSPAN_VALUE_MAX_OPEN = 1 << 24 /* items and members of what is open in a maker */
};

/* Begun maps and lists are kept on a stack of the heap and go into the arena when they end.
 * The first failure stays: later calls do nothing, and it is asked for once. */
typedef struct cspan_maker {
  cspan_arena *arena;
  struct cspan_maker_frame *frames;
  size_t depth;
  size_t frame_cap;
  cspan_member *stack; /* items and members of what is open */
  size_t used;
  size_t cap;
  cspan_str name; /* of the next value */
  cspan_value root;
  bool has_root;
  cspan_status status;
} cspan_maker;

void cspan_maker_init(cspan_maker *maker, cspan_arena *arena);
void cspan_maker_free(cspan_maker *maker); /* not the arena */

/* The name of the next value in a map: copied into the arena, or borrowed for the life of the
 * arena (`fixed`, for texts of a model). */
void cspan_maker_name(cspan_maker *maker, const char *name, size_t len);
void cspan_maker_fixed_name(cspan_maker *maker, const char *name, size_t len);
/* The value itself; what it refers to must live as long as the arena. */
void cspan_maker_put(cspan_maker *maker, cspan_value value);
/* Copies the text, with a NUL behind it. */
void cspan_maker_put_text(cspan_maker *maker, cspan_value_kind kind, const char *text, size_t len);
void cspan_maker_begin(cspan_maker *maker, cspan_value_kind list_or_map);
void cspan_maker_end(cspan_maker *maker);
/* Whether the innermost that is open is a map. */
bool cspan_maker_in_map(const cspan_maker *maker);
/* A list or map that stays open holds so many values by now. */
size_t cspan_maker_count(const cspan_maker *maker);
/* OK with the root (null where nothing was put), NOMEM, LIMIT, or INVALID (misuse). */
cspan_status cspan_maker_finish(cspan_maker *maker, cspan_value *root);

/* As cspan_value_get(), of a name with a known length. */
const cspan_value *cspan_value_find(const cspan_value *value, const char *name, size_t len);

/* A map may have members behind those that it shows, in the same array, `nanoseconds` of them: they
 * stay with it in copies. This finds one; NULL: there is none. */
const cspan_value *cspan_value_hidden(const cspan_value *map, const char *name);

/* A deep copy into an arena. NOMEM or LIMIT; INVALID for what is no value. */
cspan_status cspan_value_copy(cspan_arena *arena, const cspan_value *from, cspan_value *to);

/* A document in that arena, which it owns from now on; NULL when out of memory (the arena is
 * freed). `value` lives in the arena. */
cspan_document *cspan_document_new(cspan_arena *arena, const cspan_value *value);

/* For whoever made the document and has not handed it out: another value in its memory. */
cspan_arena *cspan_document_arena(cspan_document *document);
void cspan_document_set(cspan_document *document, const cspan_value *value);

/* The error of a status that a maker or copy gave. */
cspan_status cspan_value_fault(cspan_status status, cspan_error **error);
/* The end of a function that makes a document: takes the arena (may be NULL), which becomes *out
 * when `status` is OK, and is freed otherwise. */
cspan_status cspan_document_close(cspan_arena *arena, const cspan_value *value, cspan_status status,
                                  cspan_document **out, cspan_error **error);

#endif
