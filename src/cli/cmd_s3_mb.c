/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/bucket.h"
#include "cli/cmd_s3.h"

static int run_mb(const cspan_cli_run *run) {
  cspan_cli_session session;
  cspan_cli_uri uri;
  cspan_error *error = NULL;
  int code = cspan_cli_parse_bucket(run, &uri);
  if (code != CSPAN_EXIT_OK || !cspan_cli_session_open(&session, run, NULL, &code)) {
    return code;
  }
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = uri.bucket};
  if (cspan_s3_create_bucket(session.s3, &session.context, &input, NULL, &error) == CSPAN_OK) {
    cspan_cli_report_bucket(run, "make-bucket", uri.bucket);
  } else {
    code = cspan_cli_session_fail(&session, error);
  }
  cspan_cli_session_close(&session);
  return code;
}

const cspan_cli_command cspan_cmd_s3_mb = {
    .name = "mb",
    .arguments = "s3://BUCKET",
    .summary = "make a bucket",
    .description = "Creates a bucket in the region of the configuration.\n",
    .examples = "  cloudspan s3 mb s3://my-bucket\n"
                "  cloudspan s3 mb --region eu-central-1 s3://my-bucket\n",
    .min_args = 1,
    .max_args = 1,
    .run = run_mb,
};
