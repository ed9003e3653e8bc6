/* SPDX-License-Identifier: Apache-2.0 */
/* The command `cloudspan`: tables of commands, what a command is given, how it ends. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <cloudspan/base.h>

#include "cli/options.h"

/* Documented in cloudspan(1): keep both the same. */
enum {
  CSPAN_EXIT_OK = 0,
  CSPAN_EXIT_FAILED = 1,
  CSPAN_EXIT_USAGE = 2,
  CSPAN_EXIT_PARTIAL = 3,
  CSPAN_EXIT_NOT_FOUND = 4,
  CSPAN_EXIT_SIGNAL = 128 /* plus the signal's number */
};

/* Accepted anywhere on the command line. */
typedef struct cspan_cli_globals {
  const char *profile;
  const char *region;
  const char *endpoint_url;
  const char *ca_bundle;
  int64_t max_attempts;
  bool no_sign_request;
  bool trace;
  bool json;
  bool quiet;
  bool version;
  bool help;
} cspan_cli_globals;

typedef struct cspan_cli_command cspan_cli_command;

/* One invocation of a command. */
typedef struct cspan_cli_run {
  const cspan_cli_command *command;
  const char *name; /* "cloudspan s3 cp": starts every message, names the root span */
  const cspan_cli_globals *globals;
  const void *values; /* the command's options, as its table describes them */
  const char *const *args;
  size_t arg_count;
  cspan_cancel *cancel; /* set by SIGINT and SIGTERM */
} cspan_cli_run;

struct cspan_cli_command {
  const char *name;
  const char *arguments;   /* of the usage line: "SRC DST"; "" for none */
  const char *summary;     /* one line */
  const char *description; /* the help's text, whole lines */
  const char *examples;    /* lines, each a command */
  const cspan_cli_option *options;
  size_t option_count;
  size_t values_size;   /* of the struct that the options fill */
  const void *defaults; /* its initial value; NULL: zero */
  size_t min_args;
  size_t max_args;
  int (*run)(const cspan_cli_run *run);
  const cspan_cli_command *const *commands; /* instead of run: a group */
  size_t command_count;
};

/* The whole program; returns the exit code. */
int cspan_cli_main(int argc, char **argv);

extern const cspan_cli_option cspan_cli_global_options[];
extern const size_t cspan_cli_global_option_count;

/* The commands, each in its own file. */
extern const cspan_cli_command cspan_cmd_call;
extern const cspan_cli_command cspan_cmd_complete;
extern const cspan_cli_command cspan_cmd_completion;
extern const cspan_cli_command cspan_cmd_config;
extern const cspan_cli_command cspan_cmd_cost;
extern const cspan_cli_command cspan_cmd_models;
extern const cspan_cli_command cspan_cmd_s3;
extern const cspan_cli_command cspan_cmd_sandbox;
extern const cspan_cli_command cspan_cmd_view;
extern const cspan_cli_command cspan_cmd_demo;

/* The root of all commands. */
extern const cspan_cli_command cspan_cli_program;
/* For programs, not for people: neither in helps nor suggested. */
bool cspan_cli_is_hidden(const cspan_cli_command *command);

/* Help on stdout. `name` is the full one. */
void cspan_cli_help(const cspan_cli_command *command, const char *name);

/* "NAME: message" on stderr. Control characters are shown as \xNN. */
void cspan_cli_message(const cspan_cli_run *run, const char *fmt, ...) CSPAN_PRINTF(2, 3);
/* The message of a usage error, with a pointer to --help; returns CSPAN_EXIT_USAGE. */
int cspan_cli_usage(const cspan_cli_run *run, const char *fmt, ...) CSPAN_PRINTF(2, 3);
/* Prints `error`, which is not freed, with what the service said; returns the exit code. */
int cspan_cli_fail(const cspan_cli_run *run, const cspan_error *error);
/* The exit code that goes with an outcome. 4 where the service says, by HTTP 404 or by its code,
 * that something is not there. */
int cspan_cli_exit_code(cspan_status status, const cspan_error *error);
/* Whether the bucket or object is what is missing. */
bool cspan_cli_is_not_found(const cspan_error *error);

#endif
