/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `cloudspan s3`, each in a file of its own. */
#ifndef CLI_CMD_S3_H
#define CLI_CMD_S3_H

#include "cli/cli.h"

extern const cspan_cli_command cspan_cmd_s3_cp;
extern const cspan_cli_command cspan_cmd_s3_ls;
extern const cspan_cli_command cspan_cmd_s3_mb;
extern const cspan_cli_command cspan_cmd_s3_presign;
extern const cspan_cli_command cspan_cmd_s3_rb;
extern const cspan_cli_command cspan_cmd_s3_rm;
extern const cspan_cli_command cspan_cmd_s3_stat;

#endif
