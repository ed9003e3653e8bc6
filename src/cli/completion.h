/* SPDX-License-Identifier: Apache-2.0 */
/* Completion on the command line: what may stand at a place, and the scripts that ask for it. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/cli.h"

/* A command line up to the word that is to be completed. */
typedef struct cspan_cli_line {
  const cspan_cli_command *command; /* NULL: no such command */
  const char *args[2];              /* the first arguments of the command */
  size_t arg_count;                 /* of all */
  const cspan_cli_option *option;   /* whose value is to come; NULL: none */
  const char *lead;                 /* of the last word, what is not completed: "--output=" */
  size_t lead_len;
  const char *word;        /* what there is of the word, behind the lead */
  const char *models;      /* the value of --models */
  const char *only_models; /* the value of --from */
  const char *profile;     /* the value of --profile */
  bool options_ended;
} cspan_cli_line;

/* Words behind the program's name; the last one, which may be empty, is to be completed. Where a
 * shell splits words at '=', "--output", "=", "te" is the same as "--output=te". */
cspan_cli_line cspan_cli_line_of(const cspan_cli_command *program, const char *const *words,
                                 size_t count);

/* Prints a candidate where the word begins it: "NAME<tab>DESCRIPTION". */
void cspan_cli_complete_offer(const cspan_cli_line *line, const char *name,
                              const char *description);

/* From the models, which may be many: services, operations of args[0], waiters of args[0]. Nothing
 * where there are none. */
void cspan_cli_complete_services(const cspan_cli_line *line);
void cspan_cli_complete_operations(const cspan_cli_line *line);
void cspan_cli_complete_waiters(const cspan_cli_line *line);

/* The script of a shell ("bash", "zsh", "fish"); NULL: there is none. */
const char *cspan_cli_completion_script(const char *shell);

#endif
