/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

#define MAX_HEAD ((size_t)64 << 20)
#define CHUNK    ((size_t)256 << 10)
#define POLL_MS  100

void cspan_cli_stream_init(cspan_cli_stream *stream, int fd, cspan_cancel *cancel) {
  *stream = (cspan_cli_stream){.fd = fd, .cancel = cancel};
  cspan_buf_init(&stream->head, MAX_HEAD + CHUNK);
}

void cspan_cli_stream_clear(cspan_cli_stream *stream) {
  cspan_buf_free(&stream->head);
}

/* read() that notices a signal which came just before it; errno ECANCELED then. */
static ptrdiff_t read_some(const cspan_cli_stream *stream, void *buffer, size_t capacity) {
  for (;;) {
    struct pollfd wait = {.fd = stream->fd, .events = POLLIN};
    int ready = poll(&wait, 1, POLL_MS);
    if (cspan_cancel_is_triggered(stream->cancel)) {
      errno = ECANCELED;
      return -1;
    }
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
      continue;
    }
    ssize_t count = read(stream->fd, buffer, capacity);
    if (count >= 0 || (errno != EINTR && errno != EAGAIN)) {
      return count;
    }
  }
}

cspan_status cspan_cli_stream_fill(cspan_cli_stream *stream, int64_t size_bytes,
                                   cspan_error **error) {
  size_t wanted = size_bytes > (int64_t)MAX_HEAD ? MAX_HEAD : (size_t)size_bytes;
  while (!stream->ended && stream->head.len < wanted) {
    cspan_status status = cspan_buf_reserve(&stream->head, CHUNK);
    if (status != CSPAN_OK) {
      return cspan_error_set(error, status, "out of memory while reading the input");
    }
    ptrdiff_t count = read_some(stream, stream->head.data + stream->head.len, CHUNK);
    if (count < 0 && errno == ECANCELED) {
      return cspan_error_set(error, CSPAN_ERR_CANCELLED, "cancelled");
    }
    if (count < 0) {
      char text[128];
      return cspan_error_set(error, CSPAN_ERR_IO, "cannot read the input: %s",
                             cspan_errno_text(errno, text, sizeof text));
    }
    stream->ended = count == 0;
    stream->head.len += (size_t)count;
    stream->head.data[stream->head.len] = '\0';
  }
  return CSPAN_OK;
}

ptrdiff_t cspan_cli_stream_read(void *user, void *buffer, size_t capacity) {
  cspan_cli_stream *stream = user;
  size_t left = stream->head.len - stream->given;
  if (left == 0) {
    return stream->ended ? 0 : read_some(stream, buffer, capacity);
  }
  size_t count = left < capacity ? left : capacity;
  memcpy(buffer, stream->head.data + stream->given, count);
  stream->given += count;
  return (ptrdiff_t)count;
}

/* The output may be shared with a program that made it non-blocking. */
static void wait_for_room(const cspan_cli_stream *stream) {
  struct pollfd wait = {.fd = stream->fd, .events = POLLOUT};
  (void)poll(&wait, 1, POLL_MS);
}

cspan_status cspan_cli_stream_write(void *user, const void *data, size_t size_bytes) {
  cspan_cli_stream *stream = user;
  const char *next = data;
  while (size_bytes > 0) {
    ssize_t count = write(stream->fd, next, size_bytes);
    if (count < 0 && cspan_cancel_is_triggered(stream->cancel)) {
      return CSPAN_ERR_CANCELLED;
    }
    if (count < 0 && errno == EAGAIN) {
      wait_for_room(stream);
    } else if (count < 0 && errno != EINTR) {
      stream->write_error = errno;
      return CSPAN_ERR_IO;
    } else if (count > 0) {
      next += count;
      size_bytes -= (size_t)count;
    }
  }
  return CSPAN_OK;
}

void cspan_cli_stream_explain(const cspan_cli_stream *stream, cspan_error **error) {
  char text[128];
  if (!*error || !stream || !stream->write_error) {
    return;
  }
  cspan_error_free(*error);
  *error = NULL;
  (void)cspan_error_set(error, CSPAN_ERR_IO, "cannot write: %s",
                        cspan_errno_text(stream->write_error, text, sizeof text));
}

static bool is_open_as(int fd, const struct stat *info) {
  struct stat ours;
  return fstat(fd, &ours) == 0 && ours.st_dev == info->st_dev && ours.st_ino == info->st_ino;
}

bool cspan_cli_stream_is_same(int fd, int other) {
  struct stat info;
  return fstat(other, &info) == 0 && is_open_as(fd, &info);
}

/* The descriptor that already goes to the file, which may be under the name of /dev/stdout; -1. */
static int inherited(const struct stat *info) {
  return is_open_as(STDOUT_FILENO, info)   ? STDOUT_FILENO
         : is_open_as(STDERR_FILENO, info) ? STDERR_FILENO
                                           : -1;
}

bool cspan_cli_stream_is_target(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && !S_ISDIR(info.st_mode) &&
         (!S_ISREG(info.st_mode) || inherited(&info) >= 0);
}

static int open_target(const char *path) {
  struct stat info;
  int fd = stat(path, &info) == 0 && S_ISREG(info.st_mode) ? inherited(&info) : -1;
  /* A file opened again would start at its beginning, over what is there. Not blocking: a signal
   * just before a blocking open() would go unnoticed. */
  return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0)
                 : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int cspan_cli_stream_create(const char *path, const cspan_cancel *cancel, cspan_error **error) {
  for (;;) {
    struct stat info;
    int fd = open_target(path);
    int code = errno;
    if (fd >= 0) {
      return fd;
    }
    if (cspan_cancel_is_triggered(cancel)) {
      (void)cspan_error_set(error, CSPAN_ERR_CANCELLED, "cancelled");
      return -1;
    }
    if (code == ENXIO && stat(path, &info) == 0 && S_ISFIFO(info.st_mode)) {
      (void)poll(NULL, 0, POLL_MS); /* nobody reads it yet */
    } else if (code != EINTR) {
      char text[128];
      (void)cspan_error_set(error, CSPAN_ERR_IO, "cannot open '%s' for writing: %s", path,
                            cspan_errno_text(code, text, sizeof text));
      return -1;
    }
  }
}

int cspan_cli_stream_open(const char *path, cspan_error **error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    char text[128];
    (void)cspan_error_set(error, CSPAN_ERR_IO, "cannot open '%s': %s", path,
                          cspan_errno_text(errno, text, sizeof text));
  }
  return fd;
}
