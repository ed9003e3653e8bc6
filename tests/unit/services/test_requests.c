/* SPDX-License-Identifier: Apache-2.0 */
/* What each typed call sends, byte by byte where it matters, and what it makes of the answer. */
#include <cloudspan/s3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/script_server.h"

typedef struct request_case {
  const char *name;
  void (*call)(cspan_s3 *client);
  const char *response;
  const char *first_line;
  const char *parts[8]; /* of the request, anywhere, any order */
} request_case;

static cspan_s3 *client_for(script_server *server, const char *region) {
  cspan_aws_options options = {
      .size = sizeof options,
      .region = region,
      .config_file = "/nonexistent",
      .credentials_file = "/nonexistent",
      .access_key_id = "AKIDEXAMPLE",
      .secret_access_key = "unit-test-secret",
      .endpoint_url = script_server_url(server, ""),
      .max_attempts = 1,
  };
  cspan_aws_config *config = NULL;
  cspan_s3 *client = NULL;
  cspan_error *error = NULL;
  if (cspan_aws_config_load(&options, &config, &error) != CSPAN_OK ||
      cspan_s3_create(config, &client, &error) != CSPAN_OK) {
    fail_msg("no client: %s", cspan_error_message(error));
  }
  cspan_aws_config_free(config);
  return client;
}

static void must(cspan_status status, cspan_error *error) {
  if (status != CSPAN_OK) {
    fail_msg("the call failed: %s", cspan_error_message(error));
  }
}

/* ------------------------------------------------------------------ objects */

static void put_object(cspan_s3 *client) {
  const cspan_s3_metadata metadata[] = {{"Colour", "blue"}, {"empty", ""}};
  cspan_s3_put_object_input input = {
      .size = sizeof input,
      .bucket = "bucket",
      .key = "a b/c+d.txt",
      .body = {.data = "hello", .size_bytes = 5},
      .content_type = "text/plain",
      .cache_control = "no-cache",
      .storage_class = "STANDARD",
      .metadata = metadata,
      .metadata_count = 2,
      .if_none_match = "*",
  };
  cspan_s3_put_object_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_put_object(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->etag, "\"abc\"");
  assert_string_equal(output->version_id, "v1");
  assert_string_equal(output->checksum_sha256, "c2hh");
  assert_null(output->checksum_crc32);
  cspan_s3_output_free(output);
}

static void get_object(cspan_s3 *client) {
  cspan_s3_get_object_input input = {
      .size = sizeof input,
      .bucket = "bucket",
      .key = "key",
      .range = "bytes=0-4",
      .version_id = "v 1",
      .part_number = 3,
      .if_match = "\"abc\"",
      .if_modified_since_s = 784111777,
      .no_checksum_verification = true,
  };
  cspan_s3_get_object_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_get_object(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->body_size_bytes, 5);
  assert_memory_equal(output->body, "hello", 5);
  assert_int_equal(output->content_length, 5);
  assert_string_equal(output->content_range, "bytes 0-4/10");
  assert_string_equal(output->content_type, "text/plain");
  assert_int_equal(output->last_modified_s, 784111777);
  assert_int_equal(output->parts_count, 7);
  assert_int_equal(output->metadata_count, 2);
  assert_string_equal(output->metadata[0].name, "colour");
  assert_string_equal(output->metadata[0].value, "blue");
  assert_string_equal(output->metadata[1].name, "shape");
  assert_null(output->cache_control);
  cspan_s3_output_free(output);
}

static void head_object(cspan_s3 *client) {
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = "bucket", .key = "key"};
  cspan_s3_get_object_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_head_object(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->content_length, 123456789012);
  assert_null(output->body);
  assert_int_equal(output->body_size_bytes, 0);
  cspan_s3_output_free(output);
}

static void delete_object(cspan_s3 *client) {
  cspan_s3_delete_object_input input = {
      .size = sizeof input, .bucket = "bucket", .key = "key", .version_id = "v1"};
  cspan_s3_delete_object_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_delete_object(client, NULL, &input, &output, &error), error);
  assert_true(output->delete_marker);
  assert_string_equal(output->version_id, "v2");
  cspan_s3_output_free(output);
}

