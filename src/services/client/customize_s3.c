/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks of S3 on inputs and outputs. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"

/* ----------------------------------------------------------------- buckets */

/* A bucket becomes part of a path or a host, and decides where the call goes: what cannot be one
 * is not sent anywhere. */
cspan_status cspan_custom_bucket(cspan_custom *c, const char *detail, cspan_error **error) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  enum { BUCKET_MAX = 255 };
  cspan_str bucket = cspan_custom_bytes(c, detail);
  if (bucket.data == NULL || (bucket.len > 4 && memcmp(bucket.data, "arn:", 4) == 0)) {
    return CSPAN_OK; /* the rules read ARNs */
  }
  size_t i = 0;
  while (i < bucket.len && bucket.data[i] != '\0' && strchr(allowed, bucket.data[i]) != NULL) {
    i++;
  }
  if (i == bucket.len && i > 0 && i <= BUCKET_MAX) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "%s: \"%.*s\" is no name of a bucket: it has 1 to 255 letters, digits, "
                         "'.', '-' and '_', or is the ARN of an access point",
                         detail, (int)(bucket.len < 80 ? bucket.len : 80), bucket.data);
}

/* ------------------------------------------------------------- customer keys */

static cspan_value base64_of(cspan_arena *arena, const void *data, size_t len) {
  cspan_buf text;
  cspan_buf_init(&text, CSPAN_PROTOCOL_TARGET_MAX);
  cspan_base64_encode(&text, data, len);
  return cspan_custom_take(arena, &text);
}

/* The key goes in base64, with its MD5. Who gives the MD5 has done both. */
cspan_status cspan_custom_sse_key(cspan_custom *c, const char *detail, cspan_error **error) {
  char name[40];
  uint8_t md5[CSPAN_MD5_LEN];
  (void)error;
  snprintf(name, sizeof name, "%sKey", detail);
  cspan_str key = cspan_custom_bytes(c, name);
  if (key.data == NULL) {
    return CSPAN_OK;
  }
  const char *key_name = cspan_arena_strdup(c->arena, name);
  snprintf(name, sizeof name, "%sKeyMD5", detail);
  if (cspan_value_get(&c->value, name) != NULL) {
    return CSPAN_OK;
  }
  const char *md5_name = cspan_arena_strdup(c->arena, name);
  cspan_md5(key.data, key.len, md5);
  cspan_value key_text = base64_of(c->arena, key.data, key.len);
  cspan_value md5_text = base64_of(c->arena, md5, sizeof md5);
  if (key_name == NULL || md5_name == NULL || cspan_value_is_null(&key_text) ||
      cspan_value_is_null(&md5_text)) {
    return CSPAN_ERR_NOMEM;
  }
  cspan_status status = cspan_custom_set(c, key_name, key_text);
  return status == CSPAN_OK ? cspan_custom_set(c, md5_name, md5_text) : status;
}

/* -------------------------------------------------------------------- copies */

/* Where "?versionId=..." begins at the end of a text; its length when there is none. */
static size_t version_at(cspan_str text) {
  static const char mark[] = "?versionId=";
  const size_t mark_len = sizeof mark - 1;
  for (size_t i = 0; i + mark_len < text.len; i++) {
    if (memcmp(text.data + i, mark, mark_len) == 0) {
      return i;
    }
  }
  return text.len;
}

/* {"Bucket", "Key", "VersionId"} */
static cspan_status write_source_map(cspan_custom *c, const cspan_value *source, cspan_buf *out,
                                     cspan_error **error) {
  const cspan_custom parts = {.invocation = c->invocation, .value = *source};
  cspan_str bucket = cspan_custom_bytes(&parts, "Bucket");
  cspan_str key = cspan_custom_bytes(&parts, "Key");
  cspan_str version = cspan_custom_bytes(&parts, "VersionId");
  if (bucket.data == NULL || key.data == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "CopySource: a map needs the members Bucket and Key, and may have "
                           "VersionId");
  }
  bool is_arn = bucket.len > 4 && memcmp(bucket.data, "arn:", 4) == 0;
  cspan_uri_encode(out, bucket.data, bucket.len, true);
  cspan_buf_str(out, is_arn ? "/object/" : "/");
  cspan_uri_encode(out, key.data, key.len, true);
  if (version.data != NULL) {
    cspan_buf_str(out, "?versionId=");
    cspan_buf_append(out, version.data, version.len);
  }
  return CSPAN_OK;
}

