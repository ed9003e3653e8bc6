/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what services need beyond their models. */
#include "services/client/customize.h"

#include <string.h>

typedef struct line {
  const char *service;
  const char *operation; /* NULL: all */
  uint8_t stage;         /* cspan_custom_stage */
  cspan_custom_fn run;
  const char *detail;
} line;

#define INPUT   CSPAN_CUSTOM_INPUT
#define REQUEST CSPAN_CUSTOM_REQUEST
#define BODY    CSPAN_CUSTOM_BODY
#define OUTPUT  CSPAN_CUSTOM_OUTPUT
#define FAILURE CSPAN_CUSTOM_FAILURE
#define NO_AUTH CSPAN_CUSTOM_NO_AUTH

/* Lines of a service side by side, hooks of an operation in the order in which they run. */
static const line lines[] = {
    {"API Gateway", NULL, REQUEST, cspan_custom_header, "Accept: application/json"},
    {"Auto Scaling", "CreateLaunchConfiguration", INPUT, cspan_custom_base64, "UserData"},
    {"CloudFormation", "GetTemplate", OUTPUT, cspan_custom_json, "TemplateBody"},
    {"CloudSearch Domain", "Search", INPUT, cspan_custom_rename, "returnFields=return"},
    {"CloudSearch Domain", "Search", REQUEST, cspan_custom_post_query, NULL},
    {"CloudWatch Logs", "CreateExportTask", INPUT, cspan_custom_rename, "fromTime=from"},
    {"Cognito Identity", "GetId", NO_AUTH, NULL, NULL},
    {"Cognito Identity", "GetOpenIdToken", NO_AUTH, NULL, NULL},
    {"Cognito Identity", "UnlinkIdentity", NO_AUTH, NULL, NULL},
    {"Cognito Identity", "GetCredentialsForIdentity", NO_AUTH, NULL, NULL},
    {"DocDB", "CopyDBClusterSnapshot", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"DocDB", "CreateDBCluster", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"DynamoDB", "DescribeEndpoints", REQUEST, cspan_custom_version_header, "x-amz-api-version"},
    {"DynamoDB", NULL, OUTPUT, cspan_custom_crc32, "x-amz-crc32"},
    {"EC2", NULL, INPUT, cspan_custom_rename, "Filters=Filter"},
    {"EC2", "RunInstances", INPUT, cspan_custom_base64, "UserData"},
    {"EC2", "CopySnapshot", INPUT, cspan_custom_region_copy, "PresignedUrl"},
    {"EC2", "GetConsoleOutput", OUTPUT, cspan_custom_console, "Output"},
    {"Glacier", NULL, INPUT, cspan_custom_default, "accountId=-"},
    {"Glacier", NULL, REQUEST, cspan_custom_version_header, "x-amz-glacier-version"},
    {"Glacier", "UploadArchive", BODY, cspan_custom_tree_hash, NULL},
    {"Glacier", "UploadMultipartPart", BODY, cspan_custom_tree_hash, NULL},
    {"IAM", NULL, OUTPUT, cspan_custom_policies, "policyDocumentType"},
    {"Machine Learning", "Predict", INPUT, cspan_custom_endpoint, "PredictEndpoint"},
    {"Neptune", "CopyDBClusterSnapshot", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"Neptune", "CreateDBCluster", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"Polly", "SynthesizeSpeech", REQUEST, cspan_custom_query_input, NULL},
    {"RDS", "CopyDBClusterSnapshot", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"RDS", "CopyDBSnapshot", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"RDS", "CreateDBCluster", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"RDS", "CreateDBInstanceReadReplica", INPUT, cspan_custom_region_copy, "PreSignedUrl"},
    {"RDS", "StartDBInstanceAutomatedBackupsReplication", INPUT, cspan_custom_region_copy,
     "PreSignedUrl"},
    {"Route 53", NULL, INPUT, cspan_custom_last_segment, "ResourceId"},
    {"Route 53", NULL, INPUT, cspan_custom_last_segment, "DelegationSetId"},
    {"Route 53", NULL, INPUT, cspan_custom_last_segment, "ChangeId"},
    {"S3", NULL, INPUT, cspan_custom_bucket, "Bucket"},
    {"S3", NULL, INPUT, cspan_custom_sse_key, "SSECustomer"},
    {"S3", NULL, INPUT, cspan_custom_sse_key, "CopySourceSSECustomer"},
    {"S3", NULL, REQUEST, cspan_custom_no_default_type, "ContentType"},
    {"S3", "CopyObject", INPUT, cspan_custom_copy_source, "CopySource"},
    {"S3", "CopyObject", INPUT, cspan_custom_ascii, "Metadata"},
    {"S3", "CreateMultipartUpload", INPUT, cspan_custom_ascii, "Metadata"},
    {"S3", "GetBucketLocation", OUTPUT, cspan_custom_empty_is_null, "LocationConstraint"},
    {"S3", "GetObject", OUTPUT, cspan_custom_raw_header, "Expires=ExpiresString"},
    {"S3", "HeadObject", OUTPUT, cspan_custom_raw_header, "Expires=ExpiresString"},
    {"S3", "ListObjects", INPUT, cspan_custom_encode_keys, "EncodingType"},
    {"S3", "ListObjects", OUTPUT, cspan_custom_decode_keys,
     "Delimiter Marker NextMarker Prefix Contents[].Key CommonPrefixes[].Prefix"},
    {"S3", "ListObjectsV2", INPUT, cspan_custom_encode_keys, "EncodingType"},
    {"S3", "ListObjectsV2", OUTPUT, cspan_custom_decode_keys,
     "Delimiter Prefix StartAfter Contents[].Key CommonPrefixes[].Prefix"},
    {"S3", "ListObjectVersions", INPUT, cspan_custom_encode_keys, "EncodingType"},
    {"S3", "ListObjectVersions", OUTPUT, cspan_custom_decode_keys,
     "Delimiter KeyMarker NextKeyMarker Prefix Versions[].Key DeleteMarkers[].Key "
     "CommonPrefixes[].Prefix"},
    {"S3", "PutObject", INPUT, cspan_custom_ascii, "Metadata"},
    {"S3", "UploadPartCopy", INPUT, cspan_custom_copy_source, "CopySource"},
    {"S3 Control", NULL, REQUEST, cspan_custom_drop_host_prefix, "{AccountId}."},
    {"SQS", "SendMessage", OUTPUT, cspan_custom_sent_md5, NULL},
    {"SQS", "SendMessageBatch", OUTPUT, cspan_custom_batch_md5, NULL},
    {"SQS", "ReceiveMessage", OUTPUT, cspan_custom_received_md5, NULL},
    {"SSO OIDC", NULL, FAILURE, cspan_custom_oauth_message, "error_description"},
    {"STS", "AssumeRoleWithSAML", NO_AUTH, NULL, NULL},
    {"STS", "AssumeRoleWithWebIdentity", NO_AUTH, NULL, NULL},
    {"Timestream Query", "DescribeEndpoints", REQUEST, cspan_custom_version_header,
     "x-amz-api-version"},
    {"Timestream Write", "DescribeEndpoints", REQUEST, cspan_custom_version_header,
     "x-amz-api-version"},
};

