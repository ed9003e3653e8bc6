/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that are kept with an object. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "sandbox/call.h"

enum { MAX_USER_METADATA = 2048 };

static const char user_prefix[] = "x-amz-meta-";

static char *lower_copy(const char *text) {
  char *copy = cspan_strdup(text);
  for (char *at = copy; at && *at; at++) {
    *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
  }
  return copy;
}

/* Without "aws-chunked", which is about the transfer and not the object. NULL
 * when nothing is left; *failed when there is no memory. */
static char *own_encodings(const char *value, bool *failed) {
  cspan_buf out;
  cspan_buf_init(&out, strlen(value) + 1);
  while (*value) {
    size_t len = strcspn(value, ",");
    cspan_str item = cspan_str_trim((cspan_str){value, len});
    if (item.len && !cspan_str_eq(item, "aws-chunked")) {
      cspan_buf_printf(&out, "%s%.*s", out.len ? "," : "", (int)item.len, item.data);
    }
    value += len;
    value += *value == ',' ? 1 : 0;
  }
  bool empty = out.len == 0;
  char *text = cspan_buf_take(&out, NULL);
  *failed = !text;
  if (text && empty) {
    cspan_free(text);
    return NULL;
  }
  return text;
}

static cspan_status add_system(const sbx_call *call, const char *name, sbx_pairs *out) {
  const char *value = cspan_sbx_header(&call->request, name);
  if (!value || strcmp(name, "Content-Encoding") != 0) {
    return value ? cspan_sbx_pairs_add(out, name, value) : CSPAN_OK;
  }
  bool failed = false;
  char *own = own_encodings(value, &failed);
  if (failed) {
    return CSPAN_ERR_NOMEM;
  }
  return own ? cspan_sbx_pairs_take(out, cspan_strdup(name), own) : CSPAN_OK;
}

sbx_error cspan_sbx_read_metadata(sbx_call *call, sbx_pairs *out) {
  static const char *const kept[] = {"Content-Type",     "Cache-Control",    "Content-Disposition",
                                     "Content-Encoding", "Content-Language", "Expires"};
  cspan_status status = CSPAN_OK;
  size_t size = 0;
  for (size_t i = 0; i < sizeof kept / sizeof kept[0] && status == CSPAN_OK; i++) {
    status = add_system(call, kept[i], out);
  }
  if (status == CSPAN_OK && !cspan_sbx_pairs_get(out, "Content-Type")) {
    status = cspan_sbx_pairs_add(out, "Content-Type", "binary/octet-stream");
  }
  for (size_t i = 0; i < call->request.headers.count && status == CSPAN_OK; i++) {
    const sbx_pair *header = &call->request.headers.items[i];
    if (cspan_sbx_has_prefix(header->name, user_prefix)) {
      size += strlen(header->name) - strlen(user_prefix) + strlen(header->value);
      status = cspan_sbx_pairs_take(out, lower_copy(header->name), cspan_strdup(header->value));
    }
  }
  for (size_t i = 0; i < out->count && status == CSPAN_OK; i++) {
    if (!cspan_utf8_valid(out->items[i].value, strlen(out->items[i].value))) {
      return cspan_sbx_fail(call, SBX_INVALID_ARGUMENT, "A header to be kept is not UTF-8.");
    }
  }
  return size > MAX_USER_METADATA ? SBX_METADATA_TOO_LARGE : cspan_sbx_error_of(status);
}
