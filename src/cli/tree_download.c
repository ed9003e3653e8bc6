/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes as sources: to a folder, or to another prefix. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/transfer.h"
#include "cli/uri.h"

#define MAX_PATH 8192

typedef struct prefix_job {
  cspan_cli_transfer *transfer;
  const char *operation;
  const char *bucket;      /* of the source */
  const char *destination; /* folder, or bucket of the destination */
  const char *prefix;      /* of the destination; NULL: a folder */
  cspan_buf path;
} prefix_job;

static bool ends_with_slash(const char *text) {
  size_t len = strlen(text);
  return len && text[len - 1] == '/';
}

static void download_one(prefix_job *job, const char *key, const char *relative) {
  cspan_error *error = NULL;
  cspan_status status = cspan_cli_local_path(job->destination, relative, &job->path, &error);
  if (status == CSPAN_OK) {
    status = cspan_cli_make_folders(cspan_buf_text(&job->path), &error);
  }
  if (status != CSPAN_OK) {
    cspan_cli_fetch_failed(job->transfer, job->operation, job->bucket, key, job->destination,
                           error);
  } else if (!ends_with_slash(relative)) {
    /* A key that ends with a slash is a folder's marker: there is nothing to write. */
    (void)cspan_cli_download_file(job->transfer, job->bucket, key, cspan_buf_text(&job->path));
  }
}

static void copy_one(prefix_job *job, const char *key, const char *relative) {
  cspan_buf_clear(&job->path);
  (void)cspan_buf_printf(&job->path, "%s%s", job->prefix, relative);
  if (cspan_buf_status(&job->path) == CSPAN_OK) {
    (void)cspan_cli_copy_object(job->transfer, job->bucket, key, job->destination,
                                cspan_buf_text(&job->path));
    return;
  }
  cspan_error *error = NULL;
  (void)cspan_error_set(&error, CSPAN_ERR_LIMIT, "the key is too long, or out of memory");
  cspan_cli_fetch_failed(job->transfer, job->operation, job->bucket, key, job->destination, error);
}

/* Every object below `source_prefix`; false when the list could not be read, or cancelled. */
static bool run_job(prefix_job *job, const char *source_prefix) {
  cspan_cli_session *session = job->transfer->session;
  cspan_error *error = NULL;
  cspan_s3_list_objects_v2_input input = {
      .size = sizeof input,
      .bucket = job->bucket,
      .prefix = source_prefix[0] ? source_prefix : NULL,
  };
  size_t skip = strlen(source_prefix);
  size_t found = 0;
  cspan_s3_list_paginator *pages = NULL;
  const cspan_s3_list_objects_v2_output *page = NULL;
  cspan_status status = cspan_s3_list_paginator_create(session->s3, &input, &pages, &error);
  while (status == CSPAN_OK) {
    status = cspan_s3_list_paginator_next(pages, &session->context, &page, &error);
    if (status != CSPAN_OK || !page) {
      break;
    }
    for (size_t i = 0; i < page->content_count && status == CSPAN_OK; i++) {
      const char *key = page->contents[i].key;
      if (key && cspan_starts_with(key, source_prefix) && key[skip]) {
        found++;
        (job->prefix ? copy_one : download_one)(job, key, key + skip);
      }
      status = cspan_context_status(&session->context);
    }
  }
  cspan_s3_list_paginator_free(pages);
  if (error) {
    cspan_cli_fetch_failed(job->transfer, job->operation, job->bucket, source_prefix,
                           job->destination, error);
  }
  if (status == CSPAN_OK && found == 0) {
    cspan_cli_message(session->run, "there is nothing under s3://%s/%s", job->bucket,
                      source_prefix);
    job->transfer->code = CSPAN_EXIT_NOT_FOUND;
  }
  return status == CSPAN_OK;
}

/* "a" and "a/" both mean what is below "a/"; "" is everything. NULL: out of memory. */
static char *as_folder(const char *prefix) {
  return prefix[0] && !ends_with_slash(prefix) ? cspan_asprintf("%s/", prefix)
                                               : cspan_strdup(prefix);
}

static bool run_with_folders(prefix_job *job, const char *source_prefix, const char *prefix) {
  char *from = as_folder(source_prefix);
  char *to = as_folder(prefix);
  bool ok = from && to;
  cspan_buf_init(&job->path, MAX_PATH);
  if (ok) {
    job->prefix = job->prefix ? to : NULL;
    ok = run_job(job, from);
  } else {
    cspan_error *error = NULL;
    (void)cspan_error_set(&error, CSPAN_ERR_NOMEM, "out of memory");
    cspan_cli_fetch_failed(job->transfer, job->operation, job->bucket, source_prefix,
                           job->destination, error);
  }
  cspan_buf_free(&job->path);
  cspan_free(from);
  cspan_free(to);
  return ok;
}

bool cspan_cli_download_tree(cspan_cli_transfer *transfer, const char *bucket, const char *prefix,
                             const char *folder) {
  prefix_job job = {
      .transfer = transfer, .operation = "download", .bucket = bucket, .destination = folder};
  return run_with_folders(&job, prefix, "");
}

bool cspan_cli_copy_tree(cspan_cli_transfer *transfer, const char *source_bucket,
                         const char *source_prefix, const char *bucket, const char *prefix) {
  prefix_job job = {.transfer = transfer,
                    .operation = "copy",
                    .bucket = source_bucket,
                    .destination = bucket,
                    .prefix = prefix};
  return run_with_folders(&job, source_prefix, prefix);
}
