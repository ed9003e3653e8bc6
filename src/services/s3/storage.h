/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of the storage layer share: spans, and calls in flight. */
#ifndef SERVICES_S3_STORAGE_H
#define SERVICES_S3_STORAGE_H

#include <cloudspan/storage.h>

#include "services/s3/client.h"

enum { CSPAN_MIB = 1024 * 1024, CSPAN_S3_MAX_PARTS = 10000 };

struct cspan_storage {
  cspan_s3 *client;
  cspan_tracer_provider *provider; /* NULL: the global one, at each use */
  int64_t part_size_bytes;
  int max_parts_in_flight;
  int max_deletes_in_flight;
  const char *checksum_algorithm; /* static, or NULL */
};

/* A copy of an input of an older or newer caller: `size` bytes of it, the rest zero. */
void cspan_storage_copy_input(void *to, size_t to_size, const void *from);

/* --- spans ------------------------------------------------------------------ */

/* An attribute whose value is bounded, as it comes from outside. */
cspan_attr cspan_storage_text(const char *key, const char *value);

typedef struct cspan_storage_span {
  const char *name;
  cspan_span_kind kind;
  const cspan_attr *attributes;
  size_t attribute_count;
  int64_t start_time_unix_ns; /* 0: now */
} cspan_storage_span;

cspan_span cspan_storage_span_start(const cspan_storage *storage, const cspan_context *context,
                                    const cspan_storage_span *what);
/* The context for what is done inside of `span`. */
cspan_context cspan_storage_inside(const cspan_context *context, cspan_span span);
/* Ends it with Ok; or, when error is not NULL, with Error, `text`, error.type and the recorded
 * exception. */
void cspan_storage_span_finish(cspan_span span, const char *text, const cspan_error *error);
/* PREFIX.duration_ms and PREFIX.throughput_mbps. */
void cspan_storage_span_set_speed(cspan_span span, const char *duration_key,
                                  const char *throughput_key, int64_t start_ns, int64_t bytes);

/* --- sources ---------------------------------------------------------------- */

/* Checks that a source makes sense, and how many bytes it has (-1: not known). */
cspan_status cspan_storage_source_size(const cspan_body *source, int64_t *size,
                                       cspan_error **error);
/* Reads until `want` bytes or the end; checks the context between reads. */
cspan_status cspan_storage_source_read(const cspan_body *source, const cspan_context *context,
                                       void *buffer, size_t want, size_t *got, cspan_error **error);

/* --- calls in flight on a loop ------------------------------------------------- */

/* One asynchronous call. Lives at the same address until it is over. */
typedef struct cspan_flight {
  cspan_call_options options; /* for the call's input */
  bool busy;                  /* started and not yet taken in */
  bool over;
  cspan_status status;
  cspan_error *error;
} cspan_flight;

/* Before the start of the call: options are filled. */
void cspan_flight_begin(cspan_flight *flight, cspan_loop *loop);
/* After it: `status` and `error` are what the start function came to; the error is taken. */
void cspan_flight_started(cspan_flight *flight, cspan_status status, cspan_error *error);
/* Lets the loop work for a moment; a loop that fails is freed with all that is under way, and
 * *loop becomes NULL. */
void cspan_flight_wait(cspan_loop **loop);

#endif
