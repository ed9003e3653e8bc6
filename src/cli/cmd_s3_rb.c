/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/bucket.h"
#include "cli/cmd_s3.h"

typedef struct rb_values {
  bool force;
} rb_values;

static const cspan_cli_option options[] = {
    {"force", 'f', CSPAN_CLI_FLAG, offsetof(rb_values, force), NULL,
     "delete its objects and abort its uploads first", 0, 0},
};

static int remove_bucket(cspan_cli_session *session, const char *bucket) {
  const rb_values *values = session->run->values;
  cspan_error *error = NULL;
  cspan_cli_delete_count count = {0, 0};
  cspan_status status = CSPAN_OK;
  if (values->force) {
    status = cspan_cli_abort_uploads(session, bucket, &error);
    if (status == CSPAN_OK) {
      status = cspan_cli_delete_prefix(session, bucket, NULL, false, &count, &error);
    }
  }
  if (status == CSPAN_OK && count.failed) {
    cspan_cli_message(session->run, "the bucket stays: %zu of its objects could not be deleted",
                      count.failed);
    return CSPAN_EXIT_PARTIAL;
  }
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = bucket};
  if (status == CSPAN_OK) {
    status = cspan_s3_delete_bucket(session->s3, &session->context, &input, NULL, &error);
  }
  if (status != CSPAN_OK) {
    return cspan_cli_session_fail(session, error);
  }
  cspan_cli_report_bucket(session->run, "remove-bucket", bucket);
  return CSPAN_EXIT_OK;
}

static int run_rb(const cspan_cli_run *run) {
  cspan_cli_session session;
  cspan_cli_uri uri;
  int code = cspan_cli_parse_bucket(run, &uri);
  if (code != CSPAN_EXIT_OK || !cspan_cli_session_open(&session, run, NULL, &code)) {
    return code;
  }
  code = remove_bucket(&session, uri.bucket);
  cspan_cli_session_close(&session);
  return code;
}

const cspan_cli_command cspan_cmd_s3_rb = {
    .name = "rb",
    .arguments = "s3://BUCKET",
    .summary = "remove a bucket",
    .description = "Deletes a bucket, which must be empty unless --force is given.\n",
    .examples = "  cloudspan s3 rb s3://my-bucket\n"
                "  cloudspan s3 rb --force s3://my-scratch-bucket\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(rb_values),
    .min_args = 1,
    .max_args = 1,
    .run = run_rb,
};
