/* SPDX-License-Identifier: Apache-2.0 */
/* Command line options by table: values land in a struct at an offset. Options and
 * arguments may be mixed; "--" ends the options, and "-" is an argument. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <cloudspan/base.h>

typedef enum cspan_cli_kind {
  CSPAN_CLI_FLAG = 0, /* bool */
  CSPAN_CLI_STRING,   /* const char *, borrowed from argv */
  CSPAN_CLI_INT,      /* int64_t within min and max */
  CSPAN_CLI_SIZE,     /* int64_t bytes: "16MiB", within min and max */
  CSPAN_CLI_LIST      /* cspan_cli_list: may be given more than once */
} cspan_cli_kind;

typedef struct cspan_cli_list {
  const char **items; /* each borrowed from argv */
  size_t count;
} cspan_cli_list;

typedef struct cspan_cli_option {
  const char *name; /* without the dashes */
  char letter;      /* 0: none */
  cspan_cli_kind kind;
  size_t offset;
  const char *argument; /* what help calls the value: "N" */
  const char *help;
  int64_t min;
  int64_t max;
} cspan_cli_option;

/* A table and the struct that it fills. */
typedef struct cspan_cli_option_set {
  const cspan_cli_option *options;
  size_t count;
  void *values;
} cspan_cli_option_set;

typedef struct cspan_cli_args {
  const char **items; /* borrowed from argv; the array is freed with cspan_free() */
  size_t count;
} cspan_cli_args;

/* Parses argv[0..argc). With stop_at_argument it ends at the first argument, and *consumed
 * says how many elements were options. CSPAN_ERR_INVALID names the option that is wrong and
 * suggests the one that was probably meant. `args` is cleared first, and filled also on
 * failure. */
cspan_status cspan_cli_parse(const cspan_cli_option_set *sets, size_t set_count, int argc,
                             char **argv, bool stop_at_argument, cspan_cli_args *args,
                             int *consumed, cspan_error **error);
/* Frees the lists of a set. */
void cspan_cli_option_set_clear(const cspan_cli_option_set *set);

#endif
