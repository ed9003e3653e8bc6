/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/uri.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

bool cspan_cli_is_uri(const char *text) {
  return cspan_starts_with(text, "s3:") || cspan_starts_with(text, "S3:");
}

cspan_status cspan_cli_uri_parse(const char *text, cspan_cli_uri *out, cspan_error **error) {
  *out = (cspan_cli_uri){.key = ""};
  if (!cspan_starts_with(text, "s3://") && !cspan_starts_with(text, "S3://")) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "'%s' is not an S3 URI: write s3://bucket/key",
                           text);
  }
  const char *bucket = text + 5;
  size_t len = strcspn(bucket, "/");
  if (len == 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "'%s' names no bucket: write s3://bucket/key",
                           text);
  }
  if (len >= sizeof out->bucket) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the bucket's name in '%s' is too long", text);
  }
  memcpy(out->bucket, bucket, len);
  out->bucket[len] = '\0';
  out->key = bucket[len] == '/' ? bucket + len + 1 : "";
  return CSPAN_OK;
}

cspan_status cspan_cli_uri_parse_object(const char *text, cspan_cli_uri *out, cspan_error **error) {
  cspan_status status = cspan_cli_uri_parse(text, out, error);
  if (status == CSPAN_OK && out->key[0] == '\0') {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "'%s' names a bucket but no object: write s3://bucket/key", text);
  }
  return status;
}

const char *cspan_cli_base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

bool cspan_cli_key_is_safe(const char *key) {
  if (*key == '\0') {
    return false;
  }
  while (*key) {
    size_t len = strcspn(key, "/");
    if (len == 0 || (len == 1 && key[0] == '.') || (len == 2 && key[0] == '.' && key[1] == '.')) {
      return false;
    }
    key += len;
    key += *key == '/';
  }
  return true;
}

cspan_status cspan_cli_local_path(const char *folder, const char *key, cspan_buf *out,
                                  cspan_error **error) {
  cspan_buf_clear(out);
  if (!cspan_cli_key_is_safe(key)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the key '%s' is refused: as a path it could lead out of the "
                           "destination folder or to another file",
                           key);
  }
  size_t len = strlen(folder);
  bool slash = len > 0 && folder[len - 1] == '/';
  (void)cspan_buf_printf(out, "%s%s%s", folder, slash ? "" : "/", key);
  if (cspan_buf_status(out) != CSPAN_OK) {
    return cspan_error_set(error, cspan_buf_status(out), "the path for key '%s' is too long", key);
  }
  return CSPAN_OK;
}

cspan_status cspan_cli_make_folders(const char *path, cspan_error **error) {
  char *copy = cspan_strdup(path);
  if (!copy) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_status status = CSPAN_OK;
  for (char *c = copy + 1; *copy && *c && status == CSPAN_OK; c++) {
    if (*c != '/') {
      continue;
    }
    *c = '\0';
    if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
      char text[128];
      status = cspan_error_set(error, CSPAN_ERR_IO, "cannot create the folder '%s': %s", copy,
                               cspan_errno_text(errno, text, sizeof text));
    }
    *c = '/';
  }
  cspan_free(copy);
  return status;
}
