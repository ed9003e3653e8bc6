/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that many spans have together, encoded once: such a span copies bytes. */
#ifndef TELEMETRY_ATTR_BLOCK_H
#define TELEMETRY_ATTR_BLOCK_H

#include "telemetry/enc.h"

typedef struct cspan_attr_block cspan_attr_block;

/* NULL where one of them would not be in a span as it is given: no valid attribute, a key that is
 * there twice; and when out of memory. `name`: of the spans, which have to begin with the block
 * then; NULL: they have any. */
cspan_attr_block *cspan_attr_block_make(const char *name, const cspan_attr *attributes,
                                        size_t count);
void cspan_attr_block_free(cspan_attr_block *block);

/* cspan_span_begin() where the first of the options' attributes, which samplers see, are those of
 * the block, and the name is the block's where that has one. NULL: there is no block. */
cspan_span cspan_span_begin_block(cspan_tracer *tracer, const cspan_context *context,
                                  const char *name, size_t name_size,
                                  const cspan_span_options *options, const cspan_attr_block *block);

bool cspan_attr_block_has_name(const cspan_attr_block *block);

/* How many attributes were put behind the others: all of the block, or none, where limits do not let
 * them in as they are or one of their keys may be there already. */
size_t cspan_enc_put_block(cspan_enc *enc, const cspan_attr_block *block);

#endif
