/* SPDX-License-Identifier: Apache-2.0 */
#include "services/s3/storage_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

/* The kernel has memory for steps of 32 KiB at hand; for larger ones it looks for it. */
enum { NAME_TRIES = 16, BUFFER_BYTES = 32 * 1024 };

static cspan_status failed(const char *what, const char *path, int code, cspan_error **error) {
  char why[128];
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot %s %s: %s", what, path,
                         cspan_errno_text(code, why, sizeof why));
}

cspan_status cspan_atomic_file_check(const char *path, cspan_error **error) {
  struct stat info;
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s is not a regular file: choose another path, or use a write callback",
                           path);
  }
  return CSPAN_OK;
}

/* A link stays, and what it leads to is replaced. */
static cspan_status find_target(cspan_atomic_file *file, cspan_error **error) {
  struct stat info;
  bool is_link = lstat(file->path, &info) == 0 && S_ISLNK(info.st_mode);
  char *resolved = is_link ? realpath(file->path, NULL) : NULL;
  if (is_link && !resolved) {
    return failed("follow the link", file->path, errno, error);
  }
  file->target = cspan_strdup(resolved ? resolved : file->path);
  free(resolved); /* the C library's memory */
  return file->target ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

/* Beside the target, so that the rename stays on one file system. Without the target's name,
 * which may be as long as a name can be. */
static cspan_status open_new(cspan_atomic_file *file, cspan_error **error) {
  const char *slash = strrchr(file->target, '/');
  int folder = slash ? (int)(slash - file->target) + 1 : 0;
  for (int i = 0; i < NAME_TRIES; i++) {
    file->temporary = cspan_asprintf("%.*s.cloudspan-%016llx.part", folder, file->target,
                                     (unsigned long long)cspan_random_u64());
    if (!file->temporary) {
      return cspan_error_move(error, cspan_error_nomem());
    }
    file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file->fd >= 0) {
      return CSPAN_OK;
    }
    int code = errno;
    cspan_free(file->temporary);
    file->temporary = NULL;
    if (code != EEXIST) {
      return failed("create a file beside", file->target, code, error);
    }
  }
  return failed("create a file beside", file->target, EEXIST, error);
}

cspan_status cspan_atomic_file_start(cspan_atomic_file *file, cspan_error **error) {
  struct stat info;
  file->used = 0;
  if (file->temporary) {
    if (ftruncate(file->fd, 0) != 0 || lseek(file->fd, 0, SEEK_SET) != 0) {
      return failed("empty", file->temporary, errno, error);
    }
    return CSPAN_OK;
  }
  cspan_status status = file->target ? CSPAN_OK : find_target(file, error);
  if (!file->target) {
    return status;
  }
  status = open_new(file, error);
  /* What nobody else could read stays so. */
  if (status == CSPAN_OK && stat(file->target, &info) == 0 &&
      fchmod(file->fd, info.st_mode & 0777) != 0) {
    status = failed("set the permissions of", file->temporary, errno, error);
  }
  return status;
}

static cspan_status flush(cspan_atomic_file *file, cspan_error **error) {
  const char *at = file->buffer;
  size_t size = file->used;
  file->used = 0;
  while (size > 0) {
    ssize_t n = write(file->fd, at, size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return failed("write", file->temporary, n < 0 ? errno : ENOSPC, error);
    }
    at += n;
    size -= (size_t)n;
  }
  return CSPAN_OK;
}

cspan_status cspan_atomic_file_write(cspan_atomic_file *file, const void *data, size_t size,
                                     cspan_error **error) {
  const char *at = data;
  cspan_status status = CSPAN_OK;
  if (!file->buffer) {
    file->buffer = cspan_malloc(BUFFER_BYTES);
    if (!file->buffer) {
      return cspan_error_move(error, cspan_error_nomem());
    }
  }
  while (size > 0 && status == CSPAN_OK) {
    size_t room = BUFFER_BYTES - file->used;
    size_t take = size < room ? size : room;
    memcpy(file->buffer + file->used, at, take);
    file->used += take;
    at += take;
    size -= take;
    status = file->used == BUFFER_BYTES ? flush(file, error) : CSPAN_OK;
  }
  return status;
}

cspan_status cspan_atomic_file_commit(cspan_atomic_file *file, cspan_error **error) {
  cspan_status status = flush(file, error);
  int fd = file->fd;
  file->fd = -1;
  if (close(fd) != 0 && status == CSPAN_OK) {
    status = failed("write", file->temporary, errno, error);
  }
  if (status == CSPAN_OK && rename(file->temporary, file->target) != 0) {
    status = failed("rename the downloaded file to", file->path, errno, error);
  }
  if (status == CSPAN_OK) {
    cspan_free(file->temporary);
    file->temporary = NULL;
    cspan_free(file->target);
    file->target = NULL;
  }
  return status;
}

void cspan_atomic_file_discard(cspan_atomic_file *file) {
  cspan_free(file->buffer);
  file->buffer = NULL;
  cspan_free(file->target);
  file->target = NULL;
  if (!file->temporary) {
    return;
  }
  if (file->fd >= 0) {
    close(file->fd);
  }
  unlink(file->temporary);
  cspan_free(file->temporary);
  file->temporary = NULL;
}
