/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/demo.h"

typedef struct key_text {
  char text[128];
} key_text;

static key_text key_of(const cspan_demo *demo, const char *name) {
  key_text key;
  (void)snprintf(key.text, sizeof key.text, "%s%s", demo->prefix, name);
  return key;
}

static cspan_status unexpected(cspan_error **error, const char *what) {
  return cspan_error_set_code(error, CSPAN_ERR_PROTOCOL, "demo_failed", "%s", what);
}

/* ------------------------------------------------------------------- bucket */

static cspan_status step_bucket(cspan_demo *demo, cspan_error **error) {
  cspan_error *failure = NULL;
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = demo->bucket};
  if (demo->values->bucket) {
    cspan_status status = cspan_s3_head_bucket(demo->s3, &demo->context, &input, NULL, &failure);
    demo->has_bucket = status == CSPAN_OK;
    if (status == CSPAN_OK || cspan_error_http_status(failure) != 404) {
      return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, failure);
    }
    cspan_error_free(failure);
  }
  cspan_status status = cspan_s3_create_bucket(demo->s3, &demo->context, &input, NULL, error);
  demo->made_bucket = status == CSPAN_OK;
  demo->has_bucket = demo->made_bucket;
  return status;
}

/* ------------------------------------------------------- upload and download */

static cspan_status step_upload(cspan_demo *demo, cspan_error **error) {
  static const cspan_s3_metadata metadata[] = {{"made-by", "cloudspan demo"}};
  key_text key = key_of(demo, "hello.bin");
  cspan_upload_result result;
  cspan_upload_input input = {
      .size = sizeof input,
      .bucket = demo->bucket,
      .key = key.text,
      .source = {.data = demo->data, .size_bytes = (int64_t)CSPAN_DEMO_SMALL_BYTES},
      .content_type = "application/octet-stream",
      .metadata = metadata,
      .metadata_count = 1,
  };
  return cspan_storage_upload(demo->storage, &demo->context, &input, &result, error);
}

typedef struct seen_progress {
  int calls;
  int64_t last;
  bool backwards;
} seen_progress;

static bool on_progress(void *user, int64_t moved_bytes, int64_t total_bytes) {
  seen_progress *seen = user;
  (void)total_bytes;
  seen->backwards = seen->backwards || moved_bytes < seen->last;
  seen->calls++;
  seen->last = moved_bytes;
  return true;
}

static cspan_status step_download(cspan_demo *demo, cspan_error **error) {
  key_text key = key_of(demo, "hello.bin");
  seen_progress seen = {0};
  cspan_download_result result = {0};
  cspan_download_input input = {
      .size = sizeof input,
      .bucket = demo->bucket,
      .key = key.text,
      .progress = on_progress,
      .progress_user = &seen,
  };
  cspan_status status =
      cspan_storage_download(demo->storage, &demo->context, &input, &result, error);
  if (status == CSPAN_OK) {
    cspan_demo_note(demo, "progress was reported %d times, last %" PRId64 " of %" PRId64 " bytes",
                    seen.calls, seen.last, result.size_bytes);
    bool same = result.size_bytes == (int64_t)CSPAN_DEMO_SMALL_BYTES &&
                memcmp(result.data, demo->data, CSPAN_DEMO_SMALL_BYTES) == 0;
    if (!same) {
      status = unexpected(error, "the object that was downloaded differs from the one uploaded");
    } else if (seen.calls == 0 || seen.last != result.size_bytes) {
      status = unexpected(error, "the progress callback did not see the whole download");
    }
  }
  cspan_free(result.data);
  return status;
}

/* ---------------------------------------------------------------- multipart */

