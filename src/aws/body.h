/* SPDX-License-Identifier: Apache-2.0 */
/* Where the bytes of a request body come from: memory, a file, a callback. */
#ifndef AWS_BODY_H
#define AWS_BODY_H

#include <cloudspan/aws.h>
#include <time.h>

#include "base/buf.h"

typedef enum cspan_source_kind {
  CSPAN_SOURCE_NONE = 0,
  CSPAN_SOURCE_MEMORY,
  CSPAN_SOURCE_FILE,
  CSPAN_SOURCE_CALLBACK
} cspan_source_kind;

typedef struct cspan_source {
  cspan_source_kind kind;
  int64_t size;     /* -1: not known */
  int64_t position; /* bytes read since the start or the last rewind */
  const char *data;
  cspan_buf owned; /* holds `data` when the call owns it */
  ptrdiff_t (*read)(void *user, void *buffer, size_t capacity);
  cspan_status (*rewind)(void *user);
  void *user;
  int fd;
  char *path;
  int64_t offset;
  int64_t file_size; /* of the whole file when it was opened */
  struct timespec file_time;
  cspan_error *error; /* why a read gave -1 */
} cspan_source;

/* Does not read yet; `source` is zeroed memory. Opens a file. */
cspan_status cspan_source_open(cspan_source *source, const cspan_body *body, cspan_error **error);
/* The call owns the bytes from now on: taken out of `buf`. */
cspan_status cspan_source_take(cspan_source *source, cspan_buf *buf);
void cspan_source_close(cspan_source *source);

/* As a read callback: 0 at the end; -1 with source->error set. */
ptrdiff_t cspan_source_read(cspan_source *source, void *buffer, size_t capacity);
/* Whether it can be sent (again) from its start. */
bool cspan_source_can_rewind(const cspan_source *source);
cspan_status cspan_source_rewind(cspan_source *source, cspan_error **error);
/* Reads a callback of unknown length into memory; CSPAN_ERR_LIMIT over `max`. */
cspan_status cspan_source_buffer(cspan_source *source, size_t max, cspan_error **error);

#endif
