/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, numbers and encodings: what is read and written again is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/otlp_outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

static const time_t first_time = -62167219200; /* 0000-01-01 */
static const time_t last_time = 253402300799;  /* 9999-12-31 */

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

static void check_dates(const char *text) {
  time_t t;
  time_t again;
  char iso[21];
  char basic[17];
  char http[30];
  if (!cspan_parse_iso8601(text, &t) && !cspan_parse_http_date(text, &t)) {
    return;
  }
  cspan_format_iso8601(t, iso);
  cspan_format_iso8601_basic(t, basic);
  cspan_format_http_date(t, http);
  time_t kept = t < first_time ? first_time : t > last_time ? last_time : t;
  require(cspan_parse_iso8601(iso, &again) && again == kept);
  require(cspan_parse_iso8601(basic, &again) && again == kept);
  require(cspan_parse_http_date(http, &again) && again == kept);
}

static void check_numbers(const char *text) {
  int64_t i;
  uint64_t u;
  double f;
  bool b;
  bool is_i = cspan_parse_i64(text, &i);
  bool is_u = cspan_parse_u64(text, &u);
  bool is_f = cspan_parse_f64(text, &f);
  require(!(is_i && is_u) || (uint64_t)i == u);
  require(!is_u || is_f);
  require(!is_f || f - f == 0); /* finite */
  require(!cspan_parse_bool(text, &b) || !is_f);
  require(cspan_otlp_retry_after(text, 1700000000) >= -1);
}

static void check_encodings(const char *text, size_t len) {
  cspan_buf made;
  cspan_buf back;
  cspan_buf_init(&made, OUT_MAX);
  cspan_buf_init(&back, OUT_MAX);
  if (cspan_base64_decode(text, len, &made)) {
    require(cspan_base64_encode(&back, cspan_buf_text(&made), made.len) == CSPAN_OK);
    require(back.len == len && memcmp(cspan_buf_text(&back), text, len) == 0);
  }
  cspan_buf_clear(&made);
  cspan_buf_clear(&back);
  require(cspan_uri_encode(&made, text, len, true) == CSPAN_OK);
  require(cspan_uri_decode(&back, cspan_buf_text(&made), made.len) == CSPAN_OK);
  require(back.len == len && memcmp(cspan_buf_text(&back), text, len) == 0);
  cspan_buf_clear(&back);
  require(cspan_uri_decode(&back, text, len) == CSPAN_OK && back.len <= len);
  cspan_utf8_valid(text, len);
  cspan_buf_free(&made);
  cspan_buf_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = cspan_strndup(size ? (const char *)data : "", size);
  if (!text) {
    return 0;
  }
  check_dates(text);
  check_numbers(text);
  check_encodings(text, size);
  cspan_free(text);
  return 0;
}
