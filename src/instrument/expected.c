/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/expected.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

enum { MAX_OUTCOMES = 256, MAX_OUTCOME_BYTES = 256 };

static const char *const default_outcomes[] = {
    "304", "Head*:404", "412", "PreconditionFailed", "ConditionalCheckFailedException", NULL};

/* Splits "operation:outcome", which is changed, into an item. */
static bool parse_item(char *text, cspan_expected *item) {
  char *colon = strchr(text, ':');
  char *outcome = text;
  if (colon) {
    *colon = '\0';
    item->operation = text;
    outcome = colon + 1;
  }
  if (!*outcome || (colon && !*text)) {
    return false;
  }
  int64_t status = 0;
  if (cspan_parse_i64(outcome, &status)) {
    item->http_status = (int)status;
    return status >= 100 && status <= 599;
  }
  item->code = outcome;
  return true;
}

static cspan_status measure(const char *const *outcomes, size_t *count, size_t *bytes,
                            cspan_error **error) {
  for (*count = 0, *bytes = 0; outcomes[*count]; ++*count) {
    size_t len = strlen(outcomes[*count]);
    if (*count >= MAX_OUTCOMES || len >= MAX_OUTCOME_BYTES) {
      return cspan_error_set(error, CSPAN_ERR_LIMIT,
                             "expected_outcomes: at most %d outcomes of at most %d bytes are taken",
                             (int)MAX_OUTCOMES, (int)MAX_OUTCOME_BYTES - 1);
    }
    *bytes += len + 1;
  }
  return CSPAN_OK;
}

cspan_status cspan_expected_parse(const char *const *outcomes, cspan_expected_list *out,
                                  cspan_error **error) {
  const char *const *from = outcomes ? outcomes : default_outcomes;
  size_t bytes = 0;
  *out = (cspan_expected_list){0};
  cspan_status status = measure(from, &out->count, &bytes, error);
  if (status != CSPAN_OK || out->count == 0) {
    return status;
  }
  out->items = cspan_calloc(out->count, sizeof *out->items);
  out->text = cspan_malloc(bytes);
  if (!out->items || !out->text) {
    cspan_expected_free(out);
    return cspan_error_move(error, cspan_error_nomem());
  }
  char *at = out->text;
  for (size_t i = 0; i < out->count; i++) {
    size_t size = strlen(from[i]) + 1;
    memcpy(at, from[i], size);
    if (!parse_item(at, &out->items[i])) {
      cspan_expected_free(out);
      return cspan_error_set(
          error, CSPAN_ERR_INVALID,
          "expected_outcomes: \"%s\" is not understood; write an error code or "
          "an HTTP status, with \"Operation:\" before it where it is only for one",
          from[i]);
    }
    at += size;
  }
  return CSPAN_OK;
}

void cspan_expected_free(cspan_expected_list *list) {
  cspan_free(list->items);
  cspan_free(list->text);
  *list = (cspan_expected_list){0};
}

static bool operation_matches(const char *pattern, const char *operation) {
  size_t len = strlen(pattern);
  if (pattern[len - 1] == '*') {
    return strncmp(pattern, operation, len - 1) == 0;
  }
  return strcmp(pattern, operation) == 0;
}

bool cspan_expected_match(const cspan_expected_list *list, const char *operation, const char *code,
                          int http_status) {
  for (size_t i = 0; i < list->count; i++) {
    const cspan_expected *item = &list->items[i];
    bool outcome = item->code ? strcmp(item->code, code) == 0 : item->http_status == http_status;
    if (outcome && (!item->operation || operation_matches(item->operation, operation))) {
      return true;
    }
  }
  return false;
}
