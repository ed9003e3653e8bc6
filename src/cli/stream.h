/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors (the standard input and output, pipes) as sources and targets of transfers. */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "base/buf.h"

/* What was read ahead, to see whether one PutObject is enough, and the rest. */
typedef struct cspan_cli_stream {
  int fd;
  cspan_cancel *cancel;
  cspan_buf head;
  size_t given; /* of head */
  bool ended;
  int write_error; /* errno of the write that failed; 0: none */
} cspan_cli_stream;

void cspan_cli_stream_init(cspan_cli_stream *stream, int fd, cspan_cancel *cancel);
void cspan_cli_stream_clear(cspan_cli_stream *stream);
/* Reads ahead until there are `size_bytes` (at most 64 MiB) or the stream ends. */
cspan_status cspan_cli_stream_fill(cspan_cli_stream *stream, int64_t size_bytes,
                                   cspan_error **error);
/* cspan_body.read: first what was read ahead, then the rest. Comes back when cancelled. */
ptrdiff_t cspan_cli_stream_read(void *user, void *buffer, size_t capacity);
/* cspan_download_input.write. */
cspan_status cspan_cli_stream_write(void *user, const void *data, size_t size_bytes);
/* The layers below know that a write failed, but not why: puts that in the place of their error.
 * `stream` may be NULL. */
void cspan_cli_stream_explain(const cspan_cli_stream *stream, cspan_error **error);
/* A path for reading; -1 with an error. */
int cspan_cli_stream_open(const char *path, cspan_error **error);
/* Whether `path` is there, but not as a file that may be replaced: a device, a pipe, a socket, or
 * what the standard output or error already goes to. */
bool cspan_cli_stream_is_target(const char *path);
/* Whether both are the same file. */
bool cspan_cli_stream_is_same(int fd, int other);
/* Such a path for writing, to be closed; waits for the reader of a pipe until cancelled. -1 with an error. */
int cspan_cli_stream_create(const char *path, const cspan_cancel *cancel, cspan_error **error);

#endif
