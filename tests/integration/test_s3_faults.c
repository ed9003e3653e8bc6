/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each fault of the sandbox against upload, download, multipart upload and batch delete: the
 * right result or a clear error, the right spans, no partial file, no upload left on the server.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/s3_env.h"
#include "support/span_check.h"

typedef enum fault_action {
  UPLOAD,
  DOWNLOAD,
  WRITE,
  RESTARTED,
  MULTIPART,
  ONE_PART,
  DELETE,
  BULK
} fault_action;

typedef struct fault_case {
  const char *name;
  fault_action action;
  const char *fault;      /* several: separated by ';' */
  const char *code;       /* NULL: it succeeds */
  const char *text;       /* the status of the storage span on failure */
  const char *call;       /* the span that shows the retries */
  size_t retries;         /* events on it */
  const char *retry_type; /* their error.type */
  int64_t timeout_ms;     /* of the whole */
  int failed_keys;        /* of a batch */
} fault_case;

enum { PART = 5 * 1024 * 1024, SIZE = PART + 1000, KEYS = 5, OBJECT = 100000 };

/* A connection that was kept and is reset is replaced by libcurl without another attempt of ours:
 * rows with one reset say nothing of retries.
 * Failing at once, or after one retry in general: "InternalError" has short sleeps. */
