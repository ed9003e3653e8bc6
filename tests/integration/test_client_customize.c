/* SPDX-License-Identifier: Apache-2.0 */
/* What services need beyond their models, seen on the wire and in outputs: one call for each case,
 * by small models that bear the names of the services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/cloudspan.h>

#include "support/model_folder.h"
#include "support/script_server.h"
#include "support/service_models.h"

static char folder[64];

static int make_models(void **state) {
  (void)state;
  model_folder_make(folder);
  for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s/2112-06-01/service-2.json", folder, service_models[i].name);
    model_folder_put_json(path, service_models[i].json);
  }
  return 0;
}

static int remove_models(void **state) {
  (void)state;
  model_folder_remove(folder);
  return 0;
}

/* --------------------------------------------------------------------- table */

typedef struct row {
  const char *service;
  const char *operation;
  const char *input;    /* JSON, with single quotes */
  const char *answer;   /* header lines, an empty line, the body */
  const char *sent;     /* is in the request; NULL: nothing is sent */
  const char *not_sent; /* is not; NULL: nothing */
  const char *output;   /* JSON with single quotes, or what is in the error */
  int status;           /* of the answer; 0: 200 */
} row;

#define EMPTY_JSON "\r\n{}"
#define EMPTY      "\r\n"

static const row rows[] = {
    {"s3", "GetObject", "{'Bucket': 'b', 'Key': 'k', 'SSECustomerKey': 'secret'}", EMPTY,
     "x-amz-server-side-encryption-customer-key: c2VjcmV0\r\n", NULL, "{}", 0},
    {"s3", "GetObject", "{'Bucket': 'b', 'Key': 'k', 'SSECustomerKey': 'secret'}", EMPTY,
     "x-amz-server-side-encryption-customer-key-MD5: Xr4ilOzQ4PCOq3aQ0qbuaQ==\r\n", NULL, "{}", 0},
    {"s3", "GetObject",
     "{'Bucket': 'b', 'Key': 'k', 'SSECustomerKey': 'done', 'SSECustomerKeyMD5': 'too'}", EMPTY,
     "x-amz-server-side-encryption-customer-key: done\r\n", NULL, "{}", 0},
    {"s3", "GetObject", "{'Bucket': 'a/b', 'Key': 'k'}", EMPTY, NULL, NULL, "name of a bucket", 0},
    {"s3", "GetObject", "{'Bucket': '', 'Key': 'k'}", EMPTY, NULL, NULL, "name of a bucket", 0},
    {"s3", "GetObject", "{'Bucket': 'b', 'Key': 'k'}", "Expires: never\r\n" EMPTY, "GET /b/k ",
     NULL, "{'ExpiresString': 'never'}", 0},
    {"s3", "PutObject", "{'Bucket': 'b', 'Key': 'k', 'Body': 'x'}", EMPTY, "PUT /b/k ",
     "Content-Type", "{}", 0},
    {"s3", "PutObject", "{'Bucket': 'b', 'Key': 'k', 'Body': 'x', 'ContentType': 'a/b'}", EMPTY,
     "Content-Type: a/b\r\n", "octet", "{}", 0},
    {"s3", "CopyObject", "{'Bucket': 'b', 'Key': 'k', 'CopySource': 'a/ü b?versionId=v=1'}", EMPTY,
     "x-amz-copy-source: a/%C3%BC%20b?versionId=v=1\r\n", NULL, "{}", 0},
    {"s3", "CopyObject",
     "{'Bucket': 'b', 'Key': 'k', 'CopySource': {'Bucket': 'a', 'Key': 'x?y', 'VersionId': 'v'}}",
     EMPTY, "x-amz-copy-source: a/x%3Fy?versionId=v\r\n", NULL, "{}", 0},
    {"s3", "CopyObject",
     "{'Bucket': 'b', 'Key': 'k', 'CopySource': {'Bucket': "
     "'arn:aws:s3:us-west-2:123456789012:accesspoint/p', 'Key': 'k'}}",
     EMPTY,
     "x-amz-copy-source: arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint/p/object/k\r\n",
     NULL, "{}", 0},
    {"s3", "CopyObject", "{'Bucket': 'b', 'Key': 'k', 'CopySource': {'Key': 'x'}}", EMPTY, NULL,
     NULL, "CopySource: a map needs the members Bucket and Key", 0},
    {"s3", "CopyObject", "{'Bucket': 'b', 'Key': 'k', 'CopySource': 'a/b', 'Metadata': {'n': 'ü'}}",
     EMPTY, NULL, NULL, "Metadata.n: S3 takes only ASCII", 0},
    {"s3", "ListObjectsV2", "{'Bucket': 'b'}",
     "\r\n<L><EncodingType>url</EncodingType><Prefix>a%2Fb</Prefix>"
     "<Contents><Key>x+y%2B</Key></Contents><Contents><Key>z</Key></Contents></L>",
     "encoding-type=url", NULL,
     "{'EncodingType': 'url', 'Prefix': 'a/b', 'Contents': [{'Key': 'x y+'}, {'Key': 'z'}]}", 0},
    {"s3", "ListObjectsV2", "{'Bucket': 'b', 'EncodingType': 'url'}",
     "\r\n<L><EncodingType>url</EncodingType>"
     "<Contents><Key>x%2By</Key></Contents><Prefix></Prefix></L>",
     "encoding-type=url", NULL,
     "{'EncodingType': 'url', 'Prefix': '', 'Contents': [{'Key': 'x%2By'}]}", 0},
    {"glacier", "UploadArchive", "{'body': 'hello'}", EMPTY_JSON, "POST /-/vaults ", NULL, "{}", 0},
    {"glacier", "UploadArchive", "['hello']", EMPTY_JSON, NULL, NULL,
     "the input of UploadArchive must be a map with its members, not a list", 0},
    {"glacier", "UploadArchive", "'hello'", EMPTY_JSON, NULL, NULL,
     "the input of UploadArchive must be a map with its members, not a string", 0},
    {"glacier", "UploadArchive", "{'accountId': '1', 'body': 'hello'}", EMPTY_JSON,
     "POST /1/vaults ", NULL, "{}", 0},
    {"glacier", "UploadArchive", "{'body': 'hello'}", EMPTY_JSON,
     "x-amz-glacier-version: 2112-06-01\r\n", NULL, "{}", 0},
    {"glacier", "UploadArchive", "{'body': 'hello'}", EMPTY_JSON,
     "x-amz-sha256-tree-hash: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n",
     NULL, "{}", 0},
    {"glacier", "UploadArchive", "{'body': 'hello'}", EMPTY_JSON,
     "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n",
     NULL, "{}", 0},
    {"route53", "GetHostedZone", "{'Id': '/hostedzone/Z1'}", EMPTY, "GET /zone/Z1 ", NULL, "{}", 0},
    {"route53", "GetHostedZone", "{'Id': '/Z1'}", EMPTY, "GET /zone/Z1 ", NULL, "{}", 0},
    {"route53", "GetHostedZone", "{'Id': 'Z1'}", EMPTY, "GET /zone/Z1 ", NULL, "{}", 0},
    {"ec2", "RunInstances", "{'UserData': '#!/bin/sh'}", EMPTY, "UserData=IyEvYmluL3No", NULL, "{}",
     0},
    {"ec2", "RunInstances", "{'Filters': ['a']}", EMPTY, "Filter.1=a", NULL, "{}", 0},
    {"ec2", "CopySnapshot", "{'SourceRegion': 'us-west-2', 'SourceSnapshotId': 's'}", EMPTY,
     "&DestinationRegion=us-east-1", NULL, "{}", 0},
    {"ec2", "CopySnapshot", "{'SourceRegion': 'us-west-2', 'SourceSnapshotId': 's'}", EMPTY,
     "DestinationRegion%3Dus-east-1%26X-Amz-Algorithm", NULL, "{}", 0},
    {"ec2", "CopySnapshot", "{'SourceRegion': 'us-west-2', 'SourceSnapshotId': 's'}", EMPTY,
     "%252Fus-west-2%252Fx%252Faws4_request", NULL, "{}", 0},
    {"ec2", "CopySnapshot", "{'SourceRegion': 'us-west-2', 'PresignedUrl': 'mine'}", EMPTY,
     "PresignedUrl=mine", "X-Amz-Algorithm", "{}", 0},
    {"ec2", "GetConsoleOutput", "{}", "\r\n<R><output>aGkg\nd29ybGT/</output></R>",
     "GetConsoleOutput", NULL, "{'Output': 'hi world\xef\xbf\xbd'}", 0},
    {"rds", "CopyDBSnapshot", "{'SourceRegion': 'us-west-2', 'SourceDBSnapshotIdentifier': 's'}",
     EMPTY, "&PreSignedUrl=http%3A%2F%2F127.0.0.1", "&SourceRegion=", "{}", 0},
    {"rds", "CopyDBSnapshot", "{'SourceRegion': 'us-west-2', 'PreSignedUrl': 'mine'}", EMPTY,
     "&PreSignedUrl=mine", "SourceRegion", "{}", 0},
    {"rds", "CopyDBSnapshot", "{'SourceDBSnapshotIdentifier': 's'}", EMPTY, "Identifier=s",
     "PreSignedUrl", "{}", 0},
    {"iam", "GetPolicies", "{}",
     "\r\n<R><GetPoliciesResult><Policies><member><Name>%7B%7D</Name>"
     "<Document>%7B%22Version%22%3A1%7D</Document></member>"
     "<member><Document>%7Bnot</Document></member></Policies></GetPoliciesResult></R>",
     "Action=GetPolicies", NULL,
     "{'Policies': [{'Name': '%7B%7D', 'Document': {'Version': 1}}, {'Document': '%7Bnot'}]}", 0},
    {"dynamodb", "Get", "{}", "x-amz-crc32: 2547680171\r\n\r\n{\"A\":1}", "X.Get", NULL, "{'A': 1}",
     0},
    {"dynamodb", "Get", "{}", "x-amz-crc32: 1\r\n\r\n{\"A\":1}", "X.Get", NULL,
     "does not match its x-amz-crc32", 0},
    {"sqs", "SendMessage", "{'MessageBody': 'hello'}",
     "\r\n{\"MD5OfMessageBody\":\"5d41402abc4b2a76b9719d911017c592\"}", "hello", NULL,
     "{'MD5OfMessageBody': '5d41402abc4b2a76b9719d911017c592'}", 0},
    {"sqs", "SendMessage", "{'MessageBody': 'hello'}",
     "\r\n{\"MessageId\": \"m-1\", \"MD5OfMessageBody\": \"5d41402abc\"}", "hello", NULL,
     "the message m-1 was damaged on its way to SQS", 0},
    {"sqs", "SendMessage", "{'MessageBody': 'hello'}",
     "\r\n{\"MessageId\": \"m-1\", \"MD5OfMessageBody\": \"5d41402abc4b2a76b9719d911017c593\"}",
     "hello", NULL, "the message m-1 was damaged on its way to SQS", 0},
    {"sqs", "SendMessageBatch",
     "{'Entries': [{'Id': 'a', 'MessageBody': 'hello'}, {'Id': 'b', 'MessageBody': 'x'}]}",
     "\r\n{\"Successful\": [{\"Id\": \"b\", \"MD5OfMessageBody\": "
     "\"5d41402abc\"}]}",
     "hello", NULL, "the message b was damaged on its way to SQS", 0},
    {"sqs", "ReceiveMessage", "{}",
     "\r\n{\"Messages\": [{\"MessageId\":\"m\",\"Body\":\"x\","
     "\"MD5OfBody\":\"5d4140\"}]}",
     "X.ReceiveMessage", NULL, "the message m was damaged on its way from SQS", 0},
    {"cloudformation", "GetTemplate", "{}", "\r\n{\"TemplateBody\": \"{\\\"a\\\": [1]}\"}",
     "X.GetTemplate", NULL, "{'TemplateBody': {'a': [1]}}", 0},
    {"cloudformation", "GetTemplate", "{}", "\r\n{\"TemplateBody\": \"a: 1\"}", "X.GetTemplate",
     NULL, "{'TemplateBody': 'a: 1'}", 0},
    {"cloudsearchdomain", "Search", "{'query': 'a b', 'returnFields': 'f'}", EMPTY_JSON,
     "POST /2013-01-01/search HTTP/1.1\r\n", NULL, "{}", 0},
    {"cloudsearchdomain", "Search", "{'query': 'a b', 'returnFields': 'f'}", EMPTY_JSON,
     "\r\n\r\nformat=sdk&q=a%20b&return=f", NULL, "{}", 0},
    {"apigateway", "GetApis", "{}", EMPTY_JSON, "Accept: application/json\r\n", "Accept: */*", "{}",
     0},
    {"sso-oidc", "CreateToken", "{}",
     "\r\n{\"error\": \"invalid_grant\", \"error_description\": \"too late\"}", "POST /token ",
     NULL, "too late", 400},
    {"sts", "AssumeRoleWithSAML", "{}", EMPTY, "AssumeRoleWithSAML", "Authorization:", "{}", 0},
    {"sts", "GetCallerIdentity", "{}", EMPTY, "Authorization: AWS4", NULL, "{}", 0},
    {"sdb", "ListDomains", "{}", EMPTY,
     "\r\n\r\nAWSAccessKeyId=AKIDEXAMPLE&Action=ListDomains&Sign", "Authorization", "{}", 0},
    {"sdb", "ListDomains", "{}", EMPTY, "&Version=2009-04-15&Signature=", "Authorization", "{}", 0},
    {"packer", "Put", "{'A': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa'}", EMPTY_JSON,
     "Content-Encoding: gzip\r\n", "aaaa", "{}", 0},
    {"packer", "Put", "{'A': 'aaaa'}", EMPTY_JSON, "aaaa", "Content-Encoding", "{}", 0},
};

