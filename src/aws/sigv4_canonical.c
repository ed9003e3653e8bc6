/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4_canonical.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sigv4.h"
#include "base/alloc.h"
#include "base/text.h"

/* -------------------------------------------------------------------- path */

/* RFC 3986's dot segments, and doubled slashes, which AWS removes as well. */
static void normalize(cspan_buf *out, size_t base, const char *path) {
  const char *at = path;
  bool slash_after = true;
  while (*at) {
    while (*at == '/') {
      at++;
    }
    size_t len = strcspn(at, "/");
    slash_after = at[len] == '/';
    if (len == 1 && at[0] == '.') {
      slash_after = true;
    } else if (len == 2 && at[0] == '.' && at[1] == '.') {
      while (out->len > base && out->data[--out->len] != '/') {
      }
      slash_after = true;
    } else if (len > 0) {
      cspan_buf_char(out, '/');
      cspan_buf_append(out, at, len);
    } else {
      slash_after = at > path;
    }
    at += len;
  }
  if (slash_after || out->len == base) {
    cspan_buf_char(out, '/');
  }
}

cspan_status cspan_sigv4_canonical_path(cspan_buf *out, const char *path, bool normalized,
                                        bool encode) {
  if (path[0] == '\0') {
    return cspan_buf_char(out, '/');
  }
  if (!normalized) {
    return encode ? cspan_uri_encode(out, path, strlen(path), true) : cspan_buf_str(out, path);
  }
  if (!encode) {
    normalize(out, out->len, path);
    return cspan_buf_status(out);
  }
  cspan_buf clean;
  cspan_buf_init(&clean, out->max);
  normalize(&clean, 0, path);
  cspan_status status = cspan_buf_status(&clean);
  if (status == CSPAN_OK) {
    status = cspan_uri_encode(out, clean.data, clean.len, true);
  } else {
    out->status = status;
  }
  cspan_buf_free(&clean);
  return status;
}

/* ------------------------------------------------------------------- query */

enum { FEW_PARAMS = 32 };

/* An encoded parameter, "name=value", in the buffer `text`. */
typedef struct param {
  const char *text;
  size_t name_len;
  size_t len;
} param;

