/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of S3, for the typed calls and presigning. */
#ifndef SERVICES_S3_OPERATION_H
#define SERVICES_S3_OPERATION_H

#include "services/s3/client.h"
#include "services/s3/fields.h"

extern const cspan_operation cspan_s3_put_object_operation;
extern const cspan_operation cspan_s3_get_object_operation;

/* `prefix`_param and `prefix`_documents of an operation whose members are all in the table. */
#define CSPAN_S3_PARAM_FUNCTION(prefix, table)                                                     \
  static size_t prefix##_param(const void *input, const char *member, char *text,                  \
                               size_t capacity) {                                                  \
    return cspan_s3_param(input, (table), CSPAN_S3_COUNT(table), member, text, capacity);          \
  }                                                                                                \
  static const cspan_value *prefix##_input_document(struct cspan_call *call, const void *input) {  \
    return cspan_s3_input_document(call, input, (table), CSPAN_S3_COUNT(table), NULL, 0);          \
  }                                                                                                \
  static const void *prefix##_find_member(const char *name) {                                      \
    return cspan_s3_find_member((table), CSPAN_S3_COUNT(table), name);                             \
  }                                                                                                \
  static const cspan_operation_documents prefix##_documents = {                                    \
      .input = prefix##_input_document,                                                            \
      .find_member = prefix##_find_member,                                                         \
      .member_value = cspan_s3_member_value}

/* The checksum headers that an object's output shows. */
#define CSPAN_S3_OUT_CHECKSUMS(struct_)                                                            \
  CSPAN_S3_OUT(struct_, checksum_crc32, CSPAN_S3_STRING, "x-amz-checksum-crc32"),                  \
      CSPAN_S3_OUT(struct_, checksum_crc32c, CSPAN_S3_STRING, "x-amz-checksum-crc32c"),            \
      CSPAN_S3_OUT(struct_, checksum_crc64nvme, CSPAN_S3_STRING, "x-amz-checksum-crc64nvme"),      \
      CSPAN_S3_OUT(struct_, checksum_sha256, CSPAN_S3_STRING, "x-amz-checksum-sha256")

/* The headers that PutObject and CreateMultipartUpload share. */
#define CSPAN_S3_IN_OBJECT_HEADERS(struct_)                                                        \
  CSPAN_S3_IN(struct_, content_type, "ContentType", CSPAN_S3_STRING, CSPAN_S3_HEADER,              \
              "Content-Type"),                                                                     \
      CSPAN_S3_IN(struct_, cache_control, "CacheControl", CSPAN_S3_STRING, CSPAN_S3_HEADER,        \
                  "Cache-Control"),                                                                \
      CSPAN_S3_IN(struct_, content_disposition, "ContentDisposition", CSPAN_S3_STRING,             \
                  CSPAN_S3_HEADER, "Content-Disposition"),                                         \
      CSPAN_S3_IN(struct_, content_encoding, "ContentEncoding", CSPAN_S3_STRING, CSPAN_S3_HEADER,  \
                  "Content-Encoding"),                                                             \
      CSPAN_S3_IN(struct_, content_language, "ContentLanguage", CSPAN_S3_STRING, CSPAN_S3_HEADER,  \
                  "Content-Language"),                                                             \
      CSPAN_S3_IN(struct_, storage_class, "StorageClass", CSPAN_S3_STRING, CSPAN_S3_HEADER,        \
                  "x-amz-storage-class")

/* The checksum of a body: `algorithm` is checked, NULL is the config's choice. */
cspan_status cspan_s3_write_checksum(struct cspan_call *call, const char *algorithm,
                                     cspan_error **error);

/* PutObject and UploadPart answer with the same headers. */
cspan_status cspan_s3_read_put_output(struct cspan_call *call, void **output, cspan_error **error);

/* The CommonPrefixes of a list, decoded where the response says that they are encoded. */
cspan_status cspan_s3_read_prefixes(struct cspan_call *call, const cspan_xml_node *root,
                                    const char *const **prefixes, size_t *count,
                                    cspan_error **error);

/* An XML request body. The writers check once, in cspan_s3_take_xml. */
enum { CSPAN_S3_MAX_XML = 8 * 1024 * 1024 };
void cspan_s3_xml_open(cspan_buf *buf, const char *root);
cspan_status cspan_s3_take_xml(struct cspan_call *call, cspan_buf *buf, cspan_error **error);

#endif
