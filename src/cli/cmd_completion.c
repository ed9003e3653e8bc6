/* SPDX-License-Identifier: Apache-2.0 */
/* cloudspan completion, and cloudspan __complete, which its scripts ask. */
#include <stdio.h>
#include <string.h>

#include "aws/config_table.h"
#include "base/text.h"
#include "cli/completion.h"

/* ----------------------------------------------------------------- candidates */

void cspan_cli_complete_offer(const cspan_cli_line *line, const char *name,
                              const char *description) {
  if (!cspan_starts_with(name, line->word)) {
    return;
  }
  (void)printf("%.*s%s", (int)line->lead_len, line->lead, name);
  if (description != NULL) {
    (void)printf("\t%.*s", (int)strcspn(description, "\n"), description);
  }
  (void)putchar('\n');
}

/* Values with a space between. */
static void offer_words(const cspan_cli_line *line, const char *words) {
  while (*words != '\0') {
    char word[32];
    size_t len = strcspn(words, " ");
    (void)snprintf(word, sizeof word, "%.*s", (int)len, words);
    cspan_cli_complete_offer(line, word, NULL);
    words += len + strspn(words + len, " ");
  }
}

typedef struct choice {
  const char *command;
  const char *option;
  const char *values;
} choice;

static const choice choices[] = {
    {"call", "output", "json text table"},
    {"call", "binary-format", "base64 raw"},
    {"cp", "checksum", "CRC32 CRC32C CRC64NVME SHA1 SHA256"},
    {"presign", "method", "GET PUT"},
};

static bool is_path(const char *argument) {
  static const char *const paths[] = {"FILE", "PATH", "FOLDER"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    if (strcmp(argument, paths[i]) == 0) {
      return true;
    }
  }
  return false;
}

static void complete_value(const cspan_cli_line *line) {
  const cspan_cli_option *option = line->option;
  if (strcmp(option->argument, "WAITER") == 0) {
    cspan_cli_complete_waiters(line);
  } else if (strcmp(option->argument, "JSON") == 0) {
    (void)puts(":at-files");
  } else if (is_path(option->argument)) {
    (void)puts(":files");
  }
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    if (line->command != NULL && strcmp(line->command->name, choices[i].command) == 0 &&
        strcmp(option->name, choices[i].option) == 0) {
      offer_words(line, choices[i].values);
    }
  }
}

static void offer_options(const cspan_cli_line *line, const cspan_cli_option *options,
                          size_t count) {
  for (size_t i = 0; i < count; i++) {
    char name[64];
    (void)snprintf(name, sizeof name, "--%s", options[i].name);
    cspan_cli_complete_offer(line, name, options[i].help);
  }
}

static void offer_commands(const cspan_cli_line *line) {
  const cspan_cli_command *group = line->command;
  for (size_t i = 0; i < group->command_count; i++) {
    if (!cspan_cli_is_hidden(group->commands[i])) {
      cspan_cli_complete_offer(line, group->commands[i]->name, group->commands[i]->summary);
    }
  }
  if (group == &cspan_cli_program) {
    cspan_cli_complete_offer(line, "help", "show how to use a command");
  }
}

static void offer_settings(const cspan_cli_line *line) {
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    cspan_cli_complete_offer(line, cspan_setting_rules[i].name, NULL);
  }
  cspan_cli_complete_offer(line, "credentials", NULL);
}

static void complete_argument(const cspan_cli_line *line) {
  const cspan_cli_command *command = line->command;
  if (command->commands != NULL) {
    offer_commands(line);
  } else if (cspan_starts_with(command->arguments, "SERVICE")) {
    if (line->arg_count == 0) {
      cspan_cli_complete_services(line);
    } else if (line->arg_count == 1) {
      cspan_cli_complete_operations(line);
    }
  } else if (command == &cspan_cmd_completion) {
    offer_words(line, line->arg_count == 0 ? "bash fish zsh" : "");
  } else if (command == &cspan_cmd_config) {
    offer_settings(line);
  } else if (strstr(command->arguments, "SRC") || strstr(command->arguments, "FOLDER")) {
    (void)puts(":files");
  }
}

static int run_complete(const cspan_cli_run *run) {
  cspan_cli_line line = cspan_cli_line_of(&cspan_cli_program, run->args, run->arg_count);
  if (line.option != NULL) {
    complete_value(&line);
  } else if (line.command != NULL && line.word[0] == '-' && !line.options_ended) {
    offer_options(&line, line.command->options, line.command->option_count);
    offer_options(&line, cspan_cli_global_options, cspan_cli_global_option_count);
  } else if (line.command != NULL) {
    complete_argument(&line);
  }
  return CSPAN_EXIT_OK;
}

const cspan_cli_command cspan_cmd_complete = {
    .name = "__complete",
    .arguments = "-- WORD...",
    .summary = "print what may stand at the end of a command line",
    .description = "Prints what the last word may become, one candidate a line, for the scripts\n"
                   "of 'cloudspan completion'.\n",
    .examples = "  cloudspan __complete -- call dynamodb put\n",
    .max_args = SIZE_MAX,
    .run = run_complete,
};

/* -------------------------------------------------------------------- scripts */

static int run_completion(const cspan_cli_run *run) {
  const char *script = cspan_cli_completion_script(run->args[0]);
  if (script == NULL) {
    return cspan_cli_usage(run, "there is completion for bash, zsh and fish, not for '%s'",
                           run->args[0]);
  }
  (void)fputs(script, stdout);
  return CSPAN_EXIT_OK;
}

const cspan_cli_command cspan_cmd_completion = {
    .name = "completion",
    .arguments = "SHELL",
    .summary = "print a script that completes command lines",
    .description =
        "Prints a script for SHELL (bash, zsh or fish) that completes commands, options,\n"
        "services, operations, waiters and files. An installed cloudspan has put the\n"
        "scripts where the shells look for them.\n",
    .examples = "  source <(cloudspan completion bash)\n"
                "  cloudspan completion zsh > ~/.zfunc/_cloudspan\n"
                "  cloudspan completion fish > ~/.config/fish/completions/cloudspan.fish\n",
    .min_args = 1,
    .max_args = 1,
    .run = run_completion,
};