static void delete_objects(cspan_s3 *client) {
  const cspan_s3_object_identifier objects[] = {{"a", NULL}, {"c", "v1"}, {"denied", NULL}};
  cspan_s3_delete_objects_input input = {
      .size = sizeof input, .bucket = "bucket", .objects = objects, .object_count = 3};
  cspan_s3_delete_objects_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_delete_objects(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->deleted_count, 2);
  assert_string_equal(output->deleted[0].key, "a&b"); /* whatever the server says */
  assert_string_equal(output->deleted[1].version_id, "v1");
  assert_int_equal(output->error_count, 1);
  assert_string_equal(output->errors[0].key, "denied");
  assert_string_equal(output->errors[0].code, "AccessDenied");
  assert_string_equal(output->errors[0].message, "No.");
  cspan_s3_output_free(output);
}

static void copy_object(cspan_s3 *client) {
  cspan_s3_copy_object_input input = {
      .size = sizeof input,
      .bucket = "bucket",
      .key = "to",
      .source_bucket = "from-bucket",
      .source_key = "a b/ü",
      .source_version_id = "v1",
      .copy_source_if_match = "\"x\"",
      .replace_metadata = true,
      .content_type = "text/html",
  };
  cspan_s3_copy_object_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_copy_object(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->etag, "\"abc\"");
  assert_int_equal(output->last_modified_s, 1440938160);
  cspan_s3_output_free(output);
}

/* -------------------------------------------------------------------- lists */

static void list_objects(cspan_s3 *client) {
  cspan_s3_list_objects_v2_input input = {
      .size = sizeof input,
      .bucket = "bucket",
      .prefix = "p/",
      .delimiter = "/",
      .continuation_token = "t=1",
      .max_keys = 2,
  };
  cspan_s3_list_objects_v2_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_list_objects_v2(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->content_count, 2);
  assert_string_equal(output->contents[0].key, "p/a b+c\x01");
  assert_int_equal(output->contents[0].size_bytes, 5000000000);
  assert_string_equal(output->contents[0].etag, "\"abc\"");
  assert_int_equal(output->contents[0].last_modified_s, 1440938160);
  assert_string_equal(output->contents[1].key, "p/plain");
  assert_null(output->contents[1].etag);
  assert_int_equal(output->common_prefix_count, 1);
  assert_string_equal(output->common_prefixes[0], "p/d ir/");
  assert_true(output->is_truncated);
  assert_string_equal(output->next_continuation_token, "t2");
  assert_int_equal(output->key_count, 3);
  cspan_s3_output_free(output);
}

/* A server that does not know encoding-type sends keys as they are. */
static void list_objects_plain(cspan_s3 *client) {
  cspan_s3_list_objects_v2_input input = {.size = sizeof input, .bucket = "bucket"};
  cspan_s3_list_objects_v2_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_list_objects_v2(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->content_count, 1);
  assert_string_equal(output->contents[0].key, "100%25+1");
  assert_int_equal(output->common_prefix_count, 0);
  assert_null(output->common_prefixes);
  assert_false(output->is_truncated);
  cspan_s3_output_free(output);
}

static void list_uploads(cspan_s3 *client) {
  cspan_s3_list_multipart_uploads_input input = {
      .size = sizeof input, .bucket = "bucket", .key_marker = "k", .upload_id_marker = "u"};
  cspan_s3_list_multipart_uploads_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_list_multipart_uploads(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->upload_count, 1);
  assert_string_equal(output->uploads[0].key, "a b");
  assert_string_equal(output->uploads[0].upload_id, "id1");
  assert_int_equal(output->uploads[0].initiated_s, 1440938160);
  assert_string_equal(output->next_key_marker, "a b");
  assert_string_equal(output->next_upload_id_marker, "id1");
  cspan_s3_output_free(output);
}

static void list_parts(cspan_s3 *client) {
  cspan_s3_list_parts_input input = {.size = sizeof input,
                                     .bucket = "bucket",
                                     .key = "key",
                                     .upload_id = "id1",
                                     .max_parts = 10,
                                     .part_number_marker = 1};
  cspan_s3_list_parts_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_list_parts(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->part_count, 1);
  assert_int_equal(output->parts[0].part_number, 2);
  assert_int_equal(output->parts[0].size_bytes, 5242880);
  assert_int_equal(output->next_part_number_marker, 2);
  cspan_s3_output_free(output);
}

/* ------------------------------------------------------------------ buckets */

static void create_bucket(cspan_s3 *client) {
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = "new-bucket"};
  cspan_s3_bucket_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_create_bucket(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->location, "/new-bucket");
  cspan_s3_output_free(output);
}

