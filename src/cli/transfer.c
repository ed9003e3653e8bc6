/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "cli/progress.h"
#include "cli/stream.h"
#include "cli/text.h"

/* What a report says of a transfer that worked. */
typedef struct outcome {
  const char *operation;
  const char *source;
  const char *destination;
  int64_t size_bytes; /* -1: not known */
  const char *etag;
  bool silent; /* the standard output carries the data */
} outcome;

static void report_json(const outcome *o, const cspan_error *error) {
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "operation", o->operation);
  cspan_cli_json_text(&json, "source", o->source);
  cspan_cli_json_text(&json, "destination", o->destination);
  if (error) {
    cspan_cli_json_error(&json, error);
  } else {
    if (o->size_bytes >= 0) {
      cspan_cli_json_int(&json, "size_bytes", o->size_bytes);
    }
    cspan_cli_json_text(&json, "etag", o->etag && o->etag[0] ? o->etag : NULL);
  }
  (void)cspan_cli_json_end(&json, stdout);
}

static void report_done(const outcome *o) {
  char size[16];
  (void)printf("%s: ", o->operation);
  cspan_cli_put_text(stdout, o->source);
  (void)fputs(" -> ", stdout);
  cspan_cli_put_text(stdout, o->destination);
  if (o->size_bytes >= 0) {
    cspan_cli_format_size(o->size_bytes, size);
    (void)printf(" (%s)", size);
  }
  (void)putchar('\n');
  (void)fflush(stdout);
}

/* Frees `error`. Of an item among several, an odd name or the like is no wrong command line. */
static void count_failure(cspan_cli_transfer *transfer, cspan_error *error) {
  bool is_item = transfer->values->recursive && cspan_error_status(error) == CSPAN_ERR_INVALID;
  int code = cspan_cli_session_fail(transfer->session, error);
  if (is_item || (transfer->failed && transfer->code != code)) {
    code = CSPAN_EXIT_FAILED;
  }
  transfer->code = code;
  transfer->failed++;
}

/* Frees `error`. */
static bool report(cspan_cli_transfer *transfer, const outcome *o, cspan_error *error) {
  const cspan_cli_globals *globals = transfer->session->run->globals;
  if (globals->json && !o->silent) {
    report_json(o, error);
  }
  if (error) {
    cspan_error_prefix(error, "%s of %s to %s failed", o->operation, o->source, o->destination);
    count_failure(transfer, error);
    return false;
  }
  transfer->done++;
  if (!globals->json && !globals->quiet && !o->silent) {
    report_done(o);
  }
  return true;
}

static void report_failed(cspan_cli_transfer *transfer, const char *operation, const char *source,
                          const char *destination, cspan_error *error) {
  outcome o = {.operation = operation, .source = source, .destination = destination};
  (void)report(transfer, &o, error);
}

void cspan_cli_upload_failed(cspan_cli_transfer *transfer, const char *source, const char *bucket,
                             const char *key, cspan_error *error) {
  char *uri = cspan_asprintf("s3://%s/%s", bucket, key);
  report_failed(transfer, "upload", source, uri ? uri : key, error);
  cspan_free(uri);
}

void cspan_cli_fetch_failed(cspan_cli_transfer *transfer, const char *operation, const char *bucket,
                            const char *key, const char *destination, cspan_error *error) {
  char *uri = cspan_asprintf("s3://%s/%s", bucket, key);
  report_failed(transfer, operation, uri ? uri : key, destination, error);
  cspan_free(uri);
}

static bool wants_progress(const cspan_cli_transfer *transfer) {
  const cspan_cli_globals *globals = transfer->session->run->globals;
  return !globals->quiet && !globals->json && !transfer->values->no_progress;
}

