/* SPDX-License-Identifier: Apache-2.0 */
/* CopyObject. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "sandbox/call.h"
#include "sandbox/xml.h"

sbx_error cspan_sbx_copy_source(sbx_call *call, const sbx_object **out) {
  char name[SBX_BUCKET_MAX + 1];
  char *key = NULL;
  const char *source = cspan_sbx_header(&call->request, "x-amz-copy-source");
  sbx_error error = cspan_sbx_parse_source(source, name, &key);
  if (error != SBX_OK) {
    return error == SBX_INVALID_ARGUMENT
               ? cspan_sbx_fail(call, error,
                                "Copy Source must mention the source bucket and key: "
                                "sourcebucket/sourcekey")
               : error;
  }
  const sbx_bucket *bucket = cspan_sbx_bucket_find(call->service->store, name);
  *out = bucket ? cspan_sbx_object_find(bucket, key, strlen(key)) : NULL;
  cspan_free(key);
  if (!*out) {
    return bucket ? SBX_NO_SUCH_KEY : SBX_NO_SUCH_BUCKET;
  }
  return cspan_sbx_check_read(call, *out, true);
}

/* Whether the client gives new metadata. */
static sbx_error read_directive(sbx_call *call, bool *replace) {
  const char *text = cspan_sbx_header(&call->request, "x-amz-metadata-directive");
  *replace = text && strcmp(text, "REPLACE") == 0;
  return !text || *replace || strcmp(text, "COPY") == 0
             ? SBX_OK
             : cspan_sbx_fail(call, SBX_INVALID_ARGUMENT,
                              "x-amz-metadata-directive must be COPY or REPLACE.");
}

/* ETag and checksum: the source's, or new ones where those are over its parts. */
static sbx_error set_digests(sbx_call *call, const sbx_object *source, sbx_object *object) {
  const char *name = cspan_sbx_header(&call->request, "x-amz-checksum-algorithm");
  sbx_checksum_kind kind = name ? cspan_sbx_checksum_by_algorithm(name) : source->checksum.kind;
  if (name && kind == SBX_CHECKSUM_NONE) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                          "Value for x-amz-checksum-algorithm header is invalid.");
  }
  uint8_t md5[CSPAN_MD5_LEN];
  bool new_etag = source->part_count > 0;
  bool new_checksum =
      kind != SBX_CHECKSUM_NONE && (kind != source->checksum.kind || source->checksum.composite);
  snprintf(object->etag, sizeof object->etag, "%s", source->etag);
  object->checksum = source->checksum;
  if (!new_etag && !new_checksum) {
    return SBX_OK;
  }
  cspan_status status =
      cspan_sbx_digest_body(&object->body, kind, md5, new_checksum ? &object->checksum : NULL);
  if (status == CSPAN_OK && new_etag) {
    cspan_hex_encode(md5, sizeof md5, object->etag);
  }
  return cspan_sbx_error_of(status);
}

static sbx_error fill(sbx_call *call, const sbx_object *source, bool replace, sbx_object *object) {
  sbx_error error = cspan_sbx_error_of(cspan_sbx_body_share(&object->body, &source->body));
  if (error == SBX_OK && replace) {
    error = cspan_sbx_read_metadata(call, &object->headers);
  } else if (error == SBX_OK) {
    error = cspan_sbx_error_of(cspan_sbx_pairs_copy(&object->headers, &source->headers));
  }
  object->modified = call->now;
  return error == SBX_OK ? set_digests(call, source, object) : error;
}

static void put_result(sbx_call *call, const sbx_object *object) {
  char etag[64];
  snprintf(etag, sizeof etag, "\"%s\"", object->etag);
  cspan_sbx_xml_begin(&call->xml, "CopyObjectResult");
  cspan_sbx_xml_time(&call->xml, "LastModified", object->modified);
  cspan_sbx_xml_text(&call->xml, "ETag", etag);
  if (object->checksum.kind != SBX_CHECKSUM_NONE) {
    cspan_sbx_xml_text(&call->xml, cspan_sbx_checksum_element(object->checksum.kind),
                       object->checksum.value);
  }
  cspan_sbx_xml_close(&call->xml, "CopyObjectResult");
}

sbx_error cspan_sbx_copy_object(sbx_call *call) {
  const sbx_request *r = &call->request;
  sbx_bucket *bucket;
  const sbx_object *source = NULL;
  bool replace = false;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  error = error == SBX_OK ? read_directive(call, &replace) : error;
  error = error == SBX_OK ? cspan_sbx_copy_source(call, &source) : error;
  if (error != SBX_OK || !source) {
    return error;
  }
  const sbx_object *target = cspan_sbx_object_find(bucket, r->key, r->key_len);
  if (target == source && !replace) {
    return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                          "This copy request is illegal because it is trying to copy an object to "
                          "itself without changing the object's metadata.");
  }
  error = cspan_sbx_check_write(call, target);
  if (error != SBX_OK) {
    return error;
  }
  sbx_object *object = cspan_sbx_object_new(r->key, r->key_len);
  error = object ? fill(call, source, replace, object) : SBX_INTERNAL_ERROR;
  if (error == SBX_OK) {
    put_result(call, object);
    error = cspan_sbx_error_of(cspan_sbx_object_put(call->service->store, bucket, object, true));
  }
  if (error != SBX_OK) {
    cspan_sbx_object_free(object);
  }
  return error;
}
