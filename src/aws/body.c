/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/body.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

enum { READ_STEP = 64 * 1024 };

static cspan_status file_error(const char *path, const char *what, int code, cspan_error **error) {
  char text[128];
  return cspan_error_set(error, CSPAN_ERR_IO, "the file %s cannot be %s: %s", path, what,
                         cspan_errno_text(code, text, sizeof text));
}

/* Size and time of the file now; false when it cannot be told. */
static bool file_state(int fd, int64_t *size, struct timespec *time, bool *regular) {
  struct stat info;
  if (fstat(fd, &info) != 0) {
    return false;
  }
  *size = (int64_t)info.st_size;
  *time = info.st_mtim;
  *regular = S_ISREG(info.st_mode);
  return true;
}

static cspan_status open_file(cspan_source *source, const cspan_body *body, cspan_error **error) {
  bool regular = false;
  source->path = cspan_strdup(body->path);
  if (!source->path) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the file was not opened");
  }
  /* Not blocking: opening a pipe by mistake must not hang. */
  source->fd = open(body->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (source->fd < 0) {
    return file_error(body->path, "opened", errno, error);
  }
  source->kind = CSPAN_SOURCE_FILE;
  if (!file_state(source->fd, &source->file_size, &source->file_time, &regular)) {
    return file_error(body->path, "examined", errno, error);
  }
  if (!regular) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s is not a regular file: give its content by a read callback",
                           body->path);
  }
  source->offset = body->offset_bytes;
  int64_t rest = source->file_size - source->offset;
  source->size = body->size_bytes > 0 ? body->size_bytes : rest;
  if (rest < 0 || source->size > rest) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the file %s has %lld bytes: the part of %lld bytes from offset %lld "
                           "is not inside",
                           body->path, (long long)source->file_size, (long long)source->size,
                           (long long)source->offset);
  }
  return CSPAN_OK;
}

static cspan_status check_body(const cspan_body *body, cspan_error **error) {
  int sources = (body->data != NULL) + (body->path != NULL) + (body->read != NULL);
  if (sources > 1) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a body has one source: data, path or read, not %d of them", sources);
  }
  if (body->offset_bytes < 0 || body->size_bytes < (body->read ? -1 : 0)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the offset or size of the body is negative");
  }
  if (sources == 0 && body->size_bytes > 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the body has a size but no data, path or read callback");
  }
  return CSPAN_OK;
}

