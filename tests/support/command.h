/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the built command as a user would: a process, its output in files. */
#ifndef SUPPORT_COMMAND_H
#define SUPPORT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct command {
  pid_t pid;
  int exit_code; /* 128 + the signal's number where one ended it */
  char *out;     /* NUL-terminated */
  size_t out_len;
  char *err;
  char out_path[64]; /* grow while it runs */
  char err_path[64];
} command;

/* The first argument is "cloudspan" for the command itself (CLOUDSPAN_COMMAND, else
 * ./cloudspan), or a program. `input` (may be NULL: empty) is the standard input. NULL ends
 * the arguments. A failure of the harness ends the test program. */
void command_start(command *c, const char *const *args, const void *input, size_t input_len);
/* Waits for the end and reads the output. */
void command_wait(command *c);
void command_free(command *c);
void command_run(command *c, const char *const *args);

/* Waits, as long as it takes, until `ready` holds or the command has ended; false then. */
bool command_wait_until(command *c, bool (*ready)(void *user), void *user);
/* Waits until the command has written `word` with a port behind it to `path` (out_path, err_path);
 * 0 when it ended before. */
int command_wait_port(command *c, const char *path, const char *word);
/* What a file holds, NUL-terminated; free(). NULL when there is none. */
char *command_read_file(const char *path, size_t *len);

#endif
