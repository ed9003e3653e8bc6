/* SPDX-License-Identifier: Apache-2.0 */
/* ListObjectsV2 and ListObjects. */
#include <stdio.h>
#include <string.h>

#include "sandbox/listing.h"
#include "sandbox/xml.h"

/* A continuation token is base64 of 'k' and the last key, or 'g' and the last
 * group, which is left as a whole. */
enum { MAX_TOKEN = SBX_KEY_MAX + 1 };

static void put_owner(cspan_buf *xml) {
  cspan_buf_str(xml, "<Owner><ID>sandbox</ID><DisplayName>sandbox</DisplayName></Owner>");
}

static void put_object(sbx_listing *listing, const sbx_object *object, bool owner) {
  cspan_buf *xml = &listing->call->xml;
  char etag[64];
  snprintf(etag, sizeof etag, "\"%s\"", object->etag);
  cspan_sbx_xml_open(xml, "Contents");
  cspan_sbx_listing_key(listing, xml, "Key", object->key, object->key_len);
  cspan_sbx_xml_time(xml, "LastModified", object->modified);
  cspan_sbx_xml_text(xml, "ETag", etag);
  if (object->checksum.kind != SBX_CHECKSUM_NONE) {
    cspan_sbx_xml_text(xml, "ChecksumAlgorithm",
                       cspan_sbx_checksum_algorithm(object->checksum.kind));
    cspan_sbx_xml_text(xml, "ChecksumType",
                       object->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  cspan_sbx_xml_int(xml, "Size", object->body.len);
  cspan_sbx_xml_text(xml, "StorageClass", "STANDARD");
  if (owner) {
    put_owner(xml);
  }
  cspan_sbx_xml_close(xml, "Contents");
}

static void put_with_owner(sbx_listing *listing, void *object) {
  put_object(listing, object, true);
}

static void put_plain(sbx_listing *listing, void *object) {
  put_object(listing, object, false);
}

/* ---------------------------------------------------------------------- V2 */

static sbx_error read_token(sbx_call *call, const char *token, cspan_buf *out) {
  bool ok = cspan_base64_decode(token, strlen(token), out) && out->len > 1 &&
            (out->data[0] == 'k' || out->data[0] == 'g');
  if (cspan_buf_status(out) == CSPAN_ERR_NOMEM) {
    return SBX_INTERNAL_ERROR;
  }
  return ok ? SBX_OK
            : cspan_sbx_fail(call, SBX_INVALID_ARGUMENT,
                             "The continuation token provided is incorrect");
}

static void put_token(sbx_listing *listing) {
  cspan_buf *xml = &listing->call->xml;
  cspan_buf raw;
  cspan_buf_init(&raw, MAX_TOKEN);
  cspan_buf_char(&raw, listing->last_is_group ? 'g' : 'k');
  if (cspan_buf_append(&raw, listing->last, listing->last_len) == CSPAN_OK) {
    cspan_sbx_xml_open(xml, "NextContinuationToken");
    cspan_base64_encode(xml, raw.data, raw.len);
    cspan_sbx_xml_close(xml, "NextContinuationToken");
  } else {
    listing->call->failed = true;
  }
  cspan_buf_free(&raw);
}

static void list_v2(sbx_listing *listing, const sbx_bucket *bucket, const cspan_buf *token) {
  sbx_call *call = listing->call;
  cspan_buf *xml = &call->xml;
  const char *after = cspan_sbx_param(&call->request, "start-after");
  const char *given = cspan_sbx_param(&call->request, "continuation-token");
  const char *owner = cspan_sbx_param(&call->request, "fetch-owner");
  const char *marker = token->len ? token->data + 1 : after;
  size_t len = token->len ? token->len - 1 : after ? strlen(after) : 0;
  bool group = token->len && token->data[0] == 'g';
  cspan_sbx_xml_begin(xml, "ListBucketResult");
  cspan_sbx_xml_text(xml, "Name", bucket->name);
  cspan_sbx_listing_walk(
      listing, bucket->objects,
      cspan_sbx_listing_start(bucket->objects, listing->prefix, marker, len, group),
      owner && strcmp(owner, "true") == 0 ? put_with_owner : put_plain);
  cspan_sbx_xml_int(xml, "MaxKeys", listing->max);
  cspan_sbx_xml_int(xml, "KeyCount", listing->count);
  if (after) {
    cspan_sbx_listing_key(listing, xml, "StartAfter", after, strlen(after));
  }
  if (given) {
    cspan_sbx_xml_text(xml, "ContinuationToken", given);
  }
  if (listing->truncated) {
    put_token(listing);
  }
  cspan_sbx_listing_finish(listing);
  cspan_sbx_xml_close(xml, "ListBucketResult");
}

sbx_error cspan_sbx_list_objects_v2(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_listing listing;
  cspan_buf token;
  const char *given = cspan_sbx_param(&call->request, "continuation-token");
  const char *type = cspan_sbx_param(&call->request, "list-type");
  cspan_buf_init(&token, MAX_TOKEN);
  sbx_error error = cspan_sbx_listing_init(&listing, call, "max-keys");
  error = error == SBX_OK ? cspan_sbx_need_bucket(call, &bucket) : error;
  if (error == SBX_OK && strcmp(type, "2") != 0) {
    error = cspan_sbx_fail(call, SBX_INVALID_ARGUMENT, "Invalid List Type specified in Request");
  }
  if (error == SBX_OK && given) {
    error = read_token(call, given, &token);
  }
  if (error == SBX_OK) {
    list_v2(&listing, bucket, &token);
  }
  cspan_buf_free(&token);
  cspan_sbx_listing_free(&listing);
  return error;
}

/* ---------------------------------------------------------------------- V1 */

/* A marker that is a whole group (a NextMarker of ours) stands for all of it. */
static bool is_group(const sbx_listing *listing, const char *marker) {
  size_t prefix = strlen(listing->prefix);
  if (!listing->delimiter || strncmp(marker, listing->prefix, prefix) != 0) {
    return false;
  }
  const char *found = strstr(marker + prefix, listing->delimiter);
  return found && found[strlen(listing->delimiter)] == '\0';
}

sbx_error cspan_sbx_list_objects(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_listing listing;
  cspan_buf *xml = &call->xml;
  const char *marker = cspan_sbx_param(&call->request, "marker");
  sbx_error error = cspan_sbx_listing_init(&listing, call, "max-keys");
  error = error == SBX_OK ? cspan_sbx_need_bucket(call, &bucket) : error;
  if (error == SBX_OK) {
    marker = marker ? marker : "";
    cspan_sbx_xml_begin(xml, "ListBucketResult");
    cspan_sbx_xml_text(xml, "Name", bucket->name);
    cspan_sbx_listing_key(&listing, xml, "Marker", marker, strlen(marker));
    cspan_sbx_listing_walk(&listing, bucket->objects,
                           cspan_sbx_listing_start(bucket->objects, listing.prefix, marker,
                                                   strlen(marker), is_group(&listing, marker)),
                           put_with_owner);
    cspan_sbx_xml_int(xml, "MaxKeys", listing.max);
    if (listing.truncated && listing.delimiter) {
      cspan_sbx_listing_key(&listing, xml, "NextMarker", listing.last, listing.last_len);
    }
    cspan_sbx_listing_finish(&listing);
    cspan_sbx_xml_close(xml, "ListBucketResult");
  }
  cspan_sbx_listing_free(&listing);
  return error;
}
