/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_s3.h"

static const cspan_cli_command *const commands[] = {
    &cspan_cmd_s3_cp, &cspan_cmd_s3_ls, &cspan_cmd_s3_mb,   &cspan_cmd_s3_presign,
    &cspan_cmd_s3_rb, &cspan_cmd_s3_rm, &cspan_cmd_s3_stat,
};

const cspan_cli_command cspan_cmd_s3 = {
    .name = "s3",
    .summary = "list, copy and delete objects",
    .description =
        "Work with Amazon S3 and what speaks its protocol. Objects are named s3://bucket/key.\n"
        "Region, endpoint and credentials come from the options below, the environment and the\n"
        "shared files (~/.aws/config, ~/.aws/credentials), in this order.\n",
    .examples = "  cloudspan s3 ls\n"
                "  cloudspan s3 ls s3://my-bucket/reports/\n"
                "  cloudspan s3 cp report.pdf s3://my-bucket/reports/\n"
                "  cloudspan s3 cp --recursive s3://my-bucket/reports/ ./reports\n",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};
