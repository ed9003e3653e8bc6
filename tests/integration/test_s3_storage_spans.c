/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of the storage layer: names, kinds, attributes with their types, parents and
 * statuses, of what goes well and of each failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/s3_env.h"
#include "support/span_check.h"

enum { PART = 5 * 1024 * 1024, SIZE = 2 * PART + 100 };

static s3_env env;
static char *big; /* SIZE bytes */
static cspan_span_list *spans;

static void fault(const char *text) {
  cspan_error *error = NULL;
  if (cspan_sandbox_add_fault_text(env.sandbox, text, &error) != CSPAN_OK) {
    fail_msg("fault %s: %s", text, s3_env_error(error));
  }
}

static void take_spans(void) {
  cspan_span_list_free(spans);
  spans = cspan_memory_spans(env.memory);
  assert_non_null(spans);
}

static int before_each(void **state) {
  (void)state;
  cspan_sandbox_clear_faults(env.sandbox);
  cspan_memory_reset(env.memory);
  return 0;
}

static cspan_upload_input upload_of(const char *key, cspan_body source) {
  return (cspan_upload_input){
      .size = sizeof(cspan_upload_input), .bucket = env.bucket, .key = key, .source = source};
}

/* Ok, or Error with that text, error.type and the exception recorded. */
static void check_outcome(const cspan_span_view *span, const char *text, const char *error_type) {
  assert_string_equal(span->scope_name, "cloudspan/s3");
  assert_string_equal(span->scope_version, CSPAN_VERSION);
  if (!text) {
    check_status(span, CSPAN_SPAN_OK, "");
    assert_int_equal(span->event_count, 0);
    return;
  }
  check_status(span, CSPAN_SPAN_ERROR, text);
  assert_int_equal(span->event_count, 1);
  const want_attr want[] = {
      WANT_STRING("exception.type", error_type),
      WANT_ANY("exception.message", CSPAN_ATTR_STRING),
  };
  assert_string_equal(span->events[0].name, "exception");
  CHECK_EVENT_ATTRS(&span->events[0], want);
  const cspan_attr *type = cspan_attrs_find(span->attributes, span->attribute_count, "error.type");
  assert_non_null(type);
  assert_string_equal(type->value.string, error_type);
}

/* ------------------------------------------------------------------- upload */

static void upload(void **state) {
  (void)state;
  cspan_tracer *tracer = cspan_tracer_get(env.provider, "test", NULL, NULL);
  cspan_span root = cspan_span_start(tracer, NULL, "root", NULL);
  cspan_context context = cspan_context_with_span(NULL, root);
  cspan_upload_input input = upload_of("up", (cspan_body){.data = "hello", .size_bytes = 5});
  cspan_upload_result result;
  assert_int_equal(cspan_storage_upload(env.storage, &context, &input, &result, NULL), CSPAN_OK);
  cspan_span_end(root);
  take_spans();
  assert_int_equal(cspan_span_list_count(spans), 3);
  const cspan_span_view *span = get_span(spans, "s3.upload_object", 0);
  const want_attr want[] = {
      WANT_STRING("s3.bucket", env.bucket),
      WANT_STRING("s3.key", "up"),
      WANT_INT("s3.object.size_bytes", 5),
      WANT_STRING("s3.etag", "\"5d41402abc4b2a76b9719d911017c592\""),
      WANT_ANY("s3.upload.duration_ms", CSPAN_ATTR_INT64),
      WANT_ANY("s3.upload.throughput_mbps", CSPAN_ATTR_DOUBLE),
  };
  CHECK_SPAN_ATTRS(span, want);
  check_outcome(span, NULL, NULL);
  assert_int_equal(span->kind, CSPAN_SPAN_CLIENT);
  check_parent(span, get_span(spans, "root", 0));
  check_parent(get_span(spans, "S3.PutObject", 0), span);
}