/* ------------------------------------------------------------------- one call */

static cspan_document *parse(const char *quoted) {
  char text[512];
  cspan_document *document = NULL;
  size_t len = strlen(quoted);
  assert_true(len < sizeof text);
  for (size_t i = 0; i <= len; i++) {
    text[i] = quoted[i] == '\'' ? '"' : quoted[i];
  }
  assert_int_equal(cspan_document_parse_json(text, len, &document, NULL), CSPAN_OK);
  return document;
}

static cspan_aws_config *load_config_with(const char *endpoint_url, cspan_retry_mode retries) {
  cspan_aws_config *config = NULL;
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .endpoint_url = endpoint_url,
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "planted-secret",
                           .addressing_style = CSPAN_ADDRESSING_PATH,
                           .retry_mode = retries};
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  return config;
}

static cspan_aws_config *load_config(const char *endpoint_url) {
  return load_config_with(endpoint_url, CSPAN_RETRY_OFF);
}

static cspan_client *open_client(const cspan_aws_config *config, const char *service) {
  cspan_client_options options = {.size = sizeof options, .models = folder};
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  if (cspan_client_create(config, service, &options, &client, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return client;
}

static void check_output(const row *r, cspan_status status, const cspan_document *output,
                         const cspan_error *error) {
  if (r->output[0] != '{') {
    assert_int_not_equal(status, CSPAN_OK);
    if (strstr(cspan_error_message(error), r->output) == NULL) {
      fail_msg("%s: \"%s\" is not in \"%s\"", r->operation, r->output, cspan_error_message(error));
    }
    return;
  }
  if (status != CSPAN_OK) {
    fail_msg("%s.%s: %s", r->service, r->operation, cspan_error_message(error));
  }
  cspan_document *wanted = parse(r->output);
  if (!cspan_value_equals(cspan_document_value(output), cspan_document_value(wanted))) {
    char *json = NULL;
    cspan_value_to_json(cspan_document_value(output), CSPAN_JSON_COMPACT, &json, NULL, NULL);
    fail_msg("%s.%s gave %s", r->service, r->operation, json);
  }
  cspan_document_free(wanted);
}

static void check_request(const row *r, script_server *server) {
  char *all = script_server_received(server);
  if (r->sent == NULL) {
    assert_string_equal(all, "");
  } else if (strstr(all, r->sent) == NULL) {
    fail_msg("%s.%s: \"%s\" is not in \"%s\"", r->service, r->operation, r->sent, all);
  }
  if (r->not_sent != NULL && strstr(all, r->not_sent) != NULL) {
    fail_msg("%s.%s: \"%s\" is in \"%s\"", r->service, r->operation, r->not_sent, all);
  }
  free(all);
}

static void run_row(const row *r) {
  char answer[1024];
  const char *head_end =
      strncmp(r->answer, "\r\n", 2) == 0 ? r->answer : strstr(r->answer, "\r\n\r\n") + 2;
  const char *body = head_end + 2;
  snprintf(answer, sizeof answer, "HTTP/1.1 %d X\r\n%.*sContent-Length: %zu\r\n\r\n%s",
           r->status != 0 ? r->status : 200, (int)(head_end - r->answer), r->answer, strlen(body),
           body);
  const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                               {SCRIPT_SEND, answer, 0},
                               {SCRIPT_WAIT_CLOSE, NULL, 0},
                               {SCRIPT_END, NULL, 0}};
  const script_connection connection = steps;
  script_server *server = script_server_start(&connection, 1);
  cspan_aws_config *config = load_config(script_server_url(server, ""));
  cspan_client *client = open_client(config, r->service);
  cspan_document *input = parse(r->input);
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  cspan_status status =
      cspan_call(NULL, client, r->operation, cspan_document_value(input), &output, &error);
  check_output(r, status, output, error);
  check_request(r, server);
  cspan_error_free(error);
  cspan_document_free(output);
  cspan_document_free(input);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  script_server_stop(server);
}

static void test_rows(void **state) {
  (void)state;
  setenv("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "30", 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    run_row(&rows[i]);
  }
  unsetenv("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES");
}

/* Where S3 would get a checksum by default, one that the caller has is the only one, and nothing
 * is told of another. */
static void test_own_checksums(void **state) {
  (void)state;
#define PUT "{'Bucket': 'b', 'Key': 'k', 'Body': 'x'"
  static const row own[] = {
      {"s3", "PutObject", PUT "}", EMPTY, "\r\nx-amz-sdk-checksum-algorithm: CRC32\r\n",
       "Content-MD5", "{}", 0},
      {"s3", "PutObject", PUT "}", EMPTY, "\r\nx-amz-checksum-crc32: jNwWgw==\r\n", "Content-MD5",
       "{}", 0},
      {"s3", "PutObject", PUT ", 'ContentMD5': 'mine=='}", EMPTY, "\r\nContent-MD5: mine==\r\n",
       "x-amz-sdk-checksum", "{}", 0},
      {"s3", "PutObject", PUT ", 'ContentMD5': 'mine=='}", EMPTY, "\r\nContent-MD5: mine==\r\n",
       "x-amz-checksum-", "{}", 0},
      {"s3", "PutObject", PUT ", 'ChecksumSHA256': 'mine='}", EMPTY,
       "\r\nx-amz-checksum-sha256: mine=\r\n", "x-amz-sdk-checksum", "{}", 0},
      {"s3", "PutObject", PUT ", 'ChecksumSHA256': 'mine='}", EMPTY,
       "\r\nx-amz-checksum-sha256: mine=\r\n", "crc32", "{}", 0},
  };
#undef PUT
  setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_SUPPORTED", 1);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    run_row(&own[i]);
  }
  unsetenv("AWS_REQUEST_CHECKSUM_CALCULATION");
}

