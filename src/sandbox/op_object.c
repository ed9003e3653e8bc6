/* SPDX-License-Identifier: Apache-2.0 */
/* PutObject, DeleteObject, DeleteObjects. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "sandbox/call.h"
#include "sandbox/delete_request.h"
#include "sandbox/xml.h"

enum { MAX_DELETE_DOCUMENT = 8 << 20 };

sbx_error cspan_sbx_put_object(sbx_call *call) {
  const sbx_request *r = &call->request;
  sbx_bucket *bucket;
  sbx_ingested in;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error == SBX_OK) {
    error = cspan_sbx_check_write(call, cspan_sbx_object_find(bucket, r->key, r->key_len));
  }
  if (error != SBX_OK) {
    return error;
  }
  sbx_object *object = cspan_sbx_object_new(r->key, r->key_len);
  error = object ? cspan_sbx_read_metadata(call, &object->headers) : SBX_INTERNAL_ERROR;
  if (error == SBX_OK) {
    error = cspan_sbx_ingest_body(call, SBX_CHECKSUM_CRC64NVME, &object->body, &in);
  }
  if (error == SBX_OK) {
    object->modified = call->now;
    object->checksum = in.checksum;
    cspan_hex_encode(in.md5, sizeof in.md5, object->etag);
    cspan_sbx_reply_etag(call, object->etag);
    cspan_sbx_reply_checksum(call, &object->checksum);
    error = cspan_sbx_error_of(cspan_sbx_object_put(call->service->store, bucket, object, true));
  }
  if (error != SBX_OK) {
    cspan_sbx_object_free(object);
  }
  return error;
}

sbx_error cspan_sbx_delete_object(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error == SBX_OK) {
    cspan_sbx_object_remove(call->service->store, bucket, call->request.key, call->request.key_len);
    call->status = 204;
  }
  return error;
}

static void put_key_error(cspan_buf *xml, const sbx_delete_item *item, const char *code,
                          const char *message) {
  cspan_sbx_xml_open(xml, "Error");
  cspan_sbx_xml_bytes(xml, "Key", item->key, item->key_len);
  cspan_sbx_xml_text(xml, "Code", code);
  cspan_sbx_xml_text(xml, "Message", message);
  cspan_sbx_xml_close(xml, "Error");
}

static void delete_one(sbx_call *call, sbx_bucket *bucket, const sbx_delete_item *item,
                       bool quiet) {
  cspan_buf *xml = &call->xml;
  sbx_strike strike =
      cspan_sbx_faults_match(call->service->faults, "DeleteObject", item->key, 0, true);
  if (strike.kind != 0) {
    put_key_error(xml, item, strike.code, "A fault was asked for.");
    call->item_struck = true;
  } else if (item->other_version) {
    put_key_error(xml, item, "NoSuchVersion", "The sandbox keeps no versions.");
  } else if (item->key_len > SBX_KEY_MAX) {
    put_key_error(xml, item, "KeyTooLongError", "Your key is too long");
  } else {
    cspan_sbx_object_remove(call->service->store, bucket, item->key, item->key_len);
    if (!quiet) {
      cspan_sbx_xml_open(xml, "Deleted");
      cspan_sbx_xml_bytes(xml, "Key", item->key, item->key_len);
      cspan_sbx_xml_close(xml, "Deleted");
    }
  }
}

sbx_error cspan_sbx_delete_objects(sbx_call *call) {
  sbx_bucket *bucket;
  sbx_delete_request request = {0};
  cspan_buf document;
  cspan_buf_init(&document, MAX_DELETE_DOCUMENT);
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error == SBX_OK) {
    error = cspan_sbx_ingest_document(call, true, &document);
  }
  if (error == SBX_OK) {
    error = cspan_sbx_delete_parse(cspan_buf_text(&document), document.len, &request);
  }
  if (error == SBX_OK) {
    cspan_sbx_xml_begin(&call->xml, "DeleteResult");
    for (size_t i = 0; i < request.count; i++) {
      delete_one(call, bucket, &request.items[i], request.quiet);
    }
    cspan_sbx_xml_close(&call->xml, "DeleteResult");
  }
  cspan_sbx_delete_free(&request);
  cspan_buf_free(&document);
  return error;
}