static const fault_case cases[] = {
    /* upload */
    {"upload, 500 once", UPLOAD, "op=PutObject,status=500,count=1", NULL, NULL, "S3.PutObject", 1,
     "InternalError", 0, 0},
    {"upload, throttled once", UPLOAD, "op=PutObject,status=503,count=1,retry-after=1", NULL, NULL,
     "S3.PutObject", 1, "SlowDown", 0, 0},
    {"upload, 500 for ever", UPLOAD, "op=PutObject,status=500", "InternalError", "upload failed",
     "S3.PutObject", 2, "InternalError", 0, 0},
    {"upload, denied", UPLOAD, "op=PutObject,status=403", "AccessDenied", "upload failed",
     "S3.PutObject", 0, NULL, 0, 0},
    {"upload, reset once", UPLOAD, "op=PutObject,reset,count=1", NULL, NULL, NULL, 0, NULL, 0, 0},
    {"upload, reset for ever", UPLOAD, "op=PutObject,reset", "connection_reset", "upload failed",
     "S3.PutObject", 2, "connection_reset", 0, 0},
    {"upload, error in 200 once", UPLOAD, "op=PutObject,error-in-200,count=1", NULL, NULL,
     "S3.PutObject", 1, "InternalError", 0, 0},
    {"upload, error in 200 for ever", UPLOAD, "op=PutObject,error-in-200", "InternalError",
     "upload failed", "S3.PutObject", 2, "InternalError", 0, 0},
    {"upload, answer cut", UPLOAD, "op=PutObject,truncate,count=1", NULL, NULL, NULL, 0, NULL, 0,
     0},
    {"upload, answer corrupted", UPLOAD, "op=PutObject,corrupt", NULL, NULL, "S3.PutObject", 0,
     NULL, 0, 0},
    {"upload, answer slow", UPLOAD, "op=PutObject,slow=1000", NULL, NULL, "S3.PutObject", 0, NULL,
     0, 0},
    {"upload, delayed beyond the deadline", UPLOAD, "op=PutObject,delay=60000", "timeout",
     "upload failed", "S3.PutObject", 0, NULL, 200, 0},
    /* download to a file */
    {"download, 500 once", DOWNLOAD, "op=GetObject,status=500,count=1", NULL, NULL, "S3.GetObject",
     1, "InternalError", 0, 0},
    {"download, 500 for ever", DOWNLOAD, "op=GetObject,status=500", "InternalError",
     "download failed", "S3.GetObject", 2, "InternalError", 0, 0},
    {"download, denied", DOWNLOAD, "op=GetObject,status=403", "AccessDenied", "download failed",
     "S3.GetObject", 0, NULL, 0, 0},
    {"download, reset once", DOWNLOAD, "op=GetObject,reset,count=1", NULL, NULL, NULL, 0, NULL, 0,
     0},
    {"download, reset for ever", DOWNLOAD, "op=GetObject,reset", "connection_reset",
     "download failed", "S3.GetObject", 2, "connection_reset", 0, 0},
    {"download, reset in the body once", DOWNLOAD, "op=GetObject,reset-during,count=1", NULL, NULL,
     "S3.GetObject", 1, "connection_reset", 0, 0},
    {"download, reset in the body for ever", DOWNLOAD, "op=GetObject,reset-during",
     "connection_reset", "read failed", "S3.GetObject", 2, "connection_reset", 0, 0},
    {"download, cut once", DOWNLOAD, "op=GetObject,truncate=100,count=1", NULL, NULL,
     "S3.GetObject", 1, "truncated_body", 0, 0},
    {"download, cut for ever", DOWNLOAD, "op=GetObject,truncate=100", "truncated_body",
     "read failed", "S3.GetObject", 2, "truncated_body", 0, 0},
    {"download, body broke, then no connection", DOWNLOAD,
     "op=GetObject,truncate=100,count=2;op=GetObject,reset", "connection_reset", "download failed",
     "S3.GetObject", 2, "truncated_body", 0, 0},
    {"download, corrupted once", DOWNLOAD, "op=GetObject,corrupt,count=1", NULL, NULL,
     "S3.GetObject", 1, "checksum_mismatch", 0, 0},
    {"download, corrupted for ever", DOWNLOAD, "op=GetObject,corrupt", "checksum_mismatch",
     "read failed", "S3.GetObject", 2, "checksum_mismatch", 0, 0},
    {"download, slow beyond the deadline", DOWNLOAD, "op=GetObject,slow=1000", "timeout",
     "read failed", "S3.GetObject", 0, NULL, 1500, 0},
    {"download, delayed beyond the deadline", DOWNLOAD, "op=GetObject,delay=60000", "timeout",
     "download failed", "S3.GetObject", 0, NULL, 200, 0},
    {"download, error in 200 once", DOWNLOAD, "op=GetObject,error-in-200,count=1", NULL, NULL,
     "S3.GetObject", 1, "protocol_error", 0, 0},
    {"download, error in 200 for ever", DOWNLOAD, "op=GetObject,error-in-200", "protocol_error",
     "read failed", "S3.GetObject", 2, "protocol_error", 0, 0},
    /* download to a callback, which cannot or can start again */
    {"write, cut", WRITE, "op=GetObject,truncate=100,count=1", "truncated_body", "read failed",
     "S3.GetObject", 0, NULL, 0, 0},
    {"write, 500 once", WRITE, "op=GetObject,status=500,count=1", NULL, NULL, "S3.GetObject", 1,
     "InternalError", 0, 0},
    {"write again, cut once", RESTARTED, "op=GetObject,truncate=100,count=1", NULL, NULL,
     "S3.GetObject", 1, "truncated_body", 0, 0},
    /* multipart upload */
    {"multipart, create 500 once", MULTIPART, "op=CreateMultipartUpload,status=500,count=1", NULL,
     NULL, "S3.CreateMultipartUpload", 1, "InternalError", 0, 0},
    {"multipart, create 500 for ever", MULTIPART, "op=CreateMultipartUpload,status=500",
     "InternalError", "failed to initiate multipart upload", "S3.CreateMultipartUpload", 2,
     "InternalError", 0, 0},
    {"multipart, create reset", MULTIPART, "op=CreateMultipartUpload,reset,count=1", NULL, NULL,
     NULL, 0, NULL, 0, 0},
    {"multipart, create error in 200", MULTIPART, "op=CreateMultipartUpload,error-in-200",
     "InternalError", "failed to initiate multipart upload", "S3.CreateMultipartUpload", 2,
     "InternalError", 0, 0},
    {"multipart, part 500 twice", MULTIPART, "op=UploadPart,part=2,status=500,count=2", NULL, NULL,
     NULL, 0, NULL, 0, 0},
    {"multipart, part 500 for ever", MULTIPART, "op=UploadPart,part=2,status=500", "InternalError",
     "failed to upload part 2", NULL, 0, NULL, 0, 0},
    {"multipart, part denied", MULTIPART, "op=UploadPart,part=1,status=403", "AccessDenied",
     "failed to upload part 1", NULL, 0, NULL, 0, 0},
    {"multipart, part reset once", MULTIPART, "op=UploadPart,part=1,reset,count=1", NULL, NULL,
     NULL, 0, NULL, 0, 0},
    {"multipart, part reset for ever", MULTIPART, "op=UploadPart,part=1,reset", "connection_reset",
     "failed to upload part 1", NULL, 0, NULL, 0, 0},
    {"multipart, part's answer reset", MULTIPART, "op=UploadPart,reset-during,count=1", NULL, NULL,
     NULL, 0, NULL, 0, 0},
    {"multipart, part error in 200", MULTIPART, "op=UploadPart,part=2,error-in-200,count=1", NULL,
     NULL, NULL, 0, NULL, 0, 0},
    {"one part, delayed beyond the deadline", ONE_PART, "op=UploadPart,delay=60000", "timeout",
     "failed to upload part 1", NULL, 0, NULL, 1500, 0},
    {"multipart, complete 500 once", MULTIPART, "op=CompleteMultipartUpload,status=500,count=1",
     NULL, NULL, "S3.CompleteMultipartUpload", 1, "InternalError", 0, 0},
    {"multipart, complete 500 for ever", MULTIPART, "op=CompleteMultipartUpload,status=500",
     "InternalError", "failed to complete multipart upload", "S3.CompleteMultipartUpload", 2,
     "InternalError", 0, 0},
    {"multipart, complete error in 200 once", MULTIPART,
     "op=CompleteMultipartUpload,error-in-200,count=1", NULL, NULL, "S3.CompleteMultipartUpload", 1,
     "InternalError", 0, 0},
    {"multipart, complete error in 200 for ever", MULTIPART,
     "op=CompleteMultipartUpload,error-in-200", "InternalError",
     "failed to complete multipart upload", "S3.CompleteMultipartUpload", 2, "InternalError", 0, 0},
    {"multipart, complete reset for ever", MULTIPART, "op=CompleteMultipartUpload,reset",
     "connection_reset", "failed to complete multipart upload", "S3.CompleteMultipartUpload", 2,
     "connection_reset", 0, 0},
    /* It is done, and the answer gets lost: the next attempt finds no upload any more. */
    {"multipart, complete's answer reset", MULTIPART,
     "op=CompleteMultipartUpload,reset-during,count=1", NULL, NULL, "S3.CompleteMultipartUpload", 1,
     "connection_reset", 0, 0},
    {"multipart, complete's answers reset", MULTIPART, "op=CompleteMultipartUpload,reset-during",
     NULL, NULL, "S3.CompleteMultipartUpload", 2, "connection_reset", 0, 0},
    {"multipart, complete's answer cut", MULTIPART,
     "op=CompleteMultipartUpload,truncate=10,count=1", NULL, NULL, "S3.CompleteMultipartUpload", 1,
     "truncated_body", 0, 0},
    {"one part, complete slow beyond the deadline", ONE_PART, "op=CompleteMultipartUpload,slow=10",
     NULL, NULL, "S3.CompleteMultipartUpload", 0, NULL, 1500, 0},
    {"multipart, abort 500 six times", MULTIPART,
     "op=UploadPart,part=2,status=403;op=AbortMultipartUpload,status=500,count=6", "AccessDenied",
     "failed to upload part 2", NULL, 0, NULL, 0, 0},
    {"multipart, abort's answer lost", MULTIPART,
     "op=UploadPart,part=2,status=403;op=AbortMultipartUpload,reset,count=2", "AccessDenied",
     "failed to upload part 2", NULL, 0, NULL, 0, 0},
    /* batch delete, a call a key */
    {"delete, 500 for each once", DELETE, "op=DeleteObject,status=500,count=5", NULL, NULL, NULL, 0,
     NULL, 0, 0},
    {"delete, one 500 for ever", DELETE, "op=DeleteObject,key=key-2,status=500", "partial_failure",
     "1 deletions failed", NULL, 0, NULL, 0, 1},
    {"delete, two denied", DELETE,
     "op=DeleteObject,key=key-1,status=403;op=DeleteObject,key=key-4,status=403", "partial_failure",
     "2 deletions failed", NULL, 0, NULL, 0, 2},
    {"delete, one reset for ever", DELETE, "op=DeleteObject,key=key-0,reset", "partial_failure",
     "1 deletions failed", NULL, 0, NULL, 0, 1},
    {"delete, reset once", DELETE, "op=DeleteObject,key=key-0,reset,count=1", NULL, NULL, NULL, 0,
     NULL, 0, 0},
    {"delete, error in 200", DELETE, "op=DeleteObject,key=key-3,error-in-200", "partial_failure",
     "1 deletions failed", NULL, 0, NULL, 0, 1},
    {"delete, delayed beyond the deadline", DELETE, "op=DeleteObject,key=key-3,delay=60000",
     "partial_failure", "1 deletions failed", NULL, 0, NULL, 2000, 1},
    /* batch delete, one call */
    {"bulk, 500 once", BULK, "op=DeleteObjects,status=500,count=1", NULL, NULL, "S3.DeleteObjects",
     1, "InternalError", 0, 0},
    {"bulk, 500 for ever", BULK, "op=DeleteObjects,status=500", "partial_failure",
     "5 deletions failed", "S3.DeleteObjects", 2, "InternalError", 0, KEYS},
    {"bulk, error in 200 once", BULK, "op=DeleteObjects,error-in-200,count=1", NULL, NULL,
     "S3.DeleteObjects", 1, "InternalError", 0, 0},
    {"bulk, answer cut once", BULK, "op=DeleteObjects,truncate=10,count=1", NULL, NULL,
     "S3.DeleteObjects", 1, "truncated_body", 0, 0},
    {"bulk, answer reset for ever", BULK, "op=DeleteObjects,reset-during", "partial_failure",
     "5 deletions failed", "S3.DeleteObjects", 2, "connection_reset", 0, KEYS},
};

