/* SPDX-License-Identifier: Apache-2.0 */
/* GetObject and HeadObject. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/call.h"
#include "sandbox/range.h"
#include "sandbox/xml.h"

/* What is sent of an object. */
typedef struct slice {
  int64_t at;
  int64_t len;
  bool partial;
} slice;

static sbx_error slice_by_part(sbx_call *call, const sbx_object *object, slice *out) {
  int number;
  sbx_error error = cspan_sbx_int_param(call, "partNumber", 1, SBX_PART_MAX, 1, &number);
  if (error != SBX_OK) {
    return error;
  }
  size_t count = object->part_count ? object->part_count : 1;
  if ((size_t)number > count) {
    return cspan_sbx_fail(call, SBX_INVALID_RANGE, "The requested partnumber is not satisfiable");
  }
  *out = (slice){0, object->body.len, true};
  if (object->part_count) {
    char text[24];
    for (int i = 0; i < number - 1; i++) {
      out->at += object->part_sizes[i];
    }
    out->len = object->part_sizes[number - 1];
    snprintf(text, sizeof text, "%zu", count);
    cspan_sbx_reply(call, "x-amz-mp-parts-count", text);
  }
  return SBX_OK;
}

static sbx_error slice_of(sbx_call *call, const sbx_object *object, slice *out) {
  const char *range = cspan_sbx_header(&call->request, "Range");
  *out = (slice){0, object->body.len, false};
  if (cspan_sbx_param(&call->request, "partNumber")) {
    return range ? cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                                  "Cannot specify both Range header and partNumber query parameter")
                 : slice_by_part(call, object, out);
  }
  sbx_range_kind kind = cspan_sbx_range_parse(range, object->body.len, &out->at, &out->len);
  if (kind == SBX_RANGE_UNSATISFIABLE) {
    cspan_sbx_xml_text(&call->detail.extra, "RangeRequested", range);
    cspan_sbx_xml_int(&call->detail.extra, "ActualObjectSize", object->body.len);
    return SBX_INVALID_RANGE;
  }
  out->partial = kind == SBX_RANGE_OK;
  return SBX_OK;
}

static void put_times(sbx_call *call, const sbx_object *object) {
  char date[30];
  cspan_format_http_date(object->modified, date);
  cspan_sbx_reply_etag(call, object->etag);
  cspan_sbx_reply(call, "Last-Modified", date);
}

static const char *override_of(const sbx_request *request, const char *name) {
  static const struct {
    const char *header;
    const char *param;
  } overrides[] = {
      {"Content-Type", "response-content-type"},
      {"Content-Language", "response-content-language"},
      {"Expires", "response-expires"},
      {"Cache-Control", "response-cache-control"},
      {"Content-Disposition", "response-content-disposition"},
      {"Content-Encoding", "response-content-encoding"},
  };
  for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
    if (strcmp(overrides[i].header, name) == 0) {
      return cspan_sbx_param(request, overrides[i].param);
    }
  }
  return NULL;
}

static bool is_header_text(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) {
      return false;
    }
  }
  return true;
}

/* Replaces what is stored by what the query asks for. */
static sbx_error put_stored(sbx_call *call, const sbx_object *object) {
  static const char *const names[] = {"Content-Type",     "Cache-Control",    "Content-Disposition",
                                      "Content-Encoding", "Content-Language", "Expires"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *value = override_of(&call->request, names[i]);
    if (value && call->auth.anonymous) {
      return cspan_sbx_fail(call, SBX_INVALID_REQUEST,
                            "Request specific response headers cannot be used for anonymous "
                            "GET requests.");
    }
    if (value && !is_header_text(value)) {
      return SBX_INVALID_ARGUMENT;
    }
    value = value ? value : cspan_sbx_pairs_get(&object->headers, names[i]);
    if (value) {
      cspan_sbx_reply(call, names[i], value);
    }
  }
  for (size_t i = 0; i < object->headers.count; i++) {
    const sbx_pair *header = &object->headers.items[i];
    if (cspan_starts_with(header->name, "x-amz-meta-")) {
      cspan_sbx_reply(call, header->name, header->value);
    }
  }
  return SBX_OK;
}

static sbx_error put_body(sbx_call *call, const sbx_object *object, const slice *part) {
  if (part->partial) {
    char range[80];
    snprintf(range, sizeof range, "bytes %lld-%lld/%lld", (long long)part->at,
             (long long)(part->at + part->len - 1), (long long)object->body.len);
    if (part->len) {
      cspan_sbx_reply(call, "Content-Range", range);
    }
    call->status = 206;
  }
  call->content_length = part->len;
  if (strcmp(call->request.method, "HEAD") == 0) {
    return SBX_OK;
  }
  call->output = evbuffer_new();
  if (!call->output) {
    return SBX_INTERNAL_ERROR;
  }
  return cspan_sbx_error_of(cspan_sbx_body_send(&object->body, part->at, part->len, call->output));
}

sbx_error cspan_sbx_get_object(sbx_call *call) {
  const sbx_request *r = &call->request;
  sbx_bucket *bucket;
  slice part;
  sbx_error error = cspan_sbx_need_bucket(call, &bucket);
  if (error != SBX_OK) {
    return error;
  }
  const sbx_object *object = cspan_sbx_object_find(bucket, r->key, r->key_len);
  if (!object) {
    cspan_sbx_xml_text(&call->detail.extra, "Key", r->key);
    return SBX_NO_SUCH_KEY;
  }
  error = cspan_sbx_check_read(call, object, false);
  if (error == SBX_NOT_MODIFIED) {
    put_times(call, object);
    call->status = 304;
    return SBX_OK;
  }
  if (error == SBX_OK) {
    error = slice_of(call, object, &part);
  }
  if (error == SBX_OK) {
    put_times(call, object);
    cspan_sbx_reply(call, "Accept-Ranges", "bytes");
    const char *mode = cspan_sbx_header(r, "x-amz-checksum-mode");
    if (mode && cspan_ieq(mode, "ENABLED") && !part.partial) {
      cspan_sbx_reply_checksum(call, &object->checksum);
    }
    error = put_stored(call, object);
  }
  return error == SBX_OK ? put_body(call, object, &part) : error;
}