static void head_bucket(cspan_s3 *client) {
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = "bucket"};
  cspan_s3_bucket_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_head_bucket(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->bucket_region, "eu-west-1");
  cspan_s3_output_free(output);
}

static void delete_bucket(cspan_s3 *client) {
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = "bucket"};
  cspan_error *error = NULL;
  must(cspan_s3_delete_bucket(client, NULL, &input, NULL, &error), error);
}

static void list_buckets(cspan_s3 *client) {
  cspan_s3_list_buckets_input input = {.size = sizeof input, .prefix = "a", .max_buckets = 5};
  cspan_s3_list_buckets_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_list_buckets(client, NULL, &input, &output, &error), error);
  assert_int_equal(output->bucket_count, 2);
  assert_string_equal(output->buckets[0].name, "a1");
  assert_int_equal(output->buckets[0].creation_date_s, 1440938160);
  assert_string_equal(output->buckets[1].name, "a2");
  assert_string_equal(output->continuation_token, "more");
  cspan_s3_output_free(output);
}

/* ---------------------------------------------------------------- multipart */

static void create_upload(cspan_s3 *client) {
  cspan_s3_create_multipart_upload_input input = {.size = sizeof input,
                                                  .bucket = "bucket",
                                                  .key = "key",
                                                  .content_type = "text/plain",
                                                  .checksum_algorithm = "CRC32C"};
  cspan_s3_create_multipart_upload_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_create_multipart_upload(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->upload_id, "id1");
  cspan_s3_output_free(output);
}

static void upload_part(cspan_s3 *client) {
  cspan_s3_upload_part_input input = {.size = sizeof input,
                                      .bucket = "bucket",
                                      .key = "key",
                                      .upload_id = "id/1",
                                      .part_number = 12,
                                      .body = {.data = "part", .size_bytes = 4},
                                      .checksum_algorithm = "SHA256"};
  cspan_s3_upload_part_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_upload_part(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->etag, "\"p\"");
  cspan_s3_output_free(output);
}

static void complete_upload(cspan_s3 *client) {
  const cspan_s3_completed_part parts[] = {{1, "\"a\"", "CRC32", "AAAAAA=="},
                                           {3, "\"b\"", NULL, NULL}};
  cspan_s3_complete_multipart_upload_input input = {.size = sizeof input,
                                                    .bucket = "bucket",
                                                    .key = "key",
                                                    .upload_id = "id1",
                                                    .parts = parts,
                                                    .part_count = 2};
  cspan_s3_complete_multipart_upload_output *output = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_complete_multipart_upload(client, NULL, &input, &output, &error), error);
  assert_string_equal(output->etag, "\"e-2\"");
  assert_string_equal(output->location, "http://x/y");
  cspan_s3_output_free(output);
}

static void abort_upload(cspan_s3 *client) {
  cspan_s3_abort_multipart_upload_input input = {
      .size = sizeof input, .bucket = "bucket", .key = "key", .upload_id = "id1"};
  cspan_error *error = NULL;
  must(cspan_s3_abort_multipart_upload(client, NULL, &input, &error), error);
}

#define EMPTY      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
#define NO_CONTENT "HTTP/1.1 204 No Content\r\n"
/* The connection's end is the document's. */
#define XML "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<?xml version=\"1.0\"?>"