enum { LINE_COUNT = sizeof lines / sizeof lines[0] };

cspan_table_range cspan_custom_lines(const char *service_id) {
  cspan_table_range range = {0, 0};
  for (size_t i = 0; i < LINE_COUNT; i++) {
    if (strcmp(lines[i].service, service_id) == 0) {
      range.first = range.count == 0 ? (uint16_t)i : range.first;
      range.count++;
    }
  }
  return range;
}

static bool is_for(const line *l, cspan_custom_stage stage, const char *operation) {
  return l->stage == (uint8_t)stage &&
         (l->operation == NULL || strcmp(l->operation, operation) == 0);
}

cspan_status cspan_custom_run(cspan_custom_stage stage, cspan_custom *c, cspan_error **error) {
  const cspan_table_range range = c->invocation->client->custom;
  cspan_status status = CSPAN_OK;
  for (size_t i = range.first; i < (size_t)range.first + range.count && status == CSPAN_OK; i++) {
    if (is_for(&lines[i], stage, c->invocation->operation.name)) {
      status = lines[i].run(c, lines[i].detail, error);
    }
  }
  return status;
}

bool cspan_custom_is_unsigned(const cspan_invocation *invocation) {
  const cspan_table_range range = invocation->client->custom;
  for (size_t i = range.first; i < (size_t)range.first + range.count; i++) {
    if (is_for(&lines[i], NO_AUTH, invocation->operation.name)) {
      return true;
    }
  }
  return false;
}