static s3_env env;
static char *big; /* SIZE bytes; the first OBJECT of them are the object of the downloads */
static char folder[64];
static char target[96];

/* ----------------------------------------------------------------- the world */

static void must(cspan_status status, const char *what) {
  if (status != CSPAN_OK) {
    fail_msg("%s failed: %s", what, cspan_status_name(status));
  }
}

static void store(const char *key, const void *data, size_t size) {
  cspan_s3_put_object_input input = {.size = sizeof input,
                                     .bucket = env.bucket,
                                     .key = key,
                                     .body = {.data = data, .size_bytes = (int64_t)size}};
  must(cspan_s3_put_object(env.client, NULL, &input, NULL, NULL), "put");
}

/* Whether the server holds exactly these bytes under the key. */
static bool holds(const char *key, const void *data, size_t size) {
  cspan_s3_get_object_output *output = NULL;
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = env.bucket, .key = key};
  bool same = cspan_s3_get_object(env.client, NULL, &input, &output, NULL) == CSPAN_OK &&
              output->body_size_bytes == (int64_t)size && memcmp(output->body, data, size) == 0;
  cspan_s3_output_free(output);
  return same;
}

static bool exists(const char *key) {
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = env.bucket, .key = key};
  return cspan_s3_head_object(env.client, NULL, &input, NULL, NULL) == CSPAN_OK;
}