/* A header with the key percent-encoded, which callers give as it is. */
cspan_status cspan_custom_copy_source(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_value *source = cspan_value_get(&c->value, detail);
  cspan_str text = cspan_custom_bytes(c, detail);
  cspan_status status = CSPAN_OK;
  cspan_buf out;
  if (text.data == NULL && cspan_value_get_kind(source) != CSPAN_VALUE_MAP) {
    return CSPAN_OK;
  }
  cspan_buf_init(&out, CSPAN_PROTOCOL_TARGET_MAX);
  if (text.data != NULL) {
    size_t version = version_at(text);
    cspan_uri_encode(&out, text.data, version, true);
    cspan_buf_append(&out, text.data + version, text.len - version);
  } else {
    status = write_source_map(c, source, &out, error);
  }
  cspan_value encoded = cspan_custom_take(c->arena, &out);
  if (status != CSPAN_OK) {
    return status;
  }
  return cspan_value_is_null(&encoded) ? CSPAN_ERR_NOMEM : cspan_custom_set(c, detail, encoded);
}

/* ------------------------------------------------------------------ metadata */

static bool is_ascii(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if ((unsigned char)text[i] > 0x7f) {
      return false;
    }
  }
  return true;
}

/* Metadata are headers, and S3 takes ASCII only: anything else would come back changed. */
cspan_status cspan_custom_ascii(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_value *map = cspan_value_get(&c->value, detail);
  if (cspan_value_get_kind(map) != CSPAN_VALUE_MAP) {
    return CSPAN_OK;
  }
  for (size_t i = 0; i < map->size; i++) {
    const cspan_member *member = &map->as.members[i];
    size_t len = 0;
    const char *text = cspan_value_text(&member->value, &len);
    if (!is_ascii(member->name, member->name_size_bytes) ||
        (text != NULL && !is_ascii(text, len))) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "%s.%.60s: S3 takes only ASCII in names and values of metadata; "
                             "encode it, for instance in percent encoding",
                             detail, member->name);
    }
  }
  return CSPAN_OK;
}

/* ----------------------------------------------------------------- media types */

/* The type of a body is kept with the object: where the caller said none, S3 chooses it, as for
 * the typed calls. */
cspan_status cspan_custom_no_default_type(cspan_custom *c, const char *detail,
                                          cspan_error **error) {
  const cspan_value *given = cspan_value_get(c->invocation->request.input, detail);
  (void)error;
  if (c->request->stream_member == NULL || !cspan_value_is_null(given)) {
    return CSPAN_OK;
  }
  return cspan_header_list_put(&c->request->headers, c->arena, "Content-Type", NULL);
}

/* -------------------------------------------------------------------- listing */

/* XML cannot hold every character that a key may have. */
cspan_status cspan_custom_encode_keys(cspan_custom *c, const char *detail, cspan_error **error) {
  (void)error;
  if (cspan_value_get(&c->value, detail) != NULL) {
    return CSPAN_OK; /* the caller wants them as they are sent */
  }
  c->invocation->decodes_keys = true;
  return cspan_custom_set(c, detail, cspan_string("url"));
}

static cspan_status decode_key(cspan_arena *arena, cspan_value *value) {
  cspan_buf text;
  if (value->kind != CSPAN_VALUE_STRING || (memchr(value->as.text, '%', value->size) == NULL &&
                                            memchr(value->as.text, '+', value->size) == NULL)) {
    return CSPAN_OK;
  }
  cspan_buf_init(&text, value->size);
  cspan_form_decode(&text, value->as.text, value->size);
  bool is_text = cspan_utf8_valid(cspan_buf_text(&text), text.len);
  cspan_value decoded = cspan_custom_take(arena, &text);
  if (cspan_value_is_null(&decoded)) {
    return CSPAN_ERR_NOMEM;
  }
  *value = is_text ? decoded : *value;
  return CSPAN_OK;
}

/* `detail` has the paths of what is encoded. */
cspan_status cspan_custom_decode_keys(cspan_custom *c, const char *detail, cspan_error **error) {
  const char *encoding = cspan_value_text(cspan_value_get(&c->value, "EncodingType"), NULL);
  cspan_status status = CSPAN_OK;
  (void)error;
  if (!c->invocation->decodes_keys || !cspan_ieq(encoding, "url")) {
    return CSPAN_OK;
  }
  for (const char *path = detail; *path != '\0' && status == CSPAN_OK;) {
    status = cspan_custom_rewrite(c->arena, &c->value, path, decode_key);
    path += strcspn(path, " ");
    path += strspn(path, " ");
  }
  return status;
}

/* "Header=Member": a header as it came, also where it is not the date that it should be. */
cspan_status cspan_custom_raw_header(cspan_custom *c, const char *detail, cspan_error **error) {
  char header[40];
  size_t len = strcspn(detail, "=");
  (void)error;
  snprintf(header, sizeof header, "%.*s", (int)len, detail);
  const char *text = cspan_header_block_get(c->response->headers, header);
  if (text == NULL || !cspan_utf8_valid(text, strlen(text))) {
    return CSPAN_OK;
  }
  const char *copy = cspan_arena_strdup(c->arena, text);
  return copy != NULL ? cspan_custom_set(c, detail + len + 1, cspan_string(copy))
                      : cspan_arena_refusal(c->arena);
}
