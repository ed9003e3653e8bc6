/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "cli/call.h"
#include "cli/stream.h"
#include "services/s3/storage_file.h"

struct cspan_cli_payload_file {
  cspan_cli_stream input;
  bool has_input;
  cspan_atomic_file output;
  bool has_output;
  bool wrote;
  cspan_error *error; /* why a write failed */
};

typedef struct cspan_cli_payload_file payload_file;

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

static cspan_status write_stdout(void *user, const void *data, size_t size_bytes) {
  payload_file *file = user;
  size_t written = 0;
  while (written < size_bytes) {
    ssize_t n = write(STDOUT_FILENO, (const char *)data + written, size_bytes - written);
    if (n < 0 && errno != EINTR) {
      return cspan_error_set(&file->error, CSPAN_ERR_IO, "the standard output cannot be written");
    }
    written += n > 0 ? (size_t)n : 0;
  }
  return CSPAN_OK;
}

static cspan_status open_sink(cspan_cli_payload *payload, const cspan_cli_call *call,
                              cspan_client_request *request, cspan_error **error) {
  const char *path = call->values->save;
  if (path == NULL) {
    return CSPAN_OK;
  }
  if ((call->model->flags & CSPAN_OPERATION_RESPONSE_STREAMS) == 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "--save: the output of %s has no streamed member", call->operation);
  }
  payload->sink = (cspan_sink){.write = write_stdout, .user = payload->file};
  if (strcmp(path, "-") != 0) {
    cspan_status status = cspan_atomic_file_check(path, error);
    if (status != CSPAN_OK) {
      return status;
    }
    payload->file->output = (cspan_atomic_file){.path = path, .fd = -1};
    payload->file->has_output = true;
    payload->sink.start = start_file;
    payload->sink.write = write_file;
  }
  request->sink = &payload->sink;
  return CSPAN_OK;
}

/* --------------------------------------------------------------------- body */

static cspan_status open_body(cspan_cli_payload *payload, const cspan_cli_call *call,
                              cspan_client_request *request, cspan_error **error) {
  const char *path = call->values->body;
  if (path == NULL) {
    return CSPAN_OK;
  }
  if ((call->model->flags & CSPAN_OPERATION_REQUEST_STREAMS) == 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "--body: the input of %s has no streamed member", call->operation);
  }
  if (strcmp(path, "-") == 0) {
    cspan_cli_stream_init(&payload->file->input, STDIN_FILENO, call->session.run->cancel);
    payload->file->has_input = true;
    payload->body = (cspan_body){
        .read = cspan_cli_stream_read, .user = &payload->file->input, .size_bytes = -1};
  } else {
    payload->body = (cspan_body){.path = path};
  }
  request->body = &payload->body;
  return CSPAN_OK;
}

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
  if (file->error != NULL && status != CSPAN_OK && error != NULL) {
    cspan_error_free(*error); /* this one says why */
    *error = file->error;
    file->error = NULL;
  }
  if (file->has_output && status == CSPAN_OK) {
    status = commit(file, error);
  }
  if (file->has_output) {
    cspan_atomic_file_discard(&file->output);
  }
  if (file->has_input) {
    cspan_cli_stream_clear(&file->input);
  }
  cspan_error_free(file->error);
  cspan_free(file);
  payload->file = NULL;
  return status;
}