static cspan_status check_large(cspan_demo *demo, const char *key, cspan_error **error) {
  cspan_s3_get_object_output *output = NULL;
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = demo->bucket, .key = key};
  cspan_status status = cspan_s3_get_object(demo->plain, &demo->context, &input, &output, error);
  if (status == CSPAN_OK && (output->body_size_bytes != (int64_t)CSPAN_DEMO_LARGE_BYTES ||
                             memcmp(output->body, demo->data, CSPAN_DEMO_LARGE_BYTES) != 0)) {
    status = unexpected(error, "the object put together from parts differs from its source");
  }
  cspan_s3_output_free(output);
  return status;
}

static cspan_status step_multipart(cspan_demo *demo, cspan_error **error) {
  key_text key = key_of(demo, "large.bin");
  cspan_upload_result result = {0};
  cspan_upload_input input = {
      .size = sizeof input,
      .bucket = demo->bucket,
      .key = key.text,
      .source = {.data = demo->data, .size_bytes = (int64_t)CSPAN_DEMO_LARGE_BYTES},
  };
  cspan_status status =
      cspan_storage_multipart_upload(demo->storage, &demo->context, &input, &result, error);
  if (status == CSPAN_OK && result.part_count != 3) {
    status = unexpected(error, "the upload did not have three parts");
  }
  return status == CSPAN_OK ? check_large(demo, key.text, error) : status;
}

/* A source that breaks off in the second part, as a disk or a peer does. */
static ptrdiff_t read_broken(void *user, void *buffer, size_t capacity) {
  size_t *left = user;
  if (*left == 0) {
    return -1;
  }
  size_t count = capacity < *left ? capacity : *left;
  memset(buffer, 'x', count);
  *left -= count;
  return (ptrdiff_t)count;
}

static cspan_status check_no_uploads(cspan_demo *demo, cspan_error **error) {
  cspan_s3_list_multipart_uploads_output *output = NULL;
  cspan_s3_list_multipart_uploads_input input = {
      .size = sizeof input, .bucket = demo->bucket, .prefix = demo->prefix};
  cspan_status status =
      cspan_s3_list_multipart_uploads(demo->plain, &demo->context, &input, &output, error);
  if (status == CSPAN_OK && output->upload_count != 0) {
    status = unexpected(error, "the aborted upload is still on the server");
  }
  cspan_s3_output_free(output);
  return status;
}

static cspan_status step_abort(cspan_demo *demo, cspan_error **error) {
  key_text key = key_of(demo, "broken.bin");
  size_t left = (size_t)12 << 20;
  cspan_error *failure = NULL;
  cspan_upload_input input = {
      .size = sizeof input,
      .bucket = demo->bucket,
      .key = key.text,
      .source = {.read = read_broken, .user = &left, .size_bytes = (int64_t)20 << 20},
  };
  cspan_status status =
      cspan_storage_multipart_upload(demo->storage, &demo->context, &input, NULL, &failure);
  if (status == CSPAN_ERR_CANCELLED) {
    return cspan_error_move(error, failure);
  }
  cspan_error_free(failure);
  if (status != CSPAN_ERR_IO) {
    return unexpected(error, "an upload whose source broke off did not fail with an I/O error");
  }
  return check_no_uploads(demo, error);
}

/* ------------------------------------------------------------- batch delete */

typedef struct delete_keys {
  key_text texts[CSPAN_DEMO_DELETE_KEYS];
  const char *keys[CSPAN_DEMO_DELETE_KEYS];
} delete_keys;

/* Written by the client that is not traced: only the deletes are shown. */
static cspan_status put_keys(cspan_demo *demo, delete_keys *keys, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < CSPAN_DEMO_DELETE_KEYS && status == CSPAN_OK; i++) {
    char name[32];
    (void)snprintf(name, sizeof name, "batch/%02zu", i + 1);
    keys->texts[i] = key_of(demo, name);
    keys->keys[i] = keys->texts[i].text;
    cspan_s3_put_object_input input = {
        .size = sizeof input,
        .bucket = demo->bucket,
        .key = keys->keys[i],
        .body = {.data = "x", .size_bytes = 1},
    };
    status = cspan_s3_put_object(demo->plain, &demo->context, &input, NULL, error);
  }
  return status;
}

