/* SPDX-License-Identifier: Apache-2.0 */
/* CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload. */
#include "sandbox/op_upload.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/range.h"
#include "sandbox/xml.h"

/* x-amz-checksum-algorithm and x-amz-checksum-type. */
static sbx_error read_checksum(sbx_call *call, sbx_upload *upload) {
  const char *name = cspan_sbx_header(&call->request, "x-amz-checksum-algorithm");
  const char *type = cspan_sbx_header(&call->request, "x-amz-checksum-type");
  sbx_checksum_kind kind = name ? cspan_sbx_checksum_by_algorithm(name) : SBX_CHECKSUM_CRC64NVME;
  bool sha = kind == SBX_CHECKSUM_SHA1 || kind == SBX_CHECKSUM_SHA256;
  bool full = type && strcmp(type, "FULL_OBJECT") == 0;
  if (kind == SBX_CHECKSUM_NONE) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST, "Checksum algorithm provided is unsupported.");
  }
  if (type && !full && strcmp(type, "COMPOSITE") != 0) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                          "Value for x-amz-checksum-type header is invalid.");
  }
  if ((full && sha) || (type && !full && kind == SBX_CHECKSUM_CRC64NVME)) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                          "The checksum type cannot be used with the specified checksum "
                          "algorithm.");
  }
  upload->checksum_kind = kind;
  upload->checksum_asked = name != NULL;
  upload->checksum_composite = !full && kind != SBX_CHECKSUM_CRC64NVME;
  return SBX_OK;
}

static void put_created(sbx_call *call, const sbx_bucket *bucket, const sbx_upload *upload) {
  cspan_buf *xml = &call->xml;
  cspan_sbx_xml_begin(xml, "InitiateMultipartUploadResult");
  cspan_sbx_xml_text(xml, "Bucket", bucket->name);
  cspan_sbx_xml_bytes(xml, "Key", upload->key, upload->key_len);
  cspan_sbx_xml_text(xml, "UploadId", upload->id);
  cspan_sbx_xml_close(xml, "InitiateMultipartUploadResult");
  if (upload->checksum_asked) {
    cspan_sbx_reply(call, "x-amz-checksum-algorithm",
                    cspan_sbx_checksum_algorithm(upload->checksum_kind));
    cspan_sbx_reply(call, "x-amz-checksum-type",
                    upload->checksum_composite ? "COMPOSITE" : "FULL_OBJECT");
  }
}

sbx_error cspan_sbx_create_upload(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error != SBX_OK) {
    return error;
  }
  sbx_upload *upload = cspan_sbx_upload_new(call->request.key, call->request.key_len);
  error = upload ? cspan_sbx_read_metadata(call, &upload->headers) : SBX_INTERNAL_ERROR;
  if (error == SBX_OK) {
    error = read_checksum(call, upload);
  }
  if (error == SBX_OK) {
    cspan_sbx_new_id(upload->id);
    upload->initiated = call->now;
    put_created(call, bucket, upload);
    error = cspan_sbx_error_of(cspan_sbx_upload_add(call->service->store, bucket, upload, true));
  }
  if (error != SBX_OK) {
    cspan_sbx_upload_free(upload);
  }
  return error;
}

sbx_error cspan_sbx_need_upload(sbx_call *call, sbx_bucket **bucket, sbx_upload **upload) {
  const char *id = cspan_sbx_param(&call->request, "uploadId");
  sbx_error error = cspan_sbx_need_bucket(call, bucket);
  if (error == SBX_OK) {
    *upload =
        id ? cspan_sbx_upload_find(*bucket, call->request.key, call->request.key_len, id) : NULL;
    error = *upload ? SBX_OK : SBX_NO_SUCH_UPLOAD;
  }
  return error;
}

static sbx_error part_number(sbx_call *call, int *out) {
  sbx_error error = cspan_sbx_int_param(call, "partNumber", 1, SBX_PART_MAX, 0, out);
  return error == SBX_OK ? SBX_OK
                         : cspan_sbx_fail(call, error,
                                          "Part number must be an integer between 1 and 10000, "
                                          "inclusive");
}

/* A part brings the checksum that the upload was created with. */
static sbx_error check_kind(sbx_call *call, const sbx_upload *upload) {
  sbx_checksum_kind named;
  sbx_error error = cspan_sbx_named_checksum(call, &named);
  if (error == SBX_OK && named != SBX_CHECKSUM_NONE && upload->checksum_asked &&
      named != upload->checksum_kind) {
    error = cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                           "Checksum Type mismatch occurred: the part has another checksum than "
                           "the upload was created with.");
  }
  return error;
}

/* The client did not say when it created the upload: its parts do. */
static void adopt_kind(sbx_upload *upload, const sbx_part *part) {
  if (!upload->checksum_asked && upload->part_count == 0) {
    upload->checksum_kind = part->checksum.kind;
    upload->checksum_composite = part->checksum.kind != SBX_CHECKSUM_CRC64NVME;
  }
}

