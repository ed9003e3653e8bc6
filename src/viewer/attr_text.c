/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/attr_text.h"

#include <inttypes.h>
#include <string.h>

#include "telemetry/attrs.h"

enum { MAX_ELEMENTS = 8 };

cspan_str cspan_attr_text(const cspan_attr *attributes, size_t count, const char *key) {
  const cspan_attr *attr = cspan_attrs_find(attributes, count, key);
  cspan_str text = {NULL, 0};
  if (attr && attr->type == CSPAN_ATTR_STRING && attr->count) {
    text.data = attr->value.string;
    text.len = attr->count;
  }
  return text;
}

bool cspan_attr_real(const cspan_attr *attributes, size_t count, const char *key, double *out) {
  const cspan_attr *attr = cspan_attrs_find(attributes, count, key);
  if (attr && attr->type == CSPAN_ATTR_DOUBLE) {
    *out = attr->value.number;
    return true;
  }
  if (attr && attr->type == CSPAN_ATTR_INT64) {
    *out = (double)attr->value.int64;
    return true;
  }
  return false;
}

bool cspan_attr_number(const cspan_attr *attributes, size_t count, const char *key, int64_t *out) {
  const cspan_attr *attr = cspan_attrs_find(attributes, count, key);
  if (attr && attr->type == CSPAN_ATTR_INT64) {
    *out = attr->value.int64;
    return true;
  }
  if (attr && attr->type == CSPAN_ATTR_DOUBLE && attr->value.number > -9e18 &&
      attr->value.number < 9e18) {
    *out = (int64_t)attr->value.number;
    return true;
  }
  return false;
}

cspan_str cspan_view_text(const cspan_span_view *view, const char *key) {
  return cspan_attr_text(view->attributes, view->attribute_count, key);
}

bool cspan_view_number(const cspan_span_view *view, const char *key, int64_t *out) {
  return cspan_attr_number(view->attributes, view->attribute_count, key, out);
}

static void append_cut(cspan_buf *out, const char *text, size_t len) {
  size_t room = out->max - out->len;
  cspan_buf_append(out, text, len < room ? len : room);
}

void cspan_attr_flow(cspan_flow *flow, cspan_style style, cspan_buf *scratch) {
  if (cspan_buf_status(scratch) == CSPAN_ERR_NOMEM) {
    flow->out->status = CSPAN_ERR_NOMEM;
  }
  cspan_flow_item(flow, style, cspan_buf_text(scratch), scratch->len);
  cspan_buf_clear(scratch);
}

void cspan_attr_write(cspan_buf *out, const cspan_attr *attribute) {
  switch (attribute->type) {
  case CSPAN_ATTR_STRING:
    append_cut(out, attribute->value.string, attribute->count);
    return;
  case CSPAN_ATTR_BOOL:
    cspan_buf_str(out, attribute->value.boolean ? "true" : "false");
    return;
  case CSPAN_ATTR_INT64:
    cspan_buf_printf(out, "%" PRId64, attribute->value.int64);
    return;
  case CSPAN_ATTR_DOUBLE:
    cspan_buf_printf(out, "%g", attribute->value.number);
    return;
  case CSPAN_ATTR_STRING_ARRAY:
  case CSPAN_ATTR_BOOL_ARRAY:
  case CSPAN_ATTR_INT64_ARRAY:
  case CSPAN_ATTR_DOUBLE_ARRAY:
    break;
  }
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < attribute->count && i < MAX_ELEMENTS; i++) {
    cspan_buf_str(out, i ? ", " : "");
    const cspan_attr element = cspan_attr_element(attribute, i);
    cspan_attr_write(out, &element);
  }
  cspan_buf_str(out, attribute->count > MAX_ELEMENTS ? ", ...]" : "]");
}