/* Inside of Lambda, the trace of the function's call goes along. */
static void test_lambda_trace(void **state) {
  (void)state;
  static const row outside = {"apigateway", "GetApis",         "{}", EMPTY_JSON,
                              "GET /apis",  "X-Amzn-Trace-Id", "{}", 0};
  static const row inside = {
      "apigateway", "GetApis", "{}", EMPTY_JSON, "X-Amzn-Trace-Id: Root=1-a;Sampled=1%0A\r\n",
      NULL,         "{}",      0};
  setenv("_X_AMZN_TRACE_ID", "Root=1-a;Sampled=1\n", 1);
  run_row(&outside);
  setenv("AWS_LAMBDA_FUNCTION_NAME", "f", 1);
  run_row(&inside);
  unsetenv("AWS_LAMBDA_FUNCTION_NAME");
  unsetenv("_X_AMZN_TRACE_ID");
}

/* ---------------------------------------------------------------- tree hash */

/* Of 2.5 MiB: two whole leaves and a part, so that the third is taken over once. */
static void test_tree_hash(void **state) {
  (void)state;
  enum { SIZE = 5 << 19 };
  char *data = malloc(SIZE);
  assert_non_null(data);
  for (size_t i = 0; i < SIZE; i++) {
    data[i] = (char)(i % 251);
  }
  const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 X\r\nContent-Length: 2\r\n" EMPTY_JSON, 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {SCRIPT_END, NULL, 0}};
  const script_connection connection = steps;
  script_server *server = script_server_start(&connection, 1);
  cspan_aws_config *config = load_config(script_server_url(server, ""));
  cspan_client *client = open_client(config, "glacier");
  const cspan_body body = {.data = data, .size_bytes = SIZE};
  const cspan_client_request request = {
      .size = sizeof request, .operation = "UploadArchive", .body = &body};
  assert_int_equal(cspan_client_send(client, &request, NULL, NULL), CSPAN_OK);
  char *all = script_server_received(server);
  char *end = strstr(all, "\r\n\r\n");
  *end = '\0';
  assert_non_null(strstr(all, "x-amz-sha256-tree-hash: "
                              "9b2474f7359f1464535323bfcd3254903843f74cd482d4b35b8e039bcc88c5bf"));
  free(all);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  script_server_stop(server);
  free(data);
}

