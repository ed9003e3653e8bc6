/* SPDX-License-Identifier: Apache-2.0 */
#include "support/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  abort();
}

static int temporary(char path[64]) {
  (void)snprintf(path, 64, "/tmp/cspan-command-XXXXXX");
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) {
    die("mkostemp");
  }
  return fd;
}

static int input_of(const void *input, size_t input_len) {
  char path[64];
  int fd = temporary(path);
  (void)unlink(path);
  for (size_t done = 0; done < input_len;) {
    ssize_t count = write(fd, (const char *)input + done, input_len - done);
    if (count <= 0) {
      die("write");
    }
    done += (size_t)count;
  }
  if (lseek(fd, 0, SEEK_SET) != 0) {
    die("lseek");
  }
  return fd;
}

static const char *program_of(const char *name) {
  const char *path = getenv("CLOUDSPAN_COMMAND");
  return strcmp(name, "cloudspan") != 0 ? name : path ? path : "./cloudspan";
}

void command_start(command *c, const char *const *args, const void *input, size_t input_len) {
  memset(c, 0, sizeof *c);
  int in = input_of(input, input_len);
  int out = temporary(c->out_path);
  int err = temporary(c->err_path);
  c->pid = fork();
  if (c->pid < 0) {
    die("fork");
  }
  if (c->pid == 0) {
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) {
      _exit(126);
    }
    (void)execvp(program_of(args[0]), (char *const *)args);
    (void)dprintf(2, "%s: %s\n", program_of(args[0]), strerror(errno));
    _exit(127);
  }
  (void)close(in);
  (void)close(out);
  (void)close(err);
}

char *command_read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t size = 0;
  size_t room = 0;
  if (!file) {
    return NULL;
  }
  for (;;) {
    if (room - size < 65536) {
      room += 1 << 20;
      text = realloc(text, room + 1);
      if (!text) {
        die("realloc");
      }
    }
    size_t count = fread(text + size, 1, room - size, file);
    if (count == 0) {
      break;
    }
    size += count;
  }
  (void)fclose(file);
  text[size] = '\0';
  if (len) {
    *len = size;
  }
  return text;
}

static void ended(command *c, int status) {
  c->pid = 0;
  c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void command_wait(command *c) {
  int status = 0;
  if (c->pid) {
    while (waitpid(c->pid, &status, 0) < 0) {
      if (errno != EINTR) {
        die("waitpid");
      }
    }
    ended(c, status);
  }
  c->out = command_read_file(c->out_path, &c->out_len);
  c->err = command_read_file(c->err_path, NULL);
  (void)unlink(c->out_path);
  (void)unlink(c->err_path);
}

void command_free(command *c) {
  free(c->out);
  free(c->err);
  c->out = NULL;
  c->err = NULL;
}

void command_run(command *c, const char *const *args) {
  command_start(c, args, NULL, 0);
  command_wait(c);
}

bool command_wait_until(command *c, bool (*ready)(void *user), void *user) {
  for (;;) {
    int status = 0;
    if (ready(user)) {
      return true;
    }
    if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
      ended(c, status);
      return false;
    }
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  }
}

/* The port that follows a word in a file that is still written; 0: not there yet. */
static int port_after(const char *path, const char *word) {
  char *text = command_read_file(path, NULL);
  char *at = text ? strstr(text, word) : NULL;
  int port = at && strchr(at, '\n') ? atoi(at + strlen(word)) : 0;
  free(text);
  return port;
}

typedef struct port_wait {
  const char *path;
  const char *word;
  int port;
} port_wait;

static bool port_is_there(void *user) {
  port_wait *wait = user;
  wait->port = port_after(wait->path, wait->word);
  return wait->port != 0;
}

int command_wait_port(command *c, const char *path, const char *word) {
  port_wait wait = {path, word, 0};
  return command_wait_until(c, port_is_there, &wait) ? wait.port : 0;
}
