/* SPDX-License-Identifier: Apache-2.0 */
/* What the words of a command line mean, as far as it is written. */
#include <string.h>

#include "cli/completion.h"

static const cspan_cli_option *find_in(const cspan_cli_option *options, size_t count,
                                       const char *name, size_t len, char letter) {
  for (size_t i = 0; i < count; i++) {
    bool is_it = name != NULL
                     ? strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0
                     : options[i].letter == letter;
    if (is_it) {
      return &options[i];
    }
  }
  return NULL;
}

/* By its name, or by its letter where `name` is NULL. */
static const cspan_cli_option *find_option(const cspan_cli_line *line, const char *name, size_t len,
                                           char letter) {
  const cspan_cli_command *command = line->command;
  const cspan_cli_option *found =
      find_in(cspan_cli_global_options, cspan_cli_global_option_count, name, len, letter);
  return found == NULL && command != NULL && command->run != NULL
             ? find_in(command->options, command->option_count, name, len, letter)
             : found;
}

static void take_value(cspan_cli_line *line, const cspan_cli_option *option, const char *value) {
  if (strcmp(option->name, "models") == 0) {
    line->models = value;
  } else if (strcmp(option->name, "from") == 0) {
    line->only_models = value;
  } else if (strcmp(option->name, "profile") == 0) {
    line->profile = value;
  }
}

static void take_long(cspan_cli_line *line, const char *name) {
  const char *equals = strchr(name, '=');
  size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
  const cspan_cli_option *option = find_option(line, name, len, 0);
  if (option == NULL || option->kind == CSPAN_CLI_FLAG) {
    return;
  }
  if (equals != NULL) {
    take_value(line, option, equals + 1);
  } else {
    line->option = option;
  }
}

static void take_letters(cspan_cli_line *line, const char *letters) {
  for (; *letters != '\0'; letters++) {
    const cspan_cli_option *option = find_option(line, NULL, 0, *letters);
    if (option != NULL && option->kind != CSPAN_CLI_FLAG) {
      line->option = letters[1] == '\0' ? option : NULL;
      return;
    }
  }
}

static void take_argument(cspan_cli_line *line, const char *word) {
  const cspan_cli_command *group = line->command;
  if (group == NULL || group->run != NULL) {
    if (line->arg_count < 2) {
      line->args[line->arg_count] = word;
    }
    line->arg_count++;
    return;
  }
  line->command = strcmp(word, "help") == 0 ? group : NULL;
  for (size_t i = 0; i < group->command_count; i++) {
    if (strcmp(group->commands[i]->name, word) == 0) {
      line->command = group->commands[i];
    }
  }
}

static void take(cspan_cli_line *line, const char *word) {
  if (line->option != NULL) {
    if (strcmp(word, "=") != 0) {
      take_value(line, line->option, word);
      line->option = NULL;
    }
  } else if (line->options_ended || word[0] != '-' || word[1] == '\0') {
    take_argument(line, word);
  } else if (strcmp(word, "--") == 0) {
    line->options_ended = true;
  } else if (word[1] == '-') {
    take_long(line, word + 2);
  } else {
    take_letters(line, word + 1);
  }
}

/* "--output=te" is a lead, and "te" of a value. */
static void take_last(cspan_cli_line *line, const char *word) {
  line->lead = word;
  line->word = word;
  if (line->option != NULL) {
    line->word = strcmp(word, "=") == 0 ? "" : word;
    return;
  }
  const char *equals = strchr(word, '=');
  if (!line->options_ended && strncmp(word, "--", 2) == 0 && equals != NULL) {
    const cspan_cli_option *option = find_option(line, word + 2, (size_t)(equals - word - 2), 0);
    if (option != NULL && option->kind != CSPAN_CLI_FLAG) {
      line->option = option;
      line->lead_len = (size_t)(equals + 1 - word);
      line->word = equals + 1;
    }
  }
}

cspan_cli_line cspan_cli_line_of(const cspan_cli_command *program, const char *const *words,
                                 size_t count) {
  cspan_cli_line line = {.command = program, .lead = "", .word = ""};
  for (size_t i = 0; i + 1 < count; i++) {
    take(&line, words[i]);
  }
  if (count > 0) {
    take_last(&line, words[count - 1]);
  }
  return line;
}
