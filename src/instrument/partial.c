/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/partial.h"

#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "instrument/tracing.h"

enum { MAX_CODES = 16, MAX_CODE_BYTES = 128 };

typedef struct tally {
  int64_t failed;
  size_t codes; /* different ones; what comes after the last place is only counted in `failed` */
  char names[MAX_CODES][MAX_CODE_BYTES + 1];
  int64_t counts[MAX_CODES];
} tally;

cspan_status cspan_batch_make(const cspan_batch_rule *rule, cspan_batch *out, cspan_error **error) {
  *out = (cspan_batch){.rule = rule, .absent_is_ok = rule->absent_is_ok};
  cspan_status status = cspan_path_parse(rule->path, &out->failures, error);
  if (status == CSPAN_OK && rule->code != NULL) {
    status = cspan_path_parse(rule->code, &out->code, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_path_parse(rule->requested, &out->requested, error);
  }
  if (status != CSPAN_OK) {
    cspan_batch_free(out);
  }
  return status;
}

void cspan_batch_free(cspan_batch *batch) {
  cspan_path_free(batch->failures);
  cspan_path_free(batch->code);
  cspan_path_free(batch->requested);
  *batch = (cspan_batch){0};
}

/* Items of a list, of the lists of a map, or of the lists in the maps of a map: {"table": [...]},
 * {"table": {"Keys": [...]}}. */
static int64_t count_items(const cspan_value *value) {
  int64_t sum = 0;
  if (cspan_value_get_kind(value) != CSPAN_VALUE_MAP) {
    return (int64_t)cspan_value_count(value);
  }
  for (size_t i = 0; i < cspan_value_count(value); i++) {
    const cspan_value *each = cspan_value_at(value, i);
    const cspan_value *keys = cspan_value_get(each, "Keys");
    sum += (int64_t)cspan_value_count(keys != NULL ? keys : each);
  }
  return sum;
}

static void add_code(tally *all, const char *code, size_t size) {
  size = cspan_trace_bounded(code, size, MAX_CODE_BYTES);
  for (size_t i = 0; i < all->codes; i++) {
    if (strlen(all->names[i]) == size && memcmp(all->names[i], code, size) == 0) {
      all->counts[i]++;
      return;
    }
  }
  if (all->codes < MAX_CODES) {
    memcpy(all->names[all->codes], code, size);
    all->names[all->codes][size] = '\0';
    all->counts[all->codes++] = 1;
  }
}

static void count_failures(const cspan_batch *batch, const cspan_value *failures, tally *all) {
  all->failed = 0;
  all->codes = 0;
  if (batch->code == NULL) {
    all->failed = count_items(failures);
    return;
  }
  for (size_t i = 0; i < cspan_value_count(failures); i++) {
    size_t size = 0;
    const cspan_value *value = cspan_path_first(batch->code, cspan_value_at(failures, i));
    const char *code = cspan_value_text(value, &size);
    if (code != NULL) {
      add_code(all, code, size);
    }
    all->failed += code != NULL || !batch->absent_is_ok;
  }
}

void cspan_batch_add_event(const cspan_batch *batch, struct cspan_call *call, cspan_span span) {
  const cspan_value *output = batch->rule != NULL ? cspan_call_output_document(call) : NULL;
  const cspan_value *failures = output != NULL ? cspan_path_first(batch->failures, output) : NULL;
  if (cspan_value_count(failures) == 0) {
    return;
  }
  tally all;
  count_failures(batch, failures, &all);
  if (all.failed == 0) {
    return;
  }
  const char *codes[MAX_CODES];
  for (size_t i = 0; i < all.codes; i++) {
    codes[i] = all.names[i];
  }
  const cspan_value *asked = cspan_path_first(batch->requested, cspan_call_input_document(call));
  const cspan_attr attrs[] = {
      cspan_attr_int64("aws.batch.requested_count", count_items(asked)),
      cspan_attr_int64("aws.batch.failed_count", all.failed),
      cspan_attr_strings("aws.batch.error_codes", codes, all.codes),
      cspan_attr_int64s("aws.batch.error_counts", all.counts, all.codes),
  };
  cspan_span_add_event(span, "aws.batch.partial_failure", 0, attrs, all.codes != 0 ? 4 : 2);
}
