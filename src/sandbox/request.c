/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool cspan_sbx_bucket_name_ok(const char *name, size_t len) {
  if (len < 3 || len > SBX_BUCKET_MAX || !is_lower_or_digit(name[0]) ||
      !is_lower_or_digit(name[len - 1])) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    char c = name[i];
    if (!is_lower_or_digit(c) && c != '-' && c != '.') {
      return false;
    }
    if (c == '.' && name[i + 1] == '.') {
      return false;
    }
  }
  return true;
}

/* Decodes; NULL when an escape is broken, the result is not UTF-8 or holds a
 * NUL, or there is no memory (*error tells). */
static char *decode(const char *text, size_t len, sbx_error *error) {
  for (size_t i = 0; i < len; i++) {
    uint8_t byte;
    if (text[i] == '%' &&
        (i + 2 >= len || !cspan_hex_decode(text + i + 1, 2, &byte) || byte == 0)) {
      *error = SBX_INVALID_URI;
      return NULL;
    }
  }
  cspan_buf out;
  cspan_buf_init(&out, len);
  cspan_uri_decode(&out, text, len);
  size_t size;
  char *result = cspan_buf_take(&out, &size);
  *error = result ? SBX_OK : SBX_INTERNAL_ERROR;
  if (result && !cspan_utf8_valid(result, size)) {
    cspan_free(result);
    *error = SBX_INVALID_URI;
    return NULL;
  }
  return result;
}

static sbx_error add_param(sbx_request *request, const char *text, size_t len) {
  const char *equals = memchr(text, '=', len);
  size_t name_len = equals ? (size_t)(equals - text) : len;
  sbx_error error;
  char *name = decode(text, name_len, &error);
  if (!name) {
    return error;
  }
  char *value = decode(equals ? equals + 1 : "", equals ? len - name_len - 1 : 0, &error);
  if (!value) {
    cspan_free(name);
    return error;
  }
  cspan_status status = cspan_sbx_pairs_take(&request->params, name, value);
  return status == CSPAN_ERR_LIMIT ? SBX_INVALID_ARGUMENT : cspan_sbx_error_of(status);
}

static sbx_error parse_query(sbx_request *request) {
  const char *at = request->query;
  sbx_error error = SBX_OK;
  while (*at && error == SBX_OK) {
    size_t len = strcspn(at, "&");
    error = len ? add_param(request, at, len) : SBX_OK;
    at += len;
    at += *at == '&' ? 1 : 0;
  }
  return error;
}

/* The bucket that the Host header names: "bucket.localhost",
 * "bucket.s3.localhost", "bucket.s3.REGION.amazonaws.com". 0: path style. */
static size_t bucket_of_host(const char *host) {
  size_t len = strcspn(host, ":");
  const char *suffix = NULL;
  for (size_t i = 1; i < len && !suffix; i++) {
    bool service = strncmp(host + i, ".s3.", 4) == 0 || strncmp(host + i, ".s3-", 4) == 0;
    bool local = strncmp(host + i, ".localhost", 10) == 0 && i + 10 == len;
    suffix = service || local ? host + i : NULL;
  }
  bool is_service = suffix && suffix - host == 2 && strncmp(host, "s3", 2) == 0;
  return suffix && !is_service ? (size_t)(suffix - host) : 0;
}

static sbx_error set_bucket(char out[SBX_BUCKET_MAX + 1], const char *name, size_t len) {
  if (!cspan_sbx_bucket_name_ok(name, len)) {
    return SBX_INVALID_BUCKET_NAME;
  }
  memcpy(out, name, len);
  out[len] = '\0';
  return SBX_OK;
}

static sbx_error parse_path(sbx_request *request) {
  const char *at = request->path + 1;
  const char *host = cspan_sbx_header(request, "Host");
  size_t named = host ? bucket_of_host(host) : 0;
  sbx_error error = SBX_OK;
  if (named) {
    error = set_bucket(request->bucket, host, named);
  } else if (*at) {
    size_t len = strcspn(at, "/");
    char *name = decode(at, len, &error);
    error = name ? set_bucket(request->bucket, name, strlen(name)) : error;
    cspan_free(name);
    at += len;
    at += *at == '/' ? 1 : 0;
  }
  if (error != SBX_OK) {
    return error;
  }
  request->key = decode(at, strlen(at), &error);
  request->key_len = request->key ? strlen(request->key) : 0;
  return request->key_len > SBX_KEY_MAX ? SBX_KEY_TOO_LONG : error;
}

sbx_error cspan_sbx_request_parse(sbx_request *request, const char *method, const char *target) {
  request->method = method;
  /* The absolute form, as a proxy is asked. */
  if (cspan_starts_with(target, "http://")) {
    target += strlen("http://");
    target += strcspn(target, "/?");
  }
  size_t path_len = strcspn(target, "?");
  bool has_query = target[path_len] == '?';
  request->path = path_len ? cspan_strndup(target, path_len) : cspan_strdup("/");
  request->query = cspan_strdup(has_query ? target + path_len + 1 : "");
  if (!request->path || !request->query) {
    return SBX_INTERNAL_ERROR;
  }
  if (request->path[0] != '/') {
    return SBX_INVALID_URI;
  }
  sbx_error error = parse_query(request);
  return error == SBX_OK ? parse_path(request) : error;
}

void cspan_sbx_request_free(sbx_request *request) {
  cspan_free(request->path);
  cspan_free(request->query);
  cspan_free(request->key);
  cspan_sbx_pairs_free(&request->headers);
  cspan_sbx_pairs_free(&request->params);
  *request = (sbx_request){0};
}

const char *cspan_sbx_param(const sbx_request *request, const char *name) {
  return cspan_sbx_pairs_get(&request->params, name);
}

const char *cspan_sbx_header(const sbx_request *request, const char *name) {
  return cspan_sbx_pairs_iget(&request->headers, name);
}

sbx_error cspan_sbx_parse_source(const char *source, char bucket[SBX_BUCKET_MAX + 1], char **key) {
  *key = NULL;
  source += *source == '/' ? 1 : 0;
  /* Only what comes behind the decoded part may be a version. */
  size_t len = strcspn(source, "?");
  if (source[len] == '?') {
    return SBX_NOT_IMPLEMENTED;
  }
  sbx_error error;
  char *text = decode(source, len, &error);
  if (!text) {
    return error == SBX_INVALID_URI ? SBX_INVALID_ARGUMENT : error;
  }
  size_t bucket_len = strcspn(text, "/");
  if (text[bucket_len] != '/' || text[bucket_len + 1] == '\0') {
    error = SBX_INVALID_ARGUMENT;
  } else {
    error = set_bucket(bucket, text, bucket_len);
  }
  if (error == SBX_OK) {
    *key = cspan_strdup(text + bucket_len + 1);
    error = *key ? SBX_OK : SBX_INTERNAL_ERROR;
  }
  cspan_free(text);
  return error;
}
