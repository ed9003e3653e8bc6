/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/signals.h"
#include "cli/text.h"

#define GLOBAL(member) offsetof(cspan_cli_globals, member)

const cspan_cli_option cspan_cli_global_options[] = {
    {"profile", 0, CSPAN_CLI_STRING, GLOBAL(profile), "NAME",
     "profile of the shared files (AWS_PROFILE)", 0, 0},
    {"region", 0, CSPAN_CLI_STRING, GLOBAL(region), "NAME", "region (AWS_REGION)", 0, 0},
    {"endpoint-url", 0, CSPAN_CLI_STRING, GLOBAL(endpoint_url), "URL",
     "where the service is (AWS_ENDPOINT_URL_<SERVICE>,\nAWS_ENDPOINT_URL)", 0, 0},
    {"max-attempts", 0, CSPAN_CLI_INT, GLOBAL(max_attempts), "N",
     "attempts a call has (AWS_MAX_ATTEMPTS, else 3, of\nDynamoDB 4)", 1, 100},
    {"no-sign-request", 0, CSPAN_CLI_FLAG, GLOBAL(no_sign_request), NULL,
     "no credentials, no signature", 0, 0},
    {"ca-bundle", 0, CSPAN_CLI_STRING, GLOBAL(ca_bundle), "FILE",
     "certificates to trust (AWS_CA_BUNDLE)", 0, 0},
    {"trace", 0, CSPAN_CLI_FLAG, GLOBAL(trace), NULL,
     "export spans, by default to localhost:4317; without this\n"
     "only when OTEL_TRACES_EXPORTER is set (and not none),\n"
     "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_CONFIG_FILE",
     0, 0},
    {"json", 0, CSPAN_CLI_FLAG, GLOBAL(json), NULL, "one JSON object a line", 0, 0},
    {"quiet", 'q', CSPAN_CLI_FLAG, GLOBAL(quiet), NULL, "only errors and what was asked for", 0, 0},
    {"version", 0, CSPAN_CLI_FLAG, GLOBAL(version), NULL, "print the version", 0, 0},
    {"help", 'h', CSPAN_CLI_FLAG, GLOBAL(help), NULL, "print this", 0, 0},
};
const size_t cspan_cli_global_option_count =
    sizeof cspan_cli_global_options / sizeof cspan_cli_global_options[0];

static const cspan_cli_command *const commands[] = {
    &cspan_cmd_call,    &cspan_cmd_complete, &cspan_cmd_completion, &cspan_cmd_config,
    &cspan_cmd_cost,    &cspan_cmd_demo,     &cspan_cmd_models,     &cspan_cmd_s3,
    &cspan_cmd_sandbox, &cspan_cmd_view,
};

