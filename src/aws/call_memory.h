/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of calls. A client keeps that of a few calls that have ended for the next ones: a call
 * is large, and what is large is dear to get from the heap and makes it dear for others.
 */
#ifndef AWS_CALL_MEMORY_H
#define AWS_CALL_MEMORY_H

#include <stdatomic.h>

#include "aws/pipeline.h"

enum { CSPAN_SPARE_CALLS = 16 };

struct cspan_aws_client;

/* Thread-safe: whoever empties or fills a place has what is in it to himself. */
typedef struct cspan_spare_calls {
  _Atomic(struct cspan_call *) places[CSPAN_SPARE_CALLS]; /* NULL: free */
} cspan_spare_calls;

void cspan_spare_calls_init(cspan_spare_calls *spares);
void cspan_spare_calls_free(cspan_spare_calls *spares);

/* A call whose middlewares are those of `chain`: client, chain, states and scratch are set, the
 * rest is zero. NULL: no memory. */
struct cspan_call *cspan_call_memory_take(struct cspan_aws_client *client,
                                          const cspan_chain *chain);
/* Nothing of what was in it is left: neither in what is kept nor in what goes back to the heap. */
void cspan_call_memory_give(struct cspan_call *call);

#endif
