/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>

#include "cli/bucket.h"
#include "cli/cmd_s3.h"

typedef struct rm_values {
  bool recursive;
  bool per_key;
} rm_values;

static const cspan_cli_option options[] = {
    {"recursive", 'r', CSPAN_CLI_FLAG, offsetof(rm_values, recursive), NULL,
     "every object whose key starts with the one given", 0, 0},
    {"per-key", 0, CSPAN_CLI_FLAG, offsetof(rm_values, per_key), NULL,
     "a DeleteObject call (and a span) a key, several at\n"
     "once, instead of DeleteObjects with 1,000 keys a call",
     0, 0},
};

static int remove_one(cspan_cli_session *session, const cspan_cli_uri *uri) {
  cspan_error *error = NULL;
  cspan_s3_delete_object_input input = {
      .size = sizeof input, .bucket = uri->bucket, .key = uri->key};
  if (cspan_s3_delete_object(session->s3, &session->context, &input, NULL, &error) != CSPAN_OK) {
    return cspan_cli_session_fail(session, error);
  }
  cspan_cli_report_delete(session->run, uri->bucket, uri->key, NULL);
  return CSPAN_EXIT_OK;
}

static int remove_many(cspan_cli_session *session, const cspan_cli_uri *uri) {
  const rm_values *values = session->run->values;
  cspan_error *error = NULL;
  cspan_cli_delete_count count = {0, 0};
  cspan_status status = cspan_cli_delete_prefix(session, uri->bucket, uri->key[0] ? uri->key : NULL,
                                                values->per_key, &count, &error);
  if (status != CSPAN_OK) {
    return cspan_cli_session_fail(session, error);
  }
  if (count.failed == 0) {
    return CSPAN_EXIT_OK;
  }
  cspan_cli_message(session->run, "%zu of %zu objects could not be deleted", count.failed,
                    count.failed + count.deleted);
  return count.deleted ? CSPAN_EXIT_PARTIAL : CSPAN_EXIT_FAILED;
}

static int check_arguments(const cspan_cli_run *run) {
  const rm_values *values = run->values;
  int code = CSPAN_EXIT_OK;
  for (size_t i = 0; i < run->arg_count && code == CSPAN_EXIT_OK; i++) {
    cspan_cli_uri uri;
    cspan_error *error = NULL;
    cspan_status status = values->recursive
                              ? cspan_cli_uri_parse(run->args[i], &uri, &error)
                              : cspan_cli_uri_parse_object(run->args[i], &uri, &error);
    if (status != CSPAN_OK) {
      code = cspan_cli_usage(run, "%s", cspan_error_message(error));
    }
    cspan_error_free(error);
  }
  return code;
}

static int run_rm(const cspan_cli_run *run) {
  const rm_values *values = run->values;
  cspan_cli_session session;
  int worst = check_arguments(run);
  if (worst != CSPAN_EXIT_OK || !cspan_cli_session_open(&session, run, NULL, &worst)) {
    return worst;
  }
  size_t failed = 0;
  size_t tried = 0;
  for (; tried < run->arg_count && !cspan_cancel_is_triggered(run->cancel); tried++) {
    cspan_cli_uri uri;
    (void)cspan_cli_uri_parse(run->args[tried], &uri, NULL);
    int code = values->recursive ? remove_many(&session, &uri) : remove_one(&session, &uri);
    if (code != CSPAN_EXIT_OK) {
      worst = code;
      failed++;
    }
  }
  cspan_cli_session_close(&session);
  if (worst == CSPAN_EXIT_OK && tried < run->arg_count) {
    return CSPAN_EXIT_FAILED; /* by a signal */
  }
  return failed && failed < run->arg_count ? CSPAN_EXIT_PARTIAL : worst;
}

const cspan_cli_command cspan_cmd_s3_rm = {
    .name = "rm",
    .arguments = "s3://BUCKET/KEY...",
    .summary = "delete objects",
    .description =
        "Deletes objects. Deleting a key that does not exist is no error (S3 does not tell).\n"
        "With --recursive the argument is the start of keys: s3://b/logs takes logs/1 and\n"
        "logs-old/1, s3://b/logs/ only the first, s3://b everything. Keys that cannot be\n"
        "deleted are listed, the others are deleted, and the exit code is 3.\n",
    .examples = "  cloudspan s3 rm s3://my-bucket/report.pdf\n"
                "  cloudspan s3 rm --recursive s3://my-bucket/logs/2023/\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(rm_values),
    .min_args = 1,
    .max_args = SIZE_MAX,
    .run = run_rm,
};