/* "s3://bucket/key"; free it with cspan_free(). NULL: `error` is set. */
static char *uri_text(const char *bucket, const char *key, cspan_error **error) {
  char *text = cspan_asprintf("s3://%s/%s", bucket, key);
  if (!text) {
    (void)cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  return text;
}

static bool upload(cspan_cli_transfer *transfer, const char *name, const cspan_body *source,
                   bool multipart, const char *bucket, const char *key) {
  cspan_error *error = NULL;
  cspan_cli_progress progress;
  cspan_upload_result result = {.size_bytes = -1};
  char *destination = uri_text(bucket, key, &error);
  if (destination) {
    cspan_cli_progress_start(&progress, name, wants_progress(transfer));
    cspan_upload_input input = {
        .size = sizeof input,
        .bucket = bucket,
        .key = key,
        .source = *source,
        .content_type = transfer->values->content_type,
        .metadata = transfer->metadata,
        .metadata_count = transfer->metadata_count,
        .progress = cspan_cli_progress_update,
        .progress_user = &progress,
    };
    cspan_cli_session *session = transfer->session;
    (void)(multipart ? cspan_storage_multipart_upload : cspan_storage_upload)(
        session->storage, &session->context, &input, &result, &error);
    cspan_cli_progress_end(&progress);
  }
  outcome o = {"upload",          name,        destination ? destination : key,
               result.size_bytes, result.etag, false};
  bool ok = report(transfer, &o, error);
  cspan_free(destination);
  return ok;
}

bool cspan_cli_upload_file(cspan_cli_transfer *transfer, const char *path, const char *bucket,
                           const char *key) {
  struct stat info;
  cspan_error *error = NULL;
  if (stat(path, &info) != 0) {
    char text[128];
    (void)cspan_error_set(&error, CSPAN_ERR_IO, "cannot read '%s': %s", path,
                          cspan_errno_text(errno, text, sizeof text));
  } else if (S_ISDIR(info.st_mode)) {
    (void)cspan_error_set(&error, CSPAN_ERR_INVALID,
                          "'%s' is a folder: give --recursive to upload what is in it", path);
  }
  if (error) {
    cspan_cli_upload_failed(transfer, path, bucket, key, error);
    return false;
  }
  if (!S_ISREG(info.st_mode)) {
    int fd = cspan_cli_stream_open(path, &error);
    if (fd < 0) {
      cspan_cli_upload_failed(transfer, path, bucket, key, error);
      return false;
    }
    bool ok = cspan_cli_upload_stream(transfer, fd, path, bucket, key);
    (void)close(fd);
    return ok;
  }
  cspan_body source = {.path = path};
  return upload(transfer, path, &source, info.st_size >= transfer->values->multipart_threshold,
                bucket, key);
}

bool cspan_cli_upload_stream(cspan_cli_transfer *transfer, int fd, const char *name,
                             const char *bucket, const char *key) {
  cspan_cli_stream stream;
  cspan_error *error = NULL;
  cspan_cli_stream_init(&stream, fd, transfer->session->run->cancel);
  cspan_status status =
      cspan_cli_stream_fill(&stream, transfer->values->multipart_threshold, &error);
  bool ok = false;
  if (status != CSPAN_OK) {
    cspan_cli_upload_failed(transfer, name, bucket, key, error);
  } else if (stream.ended) {
    cspan_body source = {.data = cspan_buf_text(&stream.head),
                         .size_bytes = (int64_t)stream.head.len};
    ok = upload(transfer, name, &source, false, bucket, key);
  } else {
    cspan_body source = {.read = cspan_cli_stream_read, .user = &stream, .size_bytes = -1};
    ok = upload(transfer, name, &source, true, bucket, key);
  }
  cspan_cli_stream_clear(&stream);
  return ok;
}

/* To the file `name`, or to `stream`, which is called so. */
static bool download(cspan_cli_transfer *transfer, const char *bucket, const char *key,
                     const char *name, cspan_cli_stream *stream) {
  cspan_error *error = NULL;
  cspan_cli_progress progress;
  cspan_download_result result = {.size_bytes = -1};
  char *source = uri_text(bucket, key, &error);
  if (source) {
    cspan_cli_progress_start(&progress, source, wants_progress(transfer));
    cspan_download_input input = {
        .size = sizeof input,
        .bucket = bucket,
        .key = key,
        .path = stream ? NULL : name,
        .write = stream ? cspan_cli_stream_write : NULL,
        .user = stream,
        .progress = cspan_cli_progress_update,
        .progress_user = &progress,
    };
    (void)cspan_storage_download(transfer->session->storage, &transfer->session->context, &input,
                                 &result, &error);
    cspan_cli_progress_end(&progress);
    cspan_cli_stream_explain(stream, &error);
  }
  /* A report would get between the data. */
  bool silent = stream && cspan_cli_stream_is_same(stream->fd, STDOUT_FILENO);
  outcome o = {"download", source ? source : key, name, result.size_bytes, result.etag, silent};
  bool ok = report(transfer, &o, error);
  cspan_free(result.data);
  cspan_free(source);
  return ok;
}

bool cspan_cli_download_file(cspan_cli_transfer *transfer, const char *bucket, const char *key,
                             const char *path) {
  return download(transfer, bucket, key, path, NULL);
}

bool cspan_cli_download_stream(cspan_cli_transfer *transfer, const char *bucket, const char *key,
                               int fd, const char *name) {
  cspan_cli_stream stream;
  cspan_cli_stream_init(&stream, fd, transfer->session->run->cancel);
  bool ok = download(transfer, bucket, key, name, &stream);
  cspan_cli_stream_clear(&stream);
  return ok;
}

bool cspan_cli_copy_object(cspan_cli_transfer *transfer, const char *source_bucket,
                           const char *source_key, const char *bucket, const char *key) {
  cspan_error *error = NULL;
  cspan_s3_copy_object_output *output = NULL;
  char *source = uri_text(source_bucket, source_key, &error);
  char *destination = source ? uri_text(bucket, key, &error) : NULL;
  const cspan_cli_cp_values *values = transfer->values;
  if (destination) {
    cspan_s3_copy_object_input input = {
        .size = sizeof input,
        .bucket = bucket,
        .key = key,
        .source_bucket = source_bucket,
        .source_key = source_key,
        .replace_metadata = values->content_type || transfer->metadata_count,
        .content_type = values->content_type,
        .metadata = transfer->metadata,
        .metadata_count = transfer->metadata_count,
        .checksum_algorithm = values->checksum,
    };
    (void)cspan_s3_copy_object(transfer->session->s3, &transfer->session->context, &input, &output,
                               &error);
  }
  outcome o = {"copy", source ? source : source_key, destination ? destination : key,
               -1,     output ? output->etag : NULL, false};
  bool ok = report(transfer, &o, error);
  cspan_s3_output_free(output);
  cspan_free(destination);
  cspan_free(source);
  return ok;
}
