/* SPDX-License-Identifier: Apache-2.0 */
/* credential_process: a program that prints credentials as JSON. Started without a shell. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/command_words.h"
#include "aws/credentials_json.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

extern char **environ;

enum {
  OUTPUT_MAX = 64 * 1024,
  COMMAND_ARENA_MAX = 1024 * 1024,
  DEFAULT_TIMEOUT_MS = 60 * 1000,
  SLICE_MS = 100,
  NOT_FOUND = 127, /* how a shell, and posix_spawn where it cannot tell at once, say so */
  STEP = 4096
};

static cspan_status failed(const char *origin, const char *what, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "the credential_process of the %s %s",
                         origin, what);
}

static cspan_status start(char *const *words, const char *origin, pid_t *pid, int *out,
                          cspan_error **error) {
  int ends[2];
  posix_spawn_file_actions_t actions;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return failed(origin, "could not be started: no pipe", error);
  }
  int code = posix_spawn_file_actions_init(&actions);
  if (code == 0) {
    code = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (code == 0) {
      code = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  close(ends[1]);
  if (code != 0) {
    char text[128];
    close(ends[0]);
    /* Not its words: people put passwords on command lines. */
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the credential_process of the %s could not be started: %s", origin,
                           cspan_errno_text(code, text, sizeof text));
  }
  *out = ends[0];
  return CSPAN_OK;
}

/* One read; *ended at the end of the output. */
static cspan_status read_some(int fd, const char *origin, cspan_buf *out, bool *ended,
                              cspan_error **error) {
  char piece[STEP];
  ssize_t got = read(fd, piece, sizeof piece);
  if (got < 0) {
    return errno == EINTR || errno == EAGAIN ? CSPAN_OK
                                             : failed(origin, "could not be read", error);
  }
  *ended = got == 0;
  cspan_status status = cspan_buf_append(out, piece, (size_t)got);
  cspan_memzero(piece, sizeof piece);
  if (status == CSPAN_ERR_LIMIT) {
    return failed(origin, "printed more than 64 KiB", error);
  }
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "out of memory: no credentials");
}

static cspan_status collect(int fd, const char *origin, const cspan_context *context,
                            cspan_buf *out, cspan_error **error) {
  bool ended = false;
  while (!ended) {
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    cspan_status status = cspan_context_status(context);
    if (status != CSPAN_OK) {
      return cspan_error_set(error, status, "the credential_process of the %s was %s", origin,
                             status == CSPAN_ERR_TIMEOUT ? "not done in time" : "cancelled");
    }
    if (poll(&waiting, 1, SLICE_MS) > 0) {
      status = read_some(fd, origin, out, &ended, error);
      if (status != CSPAN_OK) {
        return status;
      }
    }
  }
  return CSPAN_OK;
}

/* Its output is closed, which says that it is about to end. */
static int wait_for_end(pid_t pid, const cspan_context *context) {
  int code = 0;
  for (;;) {
    pid_t ended = waitpid(pid, &code, WNOHANG);
    if (ended == pid) {
      return code;
    }
    if (ended < 0 && errno != EINTR) {
      return 0; /* someone else waited for it (SIGCHLD ignored): judged by its output */
    }
    if (cspan_context_sleep_ms(context, 1) != CSPAN_OK) {
      kill(pid, SIGKILL);
      while (waitpid(pid, &code, 0) < 0 && errno == EINTR) {
      }
      return code;
    }
  }
}

static cspan_status run(char *const *words, const char *origin, const cspan_context *context,
                        cspan_buf *out, cspan_error **error) {
  pid_t pid = 0;
  int fd = -1;
  cspan_status status = start(words, origin, &pid, &fd, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = collect(fd, origin, context, out, error);
  close(fd);
  if (status != CSPAN_OK) {
    kill(pid, SIGKILL);
  }
  int code = wait_for_end(pid, context);
  if (status == CSPAN_OK && WIFSIGNALED(code)) {
    status = failed(origin, "was ended by a signal", error);
  } else if (status == CSPAN_OK && WEXITSTATUS(code) == NOT_FOUND) {
    status = failed(origin, "could not be started: there is no such program", error);
  } else if (status == CSPAN_OK && WEXITSTATUS(code) != 0) {
    status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                             "the credential_process of the %s ended with status %d", origin,
                             WEXITSTATUS(code));
  }
  return status;
}

cspan_status cspan_credentials_process(const char *command, const char *origin,
                                       const cspan_context *context, cspan_credentials_emit_fn emit,
                                       void *sink, cspan_error **error) {
  char **words = NULL;
  cspan_buf output;
  cspan_buf_init(&output, OUTPUT_MAX);
  cspan_context limited = cspan_context_with_timeout(context, DEFAULT_TIMEOUT_MS);
  cspan_arena *arena = cspan_arena_create(COMMAND_ARENA_MAX);
  cspan_status status = arena ? cspan_command_words(command, arena, &words) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    /* At once: growing would leave copies of secrets behind. */
    status = cspan_buf_reserve(&output, OUTPUT_MAX);
  }
  if (status == CSPAN_ERR_INVALID) {
    failed(origin, "cannot be understood: a quote is open, or there is no command", error);
    status = CSPAN_ERR_CREDENTIALS;
  } else if (status != CSPAN_OK) {
    cspan_error_set(error, status, "out of memory: no credentials");
  } else {
    status = run(words, origin, &limited, &output, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_credentials_json(cspan_buf_text(&output), output.len, origin, emit, sink, error);
  }
  if (output.data) {
    cspan_memzero(output.data, output.cap);
  }
  cspan_buf_free(&output);
  cspan_arena_free(arena);
  return status;
}
