/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/call.h"
#include "cli/stream.h"
#include "services/s3/storage_file.h"

/* What of a pipe is read ahead, so that its length is known and a retry can send it again. */
enum { READ_AHEAD = 64 << 20 };

/* A descriptor that is read or written, closed where it was opened here. */
typedef struct pipe_end {
  cspan_cli_stream stream;
  bool is_used;
  bool is_own;
} pipe_end;

struct cspan_cli_payload_file {
  pipe_end input;
  pipe_end target;
  cspan_atomic_file output;
  bool has_output;
  bool wrote;
  cspan_error *error; /* why a write failed */
};

typedef struct cspan_cli_payload_file payload_file;

static void end_open(pipe_end *end, int fd, bool is_own, const cspan_cli_call *call) {
  cspan_cli_stream_init(&end->stream, fd, call->session.run->cancel);
  end->is_used = true;
  end->is_own = is_own;
}

static void end_close(pipe_end *end) {
  if (end->is_used) {
    cspan_cli_stream_clear(&end->stream);
  }
  if (end->is_used && end->is_own) {
    close(end->stream.fd);
  }
}

/* --------------------------------------------------------------------- sink */

static cspan_status start_file(void *user, int64_t content_length) {
  payload_file *file = user;
  (void)content_length;
  file->wrote = true;
  return cspan_atomic_file_start(&file->output, &file->error);
}

static cspan_status write_file(void *user, const void *data, size_t size_bytes) {
  payload_file *file = user;
  return cspan_atomic_file_write(&file->output, data, size_bytes, &file->error);
}

static cspan_status save_to_file(cspan_cli_payload *payload, const char *path,
                                 cspan_error **error) {
  cspan_status status = cspan_atomic_file_check(path, error);
  if (status == CSPAN_OK) {
    payload->file->output = (cspan_atomic_file){.path = path, .fd = -1};
    payload->file->has_output = true;
    payload->sink = (cspan_sink){.start = start_file, .write = write_file, .user = payload->file};
  }
  return status;
}

static cspan_status open_sink(cspan_cli_payload *payload, const cspan_cli_call *call,
                              cspan_client_request *request, cspan_error **error) {
  const char *path = call->values->save;
  if (path == NULL) {
    return CSPAN_OK;
  }
  if (cspan_client_byte_payload(call->client->model, call->model->output) == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "--save: the output of %s has no streamed member", call->operation);
  }
  request->sink = &payload->sink;
  bool is_stdout = strcmp(path, "-") == 0;
  if (!is_stdout && !cspan_cli_stream_is_target(path)) {
    return save_to_file(payload, path, error);
  }
  int fd =
      is_stdout ? STDOUT_FILENO : cspan_cli_stream_create(path, call->session.run->cancel, error);
  if (fd < 0) {
    return CSPAN_ERR_IO;
  }
  end_open(&payload->file->target, fd, !is_stdout, call);
  payload->sink =
      (cspan_sink){.write = cspan_cli_stream_write, .user = &payload->file->target.stream};
  return CSPAN_OK;
}

bool cspan_cli_payload_takes_stdout(const cspan_cli_call *call) {
  const char *path = call->values->save;
  struct stat target;
  struct stat out;
  if (path == NULL || strcmp(path, "-") == 0) {
    return path != NULL;
  }
  return stat(path, &target) == 0 && !S_ISREG(target.st_mode) && fstat(STDOUT_FILENO, &out) == 0 &&
         target.st_dev == out.st_dev && target.st_ino == out.st_ino;
}

/* --------------------------------------------------------------------- body */

static cspan_status read_pipe(cspan_cli_payload *payload, const cspan_cli_call *call, int fd,
                              bool is_own, cspan_error **error) {
  cspan_cli_stream *stream = &payload->file->input.stream;
  end_open(&payload->file->input, fd, is_own, call);
  cspan_status status = cspan_cli_stream_fill(stream, READ_AHEAD, error);
  if (status == CSPAN_OK && !stream->ended) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "--body: a pipe may give less than 64 MiB; write more to a file first");
  }
  payload->body =
      (cspan_body){.data = cspan_buf_text(&stream->head), .size_bytes = (int64_t)stream->head.len};
  return status;
}

/* A file on the standard input is sent from where it stands. */
static cspan_status read_stdin(cspan_cli_payload *payload, const cspan_cli_call *call,
                               cspan_error **error) {
  struct stat info;
  off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
  if (fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode) && at >= 0) {
    payload->body = (cspan_body){.path = "/dev/stdin", .offset_bytes = at};
    return CSPAN_OK;
  }
  return read_pipe(payload, call, STDIN_FILENO, false, error);
}

static cspan_status open_body(cspan_cli_payload *payload, const cspan_cli_call *call,
                              cspan_client_request *request, cspan_error **error) {
  const char *path = call->values->body;
  struct stat info;
  if (path == NULL) {
    return CSPAN_OK;
  }
  if (cspan_client_byte_payload(call->client->model, call->model->input) == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "--body: the input of %s has no streamed member", call->operation);
  }
  request->body = &payload->body;
  if (strcmp(path, "-") == 0) {
    return read_stdin(payload, call, error);
  }
  bool is_there = stat(path, &info) == 0;
  if (!is_there || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) {
    payload->body = (cspan_body){.path = path};
    return CSPAN_OK;
  }
  int fd = cspan_cli_stream_open(path, error);
  return fd >= 0 ? read_pipe(payload, call, fd, true, error) : CSPAN_ERR_IO;
}

/* ----------------------------------------------------------------- both ends */

cspan_status cspan_cli_payload_open(cspan_cli_payload *payload, const cspan_cli_call *call,
                                    cspan_client_request *request, cspan_error **error) {
  *payload = (cspan_cli_payload){.file = cspan_calloc(1, sizeof(payload_file))};
  if (payload->file == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = open_body(payload, call, request, error);
  return status == CSPAN_OK ? open_sink(payload, call, request, error) : status;
}

/* A response without a body: the file is there nevertheless, and empty. */
static cspan_status commit(payload_file *file, cspan_error **error) {
  cspan_status status = file->wrote ? CSPAN_OK : cspan_atomic_file_start(&file->output, error);
  return status == CSPAN_OK ? cspan_atomic_file_commit(&file->output, error) : status;
}

cspan_status cspan_cli_payload_close(cspan_cli_payload *payload, cspan_status status,
                                     cspan_error **error) {
  payload_file *file = payload->file;
  if (file == NULL) {
    return status;
  }
  if (file->error != NULL && status != CSPAN_OK) {
    cspan_error_free(*error); /* this one says why */
    *error = file->error;
    file->error = NULL;
  }
  if (status != CSPAN_OK) {
    cspan_cli_stream_explain(&file->target.stream, error);
  }
  if (file->has_output && status == CSPAN_OK) {
    status = commit(file, error);
  }
  if (file->has_output) {
    cspan_atomic_file_discard(&file->output);
  }
  end_close(&file->input);
  end_close(&file->target);
  cspan_error_free(file->error);
  cspan_free(file);
  payload->file = NULL;
  return status;
}
