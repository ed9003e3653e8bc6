/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "services/s3/operation.h"

typedef cspan_s3_bucket_input bucket_input;
typedef cspan_s3_bucket_output bucket_output;
typedef cspan_s3_list_buckets_input list_input;
typedef cspan_s3_list_buckets_output list_output;

static const cspan_s3_in bucket_fields[] = {
    CSPAN_S3_IN_BUCKET(bucket_input),
};
CSPAN_S3_PARAM_FUNCTION(bucket, bucket_fields);

static cspan_status bucket_serialize(struct cspan_call *call, const void *input,
                                     cspan_error **error) {
  if (cspan_call_set_path(call, "/") != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_s3_write(call, input, bucket_fields, CSPAN_S3_COUNT(bucket_fields), error);
}

static cspan_status bucket_deserialize(struct cspan_call *call, void **output,
                                       cspan_error **error) {
  static const cspan_s3_out fields[] = {
      CSPAN_S3_OUT(bucket_output, location, CSPAN_S3_STRING, "location"),
      CSPAN_S3_OUT(bucket_output, bucket_region, CSPAN_S3_STRING, "x-amz-bucket-region"),
  };
  return cspan_s3_read_headers(call, sizeof(bucket_output), fields, CSPAN_S3_COUNT(fields), output,
                               error);
}

static cspan_status create_serialize(struct cspan_call *call, const void *input,
                                     cspan_error **error) {
  cspan_status status = bucket_serialize(call, input, error);
  const char *region = cspan_call_region(call);
  /* us-east-1 is the one region that S3 does not accept here. */
  if (status != CSPAN_OK || !region || !*region || strcmp(region, "us-east-1") == 0) {
    return status;
  }
  cspan_buf body;
  cspan_s3_xml_open(&body, "CreateBucketConfiguration");
  cspan_xml_element(&body, "LocationConstraint", region);
  cspan_buf_str(&body, "</CreateBucketConfiguration>");
  return cspan_s3_take_xml(call, &body, error);
}

static const cspan_operation create_bucket_operation = {
    .name = "CreateBucket",
    .method = "PUT",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = create_serialize,
    .deserialize = bucket_deserialize,
    .param = bucket_param,
    .documents = &bucket_documents,
};

static const cspan_operation delete_bucket_operation = {
    .name = "DeleteBucket",
    .method = "DELETE",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = bucket_serialize,
    .deserialize = bucket_deserialize,
    .param = bucket_param,
    .documents = &bucket_documents,
};

static const cspan_operation head_bucket_operation = {
    .name = "HeadBucket",
    .method = "HEAD",
    .flags = CSPAN_OP_NO_BODY_IN_ERROR,
    .serialize = bucket_serialize,
    .deserialize = bucket_deserialize,
    .param = bucket_param,
    .documents = &bucket_documents,
};

cspan_status cspan_s3_create_bucket(cspan_s3 *client, const cspan_context *context,
                                    const cspan_s3_bucket_input *input,
                                    cspan_s3_bucket_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &create_bucket_operation, context, input, output, error);
}

cspan_status cspan_s3_delete_bucket(cspan_s3 *client, const cspan_context *context,
                                    const cspan_s3_bucket_input *input,
                                    cspan_s3_bucket_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &delete_bucket_operation, context, input, output, error);
}

cspan_status cspan_s3_head_bucket(cspan_s3 *client, const cspan_context *context,
                                  const cspan_s3_bucket_input *input,
                                  cspan_s3_bucket_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &head_bucket_operation, context, input, output, error);
}

static const cspan_s3_in list_fields[] = {
    CSPAN_S3_IN(list_input, prefix, "Prefix", CSPAN_S3_STRING, CSPAN_S3_QUERY, "prefix"),
    CSPAN_S3_IN(list_input, continuation_token, "ContinuationToken", CSPAN_S3_STRING,
                CSPAN_S3_QUERY, "continuation-token"),
    CSPAN_S3_IN(list_input, max_buckets, "MaxBuckets", CSPAN_S3_INT, CSPAN_S3_QUERY, "max-buckets"),
};
CSPAN_S3_PARAM_FUNCTION(list, list_fields);

static cspan_status list_serialize(struct cspan_call *call, const void *input,
                                   cspan_error **error) {
  if (cspan_call_set_path(call, "/") != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_s3_write(call, input, list_fields, CSPAN_S3_COUNT(list_fields), error);
}

static const cspan_xml_node none;

static cspan_status list_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(list_output, continuation_token, CSPAN_S3_STRING, "ContinuationToken"),
  };
  static const cspan_s3_out bucket_elements[] = {
      CSPAN_S3_OUT(cspan_s3_bucket, name, CSPAN_S3_STRING, "Name"),
      CSPAN_S3_OUT(cspan_s3_bucket, creation_date_s, CSPAN_S3_ISO_DATE, "CreationDate"),
  };
  static const cspan_s3_list_shape shape = {
      "Bucket", bucket_elements, CSPAN_S3_COUNT(bucket_elements), sizeof(cspan_s3_bucket)};
  const cspan_xml_node *root = NULL;
  void *item = NULL;
  cspan_status status = cspan_s3_read_document(call, "ListAllMyBucketsResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(list_output), NULL, 0, &item, error);
  }
  list_output *out = item;
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements), false, out, error);
  }
  if (status == CSPAN_OK) {
    const cspan_xml_node *buckets = cspan_xml_child(root, "Buckets");
    const void *items = NULL;
    status = cspan_s3_read_list(call, buckets ? buckets : &none, &shape, false, &items,
                                &out->bucket_count, error);
    out->buckets = items;
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation list_buckets_operation = {
    .name = "ListBuckets",
    .method = "GET",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = list_serialize,
    .deserialize = list_deserialize,
    .param = list_param,
    .documents = &list_documents,
};

cspan_status cspan_s3_list_buckets(cspan_s3 *client, const cspan_context *context,
                                   const cspan_s3_list_buckets_input *input,
                                   cspan_s3_list_buckets_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &list_buckets_operation, context, input, output, error);
}