/* Without a context, the thread's current span is the parent. */
static void upload_under_the_current_span(void **state) {
  (void)state;
  cspan_tracer *tracer = cspan_tracer_get(env.provider, "test", NULL, NULL);
  cspan_span root = cspan_span_start(tracer, NULL, "root", NULL);
  cspan_span before = cspan_span_make_current(root);
  cspan_upload_input input = upload_of("up", (cspan_body){.data = "hello", .size_bytes = 5});
  assert_int_equal(cspan_storage_upload(env.storage, NULL, &input, NULL, NULL), CSPAN_OK);
  cspan_span_make_current(before);
  cspan_span_end(root);
  take_spans();
  check_parent(get_span(spans, "s3.upload_object", 0), get_span(spans, "root", 0));
}

typedef struct feed {
  size_t left;
  size_t fail_at; /* when so much is left; SIZE_MAX: never */
} feed;

static ptrdiff_t read_feed(void *user, void *buffer, size_t capacity) {
  feed *self = user;
  if (self->left <= self->fail_at && self->fail_at != SIZE_MAX) {
    return -1;
  }
  size_t n = self->left < capacity ? self->left : capacity;
  memset(buffer, 'f', n);
  self->left -= n;
  return (ptrdiff_t)n;
}

static void upload_of_unknown_size(void **state) {
  (void)state;
  feed source = {.left = 100000, .fail_at = SIZE_MAX};
  cspan_upload_input input =
      upload_of("feed", (cspan_body){.read = read_feed, .user = &source, .size_bytes = -1});
  cspan_upload_result result;
  assert_int_equal(cspan_storage_upload(env.storage, NULL, &input, &result, NULL), CSPAN_OK);
  assert_int_equal(result.size_bytes, 100000);
  take_spans();
  assert_int_equal(get_int(get_span(spans, "s3.upload_object", 0), "s3.object.size_bytes"), 100000);
}

static void upload_too_large_to_buffer(void **state) {
  (void)state;
  cspan_error *error = NULL;
  feed source = {.left = (size_t)64 * 1024 * 1024 + 1, .fail_at = SIZE_MAX};
  cspan_upload_input input =
      upload_of("feed", (cspan_body){.read = read_feed, .user = &source, .size_bytes = -1});
  assert_int_equal(cspan_storage_upload(env.storage, NULL, &input, NULL, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "cspan_storage_multipart_upload"));
  cspan_error_free(error);
  take_spans();
  check_outcome(get_span(spans, "s3.upload_object", 0), "upload failed", "limit");
  assert_int_equal(count_spans(spans, "S3.PutObject"), 0);
}

static bool say_no(void *user, int64_t moved, int64_t total) {
  (void)user;
  (void)moved;
  (void)total;
  return false;
}

