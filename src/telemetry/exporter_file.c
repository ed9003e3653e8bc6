/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/JSON, one request a line, appended to a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "telemetry/exporter_write.h"
#include "telemetry/otlp_json.h"

/* A request as JSON is a few times larger than as protobuf. */
enum { JSON_FACTOR = 32, JSON_BASE = 4096 };

typedef struct file_exporter {
  char *path;
  int fd;
  bool is_borrowed; /* the descriptor */
  bool torn;        /* the last write stopped inside a line */
} file_exporter;

static cspan_status io_error(cspan_error **error, const char *what, const char *path) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot %s the span file %s: %s", what, path,
                         cspan_errno_text(code, text, sizeof text));
}

static cspan_status append_line(file_exporter *file, cspan_buf *line, cspan_error **error) {
  cspan_status status = cspan_buf_char(line, '\n');
  if (status != CSPAN_OK)
    return cspan_error_set(error, status, "cannot write spans to %s: %s", file->path,
                           status == CSPAN_ERR_NOMEM ? "out of memory" : "they are too large");
  size_t written;
  if (cspan_write_all(file->fd, line->data, line->len, &written)) {
    file->torn = false;
    return CSPAN_OK;
  }
  if (written > 0)
    file->torn = true;
  return io_error(error, "write to", file->path);
}

static cspan_status file_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected_spans,
                                cspan_error **error) {
  file_exporter *file = self;
  cspan_buf line;
  (void)context;
  *rejected_spans = 0;
  cspan_buf_init(&line, batch->request_size_bytes * JSON_FACTOR + JSON_BASE);
  if (file->torn)
    cspan_buf_char(&line, '\n');
  cspan_status status =
      cspan_otlp_to_json(CSPAN_OTLP_TRACES, batch->request, batch->request_size_bytes, &line);
  status = status == CSPAN_ERR_PROTOCOL
               ? cspan_error_set(error, status,
                                 "cannot write spans to %s: the request of %zu bytes "
                                 "is malformed",
                                 file->path, batch->request_size_bytes)
               : append_line(file, &line, error);
  cspan_buf_free(&line);
  return status;
}

static void file_free(void *self) {
  file_exporter *file = self;
  if (file->fd >= 0 && !file->is_borrowed)
    close(file->fd);
  cspan_free(file->path);
  cspan_free(file);
}

static const cspan_exporter_vtable file_vtable = {
    .size = sizeof file_vtable,
    .export_spans = file_export,
    .free = file_free,
};

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while opening a span file");
}

cspan_status cspan_exporter_otlp_file(const char *path, cspan_span_exporter **out,
                                      cspan_error **error) {
  *out = NULL;
  if (!path || !path[0])
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a span file needs a path");
  file_exporter *file = cspan_calloc(1, sizeof *file);
  if (!file)
    return out_of_memory(error);
  file->fd = -1;
  file->path = cspan_strdup(path);
  if (!file->path) {
    file_free(file);
    return out_of_memory(error);
  }
  file->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file->fd < 0) {
    cspan_status status = io_error(error, "open", path);
    file_free(file);
    return status;
  }
  *out = cspan_exporter_create(&file_vtable, file);
  return *out ? CSPAN_OK : out_of_memory(error);
}

cspan_span_exporter *cspan_exporter_otlp_stream(int fd) {
  file_exporter *file = cspan_calloc(1, sizeof *file);
  if (!file)
    return NULL;
  file->fd = fd;
  file->is_borrowed = true;
  file->path = cspan_strdup(fd == STDOUT_FILENO ? "stdout" : "a stream");
  if (!file->path) {
    file_free(file);
    return NULL;
  }
  return cspan_exporter_create(&file_vtable, file);
}