static cspan_status check_deleted(const cspan_demo *demo, cspan_status status,
                                  const cspan_batch_delete_result *result, cspan_error *failure,
                                  cspan_error **error) {
  size_t denied = demo->sandbox ? 1 : 0;
  if (result->success_count == CSPAN_DEMO_DELETE_KEYS - denied && result->error_count == denied) {
    cspan_error_free(failure);
    if (denied && strcmp(cspan_error_code(result->failures[0].error), "AccessDenied") != 0) {
      return unexpected(error, "the delete that is denied did not fail with AccessDenied");
    }
    cspan_demo_note(demo, "%zu deleted, %zu failed", result->success_count, result->error_count);
    return CSPAN_OK;
  }
  if (status != CSPAN_OK) {
    return cspan_error_move(error, failure);
  }
  return unexpected(error, "the batch delete did not delete what it should");
}

static cspan_status step_batch_delete(cspan_demo *demo, cspan_error **error) {
  delete_keys *keys = cspan_calloc(1, sizeof *keys);
  cspan_error *failure = NULL;
  cspan_batch_delete_result result = {0};
  if (!keys) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_status status = put_keys(demo, keys, error);
  if (status == CSPAN_OK) {
    cspan_batch_delete_input input = {
        .size = sizeof input,
        .bucket = demo->bucket,
        .keys = keys->keys,
        .key_count = CSPAN_DEMO_DELETE_KEYS,
    };
    status = cspan_storage_batch_delete(demo->storage, &demo->context, &input, &result, &failure);
    status = check_deleted(demo, status, &result, failure, error);
  }
  cspan_batch_delete_result_clear(&result);
  cspan_free(keys);
  return status;
}

/* -------------------------------------------------------------- missing key */

static cspan_status step_missing(cspan_demo *demo, cspan_error **error) {
  key_text key = key_of(demo, "missing.bin");
  cspan_error *failure = NULL;
  cspan_download_result result = {0};
  cspan_download_input input = {.size = sizeof input, .bucket = demo->bucket, .key = key.text};
  cspan_status status =
      cspan_storage_download(demo->storage, &demo->context, &input, &result, &failure);
  cspan_free(result.data);
  if (status == CSPAN_OK) {
    return unexpected(error, "a missing key was downloaded");
  }
  if (strcmp(cspan_error_code(failure), "NoSuchKey") != 0) {
    return cspan_error_move(error, failure);
  }
  cspan_error_free(failure);
  return CSPAN_OK;
}

const cspan_demo_step cspan_demo_steps[] = {
    {"A bucket",
     "One API call is one span: what was asked, of whom, and how long each phase\n"
     "took.\n",
     NULL, NULL, step_bucket},
    {"Upload 1 MiB",
     "The storage layer's span says what the application did, the one below it\n"
     "which call that took.\n",
     NULL, NULL, step_upload},
    {"Download it, with progress", "What arrives is compared with what was uploaded.\n", NULL, NULL,
     step_download},
    {"Upload 25 MiB in parts", "Three parts, all under way at once.\n",
     "The second is told twice to slow down (503 SlowDown): each retry is an event\n"
     "with the backoff that follows. The part arrives in the end: no error.\n",
     "op=UploadPart,part=2,count=2,status=503,code=SlowDown", step_multipart},
    {"Upload from a source that breaks off",
     "Reading the second part fails: the upload is aborted, and nothing stays on\n"
     "the server.\n",
     NULL, NULL, step_abort},
    {"Delete 20 objects", "Deletes run at once, each with an outcome of its own.\n",
     "One is denied (403 AccessDenied): the others are deleted all the same.\n",
     "op=DeleteObject,key=*batch/07,status=403,code=AccessDenied", step_batch_delete},
    {"Download a key that does not exist", "The service's error code is on both spans.\n", NULL,
     NULL, step_missing},
};
const size_t cspan_demo_step_count = sizeof cspan_demo_steps / sizeof cspan_demo_steps[0];