typedef struct param_list {
  param few[FEW_PARAMS];
  param *items;
  size_t count;
  size_t cap;
  cspan_buf text;
} param_list;

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len) {
  int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
  return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_params(const void *left, const void *right) {
  const param *a = left;
  const param *b = right;
  int order = compare_bytes(a->text, a->name_len, b->text, b->name_len);
  return order ? order
               : compare_bytes(a->text + a->name_len, a->len - a->name_len, b->text + b->name_len,
                               b->len - b->name_len);
}

static size_t count_params(const char *query) {
  size_t count = 0;
  for (const char *at = query; at && *at; at++) {
    count += *at == '&';
  }
  return count + 1;
}

/* Decoded first, so that what was encoded already is not encoded twice. */
static void encode_part(param_list *list, const char *text, size_t len, cspan_buf *decoded) {
  cspan_buf_clear(decoded);
  if (cspan_uri_decode(decoded, text, len) != CSPAN_OK) {
    list->text.status = decoded->status;
    return;
  }
  cspan_uri_encode(&list->text, decoded->data, decoded->len, false);
}

static void add_params(param_list *list, const char *query, cspan_buf *decoded) {
  const char *at = query;
  while (at && *at) {
    size_t len = strcspn(at, "&");
    size_t name_len = strcspn(at, "&=");
    if (len > 0) {
      param *each = &list->items[list->count++];
      size_t start = list->text.len;
      encode_part(list, at, name_len, decoded);
      each->name_len = list->text.len - start;
      cspan_buf_char(&list->text, '=');
      if (name_len < len) {
        encode_part(list, at + name_len + 1, len - name_len - 1, decoded);
      }
      each->len = list->text.len - start;
    }
    at += len + (at[len] == '&');
  }
}

cspan_status cspan_sigv4_canonical_query(cspan_buf *out, const char *query, const char *more) {
  if ((!query || !*query) && (!more || !*more)) {
    return cspan_buf_status(out);
  }
  param_list list;
  cspan_buf decoded;
  list.count = 0;
  list.items = list.few;
  list.cap = count_params(query) + count_params(more);
  cspan_buf_init(&list.text, out->max);
  cspan_buf_init(&decoded, out->max);
  if (list.cap > FEW_PARAMS) {
    list.items = cspan_calloc(list.cap, sizeof *list.items);
    if (!list.items) {
      out->status = CSPAN_ERR_NOMEM;
      return out->status;
    }
  }
  add_params(&list, query, &decoded);
  add_params(&list, more, &decoded);
  if (list.text.status == CSPAN_OK) {
    const char *at = list.text.data;
    for (size_t i = 0; i < list.count; i++) { /* the buffer no longer moves */
      list.items[i].text = at;
      at += list.items[i].len;
    }
    qsort(list.items, list.count, sizeof *list.items, compare_params);
    for (size_t i = 0; i < list.count; i++) {
      cspan_buf_append(out, "&", i > 0);
      cspan_buf_append(out, list.items[i].text, list.items[i].len);
    }
  } else {
    out->status = list.text.status;
  }
  if (list.items != list.few) {
    cspan_free(list.items);
  }
  cspan_buf_free(&decoded);
  cspan_buf_free(&list.text);
  return cspan_buf_status(out);
}

/* ----------------------------------------------------------------- headers */

/* By their first letters; those with a '*' are beginnings. Proxies, libcurl and tracing change or
 * add these after the signature was made. */
enum { LETTERS = 26, OF_A_LETTER = 4 };
static const char *const skipped[LETTERS][OF_A_LETTER] = {
    ['a' - 'a'] = {"authorization", "accept-encoding"},
    ['b' - 'a'] = {"baggage", "b3"},
    ['c' - 'a'] = {"connection"},
    ['e' - 'a'] = {"expect"},
    ['k' - 'a'] = {"keep-alive"},
    ['o' - 'a'] = {"ot-tracer-*", "ot-baggage-*"},
    ['p' - 'a'] = {"proxy-authorization"},
    ['t' - 'a'] = {"traceparent", "tracestate", "te", "transfer-encoding"},
    ['u' - 'a'] = {"user-agent", "upgrade", "uber-trace-id*", "uberctx-*"},
    ['x' - 'a'] = {"x-b3-*", "x-amzn-trace-id"},
};

/* Of a name whose characters are those of a token. */
static bool matches(const char *name, const char *pattern) {
  while ((*name | 32) == *pattern) {
    name++;
    pattern++;
  }
  return *pattern == *name || *pattern == '*';
}

bool cspan_sigv4_skips_header(const char *name) {
  size_t letter = (size_t)((name[0] | 32) - 'a');
  for (size_t i = 0; letter < LETTERS && i < OF_A_LETTER && skipped[letter][i]; i++) {
    if (matches(name, skipped[letter][i])) {
      return true;
    }
  }
  return false;
}

static void insert_sorted(cspan_sorted_headers *sorted, const cspan_http_header *header) {
  size_t at = sorted->count++;
  while (at > 0 && strcasecmp(sorted->items[at - 1]->name, header->name) > 0) {
    sorted->items[at] = sorted->items[at - 1];
    at--;
  }
  sorted->items[at] = header;
}

cspan_status cspan_sorted_headers_init(cspan_sorted_headers *sorted,
                                       const cspan_http_header *headers, size_t count,
                                       const cspan_http_header *more, size_t more_count) {
  sorted->count = 0;
  sorted->items = sorted->few;
  if (count + more_count > sizeof sorted->few / sizeof sorted->few[0]) {
    sorted->items = cspan_calloc(count + more_count, sizeof(cspan_http_header *));
    if (!sorted->items) {
      return CSPAN_ERR_NOMEM;
    }
  }
  for (size_t i = 0; i < count; i++) {
    if (!cspan_sigv4_skips_header(headers[i].name)) {
      insert_sorted(sorted, &headers[i]);
    }
  }
  for (size_t i = 0; i < more_count; i++) {
    insert_sorted(sorted, &more[i]);
  }
  return CSPAN_OK;
}

void cspan_sorted_headers_free(cspan_sorted_headers *sorted) {
  if (sorted->items != sorted->few) {
    cspan_free(sorted->items);
  }
}

static void append_lower(cspan_buf *out, const char *name) {
  size_t start = out->len;
  if (cspan_buf_str(out, name) == CSPAN_OK) {
    for (char *c = out->data + start; *c; c++) {
      if (*c >= 'A' && *c <= 'Z') {
        *c = (char)(*c | 32);
      }
    }
  }
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Trimmed, inner runs of blanks (and folded lines) as one space. */
static void append_value(cspan_buf *out, const char *value) {
  while (is_blank(*value)) {
    value++;
  }
  while (*value) {
    size_t len = 0;
    while (value[len] && !is_blank(value[len])) {
      len++;
    }
    cspan_buf_append(out, value, len);
    value += len;
    size_t blanks = 0;
    while (is_blank(value[blanks])) {
      blanks++;
    }
    value += blanks;
    if (blanks && *value) {
      cspan_buf_char(out, ' ');
    }
  }
}

static bool same_name(const cspan_sorted_headers *sorted, size_t a, size_t b) {
  return cspan_ieq(sorted->items[a]->name, sorted->items[b]->name);
}

cspan_status cspan_sigv4_canonical_headers(cspan_buf *out, const cspan_sorted_headers *sorted) {
  for (size_t i = 0; i < sorted->count; i++) {
    if (i > 0 && same_name(sorted, i - 1, i)) {
      out->len--; /* the end of the line before */
      cspan_buf_char(out, ',');
    } else {
      append_lower(out, sorted->items[i]->name);
      cspan_buf_char(out, ':');
    }
    append_value(out, sorted->items[i]->value);
    if (cspan_buf_char(out, '\n') != CSPAN_OK) {
      break;
    }
  }
  return cspan_buf_status(out);
}

cspan_status cspan_sigv4_signed_headers(cspan_buf *out, const cspan_sorted_headers *sorted) {
  for (size_t i = 0; i < sorted->count; i++) {
    if (i > 0 && same_name(sorted, i - 1, i)) {
      continue;
    }
    cspan_buf_append(out, ";", i > 0);
    append_lower(out, sorted->items[i]->name);
  }
  return cspan_buf_status(out);
}
