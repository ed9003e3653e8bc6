/* SPDX-License-Identifier: Apache-2.0 */
/* CompleteMultipartUpload. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "sandbox/complete_request.h"
#include "sandbox/op_upload.h"
#include "sandbox/xml.h"

enum { MIN_PART = 5 << 20, MAX_COMPLETE_DOCUMENT = 4 << 20 };

/* The stored part that an item of the document names. */
static sbx_error find_part(sbx_call *call, const sbx_upload *upload, const sbx_complete_part *item,
                           const sbx_part **out) {
  const sbx_part *part = cspan_sbx_part_find(upload, item->number);
  bool same = part && strcmp(part->etag, item->etag) == 0;
  if (same && item->checksum.kind != SBX_CHECKSUM_NONE) {
    same = item->checksum.kind == part->checksum.kind &&
           strcmp(item->checksum.value, part->checksum.value) == 0;
  }
  if (!same) {
    cspan_sbx_xml_int(&call->detail.extra, "PartNumber", item->number);
    cspan_sbx_xml_text(&call->detail.extra, "ETag", item->etag);
    return SBX_INVALID_PART;
  }
  *out = part;
  return SBX_OK;
}

static sbx_error check_parts(sbx_call *call, const sbx_upload *upload,
                             const sbx_complete_request *request) {
  for (size_t i = 1; i < request->count; i++) {
    if (request->parts[i].number <= request->parts[i - 1].number) {
      return SBX_INVALID_PART_ORDER;
    }
  }
  for (size_t i = 0; i < request->count; i++) {
    const sbx_part *part;
    sbx_error error = find_part(call, upload, &request->parts[i], &part);
    if (error != SBX_OK) {
      return error;
    }
    if (i + 1 < request->count && part->body.len < MIN_PART) {
      cspan_sbx_xml_int(&call->detail.extra, "ProposedSize", part->body.len);
      cspan_sbx_xml_int(&call->detail.extra, "MinSizeAllowed", MIN_PART);
      cspan_sbx_xml_int(&call->detail.extra, "PartNumber", part->number);
      return SBX_ENTITY_TOO_SMALL;
    }
  }
  return SBX_OK;
}

/* MD5 of the parts' MD5s, and how many they are. */
static cspan_status set_etag(const sbx_upload *upload, const sbx_complete_request *request,
                             sbx_object *object) {
  uint8_t md5[CSPAN_MD5_LEN];
  char hex[2 * CSPAN_MD5_LEN + 1];
  cspan_digest *digest = cspan_digest_new(CSPAN_DIGEST_MD5);
  if (!digest) {
    return CSPAN_ERR_NOMEM;
  }
  for (size_t i = 0; i < request->count; i++) {
    const sbx_part *part = cspan_sbx_part_find(upload, request->parts[i].number);
    cspan_hex_decode(part->etag, sizeof hex - 1, md5);
    cspan_digest_update(digest, md5, sizeof md5);
  }
  cspan_digest_final(digest, md5);
  cspan_digest_free(digest);
  cspan_hex_encode(md5, sizeof md5, hex);
  snprintf(object->etag, sizeof object->etag, "%s-%zu", hex, request->count);
  return CSPAN_OK;
}

/* The checksum of the parts' checksums. */
static cspan_status composite(const sbx_upload *upload, const sbx_complete_request *request,
                              sbx_object *object) {
  uint8_t value[CSPAN_SHA256_LEN];
  cspan_buf raw;
  cspan_buf_init(&raw, (size_t)SBX_PART_MAX * CSPAN_SHA256_LEN);
  for (size_t i = 0; i < request->count; i++) {
    const sbx_part *part = cspan_sbx_part_find(upload, request->parts[i].number);
    cspan_base64_decode(part->checksum.value, strlen(part->checksum.value), &raw);
  }
  cspan_status status = cspan_buf_status(&raw);
  cspan_digest *digest = cspan_digest_new(cspan_sbx_checksum_digest(upload->checksum_kind));
  status = digest ? status : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    cspan_digest_update(digest, cspan_buf_text(&raw), raw.len);
    cspan_digest_final(digest, value);
    status = cspan_sbx_checksum_set(&object->checksum, upload->checksum_kind, value);
  }
  if (status == CSPAN_OK) {
    size_t len = strlen(object->checksum.value);
    snprintf(object->checksum.value + len, sizeof object->checksum.value - len, "-%zu",
             request->count);
    object->checksum.composite = true;
  }
  cspan_digest_free(digest);
  cspan_buf_free(&raw);
  return status;
}

static cspan_status set_checksum(const sbx_upload *upload, const sbx_complete_request *request,
                                 sbx_object *object) {
  if (upload->checksum_composite) {
    bool same = true;
    for (size_t i = 0; i < request->count; i++) {
      const sbx_part *part = cspan_sbx_part_find(upload, request->parts[i].number);
      same = same && part->checksum.kind == upload->checksum_kind;
    }
    return same ? composite(upload, request, object) : CSPAN_OK;
  }
  return cspan_sbx_digest_body(&object->body, upload->checksum_kind, NULL, &object->checksum);
}

static cspan_status assemble(const sbx_upload *upload, const sbx_complete_request *request,
                             sbx_object *object) {
  object->part_sizes = cspan_calloc(request->count, sizeof object->part_sizes[0]);
  cspan_status status = object->part_sizes ? CSPAN_OK : CSPAN_ERR_NOMEM;
  for (size_t i = 0; i < request->count && status == CSPAN_OK; i++) {
    const sbx_part *part = cspan_sbx_part_find(upload, request->parts[i].number);
    object->part_sizes[i] = part->body.len;
    status = cspan_sbx_body_share(&object->body, &part->body);
  }
  object->part_count = request->count;
  status = status == CSPAN_OK ? set_etag(upload, request, object) : status;
  status = status == CSPAN_OK ? set_checksum(upload, request, object) : status;
  return status == CSPAN_OK ? cspan_sbx_pairs_copy(&object->headers, &upload->headers) : status;
}