/* ----------------------------------------------------------------- presigning */

typedef struct url_row {
  const char *service;
  const char *operation;
  const char *input;
  const char *begins; /* the URL, after the host */
  const char *lacks;
} url_row;

static const url_row url_rows[] = {
    {"sts", "GetCallerIdentity", "{}", "/?Action=GetCallerIdentity&Version=2112-06-01&X-Amz-",
     "content-type"},
    {"polly", "SynthesizeSpeech", "{'Text': 'a b', 'LexiconNames': ['x', 'y']}",
     "/v1/speech?Text=a%20b&LexiconNames=x&LexiconNames=y&X-Amz-", "content-type"},
    {"s3", "GetObject", "{'Bucket': 'b', 'Key': 'k'}", "/b/k?X-Amz-Algorithm", "checksum"},
};

static void test_presigned(void **state) {
  (void)state;
  cspan_aws_config *config = load_config("http://localhost:1");
  for (size_t i = 0; i < sizeof url_rows / sizeof url_rows[0]; i++) {
    const url_row *r = &url_rows[i];
    cspan_client *client = open_client(config, r->service);
    cspan_document *input = parse(r->input);
    const cspan_client_request request = {
        .size = sizeof request, .operation = r->operation, .input = cspan_document_value(input)};
    char *url = NULL;
    cspan_error *error = NULL;
    if (cspan_client_presign(client, &request, 60, &url, &error) != CSPAN_OK) {
      fail_msg("%s", cspan_error_message(error));
    }
    const char *target = url + strlen("http://localhost:1");
    if (strncmp(target, r->begins, strlen(r->begins)) != 0 || strstr(url, r->lacks) != NULL) {
      fail_msg("%s", url);
    }
    cspan_free(url);
    cspan_document_free(input);
    cspan_client_free(client);
  }
  cspan_aws_config_free(config);
}

