/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "services/s3/fields.h"

enum { MAX_KEY_ENCODED = 16 * 1024, MAX_METADATA_NAME = 1024, NUMBER_SIZE = 32 };

/* A member as text: points into the input or into `number`; NULL when not given. */
static const char *text_of(const void *input, const cspan_s3_in *field, char *number) {
  const char *at = (const char *)input + field->offset;
  if (field->type == CSPAN_S3_INT) {
    int value = 0;
    memcpy(&value, at, sizeof value);
    snprintf(number, NUMBER_SIZE, "%d", value);
    return value ? number : NULL;
  }
  if (field->type == CSPAN_S3_HTTP_DATE) {
    int64_t seconds = 0;
    memcpy(&seconds, at, sizeof seconds);
    cspan_format_http_date((time_t)seconds, number);
    return seconds ? number : NULL;
  }
  const char *text = NULL;
  memcpy(&text, at, sizeof text);
  return text && *text ? text : NULL;
}

/* Visible characters, blanks and UTF-8: what cannot end the header. */
static bool fits_header(const char *value) {
  for (const char *at = value; *at; at++) {
    if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f) {
      return false;
    }
  }
  return true;
}

/* Why the core did not take something of the request; CSPAN_OK passes. */
static cspan_status refused(const struct cspan_call *call, cspan_status status, const char *what,
                            cspan_error **error) {
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_error_set(error, status, "%s: %s %s", cspan_call_operation(call), what,
                         status == CSPAN_ERR_LIMIT ? "is too long for a request"
                                                   : "cannot be part of a request");
}

cspan_status cspan_s3_write_header(struct cspan_call *call, const char *name, const char *value,
                                   cspan_error **error) {
  if (!value || !*value) {
    return CSPAN_OK;
  }
  if (!fits_header(value)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s: the value for the header %s holds a control character; remove it",
                           cspan_call_operation(call), name);
  }
  return refused(call, cspan_call_set_request_header(call, name, value), name, error);
}

static bool is_token(const char *name) {
  size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            "!#$%&'*+-.^_`|~");
  return len > 0 && name[len] == '\0' && len < MAX_METADATA_NAME;
}

cspan_status cspan_s3_write_metadata(struct cspan_call *call, const cspan_s3_metadata *metadata,
                                     size_t count, cspan_error **error) {
  static const char prefix[] = "x-amz-meta-";
  char name[sizeof prefix + MAX_METADATA_NAME];
  for (size_t i = 0; i < count; i++) {
    if (!metadata[i].name || !is_token(metadata[i].name)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "%s: metadata name number %zu is empty, too long or has characters "
                             "that a header name cannot have",
                             cspan_call_operation(call), i + 1);
    }
    snprintf(name, sizeof name, "%s%s", prefix, metadata[i].name);
    const char *value = metadata[i].value ? metadata[i].value : "";
    if (!fits_header(value)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "%s: the metadata value of \"%s\" holds a control character; remove "
                             "or encode it",
                             cspan_call_operation(call), metadata[i].name);
    }
    cspan_status status =
        refused(call, cspan_call_set_request_header(call, name, value), name, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

static cspan_status missing(const struct cspan_call *call, const cspan_s3_in *field,
                            cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: %s is required and must not be empty",
                         cspan_call_operation(call), field->member);
}

static cspan_status write_bucket(struct cspan_call *call, const char *bucket, cspan_error **error) {
  /* Only what would change the shape of the URL: servers differ in the names they take. */
  bool bad = strlen(bucket) > 255 || strcmp(bucket, ".") == 0 || strcmp(bucket, "..") == 0;
  /* An ARN goes through the endpoint rules, which take it apart. */
  const char *refused = cspan_starts_with(bucket, "arn:") ? "\\?#%@ " : "/\\?#%@: ";
  for (const char *at = bucket; *at && !bad; at++) {
    bad = strchr(refused, *at) || (unsigned char)*at < ' ' || (unsigned char)*at > '~';
  }
  if (bad) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s: the bucket name has characters that no bucket name can have, or is "
                           "too long; use 3 to 63 of a-z, 0-9, '.' and '-'",
                           cspan_call_operation(call));
  }
  if (cspan_call_set_bucket(call, bucket) != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return CSPAN_OK;
}

