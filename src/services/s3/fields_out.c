/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "services/s3/operation.h"

/* AWS writes a blank in a listed key as '+', others as %20; a plus sign is %2B for both. */
static const char *decode_key(cspan_arena *arena, const char *text) {
  size_t len = strlen(text);
  cspan_buf decoded;
  cspan_buf_init(&decoded, len + 1);
  const char *copy = NULL;
  if (cspan_form_decode(&decoded, text, len) == CSPAN_OK) {
    copy = cspan_arena_strndup(arena, cspan_buf_text(&decoded), decoded.len);
  }
  cspan_buf_free(&decoded);
  return copy;
}

/* Puts `value` into the member; false when out of memory. What does not parse is left as
 * "not given": a server's slip in a date is no reason to fail the call. */
static bool set_member(void *item, const cspan_s3_out *field, const char *value) {
  char *at = (char *)item + field->offset;
  int64_t number = 0;
  time_t when = 0;
  bool truth = false;
  switch (field->type) {
  case CSPAN_S3_INT:
    if (cspan_parse_i64(value, &number) && number >= INT_MIN && number <= INT_MAX) {
      memcpy(at, &(int){(int)number}, sizeof(int));
    }
    return true;
  case CSPAN_S3_INT64:
    if (cspan_parse_i64(value, &number)) {
      memcpy(at, &number, sizeof number);
    }
    return true;
  case CSPAN_S3_BOOL:
    if (cspan_parse_bool(value, &truth)) {
      memcpy(at, &truth, sizeof truth);
    }
    return true;
  case CSPAN_S3_HTTP_DATE:
  case CSPAN_S3_ISO_DATE:
    if (field->type == CSPAN_S3_HTTP_DATE ? cspan_parse_http_date(value, &when)
                                          : cspan_parse_iso8601(value, &when)) {
      memcpy(at, &(int64_t){(int64_t)when}, sizeof(int64_t));
    }
    return true;
  default:
    memcpy(at, &value, sizeof value);
    return value != NULL;
  }
}

cspan_status cspan_s3_read_headers(struct cspan_call *call, size_t output_size,
                                   const cspan_s3_out *fields, size_t count, void **output,
                                   cspan_error **error) {
  void *item = cspan_call_output_new(call, output_size);
  bool ok = item != NULL;
  for (size_t i = 0; i < count && ok; i++) {
    const char *value = cspan_call_response_header(call, fields[i].wire);
    if (value && fields[i].type == CSPAN_S3_STRING) {
      value = cspan_arena_strdup(cspan_call_arena(call), value);
      ok = value != NULL;
    }
    ok = ok && (!value || set_member(item, &fields[i], value));
  }
  if (!ok) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  *output = item;
  return CSPAN_OK;
}

/* Some servers call the document after the operation: ListPartsResponse, ListPartsOutput. */
static bool is_document(const char *root, const char *name) {
  static const char suffix[] = "Result";
  size_t stem = strlen(name) - (sizeof suffix - 1);
  return strcmp(root, name) == 0 ||
         (strncmp(root, name, stem) == 0 &&
          (strcmp(root + stem, "Response") == 0 || strcmp(root + stem, "Output") == 0));
}

cspan_status cspan_s3_read_document(struct cspan_call *call, const char *name,
                                    const cspan_xml_node **root, cspan_error **error) {
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  cspan_arena *arena = cspan_call_arena(call);
  cspan_xml_node *parsed = NULL;
  if (!arena) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = cspan_xml_parse(body, len, arena, &parsed, error);
  *root = parsed;
  if (status == CSPAN_OK && !is_document(parsed->name, name)) {
    status = cspan_error_set(
        error, CSPAN_ERR_PROTOCOL,
        "%s: the response is a document called %.40s, not %s: is the endpoint an S3 "
        "server?",
        cspan_call_operation(call), parsed->name, name);
  }
  return status;
}

cspan_status cspan_s3_read_elements(struct cspan_call *call, const cspan_xml_node *node,
                                    const cspan_s3_out *fields, size_t count, bool url_encoded,
                                    void *item, cspan_error **error) {
  for (size_t i = 0; i < count; i++) {
    const char *value = cspan_xml_text(node, fields[i].wire);
    if (!value) {
      continue;
    }
    if (fields[i].type == CSPAN_S3_URL_STRING && url_encoded) {
      value = decode_key(cspan_call_arena(call), value);
    }
    if (!value || !set_member(item, &fields[i], value)) {
      return cspan_error_move(error, cspan_error_nomem());
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_s3_read_list(struct cspan_call *call, const cspan_xml_node *parent,
                                const cspan_s3_list_shape *shape, bool url_encoded,
                                const void **items, size_t *count, cspan_error **error) {
  size_t n = 0;
  for (const cspan_xml_node *at = parent->first_child; at; at = at->next_sibling) {
    n += strcmp(at->name, shape->name) == 0;
  }
  *items = NULL;
  *count = 0;
  if (n == 0) {
    return CSPAN_OK;
  }
  char *array = cspan_arena_array(cspan_call_arena(call), n, shape->item_size);
  if (!array) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  char *item = array;
  for (const cspan_xml_node *at = parent->first_child; at; at = at->next_sibling) {
    if (strcmp(at->name, shape->name) != 0) {
      continue;
    }
    cspan_status status = cspan_s3_read_elements(call, at, shape->fields, shape->field_count,
                                                 url_encoded, item, error);
    if (status != CSPAN_OK) {
      return status;
    }
    item += shape->item_size;
  }
  *items = array;
  *count = n;
  return CSPAN_OK;
}

bool cspan_s3_is_url_encoded(const cspan_xml_node *root) {
  return cspan_ieq(cspan_xml_text(root, "EncodingType"), "url");
}

cspan_status cspan_s3_read_prefixes(struct cspan_call *call, const cspan_xml_node *root,
                                    const char *const **prefixes, size_t *count,
                                    cspan_error **error) {
  static const cspan_s3_out fields[] = {{"Prefix", 0, CSPAN_S3_URL_STRING}};
  static const cspan_s3_list_shape shape = {"CommonPrefixes", fields, CSPAN_S3_COUNT(fields),
                                            sizeof(const char *)};
  const void *items = NULL;
  cspan_status status =
      cspan_s3_read_list(call, root, &shape, cspan_s3_is_url_encoded(root), &items, count, error);
  *prefixes = items;
  return status;
}
