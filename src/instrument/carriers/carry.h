/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose input carries a context, and those whose output does. */
#ifndef INSTRUMENT_CARRIERS_CARRY_H
#define INSTRUMENT_CARRIERS_CARRY_H

#include "instrument/carriers/carried.h"
#include "instrument/tracing.h"

/* Before the input is written; the call's context has its span. What is returned belongs to
 * cspan_carry_end(), NULL: nothing is to be done there. */
cspan_asked *cspan_carry_begin(const cspan_tracing *tracing, const cspan_carrier *carrier,
                               struct cspan_call *call);
/* After the output was read: gives the caller what it asked for, and links the span to those of the
 * senders. */
void cspan_carry_end(const cspan_tracing *tracing, const cspan_asked *asked,
                     struct cspan_call *call, cspan_span span);

#endif
