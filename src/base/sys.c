/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

int64_t cspan_unix_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *cspan_errno_text(int code, char *buf, size_t cap) {
#if defined(__GLIBC__)
  return strerror_r(code, buf, cap);
#else
  return strerror_r(code, buf, cap) == 0 ? buf : "unknown error";
#endif
}

static cspan_status io_error(cspan_error **error, const char *what, const char *path) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot %s %s: %s", what, path,
                         cspan_errno_text(code, text, sizeof text));
}

static cspan_status too_large(cspan_error **error, const char *path, size_t max) {
  return cspan_error_set(error, CSPAN_ERR_LIMIT, "%s is larger than the %zu bytes allowed for it",
                         path, max);
}

static cspan_status check_file(int fd, const char *path, size_t max, cspan_error **error) {
  struct stat info;
  if (fstat(fd, &info) != 0) {
    return io_error(error, "examine", path);
  }
  /* Pipes and /dev/null are as good as files: shells pass them as such. */
  if (S_ISDIR(info.st_mode)) {
    return cspan_error_set(error, CSPAN_ERR_IO, "cannot read %s: it is a directory", path);
  }
  bool known = S_ISREG(info.st_mode);
  return known && (uintmax_t)info.st_size > max ? too_large(error, path, max) : CSPAN_OK;
}

/* Reads to the end: the size that the file had a moment ago is not trusted. */
static cspan_status read_all(int fd, const char *path, size_t max, cspan_buf *out,
                             cspan_error **error) {
  char chunk[8192];
  size_t total = 0;
  for (;;) {
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return io_error(error, "read", path);
    }
    if (got == 0) {
      return CSPAN_OK;
    }
    if ((size_t)got > max - total) {
      return too_large(error, path, max);
    }
    total += (size_t)got;
    cspan_status status = cspan_buf_append(out, chunk, (size_t)got);
    if (status == CSPAN_ERR_LIMIT) {
      return too_large(error, path, out->max);
    }
    if (status != CSPAN_OK) {
      return cspan_error_set(error, status, "out of memory while reading %s", path);
    }
  }
}

cspan_status cspan_file_read(const char *path, size_t max, cspan_buf *out, cspan_error **error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return io_error(error, "open", path);
  }
  cspan_status status = check_file(fd, path, max, error);
  if (status == CSPAN_OK) {
    status = read_all(fd, path, max, out, error);
  }
  close(fd);
  return status;
}

const char *cspan_env(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static pthread_once_t home_once = PTHREAD_ONCE_INIT;
static char home_folder[4096];

static void home_from_password_database(void) {
  char text[8192];
  struct passwd entry;
  struct passwd *found = NULL;
  if (getpwuid_r(getuid(), &entry, text, sizeof text, &found) == 0 && found && found->pw_dir) {
    size_t length = strlen(found->pw_dir);
    if (length < sizeof home_folder) {
      memcpy(home_folder, found->pw_dir, length + 1);
    }
  }
}

const char *cspan_home(void) {
  const char *home = cspan_env("HOME");
  if (home) {
    return home;
  }
  pthread_once(&home_once, home_from_password_database);
  return home_folder[0] ? home_folder : NULL;
}

char *cspan_path_near_program(const char *relative) {
  char program[4096];
  ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
  if (len <= 0) {
    return cspan_strdup("");
  }
  program[len] = '\0';
  char *slash = strrchr(program, '/');
  return cspan_asprintf("%.*s/%s", slash ? (int)(slash - program) : 0, program, relative);
}

/* ------------------------------------------------------------------ threads */

void cspan_cond_init(pthread_cond_t *condition) {
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(condition, &attr);
  pthread_condattr_destroy(&attr);
}

void cspan_cond_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t time_ns) {
  const struct timespec at = {.tv_sec = (time_t)(time_ns / 1000000000),
                              .tv_nsec = (long)(time_ns % 1000000000)};
  pthread_cond_timedwait(condition, lock, &at);
}

int cspan_thread_start(pthread_t *thread, void *(*run)(void *), void *arg) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = pthread_create(thread, NULL, run, arg);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return code;
}