static cspan_status write_key(struct cspan_call *call, const char *key, cspan_error **error) {
  size_t len = strlen(key);
  if (!cspan_utf8_valid(key, len)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: Key is not valid UTF-8",
                           cspan_call_operation(call));
  }
  cspan_buf path;
  cspan_buf_init(&path, MAX_KEY_ENCODED);
  cspan_buf_char(&path, '/');
  cspan_uri_encode(&path, key, len, true);
  cspan_status status = cspan_buf_status(&path);
  if (status == CSPAN_OK) {
    status = cspan_call_set_path(call, cspan_buf_text(&path));
  }
  cspan_buf_free(&path);
  return refused(call, status, "Key", error);
}

static cspan_status write_field(struct cspan_call *call, const cspan_s3_in *field,
                                const char *value, cspan_error **error) {
  switch (field->place) {
  case CSPAN_S3_BUCKET:
    return write_bucket(call, value, error);
  case CSPAN_S3_KEY:
    return write_key(call, value, error);
  case CSPAN_S3_HEADER:
    return cspan_s3_write_header(call, field->wire, value, error);
  case CSPAN_S3_QUERY:
  case CSPAN_S3_REQUIRED_QUERY:
    return refused(call, cspan_call_add_query(call, field->wire, value), field->member, error);
  default:
    return CSPAN_OK;
  }
}

static bool is_required(const cspan_s3_in *field) {
  return field->place == CSPAN_S3_BUCKET || field->place == CSPAN_S3_KEY ||
         field->place == CSPAN_S3_REQUIRED_QUERY;
}

cspan_status cspan_s3_write(struct cspan_call *call, const void *input, const cspan_s3_in *fields,
                            size_t count, cspan_error **error) {
  char number[NUMBER_SIZE];
  for (size_t i = 0; i < count; i++) {
    const char *value = text_of(input, &fields[i], number);
    if (!value && is_required(&fields[i])) {
      return missing(call, &fields[i], error);
    }
    cspan_status status = value ? write_field(call, &fields[i], value, error) : CSPAN_OK;
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

size_t cspan_s3_copy_text(const char *from, char *text, size_t capacity) {
  size_t len = from ? strlen(from) : 0;
  if (capacity > 0) {
    size_t fit = len < capacity ? len : capacity - 1;
    memcpy(text, from ? from : "", fit);
    text[fit] = '\0';
  }
  return len;
}

size_t cspan_s3_param(const void *input, const cspan_s3_in *fields, size_t count,
                      const char *member, char *text, size_t capacity) {
  char number[NUMBER_SIZE];
  const cspan_s3_in *field = cspan_s3_find_member(fields, count, member);
  return cspan_s3_copy_text(field ? text_of(input, field, number) : NULL, text, capacity);
}

const cspan_s3_in *cspan_s3_find_member(const cspan_s3_in *fields, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(fields[i].member, name) == 0) {
      return &fields[i];
    }
  }
  return NULL;
}

bool cspan_s3_member_value(const void *input, const void *member, cspan_value *out) {
  const cspan_s3_in *field = member;
  const char *at = (const char *)input + field->offset;
  const char *text = NULL;
  int number = 0;
  if (field->type == CSPAN_S3_STRING) {
    memcpy(&text, at, sizeof text);
    if (!text || !*text) {
      return false;
    }
    *out = (cspan_value){.kind = CSPAN_VALUE_STRING, .size = strlen(text), .as.text = text};
    return true;
  }
  if (field->type == CSPAN_S3_INT) {
    memcpy(&number, at, sizeof number);
    *out = cspan_int(number);
  }
  return number != 0;
}

const cspan_value *cspan_s3_input_document(struct cspan_call *call, const void *input,
                                           const cspan_s3_in *fields, size_t count,
                                           const cspan_member *extra, size_t extra_count) {
  cspan_value *map = cspan_call_memory(call, sizeof *map);
  cspan_member *members = cspan_call_memory(call, (count + extra_count) * sizeof *members);
  size_t used = 0;
  if (!map || !members) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    cspan_value value;
    if (cspan_s3_member_value(input, &fields[i], &value)) {
      members[used++] = cspan_field(fields[i].member, value);
    }
  }
  for (size_t i = 0; i < extra_count; i++) {
    members[used++] = extra[i];
  }
  *map = cspan_map(members, used);
  return map;
}
