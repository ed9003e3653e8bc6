/* SPDX-License-Identifier: Apache-2.0 */
/* Which names the attributes have, and which input members become attributes. */
#include <string.h>

#include "base/text.h"
#include "instrument/instrument.h"

enum { MAX_DELETE_BYTES = 4096, MAX_NUMBER_BYTES = 20, MAX_NAME_BYTES = 255 };

/* OpenTelemetry semantic conventions, attributes aws.s3.*. */
static const cspan_input_attr input_attrs[] = {
    {"S3", NULL, "Bucket", "aws.s3.bucket", false, MAX_NAME_BYTES},
    {"S3", NULL, "Key", "aws.s3.key", false, CSPAN_MAX_VALUE_BYTES},
    {"S3", NULL, "UploadId", "aws.s3.upload_id", false, CSPAN_MAX_VALUE_BYTES},
    {"S3", "UploadPart", "PartNumber", "aws.s3.part_number", true, MAX_NUMBER_BYTES},
    {"S3", "CopyObject", "CopySource", "aws.s3.copy_source", false, CSPAN_MAX_VALUE_BYTES},
    {"S3", "DeleteObjects", "Delete", "aws.s3.delete", false, MAX_DELETE_BYTES},
};

size_t cspan_trace_bounded(const char *text, size_t len, size_t max) {
  if (len <= max) {
    return len;
  }
  size_t cut = max;
  while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80) {
    cut--;
  }
  return cut;
}

/* True when the member is there and became an attribute. */
static bool input_attr(const struct cspan_call *call, const cspan_input_attr *rule,
                       cspan_input_texts *texts, cspan_attr *out) {
  char *text = texts->bytes + texts->used;
  size_t room = sizeof texts->bytes - texts->used;
  /* One byte more than is kept, so that a cut shows where a character begins. */
  size_t capacity = (size_t)rule->max_bytes + 2;
  size_t len = cspan_call_input(call, rule->member, text, capacity < room ? capacity : room);
  if (len == 0 || room < capacity) {
    return false;
  }
  if (rule->is_int) {
    int64_t number = 0;
    bool ok = len <= rule->max_bytes && cspan_parse_i64(text, &number);
    *out = cspan_attr_int64(rule->key, number);
    return ok;
  }
  len = cspan_trace_bounded(text, len, rule->max_bytes);
  *out = cspan_attr_string_n(rule->key, text, len);
  texts->used += len + 1;
  return true;
}

size_t cspan_input_attrs(const struct cspan_call *call, cspan_input_texts *texts, cspan_attr *out) {
  const char *service = cspan_call_service(call);
  const char *operation = cspan_call_operation(call);
  size_t n = 0;
  texts->used = 0;
  for (size_t i = 0; i < sizeof input_attrs / sizeof input_attrs[0]; i++) {
    const cspan_input_attr *rule = &input_attrs[i];
    if (strcmp(rule->service, service) == 0 &&
        (!rule->operation || strcmp(rule->operation, operation) == 0) &&
        n < CSPAN_MAX_INPUT_ATTRS) {
      n += input_attr(call, rule, texts, &out[n]);
    }
  }
  return n;
}

cspan_semconv_mode cspan_semconv_parse(const char *opt_in) {
  static const struct {
    const char *word;
    cspan_semconv_mode mode;
  } words[] = {
      {"rpc/dup", CSPAN_SEMCONV_DUP},       {"rpc", CSPAN_SEMCONV_STABLE},
      {"rpc/stable", CSPAN_SEMCONV_STABLE}, {"rpc/old", CSPAN_SEMCONV_LEGACY},
      {"rpc/legacy", CSPAN_SEMCONV_LEGACY},
  };
  enum { WORDS = sizeof words / sizeof words[0] };
  size_t best = WORDS;
  /* The first of the words above wins, wherever it stands in the list. */
  for (const char *at = opt_in; at && *at;) {
    size_t len = strcspn(at, ",");
    cspan_str item = cspan_str_trim((cspan_str){at, len});
    for (size_t i = 0; i < best; i++) {
      if (cspan_str_eq(item, words[i].word)) {
        best = i;
      }
    }
    at += len + (at[len] == ',');
  }
  return best < WORDS ? words[best].mode : CSPAN_SEMCONV_STABLE;
}
