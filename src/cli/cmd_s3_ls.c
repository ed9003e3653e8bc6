/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd_s3.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/uri.h"

typedef struct ls_values {
  bool recursive;
  bool human;
} ls_values;

static const cspan_cli_option options[] = {
    {"recursive", 'r', CSPAN_CLI_FLAG, offsetof(ls_values, recursive), NULL,
     "everything below, not only this level", 0, 0},
    {"human-readable", 'H', CSPAN_CLI_FLAG, offsetof(ls_values, human), NULL, "sizes as 1.5 MiB", 0,
     0},
};

static void put_bucket(const cspan_cli_run *run, const cspan_s3_bucket *bucket) {
  char time[24];
  cspan_cli_format_time(bucket->creation_date_s, time);
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "bucket", bucket->name);
    cspan_cli_json_text(&json, "created", bucket->creation_date_s ? time : NULL);
    (void)cspan_cli_json_end(&json, stdout);
    return;
  }
  (void)printf("%-20s  ", time);
  cspan_cli_put_text(stdout, bucket->name);
  (void)putchar('\n');
}

static int list_buckets(cspan_cli_session *session) {
  cspan_error *error = NULL;
  cspan_s3_list_buckets_output *output = NULL;
  char *token = NULL;
  cspan_status status;
  do {
    cspan_s3_list_buckets_input input = {.size = sizeof input, .continuation_token = token};
    cspan_s3_list_buckets_output *page = NULL;
    status = cspan_s3_list_buckets(session->s3, &session->context, &input, &page, &error);
    /* The token belongs to the page before this one. */
    cspan_s3_output_free(output);
    output = page;
    token = NULL;
    if (status == CSPAN_OK) {
      for (size_t i = 0; i < page->bucket_count; i++) {
        put_bucket(session->run, &page->buckets[i]);
      }
      token = (char *)page->continuation_token;
    }
  } while (token && token[0]);
  cspan_s3_output_free(output);
  return status == CSPAN_OK ? CSPAN_EXIT_OK : cspan_cli_session_fail(session, error);
}

static void put_object(const cspan_cli_run *run, const cspan_s3_object *object) {
  const ls_values *values = run->values;
  char time[24];
  char size[24];
  cspan_cli_format_time(object->last_modified_s, time);
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "key", object->key);
    cspan_cli_json_int(&json, "size_bytes", object->size_bytes);
    cspan_cli_json_text(&json, "last_modified", object->last_modified_s ? time : NULL);
    cspan_cli_json_text(&json, "etag", object->etag);
    cspan_cli_json_text(&json, "storage_class", object->storage_class);
    (void)cspan_cli_json_end(&json, stdout);
    return;
  }
  if (values->human) {
    cspan_cli_format_size(object->size_bytes, size);
  } else {
    (void)snprintf(size, sizeof size, "%" PRId64, object->size_bytes);
  }
  (void)printf("%-20s  %12s  ", time, size);
  cspan_cli_put_text(stdout, object->key);
  (void)putchar('\n');
}

static void put_prefix(const cspan_cli_run *run, const char *prefix) {
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "prefix", prefix);
    (void)cspan_cli_json_end(&json, stdout);
    return;
  }
  (void)printf("%-20s  %12s  ", "", "PREFIX");
  cspan_cli_put_text(stdout, prefix);
  (void)putchar('\n');
}

static int list_objects(cspan_cli_session *session, const cspan_cli_uri *uri) {
  const ls_values *values = session->run->values;
  cspan_error *error = NULL;
  cspan_s3_list_objects_v2_input input = {
      .size = sizeof input,
      .bucket = uri->bucket,
      .prefix = uri->key[0] ? uri->key : NULL,
      .delimiter = values->recursive ? NULL : "/",
  };
  cspan_s3_list_paginator *pages = NULL;
  const cspan_s3_list_objects_v2_output *page = NULL;
  size_t found = 0;
  cspan_status status = cspan_s3_list_paginator_create(session->s3, &input, &pages, &error);
  while (status == CSPAN_OK) {
    status = cspan_s3_list_paginator_next(pages, &session->context, &page, &error);
    if (status != CSPAN_OK || !page) {
      break;
    }
    for (size_t i = 0; i < page->common_prefix_count; i++) {
      put_prefix(session->run, page->common_prefixes[i]);
    }
    for (size_t i = 0; i < page->content_count; i++) {
      put_object(session->run, &page->contents[i]);
    }
    found += page->content_count + page->common_prefix_count;
  }
  cspan_s3_list_paginator_free(pages);
  if (status != CSPAN_OK) {
    return cspan_cli_session_fail(session, error);
  }
  if (found == 0 && uri->key[0]) {
    cspan_cli_message(session->run, "there is nothing under s3://%s/%s", uri->bucket, uri->key);
    return CSPAN_EXIT_NOT_FOUND;
  }
  return CSPAN_EXIT_OK;
}

static int run_ls(const cspan_cli_run *run) {
  cspan_cli_session session;
  cspan_cli_uri uri;
  cspan_error *error = NULL;
  int code = CSPAN_EXIT_OK;
  if (run->arg_count && cspan_cli_uri_parse(run->args[0], &uri, &error) != CSPAN_OK) {
    code = cspan_cli_usage(run, "%s", cspan_error_message(error));
    cspan_error_free(error);
    return code;
  }
  if (!cspan_cli_session_open(&session, run, NULL, &code)) {
    return code;
  }
  code = run->arg_count ? list_objects(&session, &uri) : list_buckets(&session);
  cspan_cli_session_close(&session);
  return code;
}

const cspan_cli_command cspan_cmd_s3_ls = {
    .name = "ls",
    .arguments = "[s3://BUCKET[/PREFIX]]",
    .summary = "list buckets or objects",
    .description =
        "Lists the buckets, or the objects of a bucket whose keys start with PREFIX: time, size\n"
        "in bytes and key. Keys with a further '/' are shown as one PREFIX line, unless\n"
        "--recursive is given. Control characters of a key are shown as \\xNN; --json has the\n"
        "key as it is. Exit code 4 when a PREFIX is given and nothing is under it.\n",
    .examples = "  cloudspan s3 ls\n"
                "  cloudspan s3 ls s3://my-bucket/reports/\n"
                "  cloudspan s3 ls --recursive --json s3://my-bucket | jq .size_bytes\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(ls_values),
    .max_args = 1,
    .run = run_ls,
};
