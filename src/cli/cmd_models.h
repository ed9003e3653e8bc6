/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `cloudspan models`, each in a file of its own. */
#ifndef CLI_CMD_MODELS_H
#define CLI_CMD_MODELS_H

#include "aws/model/store.h"
#include "cli/cli.h"

extern const cspan_cli_command cspan_cmd_models_compile;
extern const cspan_cli_command cspan_cmd_models_list;
extern const cspan_cli_command cspan_cmd_models_show;

/* Where a command is told to look, each a folder or a compiled file, or NULL. */
typedef struct cspan_cli_places {
  const char *models; /* first, as `cloudspan call` does */
  const char *from;   /* alone */
} cspan_cli_places;

#define CSPAN_CLI_MODELS_HELP "a folder of models or a compiled file, searched first"
#define CSPAN_CLI_FROM_HELP   "look only in this folder or compiled file"

/* Fills in the data_path that a call would have: of AWS_DATA_PATH or of the profile (NULL: the
 * one that the environment names). Opens the store. */
cspan_status cspan_cli_models_find(const char *profile, cspan_model_store_options *options,
                                   cspan_model_store **out, cspan_error **error);
/* The store of a command. */
cspan_status cspan_cli_models_open(const cspan_cli_run *run, const cspan_cli_places *places,
                                   cspan_model_store **out, cspan_error **error);

#endif
