/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Path and query are decoded and encoded again, as S3 does: a signature is over
 * what is meant, whichever characters were escaped on the way. */
static cspan_status put_path(cspan_buf *out, const char *path) {
  cspan_buf raw;
  cspan_buf_init(&raw, strlen(path));
  cspan_status status = cspan_uri_decode(&raw, path, strlen(path));
  if (status == CSPAN_OK) {
    status = cspan_uri_encode(out, cspan_buf_text(&raw), raw.len, true);
  }
  cspan_buf_free(&raw);
  return status;
}

static int by_name_and_value(const void *a, const void *b) {
  const sbx_pair *left = a;
  const sbx_pair *right = b;
  int order = strcmp(left->name, right->name);
  return order != 0 ? order : strcmp(left->value, right->value);
}

static char *encoded(const char *text) {
  cspan_buf out;
  cspan_buf_init(&out, 3 * strlen(text));
  cspan_uri_encode(&out, text, strlen(text), false);
  return cspan_buf_take(&out, NULL);
}

static cspan_status put_query(cspan_buf *out, const sbx_pairs *params, const char *skip) {
  sbx_pairs sorted = {0};
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < params->count && status == CSPAN_OK; i++) {
    const sbx_pair *param = &params->items[i];
    if (!skip || strcmp(param->name, skip) != 0) {
      status = cspan_sbx_pairs_take(&sorted, encoded(param->name), encoded(param->value));
    }
  }
  if (status == CSPAN_OK && sorted.count) {
    qsort(sorted.items, sorted.count, sizeof sorted.items[0], by_name_and_value);
  }
  for (size_t i = 0; i < sorted.count && status == CSPAN_OK; i++) {
    status =
        cspan_buf_printf(out, "%s%s=%s", i ? "&" : "", sorted.items[i].name, sorted.items[i].value);
  }
  cspan_sbx_pairs_free(&sorted);
  return status;
}

/* Without blanks around it, and one for each run of blanks inside. */
static void put_value(cspan_buf *out, const char *value) {
  cspan_str text = cspan_str_trim(cspan_str_of(value));
  bool blank = false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    bool is_blank = c == ' ' || c == '\t';
    if (!is_blank || !blank) {
      cspan_buf_char(out, is_blank ? ' ' : c);
    }
    blank = is_blank;
  }
}

static bool name_is(const char *name, cspan_str lower) {
  for (size_t i = 0; i < lower.len; i++) {
    char c = name[i];
    c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    if (c != lower.data[i]) {
      return false;
    }
  }
  return name[lower.len] == '\0';
}

static void put_header(cspan_buf *out, const sbx_request *request, cspan_str name) {
  cspan_buf_append(out, name.data, name.len);
  const char *separator = ":";
  for (size_t i = 0; i < request->headers.count; i++) {
    const sbx_pair *header = &request->headers.items[i];
    if (name_is(header->name, name)) {
      cspan_buf_str(out, separator);
      put_value(out, header->value);
      separator = ",";
    }
  }
  if (*separator == ':') {
    cspan_buf_char(out, ':');
  }
  cspan_buf_char(out, '\n');
}

/* Cuts the first name off the list. */
static bool next_name(cspan_str *list, cspan_str *name) {
  if (!list->len) {
    return false;
  }
  const char *end = memchr(list->data, ';', list->len);
  size_t len = end ? (size_t)(end - list->data) : list->len;
  *name = (cspan_str){list->data, len};
  size_t step = end ? len + 1 : len;
  *list = (cspan_str){list->data + step, list->len - step};
  return true;
}

bool cspan_sbx_is_signed(cspan_str signed_headers, const char *name) {
  cspan_str each;
  while (next_name(&signed_headers, &each)) {
    if (name_is(name, each)) {
      return true;
    }
  }
  return false;
}

cspan_status cspan_sbx_canonical_request(cspan_buf *out, const sbx_request *request,
                                         cspan_str signed_headers, const char *payload,
                                         const char *skip) {
  cspan_buf_printf(out, "%s\n", request->method);
  cspan_status status = put_path(out, request->path);
  cspan_buf_char(out, '\n');
  if (status == CSPAN_OK) {
    status = put_query(out, &request->params, skip);
  }
  cspan_buf_char(out, '\n');
  cspan_str list = signed_headers;
  cspan_str name;
  while (next_name(&list, &name)) {
    put_header(out, request, name);
  }
  cspan_buf_char(out, '\n');
  cspan_buf_append(out, signed_headers.data, signed_headers.len);
  cspan_buf_printf(out, "\n%s", payload);
  return status == CSPAN_OK ? cspan_buf_status(out) : status;
}
