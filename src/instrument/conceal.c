/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/conceal.h"

#include <cloudspan/ext/middleware.h>
#include <string.h>

enum { LEAST_BYTES = 3, MOST_VALUES = 20000, MOST_LEVELS = 64 };

typedef struct search {
  char *text;
  size_t len;
  size_t values; /* looked for so far: a batch may hold very many */
} search;

static void cover(search *s, const char *data, size_t size) {
  char *at = s->text;
  size_t left = s->len;
  if (size < LEAST_BYTES || s->values++ >= MOST_VALUES) {
    return;
  }
  while (left >= size && (at = memmem(at, left, data, size)) != NULL) {
    memset(at, '*', size);
    at += size;
    left = s->len - (size_t)(at - s->text);
  }
}

static void cover_all(search *s, const cspan_value *value, int level) {
  size_t size = 0;
  const void *bytes = cspan_value_bytes(value, &size);
  if (bytes == NULL) {
    bytes = cspan_value_text(value, &size);
  }
  if (bytes != NULL) {
    cover(s, bytes, size);
    return;
  }
  for (size_t i = 0; i < cspan_value_count(value) && level < MOST_LEVELS; i++) {
    cover_all(s, cspan_value_at(value, i), level + 1);
  }
}

void cspan_conceal_data(const struct cspan_call *call, char *text, size_t len) {
  const cspan_service_rules *rules = cspan_rules_of(cspan_call_service(call));
  const char *data = rules != NULL ? rules->data : NULL;
  if (data == NULL) {
    return;
  }
  const cspan_value *input = cspan_call_input_document(call);
  search s = {.text = text, .len = len};
  for (size_t i = 0; i < cspan_value_count(input); i++) {
    if (cspan_operation_matches(data, cspan_value_name_at(input, i))) {
      cover_all(&s, cspan_value_at(input, i), 0);
    }
  }
}