static const request_case cases[] = {
    {"PutObject",
     put_object,
     EMPTY "ETag: \"abc\"\r\nx-amz-version-id: v1\r\nx-amz-checksum-sha256: c2hh\r\n\r\n",
     "PUT /bucket/a%20b/c%2Bd.txt HTTP/1.1\r\n",
     {"\r\ncontent-type: text/plain\r\n", "\r\ncache-control: no-cache\r\n",
      "\r\nx-amz-storage-class: STANDARD\r\n", "\r\nx-amz-meta-colour: blue\r\n",
      "\r\nx-amz-meta-empty:", "\r\nif-none-match: *\r\n", "\r\ncontent-length: 5\r\n",
      "\r\n\r\nhello"}},
    {"GetObject",
     get_object,
     "HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/10\r\n"
     "Content-Type: text/plain\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
     "x-amz-mp-parts-count: 7\r\nx-amz-meta-colour: blue\r\nX-Amz-Meta-Shape: round\r\n\r\nhello",
     "GET /bucket/key?versionId=v%201&partNumber=3 HTTP/1.1\r\n",
     {"\r\nrange: bytes=0-4\r\n", "\r\nif-match: \"abc\"\r\n",
      "\r\nif-modified-since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}},
    {"HeadObject",
     head_object,
     "HTTP/1.1 200 OK\r\nContent-Length: 123456789012\r\n\r\n",
     "HEAD /bucket/key HTTP/1.1\r\n",
     {NULL}},
    {"DeleteObject",
     delete_object,
     NO_CONTENT "x-amz-delete-marker: true\r\nx-amz-version-id: v2\r\n\r\n",
     "DELETE /bucket/key?versionId=v1 HTTP/1.1\r\n",
     {NULL}},
    {"DeleteObjects",
     delete_objects,
     XML "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
         "<Deleted><Key>a&amp;b</Key></Deleted>"
         "<Deleted><Key>c</Key><VersionId>v1</VersionId></Deleted>"
         "<Error><Key>denied</Key><Code>AccessDenied</Code><Message>No.</Message></Error>"
         "</DeleteResult>",
     "POST /bucket?delete= HTTP/1.1\r\n",
     {"\r\ncontent-md5: AxM1Bj7q6RlnzLpc34ABMQ==\r\n",
      "<Object><Key>a</Key></Object>"
      "<Object><Key>c</Key><VersionId>v1</VersionId></Object>"
      "<Object><Key>denied</Key></Object></Delete>"}},
    {"CopyObject",
     copy_object,
     XML "<CopyObjectResult><ETag>&quot;abc&quot;</ETag>"
         "<LastModified>2015-08-30T12:36:00.000Z</LastModified></CopyObjectResult>",
     "PUT /bucket/to HTTP/1.1\r\n",
     {"\r\nx-amz-copy-source: from-bucket/a%20b/%C3%BC?versionId=v1\r\n",
      "\r\nx-amz-copy-source-if-match: \"x\"\r\n", "\r\nx-amz-metadata-directive: REPLACE\r\n",
      "\r\ncontent-type: text/html\r\n"}},
    {"ListObjectsV2",
     list_objects,
     XML "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
         "<KeyCount>3</KeyCount><NextContinuationToken>t2</NextContinuationToken>"
         "<Contents><Key>p/a+b%2Bc%01</Key><Size>5000000000</Size><ETag>\"abc\"</ETag>"
         "<LastModified>2015-08-30T12:36:00.000Z</LastModified></Contents>"
         "<Contents><Key>p/plain</Key></Contents>"
         "<CommonPrefixes><Prefix>p/d%20ir/</Prefix></CommonPrefixes></ListBucketResult>",
     "GET /bucket?",
     {"list-type=2", "encoding-type=url", "prefix=p%2F", "delimiter=%2F",
      "continuation-token=t%3D1", "max-keys=2"}},
    {"ListObjectsV2, keys not encoded",
     list_objects_plain,
     XML "<ListBucketResult><Contents><Key>100%25+1</Key></Contents></ListBucketResult>",
     "GET /bucket?",
     {"list-type=2"}},
    {"ListMultipartUploads",
     list_uploads,
     XML "<ListMultipartUploadsResult><EncodingType>url</EncodingType>"
         "<IsTruncated>false</IsTruncated><NextKeyMarker>a%20b</NextKeyMarker>"
         "<NextUploadIdMarker>id1</NextUploadIdMarker><Upload><Key>a%20b</Key>"
         "<UploadId>id1</UploadId><Initiated>2015-08-30T12:36:00.000Z</Initiated></Upload>"
         "</ListMultipartUploadsResult>",
     "GET /bucket?",
     {"uploads=", "key-marker=k", "upload-id-marker=u"}},
    {"ListParts",
     list_parts,
     XML "<ListPartsResult><NextPartNumberMarker>2</NextPartNumberMarker>"
         "<Part><PartNumber>2</PartNumber><Size>5242880</Size><ETag>\"p\"</ETag></Part>"
         "</ListPartsResult>",
     "GET /bucket/key?",
     {"uploadId=id1", "max-parts=10", "part-number-marker=1"}},
    {"CreateBucket",
     create_bucket,
     EMPTY "Location: /new-bucket\r\n\r\n",
     "PUT /new-bucket HTTP/1.1\r\n",
     {"<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"}},
    {"HeadBucket",
     head_bucket,
     EMPTY "x-amz-bucket-region: eu-west-1\r\n\r\n",
     "HEAD /bucket HTTP/1.1\r\n",
     {NULL}},
    {"DeleteBucket", delete_bucket, NO_CONTENT "\r\n", "DELETE /bucket HTTP/1.1\r\n", {NULL}},
    {"ListBuckets",
     list_buckets,
     XML "<ListAllMyBucketsResult><Buckets>"
         "<Bucket><Name>a1</Name><CreationDate>2015-08-30T12:36:00.000Z</CreationDate></Bucket>"
         "<Bucket><Name>a2</Name></Bucket></Buckets><ContinuationToken>more</ContinuationToken>"
         "</ListAllMyBucketsResult>",
     "GET /?prefix=a&max-buckets=5 HTTP/1.1\r\n",
     {NULL}},
    {"CreateMultipartUpload",
     create_upload,
     XML "<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>",
     "POST /bucket/key?uploads= HTTP/1.1\r\n",
     {"\r\ncontent-type: text/plain\r\n", "\r\nx-amz-checksum-algorithm: CRC32C\r\n"}},
    {"UploadPart",
     upload_part,
     EMPTY "ETag: \"p\"\r\n\r\n",
     "PUT /bucket/key?uploadId=id%2F1&partNumber=12 HTTP/1.1\r\n",
     {"\r\nx-amz-checksum-sha256: N6aAEzvQk0L5NK+43Sx9nhtiTaXzXjo4rbED43wFXtE=\r\n",
      "\r\n\r\npart"}},
    {"CompleteMultipartUpload",
     complete_upload,
     XML "<CompleteMultipartUploadResult><Location>http://x/y</Location>"
         "<ETag>\"e-2\"</ETag></CompleteMultipartUploadResult>",
     "POST /bucket/key?uploadId=id1 HTTP/1.1\r\n",
     {"<Part><ETag>&#34;a&#34;</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32>"
      "<PartNumber>1</PartNumber></Part>"
      "<Part><ETag>&#34;b&#34;</ETag><PartNumber>3</PartNumber></Part>"
      "</CompleteMultipartUpload>"}},
    {"AbortMultipartUpload",
     abort_upload,
     NO_CONTENT "\r\n",
     "DELETE /bucket/key?uploadId=id1 HTTP/1.1\r\n",
     {NULL}},
};

/* Header names in any case: the head is compared without case, the body with it. */
static bool has(const char *received, const char *part) {
  if (strstr(received, part)) {
    return true;
  }
  const char *end = strstr(received, "\r\n\r\n");
  const char *at = strcasestr(received, part);
  return at && end && at < end;
}

static void run_case(void **state) {
  const request_case *this = *state;
  const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, this->response, 0}, {SCRIPT_END, NULL, 0}};
  script_connection connection = steps;
  script_server *server = script_server_start(&connection, 1);
  cspan_s3 *client = client_for(server, "eu-west-1");
  this->call(client);
  cspan_s3_free(client);
  char *received = script_server_received(server);
  if (strncmp(received, this->first_line, strlen(this->first_line)) != 0) {
    fail_msg("the request does not begin with \"%s\":\n%s", this->first_line, received);
  }
  for (size_t i = 0; i < 8 && this->parts[i]; i++) {
    if (!has(received, this->parts[i])) {
      fail_msg("the request lacks \"%s\":\n%s", this->parts[i], received);
    }
  }
  free(received);
  script_server_stop(server);
}

/* us-east-1 is no LocationConstraint that S3 takes. */
static void create_bucket_in_us_east_1(void **state) {
  (void)state;
  const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                               {SCRIPT_SEND, EMPTY "Location: /new-bucket\r\n\r\n", 0},
                               {SCRIPT_END, NULL, 0}};
  script_connection connection = steps;
  script_server *server = script_server_start(&connection, 1);
  cspan_s3 *client = client_for(server, "us-east-1");
  create_bucket(client);
  cspan_s3_free(client);
  char *received = script_server_received(server);
  assert_null(strstr(received, "LocationConstraint"));
  free(received);
  script_server_stop(server);
}

int main(void) {
  enum { CASES = sizeof cases / sizeof cases[0] };
  struct CMUnitTest tests[CASES + 1];
  for (size_t i = 0; i < CASES; i++) {
    tests[i] = (struct CMUnitTest){.name = cases[i].name,
                                   .test_func = run_case,
                                   .initial_state = (void *)(uintptr_t)&cases[i]};
  }
  tests[CASES] = (struct CMUnitTest)cmocka_unit_test(create_bucket_in_us_east_1);
  return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
