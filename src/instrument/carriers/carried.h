/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A context as the texts that travel, and the ways to put them into documents. Nothing here does
 * I/O, nor knows of calls: documents in, documents out, in memory of whoever asks.
 */
#ifndef INSTRUMENT_CARRIERS_CARRIED_H
#define INSTRUMENT_CARRIERS_CARRIED_H

#include <cloudspan/trace.h>
#include <cloudspan/value.h>

enum { CSPAN_CARRIED_MAX_KEYS = 16, CSPAN_CARRIED_MAX_PARTS = 8 };

/* The name of X-Ray's system attribute in SQS. */
#define CSPAN_SQS_TRACE_HEADER "AWSTraceHeader"
/* The member with the texts that a received message carried, behind those that it shows. */
#define CSPAN_CARRIED_HIDDEN "cloudspan.context"

/* Where the pieces of a document come from: NULL when there is no more. */
typedef struct cspan_memory {
  void *(*alloc)(void *user, size_t size_bytes);
  void *user;
} cspan_memory;

/* What one propagator writes: all of it travels or none. */
typedef struct cspan_carried_part {
  const char *const *fields; /* names that it may write */
  size_t first;              /* into the keys */
  size_t count;
  bool is_baggage;
} cspan_carried_part;

typedef struct cspan_carried {
  cspan_carried_part parts[CSPAN_CARRIED_MAX_PARTS];
  size_t part_count;
  cspan_member keys[CSPAN_CARRIED_MAX_KEYS]; /* names and texts */
  size_t key_count;
  const char *xray; /* X-Ray's header, which has places of its own; NULL: none */
} cspan_carried;

/* False where there is nothing that could travel. */
bool cspan_carried_collect(const cspan_propagator *propagator, const cspan_context *context,
                           const cspan_memory *memory, cspan_carried *out);
/* Whether these names are those of X-Ray's propagator. */
bool cspan_carried_is_xray(const char *const *fields);

/* What is there already. */
typedef bool (*cspan_carried_has_fn)(const void *where, const char *key);

/* Whether a map has a member of that name, in any case: a cspan_carried_has_fn. */
bool cspan_carried_has_member(const void *map, const char *key);
/* Bytes of a text or blob; 0 where there is none. */
size_t cspan_carried_text_size(const cspan_value *map, const char *name);

/* The keys that may be added to what has `room` places and bytes: at most
 * CSPAN_CARRIED_MAX_KEYS indexes. None where a trace context is there already (X-Ray's counts as
 * well: `has` is asked for its header), and none of a baggage that is there. */
typedef struct cspan_carried_room {
  size_t places;
  size_t size_bytes;
  size_t key_overhead_bytes; /* that each key takes, besides name and value */
} cspan_carried_room;
size_t cspan_carried_choose(const cspan_carried *carried, cspan_carried_has_fn has,
                            const void *where, cspan_carried_room room,
                            size_t indexes[CSPAN_CARRIED_MAX_KEYS]);
/* Whether there is a trace context already. */
bool cspan_carried_is_there(const cspan_carried *carried, cspan_carried_has_fn has,
                            const void *where);

/* `map` with `name` set to `value`; false without memory. `out` may be `map`. */
bool cspan_carried_put(const cspan_memory *memory, const cspan_value *map, const char *name,
                       cspan_value value, cspan_value *out);
/* A copy of the list at `name` of `map`, whose items may be changed in place before it is put;
 * NULL: it is no list with items, or there is no memory. */
cspan_value *cspan_carried_items(const cspan_memory *memory, const cspan_value *map,
                                 const char *name, size_t *count);

/* How much a request may hold. The first limit is what the service has always taken, the second
 * what it takes now: a request that is above the first by itself may grow to the second. */
typedef struct cspan_carried_limits {
  size_t size_bytes;
  size_t most_bytes;
} cspan_carried_limits;
/* Bytes that may still be added. */
size_t cspan_carried_left(const cspan_carried_limits *limits, size_t used);

/* ------------------------------------------------------------------- carriers
 * Each writes the input with the context in it and returns true, or returns false: nothing was to
 * be added. */

/* attributes.c: message attributes of SQS and SNS. */
bool cspan_carry_sqs(const cspan_carried *carried, const cspan_memory *memory,
                     const cspan_value *input, cspan_value *out);
bool cspan_carry_sns(const cspan_carried *carried, const cspan_memory *memory,
                     const cspan_value *input, cspan_value *out);
/* object.c: objects of JSON. */
bool cspan_carry_events(const cspan_carried *carried, const cspan_memory *memory,
                        const cspan_value *input, cspan_value *out);
bool cspan_carry_states(const cspan_carried *carried, const cspan_memory *memory,
                        const cspan_value *input, cspan_value *out);
bool cspan_carry_kinesis(const cspan_carried *carried, const cspan_memory *memory,
                         const cspan_value *input, cspan_value *out);
/* client_context.c */
bool cspan_carry_lambda(const cspan_carried *carried, const cspan_memory *memory,
                        const cspan_value *input, cspan_value *out);

/* --------------------------------------------------- received.c: ReceiveMessage */

/* What the caller asked for, before more was added. */
typedef struct cspan_asked {
  const cspan_value *attributes; /* names; NULL: none */
  const cspan_value *system[2];  /* AttributeNames, MessageSystemAttributeNames */
  const char *const *fields[CSPAN_CARRIED_MAX_PARTS];
  size_t part_count; /* without X-Ray's */
} cspan_asked;

/* The input of ReceiveMessage that also asks for what the propagator reads. */
bool cspan_carry_ask(const cspan_propagator *propagator, const cspan_memory *memory,
                     const cspan_value *input, cspan_value *out, cspan_asked *asked);
/* The output as the caller asked for it. */
bool cspan_carry_restore(const cspan_asked *asked, const cspan_memory *memory,
                         const cspan_value *output, cspan_value *out);

#endif
