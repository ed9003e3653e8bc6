/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/call.h"

#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "sandbox/xml.h"

enum { MAX_DOCUMENT = 16 << 20, MAX_EXTRA = 16 << 10 };

void cspan_sbx_call_init(sbx_call *call, sbx_service *service) {
  *call = (sbx_call){.service = service, .content_length = -1};
  call->now = (time_t)(cspan_unix_ns() / 1000000000 + service->clock_offset_s);
  snprintf(call->request_id, sizeof call->request_id, "%016llX",
           (unsigned long long)cspan_random_u64());
  cspan_sbx_new_id(call->host_id);
  cspan_buf_init(&call->xml, MAX_DOCUMENT);
  cspan_buf_init(&call->detail.extra, MAX_EXTRA);
}

void cspan_sbx_call_free(sbx_call *call) {
  cspan_sbx_request_free(&call->request);
  cspan_sbx_pairs_free(&call->reply);
  cspan_buf_free(&call->xml);
  cspan_buf_free(&call->detail.extra);
  if (call->output) {
    evbuffer_free(call->output);
  }
}

void cspan_sbx_call_fail(sbx_call *call, int status, const char *code, const char *message) {
  cspan_buf *xml = &call->xml;
  cspan_sbx_pairs_free(&call->reply);
  cspan_buf_clear(xml);
  if (call->output) {
    evbuffer_free(call->output);
    call->output = NULL;
  }
  call->failed = false;
  call->status = status;
  call->content_length = -1;
  snprintf(call->code, sizeof call->code, "%s", code);
  if (status == 304) {
    return;
  }
  cspan_buf_str(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
  cspan_sbx_xml_text(xml, "Code", code);
  cspan_sbx_xml_text(xml, "Message", message);
  if (call->request.path) {
    cspan_sbx_xml_text(xml, "Resource", call->request.path);
  }
  cspan_buf_str(xml, cspan_buf_text(&call->detail.extra));
  cspan_sbx_xml_text(xml, "RequestId", call->request_id);
  cspan_sbx_xml_text(xml, "HostId", call->host_id);
  cspan_sbx_xml_close(xml, "Error");
}

bool cspan_sbx_call_ok(const sbx_call *call) {
  return !call->failed && cspan_buf_status(&call->xml) == CSPAN_OK;
}

static void fail_with(sbx_call *call, sbx_error error) {
  const char *message = call->detail.message;
  cspan_sbx_call_fail(call, cspan_sbx_error_status(error), cspan_sbx_error_code(error),
                      message ? message : cspan_sbx_error_message(error));
}

sbx_error cspan_sbx_call_admit(sbx_call *call, const char *method, const char *target) {
  sbx_service *service = call->service;
  sbx_error error = cspan_sbx_request_parse(&call->request, method, target);
  call->operation = cspan_sbx_operation_of(error == SBX_OK ? &call->request : NULL);
  if (error == SBX_OK) {
    error =
        cspan_sbx_auth_check(&service->keys, &call->request, call->now, &call->auth, &call->detail);
  }
  if (error != SBX_OK) {
    fail_with(call, error);
  }
  return error;
}

void cspan_sbx_call_serve(sbx_call *call) {
  sbx_error error = SBX_NOT_IMPLEMENTED;
  if (call->operation->handler) {
    error = call->operation->handler(call);
  }
  if (error == SBX_OK && !cspan_sbx_call_ok(call)) {
    error = SBX_INTERNAL_ERROR;
  }
  if (error != SBX_OK) {
    fail_with(call, error);
  }
}

void cspan_sbx_reply(sbx_call *call, const char *name, const char *value) {
  if (cspan_sbx_pairs_add(&call->reply, name, value) != CSPAN_OK) {
    call->failed = true;
  }
}

void cspan_sbx_reply_etag(sbx_call *call, const char *etag) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\"", etag);
  cspan_sbx_reply(call, "ETag", quoted);
}

void cspan_sbx_reply_checksum(sbx_call *call, const sbx_checksum *checksum) {
  if (checksum->kind != SBX_CHECKSUM_NONE) {
    cspan_sbx_reply(call, cspan_sbx_checksum_header(checksum->kind), checksum->value);
    cspan_sbx_reply(call, "x-amz-checksum-type", checksum->composite ? "COMPOSITE" : "FULL_OBJECT");
  }
}

sbx_error cspan_sbx_need_bucket(const sbx_call *call, sbx_bucket **out) {
  *out = cspan_sbx_bucket_find(call->service->store, call->request.bucket);
  return *out ? SBX_OK : SBX_NO_SUCH_BUCKET;
}

sbx_error cspan_sbx_fail(sbx_call *call, sbx_error error, const char *message) {
  call->detail.message = message;
  return error;
}

sbx_error cspan_sbx_int_param(sbx_call *call, const char *name, int low, int high, int otherwise,
                              int *out) {
  const char *text = cspan_sbx_param(&call->request, name);
  int64_t value = otherwise;
  if (text && (!cspan_parse_i64(text, &value) || value < low || value > high)) {
    cspan_sbx_xml_text(&call->detail.extra, "ArgumentName", name);
    cspan_sbx_xml_text(&call->detail.extra, "ArgumentValue", text);
    return SBX_INVALID_ARGUMENT;
  }
  *out = (int)value;
  return SBX_OK;
}

bool cspan_sbx_unquote(const char *text, char out[48]) {
  cspan_str tag = cspan_str_trim(cspan_str_of(text));
  if (tag.len > 2 && tag.data[0] == 'W' && tag.data[1] == '/') {
    tag = (cspan_str){tag.data + 2, tag.len - 2};
  }
  if (tag.len >= 2 && tag.data[0] == '"' && tag.data[tag.len - 1] == '"') {
    tag = (cspan_str){tag.data + 1, tag.len - 2};
  }
  if (tag.len >= 48) {
    return false;
  }
  if (tag.len) {
    memcpy(out, tag.data, tag.len);
  }
  out[tag.len] = '\0';
  return true;
}

bool cspan_sbx_etag_matches(const char *list, const char *etag) {
  while (*list) {
    char item[64];
    char tag[48];
    size_t len = strcspn(list, ",");
    snprintf(item, sizeof item, "%.*s", (int)(len < 63 ? len : 63), list);
    if (cspan_sbx_unquote(item, tag) && (strcmp(tag, "*") == 0 || strcmp(tag, etag) == 0)) {
      return true;
    }
    list += len;
    list += *list == ',' ? 1 : 0;
  }
  return false;
}