sbx_error cspan_sbx_upload_part(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_upload *upload;
  sbx_ingested in;
  int number = 0;
  sbx_error error = part_number(call, &number);
  error = error == SBX_OK ? cspan_sbx_need_upload(call, &bucket, &upload) : error;
  error = error == SBX_OK ? check_kind(call, upload) : error;
  if (error != SBX_OK) {
    return error;
  }
  sbx_part *part = cspan_sbx_part_new(number);
  error = part ? cspan_sbx_ingest_body(call, upload->checksum_kind, &part->body, &in)
               : SBX_INTERNAL_ERROR;
  if (error == SBX_OK) {
    part->modified = call->now;
    part->checksum = in.checksum;
    cspan_hex_encode(in.md5, sizeof in.md5, part->etag);
    adopt_kind(upload, part);
    cspan_sbx_reply_etag(call, part->etag);
    cspan_sbx_reply(call, cspan_sbx_checksum_header(in.checksum.kind), in.checksum.value);
    error = cspan_sbx_error_of(cspan_sbx_part_put(call->service->store, upload, part, true));
  }
  if (error != SBX_OK) {
    cspan_sbx_part_free(part);
  }
  return error;
}

/* --------------------------------------------------------------- part copy */

static sbx_error copy_range(sbx_call *call, const sbx_object *source, int64_t *at, int64_t *len) {
  const char *range = cspan_sbx_header(&call->request, "x-amz-copy-source-range");
  *at = 0;
  *len = source->body.len;
  if (!range) {
    return SBX_OK;
  }
  /* Stricter than Range: both ends, and both within the source. */
  const char *end = strrchr(range, '-');
  sbx_range_kind kind = cspan_sbx_range_parse(range, source->body.len, at, len);
  bool open = kind != SBX_RANGE_OK || cspan_starts_with(range, "bytes=-");
  int64_t last = -1;
  if (open || !cspan_parse_i64(end + 1, &last) || last != *at + *len - 1) {
    return cspan_sbx_fail(call, SBX_INVALID_ARGUMENT,
                          "The x-amz-copy-source-range value must be of the form "
                          "bytes=first-last where first and last are within the source.");
  }
  return SBX_OK;
}

static sbx_error fill_copy(sbx_call *call, const sbx_upload *upload, const sbx_object *source,
                           sbx_part *part) {
  int64_t at = 0;
  int64_t len = 0;
  uint8_t md5[CSPAN_MD5_LEN];
  sbx_error error = copy_range(call, source, &at, &len);
  if (error != SBX_OK) {
    return error;
  }
  sbx_writer writer;
  cspan_sbx_writer_init(&writer, call->service->store, len);
  cspan_status status =
      cspan_sbx_body_each(&source->body, at, len, cspan_sbx_writer_write, &writer);
  if (status != CSPAN_OK) {
    cspan_sbx_writer_abort(&writer);
    return cspan_sbx_error_of(status);
  }
  status = cspan_sbx_writer_finish(&writer, &part->body);
  if (status == CSPAN_OK) {
    status = cspan_sbx_digest_body(&part->body, upload->checksum_kind, md5, &part->checksum);
  }
  if (status == CSPAN_OK) {
    cspan_hex_encode(md5, sizeof md5, part->etag);
    part->modified = call->now;
  }
  return cspan_sbx_error_of(status);
}

static void put_copied(sbx_call *call, const sbx_part *part) {
  char etag[64];
  snprintf(etag, sizeof etag, "\"%s\"", part->etag);
  cspan_sbx_xml_begin(&call->xml, "CopyPartResult");
  cspan_sbx_xml_time(&call->xml, "LastModified", part->modified);
  cspan_sbx_xml_text(&call->xml, "ETag", etag);
  cspan_sbx_xml_text(&call->xml, cspan_sbx_checksum_element(part->checksum.kind),
                     part->checksum.value);
  cspan_sbx_xml_close(&call->xml, "CopyPartResult");
}

sbx_error cspan_sbx_upload_part_copy(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_upload *upload;
  const sbx_object *source;
  int number = 0;
  sbx_error error = part_number(call, &number);
  error = error == SBX_OK ? cspan_sbx_need_upload(call, &bucket, &upload) : error;
  error = error == SBX_OK ? cspan_sbx_copy_source(call, &source) : error;
  if (error != SBX_OK) {
    return error;
  }
  sbx_part *part = cspan_sbx_part_new(number);
  error = part ? fill_copy(call, upload, source, part) : SBX_INTERNAL_ERROR;
  if (error == SBX_OK) {
    put_copied(call, part);
    error = cspan_sbx_error_of(cspan_sbx_part_put(call->service->store, upload, part, true));
  }
  if (error != SBX_OK) {
    cspan_sbx_part_free(part);
  }
  return error;
}

sbx_error cspan_sbx_abort_upload(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_upload *upload;
  sbx_error error = cspan_sbx_need_upload(call, &bucket, &upload);
  if (error == SBX_OK) {
    cspan_sbx_upload_remove(call->service->store, bucket, upload);
    call->status = 204;
  }
  return error;
}
