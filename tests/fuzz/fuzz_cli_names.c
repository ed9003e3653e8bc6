/* SPDX-License-Identifier: Apache-2.0 */
/* Names that a person or a server gives: S3 URIs, keys as paths, sizes; and how they are shown. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/uri.h"
#include "viewer/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

static void check_uri(const char *text) {
  cspan_cli_uri uri;
  cspan_error *error = NULL;
  cspan_status status = cspan_cli_uri_parse(text, &uri, &error);
  require((status == CSPAN_OK) == (error == NULL));
  if (status == CSPAN_OK) {
    require(uri.bucket[0] && !strchr(uri.bucket, '/') && cspan_cli_is_uri(text));
    require(uri.key >= uri.bucket || uri.key[0] == '\0' || strstr(text, uri.key) != NULL);
  }
  cspan_error_free(error);
}

/* A path stays below the folder, whatever the key. */
static void check_path(const char *key) {
  cspan_buf path;
  cspan_buf_init(&path, 8192);
  if (cspan_cli_local_path("/folder", key, &path, NULL) == CSPAN_OK) {
    const char *text = cspan_buf_text(&path);
    require(strncmp(text, "/folder/", 8) == 0 && strcmp(text + 8, key) == 0);
    require(!strstr(text, "//") && !strstr(text, "/../") && !strstr(text, "/./"));
    require(path.len < 3 || strcmp(text + path.len - 3, "/..") != 0);
  }
  cspan_buf_free(&path);
}

static void check_printable(const char *text, size_t len) {
  while (len > 0) {
    uint32_t code = 0;
    size_t bytes = cspan_utf8_decode(text, len, &code);
    require(bytes > 0 && (code == '\n' || !cspan_columns_is_control(code)));
    text += bytes;
    len -= bytes;
  }
}

static void check_shown(const char *name) {
  char *shown = NULL;
  size_t len = 0;
  FILE *file = open_memstream(&shown, &len);
  require(file != NULL);
  cspan_cli_put_text(file, name);
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "name", name);
  require(cspan_cli_json_end(&json, file));
  require(fclose(file) == 0);
  check_printable(shown, len);
  free(shown);
  cspan_buf line;
  cspan_buf_init(&line, 1 << 20);
  cspan_cli_progress_line(&line, name, 1, 2, 1000000000, 80);
  check_printable(cspan_buf_text(&line), line.len);
  require(cspan_columns_of(cspan_buf_text(&line), line.len, false) <= 80);
  cspan_buf_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int64_t bytes = 0;
  char *text = cspan_strndup(size ? (const char *)data : "", size);
  if (!text) {
    return 0;
  }
  check_uri(text);
  check_path(text);
  check_shown(text);
  require(!cspan_cli_parse_size(text, &bytes) || bytes >= 0);
  cspan_free(text);
  return 0;
}
