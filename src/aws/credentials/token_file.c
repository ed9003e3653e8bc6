/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/credentials/service_call.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

enum { FILE_MAX_BYTES = 256 * 1024, DIGEST_MAX = 32, TIME_MAX = 40 };

char *cspan_token_file_path(const char *folder, const char *fallback, cspan_digest_kind kind,
                            const char *name) {
  uint8_t bytes[DIGEST_MAX];
  char hex[2 * DIGEST_MAX + 1];
  const char *home = cspan_home();
  cspan_digest *digest = cspan_digest_new(kind);
  if (!digest) {
    return NULL;
  }
  cspan_digest_update(digest, name, strlen(name));
  cspan_digest_final(digest, bytes);
  cspan_digest_free(digest);
  cspan_hex_encode(bytes, cspan_digest_len(kind), hex);
  if (folder && !cspan_starts_with(folder, "~/")) {
    return cspan_asprintf("%s/%s.json", folder, hex);
  }
  return home ? cspan_asprintf("%s/%s/%s.json", home, folder ? folder + 2 : fallback, hex) : NULL;
}

cspan_status cspan_token_file_read(const char *path, json_t **out, cspan_error **error) {
  cspan_buf text;
  *out = NULL;
  cspan_buf_init(&text, FILE_MAX_BYTES);
  cspan_status status = cspan_file_read(path, FILE_MAX_BYTES, &text, error);
  if (status == CSPAN_OK) {
    *out = json_loadb(cspan_buf_text(&text), text.len, 0, NULL); /* its errors quote the text */
    if (!json_is_object(*out)) {
      json_decref(*out);
      *out = NULL;
      status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "%s is no JSON object", path);
    }
  }
  cspan_credential_forget(&text);
  return status;
}

/* ------------------------------------------------------------------- writing */

static cspan_status write_failed(const char *path, cspan_error **error) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot write %s: %s", path,
                         cspan_errno_text(code, text, sizeof text));
}

static bool write_all(int fd, const char *data, size_t len) {
  while (len > 0) {
    ssize_t put = write(fd, data, len);
    if (put < 0 && errno != EINTR) {
      return false;
    }
    if (put > 0) {
      data += put;
      len -= (size_t)put;
    }
  }
  return true;
}

/* mkstemp makes it readable for its owner alone. */
static cspan_status replace(const char *path, const char *text, cspan_error **error) {
  char *temporary = cspan_asprintf("%s.XXXXXX", path);
  if (!temporary) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no token was written");
  }
  cspan_status status = CSPAN_OK;
  int fd = mkostemp(temporary, O_CLOEXEC);
  if (fd < 0) {
    status = write_failed(temporary, error);
  } else {
    bool written = write_all(fd, text, strlen(text));
    bool closed = close(fd) == 0;
    if (!written || !closed || rename(temporary, path) != 0) {
      status = write_failed(path, error);
      unlink(temporary);
    }
  }
  cspan_free(temporary);
  return status;
}

cspan_status cspan_token_file_write(const char *path, const json_t *json, cspan_error **error) {
  cspan_buf text;
  cspan_buf_init(&text, FILE_MAX_BYTES);
  cspan_status status = cspan_credential_write_json(json, &text);
  if (status == CSPAN_OK) {
    status = replace(path, cspan_buf_text(&text), error);
  } else {
    cspan_error_set(error, status, "out of memory: no token was written");
  }
  cspan_credential_forget(&text);
  return status;
}

/* ------------------------------------------------------------------- members */

const char *cspan_token_text(const json_t *json, const char *name) {
  const char *text = json_string_value(json_object_get(json, name));
  return text && *text ? text : NULL;
}

int64_t cspan_token_time(const json_t *json, const char *name) {
  const char *text = cspan_token_text(json, name);
  char iso[TIME_MAX];
  time_t time = 0;
  size_t len = text ? strlen(text) : 0;
  if (len == 0 || len >= sizeof iso) {
    return 0;
  }
  memcpy(iso, text, len + 1);
  if (len > 3 && strcmp(iso + len - 3, "UTC") == 0) {
    memcpy(iso + len - 3, "Z", 2);
  }
  return cspan_parse_iso8601(iso, &time) ? (int64_t)time : 0;
}