cspan_status cspan_source_open(cspan_source *source, const cspan_body *body, cspan_error **error) {
  cspan_status status = check_body(body, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (body->path) {
    return open_file(source, body, error);
  }
  if (body->data) {
    source->kind = CSPAN_SOURCE_MEMORY;
    source->data = (const char *)body->data + body->offset_bytes;
  } else if (body->read) {
    source->kind = CSPAN_SOURCE_CALLBACK;
    source->read = body->read;
    source->rewind = body->rewind;
    source->user = body->user;
  }
  source->size = body->size_bytes;
  return CSPAN_OK;
}

cspan_status cspan_source_take(cspan_source *source, cspan_buf *buf) {
  cspan_status status = cspan_buf_status(buf);
  if (status == CSPAN_OK) {
    cspan_buf_free(&source->owned);
    source->owned = *buf;
    cspan_buf_init(buf, buf->max);
    source->kind = CSPAN_SOURCE_MEMORY;
    source->data = cspan_buf_text(&source->owned);
    source->size = (int64_t)source->owned.len;
    source->position = 0;
  }
  return status;
}

void cspan_source_close(cspan_source *source) {
  if (source->kind == CSPAN_SOURCE_FILE) {
    close(source->fd);
  }
  cspan_free(source->path);
  cspan_buf_free(&source->owned);
  cspan_error_free(source->error);
  memset(source, 0, sizeof *source);
}

/* A file that is written to while it is read would be sent as a mixture. */
static bool file_unchanged(cspan_source *source, cspan_error **error) {
  int64_t size = 0;
  struct timespec time = {0};
  bool regular = false;
  if (!file_state(source->fd, &size, &time, &regular)) {
    file_error(source->path, "examined", errno, error);
    return false;
  }
  if (size != source->file_size || time.tv_sec != source->file_time.tv_sec ||
      time.tv_nsec != source->file_time.tv_nsec) {
    cspan_error_set_code(error, CSPAN_ERR_IO, "file_changed",
                         "the file %s was changed while it was being sent", source->path);
    return false;
  }
  return true;
}

static ptrdiff_t read_file(cspan_source *source, void *buffer, size_t capacity) {
  ssize_t got;
  do {
    got = pread(source->fd, buffer, capacity, (off_t)(source->offset + source->position));
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    file_error(source->path, "read", errno, &source->error);
    return -1;
  }
  bool last = got == 0 || source->position + got == source->size;
  if (last && !file_unchanged(source, &source->error)) {
    return -1;
  }
  if (got == 0) {
    cspan_error_set_code(&source->error, CSPAN_ERR_IO, "file_changed",
                         "the file %s ended early while it was being sent", source->path);
    return -1;
  }
  return got;
}

static ptrdiff_t read_callback(cspan_source *source, void *buffer, size_t capacity) {
  ptrdiff_t got = source->read(source->user, buffer, capacity);
  if (got < 0 || (size_t)got > capacity) {
    cspan_error_set(&source->error, CSPAN_ERR_IO,
                    "the read callback of the request body failed after %lld bytes",
                    (long long)source->position);
    return -1;
  }
  if (got == 0 && source->size > source->position) {
    cspan_error_set(&source->error, CSPAN_ERR_IO,
                    "the read callback of the request body ended after %lld of %lld bytes",
                    (long long)source->position, (long long)source->size);
    return -1;
  }
  return got;
}

ptrdiff_t cspan_source_read(cspan_source *source, void *buffer, size_t capacity) {
  ptrdiff_t got = 0;
  int64_t left = source->size - source->position;
  if (source->size >= 0 && (int64_t)capacity > left) {
    capacity = (size_t)left;
  }
  if (capacity == 0 || source->error) {
    return source->error ? -1 : 0;
  }
  if (source->kind == CSPAN_SOURCE_MEMORY) {
    memcpy(buffer, source->data + source->position, capacity);
    got = (ptrdiff_t)capacity;
  } else if (source->kind == CSPAN_SOURCE_FILE) {
    got = read_file(source, buffer, capacity);
  } else if (source->kind == CSPAN_SOURCE_CALLBACK) {
    got = read_callback(source, buffer, capacity);
  }
  source->position += got > 0 ? got : 0;
  return got;
}

bool cspan_source_can_rewind(const cspan_source *source) {
  return source->kind != CSPAN_SOURCE_CALLBACK || source->rewind || source->position == 0;
}

cspan_status cspan_source_rewind(cspan_source *source, cspan_error **error) {
  cspan_error_free(source->error);
  source->error = NULL;
  if (source->position == 0) {
    return CSPAN_OK;
  }
  if (source->kind == CSPAN_SOURCE_FILE && !file_unchanged(source, error)) {
    return CSPAN_ERR_IO;
  }
  if (source->kind == CSPAN_SOURCE_CALLBACK &&
      (!source->rewind || source->rewind(source->user) != CSPAN_OK)) {
    return cspan_error_set(error, CSPAN_ERR_IO,
                           "the request body cannot be sent again: its rewind callback %s",
                           source->rewind ? "failed" : "is not set");
  }
  source->position = 0;
  return CSPAN_OK;
}

cspan_status cspan_source_buffer(cspan_source *source, size_t max, cspan_error **error) {
  cspan_buf all;
  cspan_buf_init(&all, max + 1); /* one more tells "too long" from "just fits" */
  ptrdiff_t got = 1;
  while (got > 0 && all.len <= max) {
    size_t step = max + 1 - all.len < READ_STEP ? max + 1 - all.len : READ_STEP;
    if (cspan_buf_reserve(&all, step) != CSPAN_OK) {
      break;
    }
    got = cspan_source_read(source, all.data + all.len, step);
    all.len += got > 0 ? (size_t)got : 0;
    all.data[all.len] = '\0';
  }
  cspan_status status = cspan_buf_status(&all);
  if (source->error) {
    status = cspan_error_move(error, source->error);
    source->error = NULL;
  } else if (all.len > max) {
    status = cspan_error_set(
        error, CSPAN_ERR_LIMIT,
        "the request body has no known size and more than %zu bytes: give its size, "
        "or send it in parts",
        max);
  } else if (status != CSPAN_OK) {
    cspan_error_set(error, status, "out of memory: the request body was not buffered");
  } else {
    status = cspan_source_take(source, &all);
  }
  cspan_buf_free(&all);
  return status;
}
