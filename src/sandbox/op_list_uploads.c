/* SPDX-License-Identifier: Apache-2.0 */
/* ListParts and ListMultipartUploads. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "sandbox/listing.h"
#include "sandbox/op_upload.h"
#include "sandbox/xml.h"

static void put_people(cspan_buf *xml) {
  cspan_buf_str(xml, "<Initiator><ID>sandbox</ID><DisplayName>sandbox</DisplayName></Initiator>"
                     "<Owner><ID>sandbox</ID><DisplayName>sandbox</DisplayName></Owner>"
                     "<StorageClass>STANDARD</StorageClass>");
}

static void put_part(cspan_buf *xml, const sbx_part *part) {
  char etag[64];
  snprintf(etag, sizeof etag, "\"%s\"", part->etag);
  cspan_sbx_xml_open(xml, "Part");
  cspan_sbx_xml_int(xml, "PartNumber", part->number);
  cspan_sbx_xml_time(xml, "LastModified", part->modified);
  cspan_sbx_xml_text(xml, "ETag", etag);
  cspan_sbx_xml_int(xml, "Size", part->body.len);
  if (part->checksum.kind != SBX_CHECKSUM_NONE) {
    cspan_sbx_xml_text(xml, cspan_sbx_checksum_element(part->checksum.kind), part->checksum.value);
  }
  cspan_sbx_xml_close(xml, "Part");
}

sbx_error cspan_sbx_list_parts(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_upload *upload;
  int marker = 0;
  int max = 0;
  cspan_buf *xml = &call->xml;
  sbx_error error = cspan_sbx_need_upload(call, &bucket, &upload);
  if (error == SBX_OK) {
    error = cspan_sbx_int_param(call, "part-number-marker", 0, INT32_MAX - 1, 0, &marker);
  }
  if (error == SBX_OK) {
    error = cspan_sbx_int_param(call, "max-parts", 0, INT32_MAX, 1000, &max);
  }
  if (error != SBX_OK) {
    return error;
  }
  max = max > 1000 ? 1000 : max;
  size_t first = cspan_sbx_part_seek(upload, marker + 1);
  size_t left = upload->part_count - first;
  size_t count = left < (size_t)max ? left : (size_t)max;
  cspan_sbx_xml_begin(xml, "ListPartsResult");
  cspan_sbx_xml_text(xml, "Bucket", bucket->name);
  cspan_sbx_xml_bytes(xml, "Key", upload->key, upload->key_len);
  cspan_sbx_xml_text(xml, "UploadId", upload->id);
  put_people(xml);
  cspan_sbx_xml_int(xml, "PartNumberMarker", marker);
  cspan_sbx_xml_int(xml, "NextPartNumberMarker",
                    count ? upload->parts[first + count - 1]->number : 0);
  cspan_sbx_xml_int(xml, "MaxParts", max);
  cspan_sbx_xml_bool(xml, "IsTruncated", count < left && max > 0);
  for (size_t i = 0; i < count; i++) {
    put_part(xml, upload->parts[first + i]);
  }
  cspan_sbx_xml_close(xml, "ListPartsResult");
  return SBX_OK;
}

/* ----------------------------------------------------------------- uploads */

static void put_upload(sbx_listing *listing, void *value) {
  const sbx_upload *upload = value;
  cspan_buf *xml = &listing->call->xml;
  cspan_sbx_xml_open(xml, "Upload");
  cspan_sbx_listing_key(listing, xml, "Key", upload->key, upload->key_len);
  cspan_sbx_xml_text(xml, "UploadId", upload->id);
  put_people(xml);
  cspan_sbx_xml_time(xml, "Initiated", upload->initiated);
  cspan_sbx_xml_close(xml, "Upload");
}

/* Behind the upload that the two markers name, or behind all of that key. */
static sbx_map_node *first_upload(const sbx_bucket *bucket, const sbx_listing *listing,
                                  const char *key, const char *id, cspan_buf *name) {
  if (!*key) {
    return cspan_sbx_map_seek(bucket->uploads, listing->prefix, strlen(listing->prefix));
  }
  size_t key_len = strlen(key);
  bool is_group = listing->delimiter && key_len >= strlen(listing->delimiter) &&
                  strcmp(key + key_len - strlen(listing->delimiter), listing->delimiter) == 0;
  cspan_buf_str(name, key);
  if (!is_group || *id) {
    cspan_buf_append(name, "", 1);
    cspan_buf_str(name, id);
  }
  return cspan_sbx_listing_start(bucket->uploads, listing->prefix, cspan_buf_text(name), name->len,
                                 !*id);
}

static void put_next_markers(sbx_listing *listing) {
  cspan_buf *xml = &listing->call->xml;
  size_t len = listing->last_len;
  if (!listing->last_is_group) {
    len -= SBX_ID_LEN + 1;
    cspan_sbx_xml_bytes(xml, "NextUploadIdMarker", listing->last + len + 1, SBX_ID_LEN);
  }
  cspan_sbx_listing_key(listing, xml, "NextKeyMarker", listing->last, len);
}

static void list_uploads(sbx_listing *listing, const sbx_bucket *bucket, sbx_map_node *first,
                         const char *key, const char *id) {
  cspan_buf *xml = &listing->call->xml;
  cspan_sbx_xml_begin(xml, "ListMultipartUploadsResult");
  cspan_sbx_xml_text(xml, "Bucket", bucket->name);
  cspan_sbx_listing_key(listing, xml, "KeyMarker", key, strlen(key));
  cspan_sbx_xml_text(xml, "UploadIdMarker", id);
  cspan_sbx_listing_walk(listing, bucket->uploads, first, put_upload);
  cspan_sbx_xml_int(xml, "MaxUploads", listing->max);
  if (listing->truncated) {
    put_next_markers(listing);
  }
  cspan_sbx_listing_finish(listing);
  cspan_sbx_xml_close(xml, "ListMultipartUploadsResult");
}

sbx_error cspan_sbx_list_uploads(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_listing listing;
  cspan_buf name;
  const char *key = cspan_sbx_param(&call->request, "key-marker");
  const char *id = cspan_sbx_param(&call->request, "upload-id-marker");
  key = key ? key : "";
  id = id && *key ? id : ""; /* without a key it means nothing */
  cspan_buf_init(&name, 64 << 10);
  sbx_error error = cspan_sbx_listing_init(&listing, call, "max-uploads");
  error = error == SBX_OK ? cspan_sbx_need_bucket(call, &bucket) : error;
  if (error == SBX_OK) {
    sbx_map_node *first = first_upload(bucket, &listing, key, id, &name);
    error = cspan_sbx_error_of(cspan_buf_status(&name));
    if (error == SBX_OK) {
      list_uploads(&listing, bucket, first, key, id);
    }
  }
  cspan_buf_free(&name);
  cspan_sbx_listing_free(&listing);
  return error;
}
