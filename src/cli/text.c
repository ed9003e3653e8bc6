/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "viewer/columns.h"

static const char units[] = "KMGT";

void cspan_cli_format_size(int64_t bytes, char out[16]) {
  if (bytes < 1024) {
    (void)snprintf(out, 16, "%d B", bytes > 0 ? (int)bytes : 0);
    return;
  }
  double value = (double)bytes / 1024.0;
  size_t unit = 0;
  /* From here on "1024.0" would be printed. */
  while (value >= 1023.95 && unit + 1 < sizeof units - 1) {
    value /= 1024.0;
    unit++;
  }
  (void)snprintf(out, 16, "%.1f %ciB", value, units[unit]);
}

void cspan_cli_format_time(int64_t seconds, char out[24]) {
  char text[21];
  if (seconds == 0) {
    (void)snprintf(out, 24, "-");
    return;
  }
  cspan_format_iso8601((time_t)seconds, text);
  (void)snprintf(out, 24, "%s", text);
}

bool cspan_cli_parse_size(const char *text, int64_t *out) {
  size_t len = strspn(text, "0123456789.");
  char number[32];
  double value = 0;
  if (len == 0 || len >= sizeof number || text[0] == '.') {
    return false;
  }
  memcpy(number, text, len);
  number[len] = '\0';
  const char *suffix = text + len;
  if (*suffix == '\0') {
    return cspan_parse_i64(number, out);
  }
  if (!cspan_parse_f64(number, &value)) {
    return false;
  }
  const char upper = (char)(*suffix & ~0x20);
  const char *unit = upper ? strchr("BKMGT", upper) : NULL;
  if (!unit ||
      (*unit != 'B' && suffix[1] && !cspan_ieq(suffix + 1, "iB") && !cspan_ieq(suffix + 1, "B"))) {
    return false;
  }
  if (*unit == 'B' && suffix[1]) {
    return false;
  }
  for (const char *u = "BKMGT"; *u != *unit; u++) {
    value *= 1024.0;
  }
  if (value > 4611686018427387904.0) {
    return false;
  }
  *out = (int64_t)value;
  return true;
}

void cspan_cli_format_limit(int64_t value, bool is_size, char out[32]) {
  static const char *const names[] = {"", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (is_size && value >= 1024 && value % 1024 == 0 && unit < 4) {
    value /= 1024;
    unit++;
  }
  (void)snprintf(out, 32, "%" PRId64 "%s", value, names[unit]);
}

enum { PIECE = 20 };

/* The character at the start of a text as it may be printed. Gives the bytes that it took. */
static size_t next_piece(const char *text, char out[PIECE]) {
  uint32_t code = 0;
  size_t len = cspan_utf8_decode(text, strnlen(text, 4), &code);
  if (len && !cspan_columns_is_control(code)) {
    memcpy(out, text, len);
    out[len] = '\0';
    return len;
  }
  len = len ? len : 1;
  for (size_t i = 0; i < len; i++) {
    (void)snprintf(out + 4 * i, PIECE - 4 * i, "\\x%02x", (unsigned char)text[i]);
  }
  return len;
}

/* Needs no memory: it also says that there is none. */
void cspan_cli_put_text(FILE *file, const char *text) {
  char piece[PIECE];
  while (*text) {
    text += next_piece(text, piece);
    (void)fputs(piece, file);
  }
}

static void member(cspan_cli_json *json, const char *name) {
  if (!json->first) {
    (void)cspan_buf_char(&json->buf, ',');
  }
  json->first = false;
  cspan_columns_json(&json->buf, name, strlen(name));
  (void)cspan_buf_char(&json->buf, ':');
}

void cspan_cli_json_begin(cspan_cli_json *json) {
  cspan_buf_init(&json->buf, 1 << 20);
  (void)cspan_buf_char(&json->buf, '{');
  json->first = true;
}

void cspan_cli_json_text(cspan_cli_json *json, const char *name, const char *text) {
  if (text) {
    member(json, name);
    cspan_columns_json(&json->buf, text, strlen(text));
  }
}

void cspan_cli_json_int(cspan_cli_json *json, const char *name, int64_t value) {
  member(json, name);
  (void)cspan_buf_printf(&json->buf, "%" PRId64, value);
}

void cspan_cli_json_bool(cspan_cli_json *json, const char *name, bool value) {
  member(json, name);
  (void)cspan_buf_str(&json->buf, value ? "true" : "false");
}

void cspan_cli_json_open(cspan_cli_json *json, const char *name) {
  member(json, name);
  (void)cspan_buf_char(&json->buf, '{');
  json->first = true;
}

void cspan_cli_json_close(cspan_cli_json *json) {
  (void)cspan_buf_char(&json->buf, '}');
  json->first = false;
}

void cspan_cli_json_list(cspan_cli_json *json, const char *name) {
  member(json, name);
  (void)cspan_buf_char(&json->buf, '[');
  json->first = true;
}

void cspan_cli_json_item(cspan_cli_json *json, const char *text) {
  if (!json->first) {
    (void)cspan_buf_char(&json->buf, ',');
  }
  json->first = false;
  cspan_columns_json(&json->buf, text, strlen(text));
}

void cspan_cli_json_list_end(cspan_cli_json *json) {
  (void)cspan_buf_char(&json->buf, ']');
  json->first = false;
}

void cspan_cli_json_error(cspan_cli_json *json, const cspan_error *error) {
  const char *request_id = cspan_error_request_id(error);
  cspan_cli_json_open(json, "error");
  cspan_cli_json_text(json, "code", cspan_error_code(error));
  cspan_cli_json_text(json, "message", cspan_error_message(error));
  if (cspan_error_http_status(error)) {
    cspan_cli_json_int(json, "http_status", cspan_error_http_status(error));
  }
  cspan_cli_json_text(json, "request_id", request_id[0] ? request_id : NULL);
  cspan_cli_json_close(json);
}

static bool lost;

bool cspan_cli_output_was_lost(void) {
  bool was = lost;
  lost = false;
  return was;
}

bool cspan_cli_json_end(cspan_cli_json *json, FILE *file) {
  (void)cspan_buf_str(&json->buf, "}\n");
  bool ok = cspan_buf_status(&json->buf) == CSPAN_OK;
  if (ok) {
    (void)fputs(cspan_buf_text(&json->buf), file);
  } else {
    (void)fputs("cloudspan: a line of the output is lost: out of memory\n", stderr);
    lost = true;
  }
  cspan_buf_free(&json->buf);
  return ok;
}