/* What the request says about the whole: its size and its checksum. */
static sbx_error check_whole(sbx_call *call, const sbx_object *object) {
  const char *size = cspan_sbx_header(&call->request, "x-amz-mp-object-size");
  int64_t said;
  if (size && (!cspan_parse_i64(size, &said) || said != object->body.len)) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                          "The provided 'x-amz-mp-object-size' header does not match what was "
                          "computed.");
  }
  const sbx_checksum *made = &object->checksum;
  const char *value = made->kind == SBX_CHECKSUM_NONE
                          ? NULL
                          : cspan_sbx_header(&call->request, cspan_sbx_checksum_header(made->kind));
  return value && strcmp(value, made->value) != 0 ? SBX_BAD_DIGEST : SBX_OK;
}

static void put_completed(sbx_call *call, const sbx_object *object) {
  cspan_buf *xml = &call->xml;
  char etag[64];
  const char *host = cspan_sbx_header(&call->request, "Host");
  snprintf(etag, sizeof etag, "\"%s\"", object->etag);
  cspan_sbx_xml_begin(xml, "CompleteMultipartUploadResult");
  cspan_sbx_xml_open(xml, "Location");
  cspan_buf_printf(xml, "http://%s/%s/", host ? host : "127.0.0.1", call->request.bucket);
  cspan_uri_encode(xml, object->key, object->key_len, true);
  cspan_sbx_xml_close(xml, "Location");
  cspan_sbx_xml_text(xml, "Bucket", call->request.bucket);
  cspan_sbx_xml_bytes(xml, "Key", object->key, object->key_len);
  cspan_sbx_xml_text(xml, "ETag", etag);
  if (object->checksum.kind != SBX_CHECKSUM_NONE) {
    cspan_sbx_xml_text(xml, cspan_sbx_checksum_element(object->checksum.kind),
                       object->checksum.value);
    cspan_sbx_xml_text(xml, "ChecksumType",
                       object->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  cspan_sbx_xml_close(xml, "CompleteMultipartUploadResult");
}

static void remember(sbx_service *service, const sbx_upload *upload, const sbx_object *object) {
  sbx_completed *slot = &service->completed[service->completed_next++ % SBX_COMPLETED];
  snprintf(slot->id, sizeof slot->id, "%s", upload->id);
  snprintf(slot->etag, sizeof slot->etag, "%s", object->etag);
}

/* The object that this very upload became, when it is still the one. */
static const sbx_object *completed_before(sbx_call *call, const sbx_bucket *bucket) {
  const char *id = cspan_sbx_param(&call->request, "uploadId");
  const sbx_object *object =
      cspan_sbx_object_find(bucket, call->request.key, call->request.key_len);
  for (size_t i = 0; object && i < SBX_COMPLETED; i++) {
    const sbx_completed *slot = &call->service->completed[i];
    if (strcmp(slot->id, id) == 0 && strcmp(slot->etag, object->etag) == 0) {
      return object;
    }
  }
  return NULL;
}

static sbx_error complete(sbx_call *call, sbx_bucket *bucket, sbx_upload *upload,
                          const sbx_complete_request *request) {
  sbx_object *object = cspan_sbx_object_new(upload->key, upload->key_len);
  if (!object) {
    return SBX_INTERNAL_ERROR;
  }
  sbx_error error = cspan_sbx_error_of(assemble(upload, request, object));
  if (error == SBX_OK) {
    object->modified = call->now;
    error = check_whole(call, object);
  }
  if (error == SBX_OK) {
    put_completed(call, object);
    error = cspan_sbx_error_of(cspan_sbx_object_put(call->service->store, bucket, object, true));
  }
  if (error != SBX_OK) {
    cspan_sbx_object_free(object);
    return error;
  }
  remember(call->service, upload, object);
  cspan_sbx_upload_remove(call->service->store, bucket, upload);
  return SBX_OK;
}

sbx_error cspan_sbx_complete_upload(sbx_call *call) {
  const sbx_request *r = &call->request;
  sbx_bucket *bucket = NULL;
  sbx_upload *upload = NULL;
  sbx_complete_request request = {0};
  cspan_buf document;
  cspan_buf_init(&document, MAX_COMPLETE_DOCUMENT);
  sbx_error error = cspan_sbx_need_upload(call, &bucket, &upload);
  const sbx_object *before = error == SBX_NO_SUCH_UPLOAD ? completed_before(call, bucket) : NULL;
  if (before) {
    put_completed(call, before);
    return SBX_OK;
  }
  error = error == SBX_OK ? cspan_sbx_ingest_document(call, false, &document) : error;
  if (error == SBX_OK) {
    error = cspan_sbx_complete_parse(cspan_buf_text(&document), document.len, &request);
  }
  error = error == SBX_OK ? check_parts(call, upload, &request) : error;
  if (error == SBX_OK) {
    error = cspan_sbx_check_write(call, cspan_sbx_object_find(bucket, r->key, r->key_len));
  }
  error = error == SBX_OK ? complete(call, bucket, upload, &request) : error;
  cspan_sbx_complete_free(&request);
  cspan_buf_free(&document);
  return error;
}
