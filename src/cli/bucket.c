/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bucket.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/text.h"

int cspan_cli_parse_bucket(const cspan_cli_run *run, cspan_cli_uri *uri) {
  cspan_error *error = NULL;
  int code = CSPAN_EXIT_OK;
  if (cspan_cli_uri_parse(run->args[0], uri, &error) != CSPAN_OK) {
    code = cspan_cli_usage(run, "%s", cspan_error_message(error));
  } else if (uri->key[0]) {
    code = cspan_cli_usage(run, "'%s' names an object: write s3://%s", run->args[0], uri->bucket);
  }
  cspan_error_free(error);
  return code;
}

void cspan_cli_report_bucket(const cspan_cli_run *run, const char *operation, const char *bucket) {
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "operation", operation);
    cspan_cli_json_text(&json, "bucket", bucket);
    (void)cspan_cli_json_end(&json, stdout);
  } else if (!run->globals->quiet) {
    (void)printf("%s: s3://%s\n", operation, bucket);
  }
}

void cspan_cli_report_delete(const cspan_cli_run *run, const char *bucket, const char *key,
                             const cspan_error *failure) {
  if (failure) {
    cspan_cli_message(run, "delete of s3://%s/%s failed: %s (%s)", bucket, key,
                      cspan_error_message(failure), cspan_error_code(failure));
  }
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "operation", "delete");
    cspan_cli_json_text(&json, "bucket", bucket);
    cspan_cli_json_text(&json, "key", key);
    if (failure) {
      cspan_cli_json_error(&json, failure);
    }
    (void)cspan_cli_json_end(&json, stdout);
  } else if (!failure && !run->globals->quiet) {
    (void)printf("delete: s3://%s/", bucket);
    cspan_cli_put_text(stdout, key);
    (void)putchar('\n');
  }
}

static void report_page(const cspan_cli_session *session, const cspan_batch_delete_input *input,
                        const cspan_batch_delete_result *result) {
  size_t next = 0;
  for (size_t i = 0; i < input->key_count; i++) {
    bool failed = next < result->error_count && result->failures[next].index == i;
    cspan_cli_report_delete(session->run, input->bucket, input->keys[i],
                            failed ? result->failures[next].error : NULL);
    next += failed;
  }
}

static cspan_status delete_page(cspan_cli_session *session, const char *bucket,
                                const cspan_s3_list_objects_v2_output *page, bool per_key,
                                cspan_cli_delete_count *count, cspan_error **error) {
  const char **keys = cspan_calloc(page->content_count + 1, sizeof *keys);
  if (!keys) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  for (size_t i = 0; i < page->content_count; i++) {
    keys[i] = page->contents[i].key;
  }
  cspan_batch_delete_input input = {
      .size = sizeof input,
      .bucket = bucket,
      .keys = keys,
      .key_count = page->content_count,
      .use_delete_objects = !per_key,
  };
  cspan_batch_delete_result result = {0};
  cspan_error *failure = NULL;
  cspan_status status =
      cspan_storage_batch_delete(session->storage, &session->context, &input, &result, &failure);
  if (status == CSPAN_OK || status == CSPAN_ERR_PARTIAL) {
    report_page(session, &input, &result);
    count->deleted += result.success_count;
    count->failed += result.error_count;
    status = CSPAN_OK;
    cspan_error_free(failure);
  } else {
    (void)cspan_error_move(error, failure);
  }
  cspan_batch_delete_result_clear(&result);
  cspan_free(keys);
  return status == CSPAN_OK ? cspan_context_status(&session->context) : status;
}

cspan_status cspan_cli_delete_prefix(cspan_cli_session *session, const char *bucket,
                                     const char *prefix, bool per_key,
                                     cspan_cli_delete_count *count, cspan_error **error) {
  cspan_s3_list_objects_v2_input input = {
      .size = sizeof input,
      .bucket = bucket,
      .prefix = prefix,
  };
  cspan_s3_list_paginator *pages = NULL;
  const cspan_s3_list_objects_v2_output *page = NULL;
  cspan_status status = cspan_s3_list_paginator_create(session->s3, &input, &pages, error);
  while (status == CSPAN_OK) {
    status = cspan_s3_list_paginator_next(pages, &session->context, &page, error);
    if (status != CSPAN_OK || !page) {
      break;
    }
    if (page->content_count) {
      status = delete_page(session, bucket, page, per_key, count, error);
    }
  }
  cspan_s3_list_paginator_free(pages);
  return status;
}

static cspan_status abort_page(cspan_cli_session *session, const char *bucket,
                               const cspan_s3_list_multipart_uploads_output *page,
                               cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < page->upload_count && status == CSPAN_OK; i++) {
    cspan_s3_abort_multipart_upload_input input = {
        .size = sizeof input,
        .bucket = bucket,
        .key = page->uploads[i].key,
        .upload_id = page->uploads[i].upload_id,
    };
    status = cspan_s3_abort_multipart_upload(session->s3, &session->context, &input, error);
  }
  return status;
}

cspan_status cspan_cli_abort_uploads(cspan_cli_session *session, const char *bucket,
                                     cspan_error **error) {
  cspan_status status = CSPAN_OK;
  bool more = true;
  /* Always the first page: what it listed is gone afterwards. */
  while (status == CSPAN_OK && more) {
    cspan_s3_list_multipart_uploads_input input = {.size = sizeof input, .bucket = bucket};
    cspan_s3_list_multipart_uploads_output *page = NULL;
    status = cspan_s3_list_multipart_uploads(session->s3, &session->context, &input, &page, error);
    if (status == CSPAN_OK) {
      more = page->is_truncated && page->upload_count;
      status = abort_page(session, bucket, page, error);
    }
    cspan_s3_output_free(page);
  }
  return status;
}
