/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define HELP_COLUMN 32

static const char exit_codes[] =
    "Exit codes:\n"
    "  0 success; 1 the service, the transfer or a file failed; 2 usage, configuration or\n"
    "  credentials; 3 some items of several failed; 4 what was asked for does not exist;\n"
    "  130, 143 ended by SIGINT, SIGTERM.\n";

/* A line break in the help text continues in its column. */
static void put_option(const cspan_cli_option *option) {
  char left[80];
  char letter[8] = "    ";
  if (option->letter) {
    (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
  }
  (void)snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
  if (strlen(left) >= HELP_COLUMN) {
    (void)printf("%s\n", left);
    left[0] = '\0';
  }
  for (const char *line = option->help; line;) {
    const char *end = strchr(line, '\n');
    (void)printf("%-*s%.*s\n", HELP_COLUMN, left, end ? (int)(end - line) : (int)strlen(line),
                 line);
    left[0] = '\0';
    line = end ? end + 1 : NULL;
  }
}

static void put_usage(const cspan_cli_command *command, const char *name) {
  if (command->commands) {
    (void)printf("Usage: %s [OPTION]... COMMAND [ARGUMENT]...\n", name);
    return;
  }
  (void)printf("Usage: %s [OPTION]...%s%s\n", name, command->arguments[0] ? " " : "",
               command->arguments);
}

void cspan_cli_help(const cspan_cli_command *command, const char *name) {
  put_usage(command, name);
  (void)printf("\n%s", command->description);
  if (command->commands) {
    (void)printf("\nCommands:\n");
    for (size_t i = 0; i < command->command_count; i++) {
      if (!cspan_cli_is_hidden(command->commands[i])) {
        (void)printf("  %-12s%s\n", command->commands[i]->name, command->commands[i]->summary);
      }
    }
    (void)printf("\nSee '%s COMMAND --help' for each.\n", name);
  }
  if (command->option_count) {
    (void)printf("\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++) {
      put_option(&command->options[i]);
    }
  }
  (void)printf("\nGlobal options:\n");
  for (size_t i = 0; i < cspan_cli_global_option_count; i++) {
    put_option(&cspan_cli_global_options[i]);
  }
  (void)printf("\n%s\nExamples:\n%s", exit_codes, command->examples);
}
