/* SPDX-License-Identifier: Apache-2.0 */
/* What propagators share: reading carriers, ids as text, the debug flag, baggage in headers of
 * their own. */
#ifndef TELEMETRY_PROPAGATOR_H
#define TELEMETRY_PROPAGATOR_H

#include <cloudspan/ext/propagator.h>

#include "base/text.h"
#include "telemetry/slot.h"

/* The propagators that a propagator is made of, in their order, composites taken apart: at most
 * `capacity`. Itself, where it is no composite. Returns how many. */
size_t cspan_propagator_parts(const cspan_propagator *propagator, const cspan_propagator **out,
                              size_t capacity);

/* The first line of a header without the blanks around it; {NULL, 0} when it is absent. */
cspan_str cspan_carrier_text(const cspan_carrier_getter *getter, void *carrier, const char *key);
/* All lines of a header as one, with commas between; NULL when it is absent. Several lines are put
 * together in `scratch`, from which lines are missing when it failed. */
const char *cspan_carrier_joined(const cspan_carrier_getter *getter, void *carrier, const char *key,
                                 cspan_buf *scratch);

/* A span's ids in hexadecimal, and its trace state, "" when there is none: another thread may end
 * the span while these are used. */
typedef struct cspan_id_digits {
  char trace[33];
  char span[17];
  uint8_t flags;
  char state[CSPAN_TRACE_STATE_MAX + 1];
} cspan_id_digits;

/* False: there is no such span, or its ids are not valid. */
bool cspan_id_digits_of(cspan_span span, cspan_id_digits *out);

enum { CSPAN_ID_HEADER_MAX = 96 };

/* A header that is made of these alone: nothing in its value could break a request. It is the self
 * of its propagator. */
typedef struct cspan_id_header {
  const char *name; /* a token */
  uint32_t name_len;
  uint32_t size; /* of the value with its NUL, always the same, at most CSPAN_ID_HEADER_MAX */
  void (*write)(const cspan_id_digits *ids, char *out);
  const char *state_name; /* of the header for the trace state; NULL: there is none */
} cspan_id_header;

/* The inject function of such propagators. */
void cspan_id_header_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                            void *carrier);
/* NULL: it is no such propagator. */
const cspan_id_header *cspan_propagator_id_header(const cspan_propagator *propagator);

/* Whether it writes nothing but a context's baggage. */
bool cspan_propagator_is_baggage(const cspan_propagator *propagator);

/* Hex digits of either case, as many as `size` bytes have or fewer: zeros are put before them. */
bool cspan_id_parse(cspan_str hex, uint8_t *out, size_t size);

/* What B3 and Jaeger say beyond the sampled flag, kept in the context's values: "d", a debug trace,
 * to be taken whatever samplers say; and where there are no ids, B3's "0" and "1". Static texts;
 * NULL: nothing. */
const char *cspan_sampling_state(const cspan_context *context);
void cspan_extracted_set_sampling_state(cspan_extracted *out, const char *state);

/* Adds baggage from headers whose names are `prefix` and a key. */
void cspan_baggage_from_headers(const cspan_carrier_getter *getter, void *carrier,
                                const char *prefix, bool is_encoded, cspan_extracted *out);
/* Writes each member as a header of its own; a value that a header cannot hold is left out where
 * it is not percent-encoded. */
void cspan_baggage_to_headers(const cspan_baggage *baggage, const char *prefix, bool is_encoded,
                              cspan_carrier_set_fn set, void *carrier);

#endif
