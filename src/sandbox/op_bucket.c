/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on buckets. */
#include <stdio.h>
#include <string.h>

#include "sandbox/call.h"
#include "sandbox/xml.h"

enum { MAX_CONFIGURATION = 64 << 10 };

sbx_error cspan_sbx_list_buckets(sbx_call *call) {
  cspan_buf *xml = &call->xml;
  cspan_sbx_xml_begin(xml, "ListAllMyBucketsResult");
  cspan_buf_str(xml, "<Owner><ID>sandbox</ID><DisplayName>sandbox</DisplayName></Owner><Buckets>");
  sbx_map_node *node = cspan_sbx_map_first(call->service->store->buckets);
  for (; node; node = cspan_sbx_map_next(node)) {
    const sbx_bucket *bucket = cspan_sbx_map_value(node);
    cspan_sbx_xml_open(xml, "Bucket");
    cspan_sbx_xml_text(xml, "Name", bucket->name);
    cspan_sbx_xml_time(xml, "CreationDate", bucket->created);
    cspan_sbx_xml_text(xml, "BucketRegion", bucket->region);
    cspan_sbx_xml_close(xml, "Bucket");
  }
  cspan_buf_str(xml, "</Buckets></ListAllMyBucketsResult>");
  return SBX_OK;
}

typedef struct configuration {
  char region[64];
  bool known;
} configuration;

static cspan_status read_configuration(void *user, const char *path, const char *text, size_t len) {
  configuration *c = user;
  if (strcmp(path, "CreateBucketConfiguration/LocationConstraint") == 0) {
    snprintf(c->region, sizeof c->region, "%.*s", (int)len, text);
  }
  c->known = c->known || strcmp(path, "CreateBucketConfiguration") == 0;
  return CSPAN_OK;
}

/* The region that the body asks for; without a body the sandbox's own. */
static sbx_error wanted_region(sbx_call *call, configuration *out) {
  snprintf(out->region, sizeof out->region, "%s", call->service->keys.region);
  if (evbuffer_get_length(call->input) == 0) {
    return SBX_OK;
  }
  cspan_buf document;
  cspan_buf_init(&document, MAX_CONFIGURATION);
  sbx_error error = cspan_sbx_ingest_document(call, true, &document);
  if (error == SBX_OK && document.len) {
    cspan_status status;
    bool ok = cspan_sbx_xml_parse(document.data, document.len, read_configuration, out, &status);
    error = ok && out->known ? SBX_OK : SBX_MALFORMED_XML;
    error = status == CSPAN_ERR_NOMEM ? SBX_INTERNAL_ERROR : error;
  }
  cspan_buf_free(&document);
  return error;
}

sbx_error cspan_sbx_create_bucket(sbx_call *call) {
  sbx_store *store = call->service->store;
  const char *name = call->request.bucket;
  configuration wanted = {0};
  sbx_error error = wanted_region(call, &wanted);
  if (error != SBX_OK) {
    return error;
  }
  if (cspan_sbx_bucket_find(store, name)) {
    return SBX_BUCKET_OWNED;
  }
  sbx_bucket *bucket = cspan_sbx_bucket_new(name, wanted.region, call->now);
  if (!bucket) {
    return SBX_INTERNAL_ERROR;
  }
  if (cspan_sbx_bucket_add(store, bucket, true) != CSPAN_OK) {
    cspan_sbx_bucket_free(bucket);
    return SBX_INTERNAL_ERROR;
  }
  char location[SBX_BUCKET_MAX + 2];
  snprintf(location, sizeof location, "/%s", name);
  cspan_sbx_reply(call, "Location", location);
  return SBX_OK;
}

sbx_error cspan_sbx_delete_bucket(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error == SBX_OK && cspan_sbx_map_count(bucket->objects) > 0) {
    error = SBX_BUCKET_NOT_EMPTY;
  }
  if (error != SBX_OK) {
    return error;
  }
  for (sbx_map_node *node; (node = cspan_sbx_map_first(bucket->uploads)) != NULL;) {
    cspan_sbx_upload_remove(call->service->store, bucket, cspan_sbx_map_value(node));
  }
  cspan_sbx_bucket_remove(call->service->store, bucket);
  call->status = 204;
  return SBX_OK;
}

sbx_error cspan_sbx_head_bucket(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error == SBX_OK) {
    cspan_sbx_reply(call, "x-amz-bucket-region", bucket->region);
    cspan_sbx_reply(call, "x-amz-access-point-alias", "false");
  }
  return error;
}

/* us-east-1 is "no constraint". */
sbx_error cspan_sbx_get_bucket_location(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error == SBX_OK) {
    bool first = strcmp(bucket->region, "us-east-1") == 0;
    cspan_buf_printf(&call->xml,
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint "
                     "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">%s</LocationConstraint>",
                     first ? "" : bucket->region);
  }
  return error;
}
