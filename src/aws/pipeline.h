/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of middlewares of a call, flattened: the five steps one after the other. */
#ifndef AWS_PIPELINE_H
#define AWS_PIPELINE_H

#include <cloudspan/ext/middleware.h>

typedef struct cspan_chain_entry {
  const cspan_middleware_vtable *vtable;
  void *self;
  cspan_step step;
  size_t state_offset; /* into the states of a call */
} cspan_chain_entry;

/* Immutable once composed. */
typedef struct cspan_chain {
  size_t count;
  size_t retry_index;    /* of "Retry": what follows runs once per attempt */
  size_t state_size;     /* of all states */
  size_t attempt_offset; /* states from here on are zeroed for each attempt */
  cspan_chain_entry entries[];
} cspan_chain;

/* The library's own middlewares in order. */
const cspan_middleware *cspan_builtin_middlewares(size_t *count);

/* Composes the library's own, then `first`, then `more`. NULL on failure. */
cspan_chain *cspan_chain_compose(const cspan_middleware *first, size_t first_count,
                                 const cspan_middleware *more, size_t more_count,
                                 cspan_error **error);

#endif
