/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `cloudspan models`, each in a file of its own. */
#ifndef CLI_CMD_MODELS_H
#define CLI_CMD_MODELS_H

#include "aws/model/store.h"
#include "cli/cli.h"

extern const cspan_cli_command cspan_cmd_models_compile;
extern const cspan_cli_command cspan_cmd_models_list;
extern const cspan_cli_command cspan_cmd_models_show;

/* The store of a command: `from` is a folder or a file that is looked in alone, or NULL. */
cspan_status cspan_cli_models_open(const char *from, cspan_model_store **out, cspan_error **error);

#endif