const cspan_cli_command cspan_cli_program = {
    .name = "cloudspan",
    .summary = "AWS with every call a span",
    .description =
        "Any operation of any AWS service from the command line, every call an OpenTelemetry\n"
        "span; S3 with copies of whole folders; a local S3 to try it on, and a viewer of traces.\n",
    .examples = "  cloudspan demo\n"
                "  cloudspan call dynamodb list-tables\n"
                "  cloudspan s3 cp report.pdf s3://my-bucket/reports/\n"
                "  cloudspan help s3 cp\n",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

bool cspan_cli_is_hidden(const cspan_cli_command *command) {
  return cspan_starts_with(command->name, "__");
}

/* Where the descent through the groups of commands has come to. */
typedef struct position {
  const cspan_cli_command *command;
  char name[64];
  cspan_cli_globals globals;
  int argc;
  char **argv;
} position;

static const cspan_cli_command *find_command(const cspan_cli_command *group, const char *name) {
  for (size_t i = 0; i < group->command_count; i++) {
    if (strcmp(group->commands[i]->name, name) == 0) {
      return group->commands[i];
    }
  }
  return NULL;
}

/* No name is near: perhaps one of the aws command, where services are commands. */
static int unknown_service(const cspan_cli_run *run, const char *name) {
  if (strcmp(name, "s3api") == 0) {
    return cspan_cli_usage(run,
                           "unknown command 's3api'; the operations of S3 are called by "
                           "'cloudspan call s3 OPERATION', and 'cloudspan s3' lists and copies");
  }
  return cspan_cli_usage(run,
                         "unknown command '%s'; AWS services are called by 'cloudspan call "
                         "SERVICE OPERATION'",
                         name);
}

static int unknown_command(const cspan_cli_run *run, const char *name) {
  const cspan_cli_command *group = run->command;
  const char *best = NULL;
  size_t best_closeness = SIZE_MAX;
  for (size_t i = 0; i < group->command_count; i++) {
    if (cspan_cli_is_hidden(group->commands[i])) {
      continue;
    }
    size_t closeness = cspan_closeness(name, strlen(name), group->commands[i]->name);
    if (closeness < best_closeness) {
      best = group->commands[i]->name;
      best_closeness = closeness;
    }
  }
  if (best) {
    return cspan_cli_usage(run, "unknown command '%s'; did you mean '%s'?", name, best);
  }
  return group == &cspan_cli_program ? unknown_service(run, name)
                                     : cspan_cli_usage(run, "unknown command '%s'", name);
}

/* Parses options; -1 to go on, else the exit code. */
static int parse(position *at, const cspan_cli_option_set *own, bool stop, cspan_cli_args *args,
                 int *consumed) {
  cspan_cli_run run = {.command = at->command, .name = at->name};
  cspan_cli_option_set sets[2] = {
      {cspan_cli_global_options, cspan_cli_global_option_count, &at->globals},
      {NULL, 0, NULL},
  };
  if (own) {
    sets[1] = *own;
  }
  cspan_error *error = NULL;
  cspan_status status = cspan_cli_parse(sets, 2, at->argc, at->argv, stop, args, consumed, &error);
  int code = -1;
  if (status != CSPAN_OK) {
    code = cspan_cli_usage(&run, "%s", cspan_error_message(error));
  } else if (at->globals.version) {
    (void)printf("cloudspan %s\n", cspan_version());
    code = CSPAN_EXIT_OK;
  }
  cspan_error_free(error);
  return code;
}

/* Goes down one group. -1 to go on, else the exit code. */
static int descend(position *at) {
  cspan_cli_args args;
  int consumed = 0;
  int code = parse(at, NULL, true, &args, &consumed);
  cspan_free(args.items);
  if (code >= 0) {
    return code;
  }
  cspan_cli_run run = {.command = at->command, .name = at->name};
  at->argc -= consumed;
  at->argv += consumed;
  if (at->argc > 0 && at->command == &cspan_cli_program && strcmp(at->argv[0], "help") == 0) {
    at->globals.help = true;
    at->argc--;
    at->argv++;
    return -1;
  }
  if (at->argc == 0) {
    if (!at->globals.help) {
      return cspan_cli_usage(&run, "no command given");
    }
    cspan_cli_help(at->command, at->name);
    return CSPAN_EXIT_OK;
  }
  const cspan_cli_command *next = find_command(at->command, at->argv[0]);
  if (!next) {
    return unknown_command(&run, at->argv[0]);
  }
  at->command = next;
  size_t len = strlen(at->name);
  (void)snprintf(at->name + len, sizeof at->name - len, " %s", next->name);
  at->argc--;
  at->argv++;
  return -1;
}

static int run_command(cspan_cli_run *run) {
  const cspan_cli_command *command = run->command;
  if (run->globals->help) {
    cspan_cli_help(command, run->name);
    return CSPAN_EXIT_OK;
  }
  if (run->arg_count < command->min_args) {
    return cspan_cli_usage(run, "expected %s", command->arguments);
  }
  if (run->arg_count > command->max_args) {
    return cspan_cli_usage(run, "unexpected argument '%s'", run->args[command->max_args]);
  }
  run->cancel = cspan_cancel_create();
  if (!run->cancel) {
    cspan_cli_message(run, "out of memory");
    return CSPAN_EXIT_FAILED;
  }
  cspan_cli_signals_watch(run->cancel);
  int code = command->run(run);
  cspan_cli_signals_watch(NULL);
  cspan_cancel_free(run->cancel);
  if (cspan_cli_signals_received() && code != CSPAN_EXIT_OK) {
    code = CSPAN_EXIT_SIGNAL + cspan_cli_signals_received();
  }
  return code;
}

/* The command that the descent ended at, with its own options and arguments. */
static int run_position(position *at) {
  const cspan_cli_command *command = at->command;
  cspan_cli_args args = {NULL, 0};
  int consumed = 0;
  void *values = cspan_calloc(1, command->values_size + 1);
  if (!values) {
    (void)fprintf(stderr, "cloudspan: out of memory\n");
    return CSPAN_EXIT_FAILED;
  }
  if (command->defaults) {
    memcpy(values, command->defaults, command->values_size);
  }
  cspan_cli_option_set own = {command->options, command->option_count, values};
  int code = parse(at, &own, false, &args, &consumed);
  if (code < 0) {
    cspan_cli_run run = {
        .command = command,
        .name = at->name,
        .globals = &at->globals,
        .values = values,
        .args = args.items,
        .arg_count = args.count,
    };
    code = run_command(&run);
  }
  cspan_cli_option_set_clear(&own);
  cspan_free(args.items);
  cspan_free(values);
  return code;
}

static bool output_is_closed(void) {
  struct pollfd out = {.fd = STDOUT_FILENO};
  return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

/* `code` 0: the write that failed was an earlier one. A closed pipe needs no words. */
static void report_output(int code) {
  char text[128];
  if (code == EPIPE || (code == 0 && output_is_closed())) {
    return;
  }
  (void)fprintf(stderr, "cloudspan: cannot write the output%s%s\n", code ? ": " : "",
                code ? cspan_errno_text(code, text, sizeof text) : "");
}

/* What did not get out was not done. */
static int finish(int code) {
  bool failed = ferror(stdout) != 0;
  bool lost = cspan_cli_output_was_lost();
  errno = 0;
  failed = fflush(stdout) != 0 || failed;
  if (code != CSPAN_EXIT_OK || (!failed && !lost)) {
    return code;
  }
  if (failed) {
    report_output(errno);
  }
  return CSPAN_EXIT_FAILED;
}

int cspan_cli_main(int argc, char **argv) {
  position at = {
      .command = &cspan_cli_program, .name = "cloudspan", .argc = argc - 1, .argv = argv + 1};
  if (argc < 1) {
    return CSPAN_EXIT_USAGE;
  }
  while (!at.command->run) {
    int code = descend(&at);
    if (code >= 0) {
      return finish(code);
    }
  }
  return finish(run_position(&at));
}