static void failing_uploads(void **state) {
  (void)state;
  feed broken = {.left = 100, .fail_at = 50};
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_cancel_trigger(cancel);
  cspan_context cancelled = {.cancel = cancel};
  cspan_context late = {.deadline_ns = 1};
  const cspan_body body = {.data = "hello", .size_bytes = 5};
  const struct {
    const char *bucket;
    cspan_body source;
    cspan_progress_fn progress;
    const char *fault;
    const cspan_context *context;
    cspan_status status;
    const char *error_type;
  } table[] = {
      {"cspan-no-bucket", body, NULL, NULL, NULL, CSPAN_ERR_SERVICE, "NoSuchBucket"},
      {env.bucket, body, NULL, "op=PutObject,status=403", NULL, CSPAN_ERR_SERVICE, "AccessDenied"},
      {env.bucket, body, NULL, NULL, &cancelled, CSPAN_ERR_CANCELLED, "cancelled"},
      {env.bucket, body, NULL, NULL, &late, CSPAN_ERR_TIMEOUT, "timeout"},
      {env.bucket, body, say_no, NULL, NULL, CSPAN_ERR_CANCELLED, "cancelled"},
      {env.bucket,
       {.read = read_feed, .user = &broken, .size_bytes = -1},
       NULL,
       NULL,
       NULL,
       CSPAN_ERR_IO,
       "io_error"},
      {env.bucket, {.path = "/nonexistent"}, NULL, NULL, NULL, CSPAN_ERR_IO, "io_error"},
      {"", body, NULL, NULL, NULL, CSPAN_ERR_INVALID, "invalid_argument"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    before_each(NULL);
    if (table[i].fault) {
      fault(table[i].fault);
    }
    cspan_error *error = NULL;
    cspan_upload_input input = upload_of("up", table[i].source);
    input.bucket = table[i].bucket;
    input.progress = table[i].progress;
    cspan_status status = cspan_storage_upload(env.storage, table[i].context, &input, NULL, &error);
    if (status != table[i].status) {
      fail_msg("row %zu: %s", i, s3_env_error(error));
    }
    assert_string_equal(cspan_error_code(error), table[i].error_type);
    cspan_error_free(error);
    take_spans();
    check_outcome(get_span(spans, "s3.upload_object", 0), "upload failed", table[i].error_type);
  }
  cspan_cancel_free(cancel);
}

/* ----------------------------------------------------------------- download */

static void store(const char *key, const char *text) {
  cspan_s3_put_object_input input = {.size = sizeof input,
                                     .bucket = env.bucket,
                                     .key = key,
                                     .content_type = "text/plain",
                                     .body = {.data = text, .size_bytes = (int64_t)strlen(text)}};
  assert_int_equal(cspan_s3_put_object(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
  cspan_memory_reset(env.memory);
}

static void download(void **state) {
  (void)state;
  store("down", "hello");
  cspan_download_result result;
  cspan_download_input input = {.size = sizeof input, .bucket = env.bucket, .key = "down"};
  assert_int_equal(cspan_storage_download(env.storage, NULL, &input, &result, NULL), CSPAN_OK);
  assert_string_equal(result.data, "hello");
  assert_string_equal(result.content_type, "text/plain");
  cspan_free(result.data);
  take_spans();
  const cspan_span_view *span = get_span(spans, "s3.download_object", 0);
  const want_attr want[] = {
      WANT_STRING("s3.bucket", env.bucket),
      WANT_STRING("s3.key", "down"),
      WANT_STRING("s3.content_type", "text/plain"),
      WANT_INT("s3.content_length", 5),
      WANT_STRING("s3.etag", "\"5d41402abc4b2a76b9719d911017c592\""),
      WANT_INT("s3.bytes_read", 5),
      WANT_ANY("s3.download.duration_ms", CSPAN_ATTR_INT64),
      WANT_ANY("s3.download.throughput_mbps", CSPAN_ATTR_DOUBLE),
  };
  CHECK_SPAN_ATTRS(span, want);
  check_outcome(span, NULL, NULL);
  assert_int_equal(span->kind, CSPAN_SPAN_CLIENT);
  check_parent(get_span(spans, "S3.GetObject", 0), span);
}

static cspan_status refuse(void *user, const void *data, size_t size) {
  (void)user;
  (void)data;
  (void)size;
  return CSPAN_ERR_IO;
}

static void failing_downloads(void **state) {
  (void)state;
  static const struct {
    const char *key;
    const char *fault;
    size_t max_bytes;
    cspan_status (*write)(void *user, const void *data, size_t size);
    cspan_progress_fn progress;
    const char *text;
    const char *error_type;
    bool got_head; /* the attributes of the response are there */
  } table[] = {
      {"missing", NULL, 0, NULL, NULL, "download failed", "NoSuchKey", false},
      {"down", "op=GetObject,status=403", 0, NULL, NULL, "download failed", "AccessDenied", false},
      {"down", "op=GetObject,truncate=3", 0, NULL, NULL, "read failed", "truncated_body", true},
      {"down", NULL, 4, NULL, NULL, "read failed", "limit", true},
      {"down", NULL, 0, refuse, NULL, "read failed", "io_error", true},
      {"down", NULL, 0, NULL, say_no, "read failed", "cancelled", true},
  };
  store("down", "hello");
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    before_each(NULL);
    if (table[i].fault) {
      fault(table[i].fault);
    }
    cspan_error *error = NULL;
    cspan_download_result result;
    cspan_download_input input = {.size = sizeof input,
                                  .bucket = env.bucket,
                                  .key = table[i].key,
                                  .max_bytes = table[i].max_bytes,
                                  .write = table[i].write,
                                  .progress = table[i].progress};
    cspan_status status = cspan_storage_download(env.storage, NULL, &input, &result, &error);
    assert_int_not_equal(status, CSPAN_OK);
    assert_null(result.data);
    if (strcmp(cspan_error_code(error), table[i].error_type) != 0) {
      fail_msg("row %zu: %s", i, s3_env_error(error));
    }
    cspan_error_free(error);
    take_spans();
    const cspan_span_view *span = get_span(spans, "s3.download_object", 0);
    check_outcome(span, table[i].text, table[i].error_type);
    bool head = cspan_attrs_find(span->attributes, span->attribute_count, "s3.etag") != NULL;
    assert_int_equal(head, table[i].got_head);
  }
}

/* ---------------------------------------------------------------- multipart */

static void check_part(size_t n, const cspan_span_view *parent, int64_t size) {
  const cspan_span_view *span = NULL;
  for (size_t i = 0; !span; i++) {
    const cspan_span_view *at = get_span(spans, "s3.upload_part", i);
    span = get_int(at, "s3.part_number") == (int64_t)n ? at : NULL;
  }
  const want_attr want[] = {
      WANT_INT("s3.part_number", (int64_t)n),
      WANT_ANY("s3.upload_id", CSPAN_ATTR_STRING),
      WANT_INT("s3.part.size_bytes", size),
      WANT_ANY("s3.part.etag", CSPAN_ATTR_STRING),
  };
  CHECK_SPAN_ATTRS(span, want);
  check_outcome(span, NULL, NULL);
  assert_int_equal(span->kind, CSPAN_SPAN_INTERNAL);
  check_parent(span, parent);
  for (size_t i = 0;; i++) { /* its call is its child, whatever else was in flight */
    const cspan_span_view *call = get_span(spans, "S3.UploadPart", i);
    if (get_int(call, "aws.s3.part_number") == (int64_t)n) {
      check_parent(call, span);
      return;
    }
  }
}

static void multipart(void **state) {
  (void)state;
  cspan_upload_input input = upload_of("parts", (cspan_body){.data = big, .size_bytes = SIZE});
  cspan_upload_result result;
  assert_int_equal(cspan_storage_multipart_upload(env.storage, NULL, &input, &result, NULL),
                   CSPAN_OK);
  take_spans();
  const cspan_span_view *span = get_span(spans, "s3.multipart_upload", 0);
  const want_attr want[] = {
      WANT_STRING("s3.bucket", env.bucket),           WANT_STRING("s3.key", "parts"),
      WANT_INT("s3.object.size_bytes", SIZE),         WANT_INT("s3.multipart.total_parts", 3),
      WANT_INT("s3.multipart.part_size_bytes", PART), WANT_ANY("s3.upload_id", CSPAN_ATTR_STRING),
      WANT_INT("s3.multipart.completed_parts", 3),
  };
  CHECK_SPAN_ATTRS(span, want);
  check_outcome(span, NULL, NULL);
  assert_int_equal(span->kind, CSPAN_SPAN_INTERNAL);
  check_parent(get_span(spans, "S3.CreateMultipartUpload", 0), span);
  check_parent(get_span(spans, "S3.CompleteMultipartUpload", 0), span);
  check_part(1, span, PART);
  check_part(2, span, PART);
  check_part(3, span, 100);
  assert_int_equal(cspan_span_list_count(spans), 9);
}

static void multipart_of_unknown_size(void **state) {
  (void)state;
  static const struct {
    size_t size;
    int64_t parts;
  } table[] = {{0, 1}, {10, 1}, {PART, 1}, {PART + 1, 2}, {2 * PART, 2}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    before_each(NULL);
    feed source = {.left = table[i].size, .fail_at = SIZE_MAX};
    cspan_upload_input input =
        upload_of("feed", (cspan_body){.read = read_feed, .user = &source, .size_bytes = -1});
    cspan_upload_result result;
    assert_int_equal(cspan_storage_multipart_upload(env.storage, NULL, &input, &result, NULL),
                     CSPAN_OK);
    assert_int_equal(result.size_bytes, table[i].size);
    assert_int_equal(result.part_count, table[i].parts);
    take_spans();
    const cspan_span_view *span = get_span(spans, "s3.multipart_upload", 0);
    assert_int_equal(get_int(span, "s3.object.size_bytes"), table[i].size);
    assert_int_equal(get_int(span, "s3.multipart.total_parts"), table[i].parts);
    assert_int_equal(count_spans(spans, "s3.upload_part"), table[i].parts);
  }
}

static void empty_multipart(void **state) {
  (void)state;
  cspan_upload_input input = upload_of("empty", (cspan_body){0});
  cspan_upload_result result;
  assert_int_equal(cspan_storage_multipart_upload(env.storage, NULL, &input, &result, NULL),
                   CSPAN_OK);
  assert_int_equal(result.part_count, 1);
  take_spans();
  const cspan_span_view *span = get_span(spans, "s3.multipart_upload", 0);
  assert_int_equal(get_int(span, "s3.multipart.total_parts"), 1);
  assert_int_equal(get_int(get_span(spans, "s3.upload_part", 0), "s3.part.size_bytes"), 0);
}

/* The part whose span has an error that is not only the consequence of another's. */
static const cspan_span_view *failed_part(const char *text) {
  const cspan_span_view *span = NULL;
  for (size_t i = 0; (span = cspan_span_list_find(spans, "s3.upload_part", i)); i++) {
    if (span->status_message && strcmp(span->status_message, text) == 0 &&
        strcmp(
            cspan_attrs_find(span->attributes, span->attribute_count, "error.type")->value.string,
            "cancelled") != 0) {
      return span;
    }
  }
  return NULL;
}

typedef struct failing_multipart {
  const char *fault;
  size_t fail_at; /* of the source; SIZE_MAX: it is whole */
  int64_t size;   /* as told; -1: unknown */
  const char *text;
  const char *error_type;
  const char *part_text; /* NULL: no part failed by itself */
  bool initiated;
} failing_multipart;

static const failing_multipart failing_multiparts[] = {
    {"op=CreateMultipartUpload,status=403", SIZE_MAX, SIZE, "failed to initiate multipart upload",
     "AccessDenied", NULL, false},
    {"op=UploadPart,part=2,status=403", SIZE_MAX, SIZE, "failed to upload part 2", "AccessDenied",
     "upload part failed", true},
    {"op=CompleteMultipartUpload,status=403", SIZE_MAX, SIZE, "failed to complete multipart upload",
     "AccessDenied", NULL, true},
    {NULL, SIZE - PART, SIZE, "failed to upload part 2", "io_error", "failed to read part data",
     true},
    {NULL, SIZE - PART, -1, "failed to upload part 2", "io_error", "failed to read part data",
     true},
    {NULL, SIZE_MAX, SIZE + 1, "failed to upload part 3", "io_error", "failed to read part data",
     true},
};

static void failing_multipart_uploads(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof failing_multiparts / sizeof failing_multiparts[0]; i++) {
    const failing_multipart *row = &failing_multiparts[i];
    before_each(NULL);
    if (row->fault) {
      fault(row->fault);
    }
    cspan_error *error = NULL;
    feed source = {.left = SIZE, .fail_at = row->fail_at};
    cspan_upload_input input = upload_of(
        "broken", (cspan_body){.read = read_feed, .user = &source, .size_bytes = row->size});
    cspan_upload_result result;
    assert_int_not_equal(cspan_storage_multipart_upload(env.storage, NULL, &input, &result, &error),
                         CSPAN_OK);
    if (strcmp(cspan_error_code(error), row->error_type) != 0) {
      fail_msg("row %zu: %s", i, s3_env_error(error));
    }
    cspan_error_free(error);
    assert_int_equal(cspan_sandbox_open_uploads(env.sandbox), 0);
    take_spans();
    const cspan_span_view *span = get_span(spans, "s3.multipart_upload", 0);
    check_outcome(span, row->text, row->error_type);
    assert_int_equal(count_spans(spans, "s3.abort_multipart_upload"), row->initiated);
    if (row->initiated) {
      const cspan_span_view *abort = get_span(spans, "s3.abort_multipart_upload", 0);
      const want_attr want[] = {
          WANT_STRING("s3.bucket", env.bucket),
          WANT_STRING("s3.key", "broken"),
          WANT_ANY("s3.upload_id", CSPAN_ATTR_STRING),
      };
      CHECK_SPAN_ATTRS(abort, want);
      check_status(abort, CSPAN_SPAN_UNSET, "");
      assert_int_equal(abort->kind, CSPAN_SPAN_INTERNAL);
      check_parent(abort, span);
      check_parent(get_span(spans, "S3.AbortMultipartUpload", 0), abort);
    }
    if (row->part_text) {
      const cspan_span_view *part = failed_part(row->part_text);
      assert_non_null(part);
      check_outcome(part, row->part_text, row->error_type);
      check_parent(part, span);
    }
  }
}

/* The file loses its end while it is uploaded. */
static bool truncate_it(void *user, int64_t moved, int64_t total) {
  (void)moved;
  (void)total;
  return truncate(user, PART) == 0;
}

static void file_truncated_on_the_way(void **state) {
  (void)state;
  char path[] = "/tmp/cloudspan-spans-XXXXXX";
  int fd = mkstemp(path);
  assert_int_equal(write(fd, big, SIZE), SIZE);
  close(fd);
  cspan_storage_options options = {.size = sizeof options,
                                   .provider = env.provider,
                                   .part_size_bytes = PART,
                                   .max_in_flight = 1};
  cspan_storage *storage = NULL;
  assert_int_equal(cspan_storage_create(env.client, &options, &storage, NULL), CSPAN_OK);
  cspan_error *error = NULL;
  cspan_upload_input input = upload_of("cut", (cspan_body){.path = path});
  input.progress = truncate_it;
  input.progress_user = path;
  assert_int_not_equal(cspan_storage_multipart_upload(storage, NULL, &input, NULL, &error),
                       CSPAN_OK);
  assert_non_null(strstr(cspan_error_message(error), path));
  take_spans();
  check_outcome(get_span(spans, "s3.multipart_upload", 0), "failed to upload part 2",
                cspan_error_code(error));
  check_outcome(get_span(spans, "s3.upload_part", 1), "failed to read part data",
                cspan_error_code(error));
  assert_int_equal(cspan_sandbox_open_uploads(env.sandbox), 0);
  cspan_error_free(error);
  cspan_storage_free(storage);
  unlink(path);
}

static void abort_that_fails(void **state) {
  (void)state;
  cspan_error *error = NULL;
  fault("op=UploadPart,status=403");
  fault("op=AbortMultipartUpload,status=403");
  cspan_upload_input input = upload_of("left", (cspan_body){.data = "x", .size_bytes = 1});
  assert_int_equal(cspan_storage_multipart_upload(env.storage, NULL, &input, NULL, &error),
                   CSPAN_ERR_SERVICE);
  assert_non_null(strstr(cspan_error_message(error), "could not be aborted"));
  cspan_error_free(error);
  take_spans();
  check_outcome(get_span(spans, "s3.abort_multipart_upload", 0), "abort failed", "AccessDenied");
  assert_int_equal(cspan_sandbox_open_uploads(env.sandbox), 1);
  /* Not for the tests that follow. */
  cspan_sandbox_clear_faults(env.sandbox);
  cspan_s3_abort_multipart_upload_input abort = {
      .size = sizeof abort,
      .bucket = env.bucket,
      .key = "left",
      .upload_id = cspan_attrs_find(get_span(spans, "s3.multipart_upload", 0)->attributes,
                                    get_span(spans, "s3.multipart_upload", 0)->attribute_count,
                                    "s3.upload_id")
                       ->value.string};
  assert_int_equal(cspan_s3_abort_multipart_upload(env.client, NULL, &abort, NULL), CSPAN_OK);
}

/* ------------------------------------------------------------------- cancel */

typedef struct canceller {
  cspan_cancel *cancel;
  int after; /* parts */
} canceller;

static bool cancel_later(void *user, int64_t moved, int64_t total) {
  canceller *self = user;
  (void)moved;
  (void)total;
  if (--self->after == 0) {
    cspan_cancel_trigger(self->cancel);
  }
  return true;
}

/* The upload is aborted although the context it came with is cancelled. */
static void multipart_cancelled(void **state) {
  (void)state;
  for (int by_progress = 0; by_progress < 2; by_progress++) {
    before_each(NULL);
    fault("op=UploadPart,part=3,slow=1000");
    cspan_error *error = NULL;
    canceller self = {.cancel = cspan_cancel_create(), .after = 1};
    cspan_context context = {.cancel = self.cancel};
    cspan_upload_input input =
        upload_of("cancelled", (cspan_body){.data = big, .size_bytes = SIZE});
    input.progress = by_progress ? say_no : cancel_later;
    input.progress_user = &self;
    assert_int_equal(cspan_storage_multipart_upload(env.storage, &context, &input, NULL, &error),
                     CSPAN_ERR_CANCELLED);
    assert_string_equal(cspan_error_code(error), "cancelled");
    cspan_error_free(error);
    take_spans();
    const cspan_span_view *span = get_span(spans, "s3.multipart_upload", 0);
    assert_int_equal(span->status, CSPAN_SPAN_ERROR);
    check_parent(get_span(spans, "s3.abort_multipart_upload", 0), span);
    assert_int_equal(cspan_sandbox_open_uploads(env.sandbox), 0);
    cspan_cancel_free(self.cancel);
  }
}

/* ------------------------------------------------------------- batch delete */

static void check_batch(const cspan_span_view *span, int64_t total, int64_t failed) {
  const want_attr want[] = {
      WANT_STRING("s3.bucket", env.bucket),
      WANT_INT("s3.batch.total_objects", total),
      WANT_INT("s3.batch.success_count", total - failed),
      WANT_INT("s3.batch.error_count", failed),
      {"error.type", CSPAN_ATTR_STRING, false, failed == 0, "partial_failure", 0},
  };
  CHECK_SPAN_ATTRS(span, want);
  assert_int_equal(span->kind, CSPAN_SPAN_INTERNAL);
  char text[48];
  snprintf(text, sizeof text, "%d deletions failed", (int)failed);
  check_status(span, failed ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, failed ? text : "");
}

enum { KEYS = 20 };
static char names[KEYS][16];
static const char *keys[KEYS];

static cspan_batch_delete_input batch_of(bool bulk) {
  for (int i = 0; i < KEYS; i++) {
    snprintf(names[i], sizeof names[i], "key-%02d", i);
    keys[i] = names[i];
  }
  return (cspan_batch_delete_input){.size = sizeof(cspan_batch_delete_input),
                                    .bucket = env.bucket,
                                    .keys = keys,
                                    .key_count = KEYS,
                                    .use_delete_objects = bulk};
}

static void batch_delete(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_batch_delete_result result;
  cspan_batch_delete_input input = batch_of(false);
  fault("op=DeleteObject,key=key-07,status=403");
  assert_int_equal(cspan_storage_batch_delete(env.storage, NULL, &input, &result, &error),
                   CSPAN_ERR_PARTIAL);
  assert_non_null(strstr(cspan_error_message(error), "1 of 20"));
  assert_non_null(strstr(cspan_error_message(error), "key-07"));
  cspan_error_free(error);
  assert_int_equal(result.success_count, 19);
  assert_int_equal(result.error_count, 1);
  assert_int_equal(result.failures[0].index, 7);
  assert_string_equal(cspan_error_code(result.failures[0].error), "AccessDenied");
  cspan_batch_delete_result_clear(&result);
  take_spans();
  const cspan_span_view *batch = get_span(spans, "s3.batch_delete", 0);
  check_batch(batch, KEYS, 1);
  assert_int_equal(count_spans(spans, "s3.delete_object"), KEYS);
  for (size_t i = 0; i < KEYS; i++) {
    const cspan_span_view *item = get_span(spans, "s3.delete_object", i);
    const cspan_attr *key = cspan_attrs_find(item->attributes, item->attribute_count, "s3.key");
    bool denied = strcmp(key->value.string, "key-07") == 0;
    const want_attr want[] = {
        WANT_STRING("s3.bucket", env.bucket),
        WANT_ANY("s3.key", CSPAN_ATTR_STRING),
        {"error.type", CSPAN_ATTR_STRING, false, !denied, "AccessDenied", 0},
    };
    CHECK_SPAN_ATTRS(item, want);
    check_outcome(item, denied ? "delete failed" : NULL, "AccessDenied");
    assert_int_equal(item->kind, CSPAN_SPAN_CLIENT);
    check_parent(item, batch);
  }
  for (size_t i = 0; i < KEYS; i++) { /* each call under the item of the same key */
    const cspan_span_view *call = get_span(spans, "S3.DeleteObject", i);
    const cspan_span_view *item = NULL;
    const char *key =
        cspan_attrs_find(call->attributes, call->attribute_count, "aws.s3.key")->value.string;
    for (size_t j = 0; j < KEYS && !item; j++) {
      const cspan_span_view *at = get_span(spans, "s3.delete_object", j);
      const cspan_attr *its = cspan_attrs_find(at->attributes, at->attribute_count, "s3.key");
      item = strcmp(its->value.string, key) == 0 ? at : NULL;
    }
    assert_non_null(item);
    check_parent(call, item);
  }
}

static void batch_delete_in_bulk(void **state) {
  (void)state;
  cspan_batch_delete_result result;
  cspan_batch_delete_input input = batch_of(true);
  keys[3] = "";
  assert_int_equal(cspan_storage_batch_delete(env.storage, NULL, &input, &result, NULL),
                   CSPAN_ERR_PARTIAL);
  assert_int_equal(result.success_count, 19);
  assert_int_equal(result.error_count, 1);
  assert_int_equal(result.failures[0].index, 3);
  assert_string_equal(cspan_error_code(result.failures[0].error), "invalid_argument");
  cspan_batch_delete_result_clear(&result);
  take_spans();
  const cspan_span_view *batch = get_span(spans, "s3.batch_delete", 0);
  check_batch(batch, KEYS, 1);
  assert_int_equal(count_spans(spans, "s3.delete_object"), 0);
  check_parent(get_span(spans, "S3.DeleteObjects", 0), batch);
  /* The call as a whole fails: every key does. */
  before_each(NULL);
  fault("op=DeleteObjects,status=403");
  input = batch_of(true);
  assert_int_equal(cspan_storage_batch_delete(env.storage, NULL, &input, &result, NULL),
                   CSPAN_ERR_PARTIAL);
  assert_int_equal(result.error_count, KEYS);
  assert_string_equal(cspan_error_code(result.failures[19].error), "AccessDenied");
  cspan_batch_delete_result_clear(&result);
}

static void batch_delete_cancelled(void **state) {
  (void)state;
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_cancel_trigger(cancel);
  cspan_context context = {.cancel = cancel};
  cspan_batch_delete_result result;
  cspan_batch_delete_input input = batch_of(false);
  assert_int_equal(cspan_storage_batch_delete(env.storage, &context, &input, &result, NULL),
                   CSPAN_ERR_PARTIAL);
  assert_int_equal(result.error_count, KEYS);
  assert_string_equal(cspan_error_code(result.failures[0].error), "cancelled");
  cspan_batch_delete_result_clear(&result);
  cspan_cancel_free(cancel);
}

static int open_env(void **state) {
  (void)state;
  s3_env_options options = {
      .sandbox_only = true, .max_attempts = 1, .storage = {.part_size_bytes = PART}};
  s3_env_open(&env, &options);
  big = malloc(SIZE);
  s3_env_fill(big, SIZE, 3);
  return 0;
}

static int close_env(void **state) {
  (void)state;
  cspan_span_list_free(spans);
  free(big);
  s3_env_close(&env);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(upload, before_each),
      cmocka_unit_test_setup(upload_under_the_current_span, before_each),
      cmocka_unit_test_setup(upload_of_unknown_size, before_each),
      cmocka_unit_test_setup(upload_too_large_to_buffer, before_each),
      cmocka_unit_test_setup(failing_uploads, before_each),
      cmocka_unit_test_setup(download, before_each),
      cmocka_unit_test_setup(failing_downloads, before_each),
      cmocka_unit_test_setup(multipart, before_each),
      cmocka_unit_test_setup(multipart_of_unknown_size, before_each),
      cmocka_unit_test_setup(empty_multipart, before_each),
      cmocka_unit_test_setup(failing_multipart_uploads, before_each),
      cmocka_unit_test_setup(file_truncated_on_the_way, before_each),
      cmocka_unit_test_setup(abort_that_fails, before_each),
      cmocka_unit_test_setup(multipart_cancelled, before_each),
      cmocka_unit_test_setup(batch_delete, before_each),
      cmocka_unit_test_setup(batch_delete_in_bulk, before_each),
      cmocka_unit_test_setup(batch_delete_cancelled, before_each),
  };
  return cmocka_run_group_tests_name("storage spans", tests, open_env, close_env);
}
