/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv2.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/text.h"

enum { FIELDS_MAX = 65536, FORM_MAX = 64 << 20 };

static size_t name_len(cspan_str field) {
  const char *equals = memchr(field.data, '=', field.len);
  return equals ? (size_t)(equals - field.data) : field.len;
}

static int by_name(const void *a, const void *b) {
  const cspan_str *left = a;
  const cspan_str *right = b;
  size_t left_len = name_len(*left);
  size_t right_len = name_len(*right);
  int order = memcmp(left->data, right->data, left_len < right_len ? left_len : right_len);
  return order != 0 ? order : (left_len > right_len) - (left_len < right_len);
}

/* What this signature adds. */
static bool is_ours(cspan_str field) {
  static const char *const names[] = {"AWSAccessKeyId",  "SecurityToken", "Signature",
                                      "SignatureMethod", "Timestamp",     "SignatureVersion"};
  cspan_str name = {field.data, name_len(field)};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (cspan_str_eq(name, names[i])) {
      return true;
    }
  }
  return false;
}

static void add(cspan_buf *form, const char *name, const char *value) {
  if (value) {
    cspan_buf_append(form, "&", form->len > 0);
    cspan_buf_str(form, name);
    cspan_buf_char(form, '=');
    cspan_uri_encode(form, value, strlen(value), false);
  }
}

/* All fields but the signature, in the order of the caller. */
static cspan_status complete(const cspan_sigv2_request *request,
                             const cspan_credentials *credentials, time_t time, cspan_buf *form) {
  char date[21];
  const char *at = request->form;
  const char *end = at + request->form_size;
  while (at < end) {
    const char *next = memchr(at, '&', (size_t)(end - at));
    next = next ? next : end;
    cspan_str field = {at, (size_t)(next - at)};
    if (field.len > 0 && !is_ours(field)) {
      cspan_buf_append(form, "&", form->len > 0);
      cspan_buf_append(form, field.data, field.len);
    }
    at = next < end ? next + 1 : end;
  }
  cspan_format_iso8601(time, date);
  add(form, "AWSAccessKeyId", credentials->access_key_id);
  add(form, "SecurityToken", credentials->session_token);
  add(form, "SignatureMethod", "HmacSHA256");
  add(form, "SignatureVersion", "2");
  add(form, "Timestamp", date);
  return cspan_buf_status(form);
}

/* The fields of `form`, by name, into `out`. */
static cspan_status sort(const cspan_buf *form, cspan_buf *out) {
  const char *at = cspan_buf_text(form);
  size_t count = 1;
  for (size_t i = 0; i < form->len; i++) {
    count += at[i] == '&';
  }
  if (count > FIELDS_MAX) {
    return CSPAN_ERR_LIMIT;
  }
  cspan_str *fields = cspan_calloc(count, sizeof *fields);
  if (!fields) {
    return CSPAN_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    fields[i] = (cspan_str){at, strcspn(at, "&")};
    at += fields[i].len + 1;
  }
  qsort(fields, count, sizeof *fields, by_name);
  for (size_t i = 0; i < count; i++) {
    cspan_buf_append(out, "&", i > 0);
    cspan_buf_append(out, fields[i].data, fields[i].len);
  }
  cspan_free(fields);
  return cspan_buf_status(out);
}

static cspan_status add_signature(const cspan_sigv2_request *request, const char *secret,
                                  cspan_buf *form) {
  uint8_t sum[CSPAN_SHA256_LEN];
  cspan_buf text;
  cspan_buf signature;
  cspan_buf_init(&text, FORM_MAX);
  cspan_buf_init(&signature, 2 * sizeof sum);
  cspan_buf_str(&text, "POST\n");
  for (const char *c = request->host; *c; c++) {
    cspan_buf_char(&text, (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c));
  }
  cspan_buf_printf(&text, "\n%s\n", request->path);
  cspan_status status = cspan_buf_append(&text, cspan_buf_text(form), form->len);
  if (status == CSPAN_OK) {
    cspan_hmac_sha256(secret, strlen(secret), text.data, text.len, sum);
    status = cspan_base64_encode(&signature, sum, sizeof sum);
  }
  if (status == CSPAN_OK) {
    add(form, "Signature", cspan_buf_text(&signature));
    status = cspan_buf_status(form);
  }
  cspan_buf_free(&text);
  cspan_buf_free(&signature);
  return status;
}

cspan_status cspan_sigv2_sign(const cspan_sigv2_request *request,
                              const cspan_credentials *credentials, time_t time, cspan_buf *out) {
  cspan_buf form;
  cspan_buf_init(&form, FORM_MAX);
  cspan_status status = complete(request, credentials, time, &form);
  if (status == CSPAN_OK) {
    status = sort(&form, out);
  }
  if (status == CSPAN_OK) {
    status = add_signature(request, credentials->secret_access_key, out);
  }
  cspan_buf_free(&form);
  return status;
}
