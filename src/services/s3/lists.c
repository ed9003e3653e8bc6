/* SPDX-License-Identifier: Apache-2.0 */
/* ListObjectsV2. */
#include "base/error.h"
#include "services/s3/operation.h"

typedef cspan_s3_list_objects_v2_input list_input;
typedef cspan_s3_list_objects_v2_output list_output;

static const cspan_s3_in list_fields[] = {
    CSPAN_S3_IN_BUCKET(list_input),
    CSPAN_S3_IN(list_input, prefix, "Prefix", CSPAN_S3_STRING, CSPAN_S3_QUERY, "prefix"),
    CSPAN_S3_IN(list_input, delimiter, "Delimiter", CSPAN_S3_STRING, CSPAN_S3_QUERY, "delimiter"),
    CSPAN_S3_IN(list_input, start_after, "StartAfter", CSPAN_S3_STRING, CSPAN_S3_QUERY,
                "start-after"),
    CSPAN_S3_IN(list_input, continuation_token, "ContinuationToken", CSPAN_S3_STRING,
                CSPAN_S3_QUERY, "continuation-token"),
    CSPAN_S3_IN(list_input, max_keys, "MaxKeys", CSPAN_S3_INT, CSPAN_S3_QUERY, "max-keys"),
};
CSPAN_S3_PARAM_FUNCTION(list, list_fields);

static cspan_status list_serialize(struct cspan_call *call, const void *data, cspan_error **error) {
  const list_input *input = data;
  if (input->max_keys < 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "ListObjectsV2: max_keys is negative");
  }
  if (cspan_call_set_path(call, "/") != CSPAN_OK ||
      cspan_call_add_query(call, "list-type", "2") != CSPAN_OK ||
      cspan_call_add_query(call, "encoding-type", "url") != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_s3_write(call, input, list_fields, CSPAN_S3_COUNT(list_fields), error);
}

static cspan_status read_contents(struct cspan_call *call, const cspan_xml_node *root,
                                  bool url_encoded, list_output *out, cspan_error **error) {
  static const cspan_s3_out fields[] = {
      CSPAN_S3_OUT(cspan_s3_object, key, CSPAN_S3_URL_STRING, "Key"),
      CSPAN_S3_OUT(cspan_s3_object, size_bytes, CSPAN_S3_INT64, "Size"),
      CSPAN_S3_OUT(cspan_s3_object, etag, CSPAN_S3_STRING, "ETag"),
      CSPAN_S3_OUT(cspan_s3_object, last_modified_s, CSPAN_S3_ISO_DATE, "LastModified"),
      CSPAN_S3_OUT(cspan_s3_object, storage_class, CSPAN_S3_STRING, "StorageClass"),
  };
  static const cspan_s3_list_shape shape = {"Contents", fields, CSPAN_S3_COUNT(fields),
                                            sizeof(cspan_s3_object)};
  const void *items = NULL;
  cspan_status status =
      cspan_s3_read_list(call, root, &shape, url_encoded, &items, &out->content_count, error);
  out->contents = items;
  return status;
}

static cspan_status list_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(list_output, is_truncated, CSPAN_S3_BOOL, "IsTruncated"),
      CSPAN_S3_OUT(list_output, next_continuation_token, CSPAN_S3_STRING, "NextContinuationToken"),
      CSPAN_S3_OUT(list_output, key_count, CSPAN_S3_INT, "KeyCount"),
  };
  const cspan_xml_node *root = NULL;
  void *item = NULL;
  cspan_status status = cspan_s3_read_document(call, "ListBucketResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(list_output), NULL, 0, &item, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements), false, item, error);
  }
  list_output *out = item;
  if (status == CSPAN_OK) {
    status = read_contents(call, root, cspan_s3_is_url_encoded(root), out, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_prefixes(call, root, &out->common_prefixes, &out->common_prefix_count, error);
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation list_objects_v2_operation = {
    .name = "ListObjectsV2",
    .method = "GET",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = list_serialize,
    .deserialize = list_deserialize,
    .param = list_param,
    .documents = &list_documents,
};

cspan_status cspan_s3_list_objects_v2(cspan_s3 *client, const cspan_context *context,
                                      const cspan_s3_list_objects_v2_input *input,
                                      cspan_s3_list_objects_v2_output **output,
                                      cspan_error **error) {
  return CSPAN_S3_CALL(client, &list_objects_v2_operation, context, input, output, error);
}