/* ------------------------------------------------------- endpoints from elsewhere */

enum { ANSWERS_MAX = 6 };

/* A connection for each answer, "STATUS BODY". */
typedef struct answers {
  script_step steps[ANSWERS_MAX][3];
  script_connection connections[ANSWERS_MAX];
  char texts[ANSWERS_MAX][768];
  script_server *server;
} answers;

static void answers_start(answers *a, size_t count) {
  memset(a, 0, sizeof *a);
  for (size_t i = 0; i < count; i++) {
    a->steps[i][0] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    a->steps[i][1] = (script_step){SCRIPT_SEND, a->texts[i], 0};
    a->connections[i] = a->steps[i];
  }
  a->server = script_server_start(a->connections, count);
}

static void answers_set(answers *a, size_t index, const char *text) {
  snprintf(a->texts[index], sizeof a->texts[index],
           "HTTP/1.1 %.3s X\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", text,
           strlen(text + 4), text + 4);
}

static void test_predict_endpoint(void **state) {
  (void)state;
  answers a;
  char url[128];
  answers_start(&a, 1);
  answers_set(&a, 0, "200 {}");
  cspan_aws_config *config = load_config("http://localhost:1/elsewhere");
  cspan_client *client = open_client(config, "machinelearning");
  snprintf(url, sizeof url, "%s", script_server_url(a.server, ""));
  cspan_value input = CSPAN_MAP(cspan_field("PredictEndpoint", cspan_string(url)));
  cspan_error *error = NULL;
  if (cspan_call(NULL, client, "Predict", &input, NULL, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  char *all = script_server_received(a.server);
  assert_non_null(strstr(all, "POST / HTTP/1.1\r\n"));
  free(all);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  script_server_stop(a.server);
}

/* A damaged answer is asked for again, but a message is neither sent nor received twice. */
static void test_damaged(void **state) {
  (void)state;
  static const struct {
    const char *service;
    const char *operation;
    const char *answer;
    size_t requests;
  } cases[] = {
      {"dynamodb", "Get", "x-amz-crc32: 1\r\nContent-Length: 2\r\n\r\n{}", 2},
      {"sqs", "SendMessage", "Content-Length: 25\r\n\r\n{\"MD5OfMessageBody\": \"0\"}", 1},
      {"sqs", "ReceiveMessage",
       "Content-Length: 43\r\n\r\n{\"Messages\":[{\"Body\":\"x\",\"MD5OfBody\":\"0\"}]}", 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    answers a;
    answers_start(&a, 2);
    snprintf(a.texts[0], sizeof a.texts[0], "HTTP/1.1 200 X\r\nConnection: close\r\n%s",
             cases[i].answer);
    answers_set(&a, 1, "200 {}");
    cspan_aws_config *config =
        load_config_with(script_server_url(a.server, ""), CSPAN_RETRY_STANDARD);
    cspan_client *client = open_client(config, cases[i].service);
    cspan_value input = CSPAN_MAP(cspan_field("MessageBody", cspan_string("hello")));
    bool sends = strcmp(cases[i].operation, "SendMessage") == 0;
    assert_int_equal(
        cspan_call(NULL, client, cases[i].operation, sends ? &input : NULL, NULL, NULL),
        cases[i].requests == 2 ? CSPAN_OK : CSPAN_ERR_CHECKSUM);
    assert_int_equal(script_server_accepted(a.server), cases[i].requests);
    cspan_client_free(client);
    cspan_aws_config_free(config);
    script_server_stop(a.server);
  }
}

static size_t times(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
    count++;
  }
  return count;
}

/* The rules lead to the server, and what it tells to a place below it. That is asked for once, and
 * again after the service said that it does not know the endpoint. */
static void test_discovery(void **state) {
  (void)state;
  answers a;
  char text[512];
  char path[160];
  answers_start(&a, 6);
  snprintf(text, sizeof text,
           "200 {\"Endpoints\": [{\"Address\": \"%s\", \"CachePeriodInMinutes\": 60}]}",
           script_server_url(a.server, "/cell"));
  answers_set(&a, 0, text);
  answers_set(&a, 1, "200 {\"Tables\": 1}");
  answers_set(&a, 2, "200 {\"Tables\": 2}");
  answers_set(&a, 3, "421 {\"__type\": \"InvalidEndpointException\"}");
  answers_set(&a, 4, text);
  answers_set(&a, 5, "200 {\"Tables\": 3}");
  snprintf(text, sizeof text,
           "{'version': '1.0', 'parameters': {}, 'rules': [{'type': 'endpoint', 'conditions': [], "
           "'endpoint': {'url': '%s', 'properties': {}, 'headers': {}}}]}",
           script_server_url(a.server, ""));
  snprintf(path, sizeof path, "%s/timestream-write/2112-06-01/endpoint-rule-set-1.json", folder);
  model_folder_put_json(path, text);
  cspan_aws_config *config = load_config(NULL);
  cspan_client *client = open_client(config, "timestream-write");
  static const cspan_status wanted[] = {CSPAN_OK, CSPAN_OK, CSPAN_ERR_SERVICE, CSPAN_OK};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    assert_int_equal(cspan_call(NULL, client, "ListTables", NULL, NULL, NULL), wanted[i]);
  }
  char *all = script_server_received(a.server);
  assert_int_equal(times(all, "X-Amz-Target: X.DescribeEndpoints\r\n"), 2);
  assert_int_equal(times(all, "x-amz-api-version: 2112-06-01\r\n"), 2);
  assert_int_equal(times(all, "POST /cell HTTP/1.1\r\n"), 4);
  free(all);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  script_server_stop(a.server);
}

/* ------------------------------------------------------------ places by the rules */

static const char account_rules[] =
    "{'version': '1.0', 'parameters': {'Account': {'type': 'String', 'required': false, "
    "'builtIn': 'AWS::Auth::AccountId'}}, 'rules': ["
    "{'type': 'endpoint', 'conditions': [{'fn': 'isSet', 'argv': [{'ref': 'Account'}]}], "
    "'endpoint': {'url': 'http://{Account}.localhost:1', 'properties': {}, 'headers': {}}}, "
    "{'type': 'endpoint', 'conditions': [], "
    "'endpoint': {'url': 'http://localhost:1', 'properties': {}, 'headers': {}}}]}";
static const char bucket_rules[] =
    "{'version': '1.0', 'parameters': {'Bucket': {'type': 'String', 'required': false}, "
    "'Path': {'type': 'Boolean', 'required': true, 'default': false, "
    "'builtIn': 'AWS::S3::ForcePathStyle'}}, 'rules': ["
    "{'type': 'endpoint', 'conditions': [{'fn': 'booleanEquals', 'argv': [{'ref': 'Path'}, "
    "true]}, {'fn': 'isSet', 'argv': [{'ref': 'Bucket'}]}], "
    "'endpoint': {'url': 'http://localhost:1/{Bucket}', 'properties': {}, 'headers': {}}}, "
    "{'type': 'endpoint', 'conditions': [{'fn': 'isSet', 'argv': [{'ref': 'Bucket'}]}], "
    "'endpoint': {'url': 'http://{Bucket}.localhost:1', 'properties': {}, 'headers': {}}}]}";

static void assert_goes_to(const cspan_aws_config *config, const char *service,
                           const char *operation, const char *input, const char *wanted) {
  cspan_client *client = open_client(config, service);
  cspan_document *value = parse(input);
  const cspan_client_request request = {
      .size = sizeof request, .operation = operation, .input = cspan_document_value(value)};
  char *url = NULL;
  assert_int_equal(cspan_client_presign(client, &request, 60, &url, NULL), CSPAN_OK);
  if (strncmp(url, wanted, strlen(wanted)) != 0) {
    fail_msg("%s does not begin with %s", url, wanted);
  }
  cspan_free(url);
  cspan_document_free(value);
  cspan_client_free(client);
}

static void put_rules(const char *service, const char *rules) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s/2112-06-01/endpoint-rule-set-1.json", folder, service);
  model_folder_put_json(path, rules);
}