static void write_target(const char *text) {
  FILE *file = fopen(target, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

/* The folder holds the target with these bytes, and nothing else. */
static void check_folder(const void *data, size_t size) {
  char *content = malloc(size + 1);
  FILE *file = fopen(target, "r");
  assert_non_null(file);
  assert_int_equal(fread(content, 1, size + 1, file), size);
  assert_memory_equal(content, data, size);
  fclose(file);
  free(content);
  size_t entries = 0;
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
    entries += entry->d_name[0] != '.';
  }
  closedir(dir);
  assert_int_equal(entries, 1);
}

static void add_faults(const char *list) {
  char text[256];
  for (const char *at = list; *at;) {
    size_t len = strcspn(at, ";");
    cspan_error *error = NULL;
    snprintf(text, sizeof text, "%.*s", (int)len, at);
    if (cspan_sandbox_add_fault_text(env.sandbox, text, &error) != CSPAN_OK) {
      fail_msg("fault %s: %s", text, s3_env_error(error));
    }
    at += len + (at[len] == ';');
  }
}

/* --------------------------------------------------------------- the actions */

static cspan_status run_upload(const cspan_context *context, cspan_error **error) {
  cspan_upload_input input = {.size = sizeof input,
                              .bucket = env.bucket,
                              .key = "object",
                              .source = {.data = big, .size_bytes = OBJECT}};
  return cspan_storage_upload(env.storage, context, &input, NULL, error);
}

static cspan_status run_download(const cspan_context *context, cspan_error **error) {
  cspan_download_result result;
  cspan_download_input input = {
      .size = sizeof input, .bucket = env.bucket, .key = "object", .path = target};
  cspan_status status = cspan_storage_download(env.storage, context, &input, &result, error);
  assert_null(result.data);
  return status;
}

static struct {
  size_t len;
  char data[OBJECT];
  int restarts;
} written;

static cspan_status write_it(void *user, const void *data, size_t size) {
  (void)user;
  if (written.len + size > sizeof written.data) {
    return CSPAN_ERR_LIMIT;
  }
  memcpy(written.data + written.len, data, size);
  written.len += size;
  return CSPAN_OK;
}

static cspan_status restart_it(void *user) {
  (void)user;
  written.restarts++;
  written.len = 0;
  return CSPAN_OK;
}

static cspan_status run_write(const cspan_context *context, bool restart, cspan_error **error) {
  cspan_download_result result;
  cspan_download_input input = {.size = sizeof input,
                                .bucket = env.bucket,
                                .key = "object",
                                .write = write_it,
                                .restart = restart ? restart_it : NULL};
  memset(&written, 0, sizeof written);
  cspan_status status = cspan_storage_download(env.storage, context, &input, &result, error);
  if (status == CSPAN_OK) {
    assert_int_equal(written.len, OBJECT);
    assert_memory_equal(written.data, big, OBJECT);
    assert_int_equal(written.restarts, restart);
  }
  return status;
}

static cspan_status run_multipart(const cspan_context *context, int64_t size, cspan_error **error) {
  cspan_upload_input input = {.size = sizeof input,
                              .bucket = env.bucket,
                              .key = "parts",
                              .source = {.data = big, .size_bytes = size}};
  return cspan_storage_multipart_upload(env.storage, context, &input, NULL, error);
}

static const char *const keys[KEYS] = {"key-0", "key-1", "key-2", "key-3", "key-4"};

static cspan_status run_delete(const fault_case *this, const cspan_context *context,
                               cspan_error **error) {
  cspan_batch_delete_result result;
  cspan_batch_delete_input input = {.size = sizeof input,
                                    .bucket = env.bucket,
                                    .keys = keys,
                                    .key_count = KEYS,
                                    .use_delete_objects = this->action == BULK};
  cspan_status status = cspan_storage_batch_delete(env.storage, context, &input, &result, error);
  assert_int_equal(result.error_count, this->failed_keys);
  assert_int_equal(result.success_count, KEYS - this->failed_keys);
  for (size_t i = 0; i < result.error_count; i++) {
    assert_non_null(result.failures[i].error);
    assert_true(i == 0 || result.failures[i].index > result.failures[i - 1].index);
  }
  cspan_batch_delete_result_clear(&result);
  return status;
}

static cspan_status run_action(const fault_case *this, cspan_error **error) {
  cspan_context context = {0};
  if (this->timeout_ms) {
    context = cspan_context_with_timeout(NULL, this->timeout_ms);
  }
  switch (this->action) {
  case UPLOAD:
    return run_upload(&context, error);
  case DOWNLOAD:
    return run_download(&context, error);
  case WRITE:
  case RESTARTED:
    return run_write(&context, this->action == RESTARTED, error);
  case MULTIPART:
  case ONE_PART:
    return run_multipart(&context, this->action == MULTIPART ? SIZE : OBJECT, error);
  default:
    return run_delete(this, &context, error);
  }
}

/* ---------------------------------------------------------------- the checks */

static const char *span_of(fault_action action) {
  static const char *const names[] = {
      "s3.upload_object",    "s3.download_object",  "s3.download_object", "s3.download_object",
      "s3.multipart_upload", "s3.multipart_upload", "s3.batch_delete",    "s3.batch_delete"};
  return names[action];
}

static void check_retries(const cspan_span_list *spans, const fault_case *this) {
  const cspan_span_view *call = get_span(spans, this->call, 0);
  if (call->event_count != this->retries) {
    fail_msg("%s has %zu retries, not %zu", this->call, call->event_count, this->retries);
  }
  for (size_t i = 0; i < this->retries; i++) {
    const cspan_event_view *event = &call->events[i];
    assert_string_equal(event->name, "aws.retry");
    assert_string_equal(
        cspan_attrs_find(event->attributes, event->attribute_count, "error.type")->value.string,
        this->retry_type);
  }
}

/* Of everything below the storage span: one trace, and parents that are there. */
static void check_tree(const cspan_span_list *spans, const cspan_span_view *top) {
  static const uint8_t none[8];
  for (size_t i = 0; i < cspan_span_list_count(spans); i++) {
    const cspan_span_view *span = cspan_span_list_at(spans, i);
    bool found = span == top && memcmp(span->parent_span_id, none, sizeof none) == 0;
    for (size_t j = 0; j < cspan_span_list_count(spans) && !found; j++) {
      const cspan_span_view *other = cspan_span_list_at(spans, j);
      found = memcmp(other->span_id, span->parent_span_id, sizeof other->span_id) == 0;
    }
    if (!found || memcmp(span->trace_id, top->trace_id, sizeof top->trace_id) != 0) {
      fail_msg("%s hangs in the air", span->name);
    }
  }
}

static void check_spans(const fault_case *this) {
  cspan_span_list *spans = cspan_memory_spans(env.memory);
  const cspan_span_view *top = get_span(spans, span_of(this->action), 0);
  check_status(top, this->code ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, this->code ? this->text : "");
  if (this->code) {
    assert_string_equal(
        cspan_attrs_find(top->attributes, top->attribute_count, "error.type")->value.string,
        this->code);
  }
  check_tree(spans, top);
  if (this->call) {
    check_retries(spans, this);
  }
  bool initiated = cspan_attrs_find(top->attributes, top->attribute_count, "s3.upload_id") != NULL;
  if ((this->action == MULTIPART || this->action == ONE_PART) && this->code) {
    assert_int_equal(count_spans(spans, "s3.abort_multipart_upload"), initiated);
  }
  cspan_span_list_free(spans);
}

/* What the world looks like afterwards. */
static void check_world(const fault_case *this) {
  cspan_sandbox_clear_faults(env.sandbox);
  if (this->action == UPLOAD) {
    assert_true(this->code ? !exists("object") : holds("object", big, OBJECT));
  } else if (this->action == DOWNLOAD) {
    check_folder(this->code ? "before" : big, this->code ? 6 : OBJECT);
  } else if (this->action == MULTIPART || this->action == ONE_PART) {
    size_t size = this->action == MULTIPART ? SIZE : OBJECT;
    assert_true(this->code ? !exists("parts") : holds("parts", big, size));
  } else if (this->action == DELETE) {
    int left = 0;
    for (int i = 0; i < KEYS; i++) {
      left += exists(keys[i]);
    }
    assert_int_equal(left, this->failed_keys);
  }
  assert_int_equal(cspan_sandbox_open_uploads(env.sandbox), 0);
}

static void run_case(void **state) {
  const fault_case *this = *state;
  cspan_error *error = NULL;
  if (this->action == DOWNLOAD || this->action == WRITE || this->action == RESTARTED) {
    store("object", big, OBJECT);
  }
  for (int i = 0; (this->action == DELETE || this->action == BULK) && i < KEYS; i++) {
    store(keys[i], "x", 1);
  }
  write_target("before");
  cspan_memory_reset(env.memory);
  add_faults(this->fault);
  cspan_status status = run_action(this, &error);
  if ((status == CSPAN_OK) != (this->code == NULL) ||
      strcmp(cspan_error_code(error), this->code ? this->code : "") != 0) {
    fail_msg("%s: the outcome is %s", this->name, s3_env_error(error));
  }
  assert_true(!this->code || strlen(cspan_error_message(error)) > 10);
  cspan_error_free(error);
  check_spans(this);
  check_world(this);
}

static int set_up(void **state) {
  (void)state;
  s3_env_options options = {.sandbox_only = true,
                            .max_attempts = 3,
                            .checksums = CSPAN_CHECKSUM_WHEN_SUPPORTED,
                            .storage = {.part_size_bytes = PART}};
  s3_env_open(&env, &options);
  snprintf(folder, sizeof folder, "/tmp/cloudspan-faults-XXXXXX");
  if (!mkdtemp(folder)) {
    return 1;
  }
  snprintf(target, sizeof target, "%s/target", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(target);
  rmdir(folder);
  s3_env_close(&env);
  return 0;
}

int main(void) {
  enum { CASES = sizeof cases / sizeof cases[0] };
  static struct CMUnitTest tests[CASES];
  for (size_t i = 0; i < CASES; i++) {
    tests[i] = (struct CMUnitTest){.name = cases[i].name,
                                   .test_func = run_case,
                                   .setup_func = set_up,
                                   .teardown_func = tear_down,
                                   .initial_state = (void *)(uintptr_t)&cases[i]};
  }
  big = malloc(SIZE);
  s3_env_fill(big, SIZE, 4);
  int failed = cmocka_run_group_tests_name("faults", tests, NULL, NULL);
  free(big);
  return failed;
}
