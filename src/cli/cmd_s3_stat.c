/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cmd_s3.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/uri.h"

static void put_line(const char *name, const char *value) {
  if (value) {
    (void)printf("%-16s", name);
    cspan_cli_put_text(stdout, value);
    (void)putchar('\n');
  }
}

static void put_checksums(const cspan_s3_get_object_output *o) {
  put_line("CRC32", o->checksum_crc32);
  put_line("CRC32C", o->checksum_crc32c);
  put_line("CRC64NVME", o->checksum_crc64nvme);
  put_line("SHA256", o->checksum_sha256);
}

static void put_object(const cspan_cli_uri *uri, const cspan_s3_get_object_output *o) {
  char time[24];
  char size[16];
  cspan_cli_format_time(o->last_modified_s, time);
  cspan_cli_format_size(o->content_length, size);
  put_line("Bucket", uri->bucket);
  put_line("Key", uri->key);
  (void)printf("%-16s%" PRId64 " (%s)\n", "Size", o->content_length, size);
  put_line("Content type", o->content_type);
  put_line("ETag", o->etag);
  put_line("Last modified", time);
  put_line("Version", o->version_id);
  put_line("Storage class", o->storage_class);
  put_line("Cache control", o->cache_control);
  put_line("Encoding", o->content_encoding);
  put_checksums(o);
  for (size_t i = 0; i < o->metadata_count; i++) {
    (void)printf("%-16s", "Metadata");
    cspan_cli_put_text(stdout, o->metadata[i].name);
    (void)putchar('=');
    cspan_cli_put_text(stdout, o->metadata[i].value);
    (void)putchar('\n');
  }
}

static void put_object_json(const cspan_cli_uri *uri, const cspan_s3_get_object_output *o) {
  char time[24];
  cspan_cli_json json;
  cspan_cli_format_time(o->last_modified_s, time);
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "bucket", uri->bucket);
  cspan_cli_json_text(&json, "key", uri->key);
  cspan_cli_json_int(&json, "size_bytes", o->content_length);
  cspan_cli_json_text(&json, "content_type", o->content_type);
  cspan_cli_json_text(&json, "etag", o->etag);
  cspan_cli_json_text(&json, "last_modified", o->last_modified_s ? time : NULL);
  cspan_cli_json_text(&json, "version_id", o->version_id);
  cspan_cli_json_text(&json, "storage_class", o->storage_class);
  cspan_cli_json_text(&json, "cache_control", o->cache_control);
  cspan_cli_json_text(&json, "content_encoding", o->content_encoding);
  cspan_cli_json_text(&json, "checksum_crc32", o->checksum_crc32);
  cspan_cli_json_text(&json, "checksum_crc32c", o->checksum_crc32c);
  cspan_cli_json_text(&json, "checksum_crc64nvme", o->checksum_crc64nvme);
  cspan_cli_json_text(&json, "checksum_sha256", o->checksum_sha256);
  cspan_cli_json_open(&json, "metadata");
  for (size_t i = 0; i < o->metadata_count; i++) {
    cspan_cli_json_text(&json, o->metadata[i].name, o->metadata[i].value);
  }
  cspan_cli_json_close(&json);
  (void)cspan_cli_json_end(&json, stdout);
}

/* The answer to a HEAD request has no message of its own. */
static int fail(cspan_cli_session *session, const char *uri, cspan_error *error) {
  if (!cspan_cli_is_not_found(error)) {
    return cspan_cli_session_fail(session, error);
  }
  cspan_cli_session_failed(session, error);
  cspan_cli_message(session->run, "there is no %s", uri);
  cspan_error_free(error);
  return CSPAN_EXIT_NOT_FOUND;
}

static int stat_object(cspan_cli_session *session, const cspan_cli_uri *uri) {
  cspan_error *error = NULL;
  cspan_s3_get_object_output *output = NULL;
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = uri->bucket, .key = uri->key};
  if (cspan_s3_head_object(session->s3, &session->context, &input, &output, &error) != CSPAN_OK) {
    return fail(session, session->run->args[0], error);
  }
  if (session->run->globals->json) {
    put_object_json(uri, output);
  } else {
    put_object(uri, output);
  }
  cspan_s3_output_free(output);
  return CSPAN_EXIT_OK;
}

static int stat_bucket(cspan_cli_session *session, const cspan_cli_uri *uri) {
  cspan_error *error = NULL;
  cspan_s3_bucket_output *output = NULL;
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = uri->bucket};
  if (cspan_s3_head_bucket(session->s3, &session->context, &input, &output, &error) != CSPAN_OK) {
    return fail(session, session->run->args[0], error);
  }
  if (session->run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "bucket", uri->bucket);
    cspan_cli_json_text(&json, "region", output->bucket_region);
    (void)cspan_cli_json_end(&json, stdout);
  } else {
    put_line("Bucket", uri->bucket);
    put_line("Region", output->bucket_region);
  }
  cspan_s3_output_free(output);
  return CSPAN_EXIT_OK;
}

static int run_stat(const cspan_cli_run *run) {
  cspan_cli_session session;
  cspan_cli_uri uri;
  cspan_error *error = NULL;
  int code = CSPAN_EXIT_OK;
  if (cspan_cli_uri_parse(run->args[0], &uri, &error) != CSPAN_OK) {
    code = cspan_cli_usage(run, "%s", cspan_error_message(error));
    cspan_error_free(error);
    return code;
  }
  if (!cspan_cli_session_open(&session, run, NULL, &code)) {
    return code;
  }
  code = uri.key[0] ? stat_object(&session, &uri) : stat_bucket(&session, &uri);
  cspan_cli_session_close(&session);
  return code;
}

const cspan_cli_command cspan_cmd_s3_stat = {
    .name = "stat",
    .arguments = "s3://BUCKET[/KEY]",
    .summary = "show what is known about an object or a bucket",
    .description =
        "Shows size, type, ETag, checksums and metadata of an object, or the region of a\n"
        "bucket. Exit code 4 when it does not exist.\n",
    .examples = "  cloudspan s3 stat s3://my-bucket/report.pdf\n"
                "  cloudspan s3 stat s3://my-bucket >/dev/null && echo it is there\n",
    .min_args = 1,
    .max_args = 1,
    .run = run_stat,
};