static void test_account(void **state) {
  (void)state;
  cspan_aws_config *config = NULL;
  const cspan_aws_options aws = {.size = sizeof aws, .region = "us-east-1"};
  put_rules("apigateway", account_rules);
  setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "planted-secret", 1);
  setenv("AWS_ACCOUNT_ID", "123456789012", 1);
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_goes_to(config, "apigateway", "GetApis", "{}", "http://123456789012.localhost:1/apis?");
  cspan_aws_config_free(config);
  setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled", 1);
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_goes_to(config, "apigateway", "GetApis", "{}", "http://localhost:1/apis?");
  cspan_aws_config_free(config);
  unsetenv("AWS_ACCOUNT_ID_ENDPOINT_MODE");
  unsetenv("AWS_ACCOUNT_ID");
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_goes_to(config, "apigateway", "GetApis", "{}", "http://localhost:1/apis?");
  cspan_aws_config_free(config);
  unsetenv("AWS_ACCESS_KEY_ID");
  unsetenv("AWS_SECRET_ACCESS_KEY");
}

/* The bucket is in the host or in the path, and never twice. */
static void test_buckets(void **state) {
  (void)state;
  cspan_aws_config *config = NULL;
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "planted-secret"};
  put_rules("s3", bucket_rules);
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_goes_to(config, "s3", "GetObject", "{'Bucket': 'b', 'Key': 'b/k'}",
                 "http://b.localhost:1/b/k?X-Amz");
  assert_goes_to(config, "s3", "GetBucketLocation", "{'Bucket': 'b'}",
                 "http://localhost:1/b?location");
  cspan_aws_config_free(config);
  aws.addressing_style = CSPAN_ADDRESSING_PATH;
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_goes_to(config, "s3", "GetObject", "{'Bucket': 'b', 'Key': 'b/k'}",
                 "http://localhost:1/b/b/k?X-Amz");
  cspan_aws_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),         cmocka_unit_test(test_own_checksums),
      cmocka_unit_test(test_lambda_trace), cmocka_unit_test(test_tree_hash),
      cmocka_unit_test(test_presigned),    cmocka_unit_test(test_predict_endpoint),
      cmocka_unit_test(test_damaged),      cmocka_unit_test(test_discovery),
      cmocka_unit_test(test_account),      cmocka_unit_test(test_buckets),
  };
  return cmocka_run_group_tests(tests, make_models, remove_models);
}
