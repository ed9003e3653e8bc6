/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are taken for an ended span: looking into them, holding and giving them on with
 * a reason and a threshold. The first byte chooses what the span is. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/sampling/tail_scan.h"
#include "telemetry/sampling/tail_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t given;
static volatile uint8_t seen;

static void on_end(void *self, const cspan_ended_span *span) {
  const cspan_ended_span *before = self;
  given++;
  if (!span->sampled || span->name_size_bytes != before->name_size_bytes ||
      memcmp(span->trace_id, before->trace_id, 16) != 0) {
    abort();
  }
  /* All of it can be read. */
  for (size_t i = 0; i < span->span_size_bytes; i++) {
    seen = span->span[i];
  }
  for (size_t i = 0; i < span->name_size_bytes; i++) {
    seen = (uint8_t)span->name[i];
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t ids[16] = {1, 2, 3};
  static const cspan_attr_match match = {.key = "a*", .value = "?*"};
  static const cspan_tail_rule rules_given[] = {
      {.match = {.attributes = &match, .attribute_count = 1}}, {.min_retries = 1, .ratio = 0.5}};
  static const cspan_processor_vtable vtable = {.size = sizeof vtable, .on_end = on_end};
  static cspan_tail_rules rules;
  uint8_t flags = size > 0 ? data[0] : 0;
  data += size > 0;
  size -= size > 0;
  if (rules.items == NULL) {
    const cspan_tail_sampling_options options = {
        .rules = rules_given, .rule_count = 2, .base_ratio = 0.25};
    if (!cspan_tail_rules_init(&rules, &options)) {
      abort();
    }
  }
  size_t name_at = size > 0 ? flags % size : 0;
  cspan_ended_span span = {.span = data,
                           .span_size_bytes = size,
                           .trace_id = ids,
                           .span_id = ids,
                           .parent_span_id = (flags & 1) != 0 ? ids : NULL,
                           .parent_is_remote = (flags & 2) != 0,
                           .name = (flags & 4) != 0 ? "outside" : (const char *)data + name_at,
                           .name_size_bytes = (flags & 4) != 0 ? 7 : (size - name_at) / 2,
                           .trace_state = (flags & 8) != 0 ? "ot=th:8" : NULL};
  cspan_tail_decision decision = {.is_kept = true, .is_told = (flags & 16) != 0};
  decision.rule = cspan_tail_rules_match(&rules, &span);
  const cspan_span_processor next = {&vtable, &span};
  cspan_tail_pool pool = {.spare = NULL};
  cspan_tail_trace trace;
  cspan_tail_trace_init(&trace, &rules, &span);
  given = 0;
  if (!cspan_tail_trace_add(&trace, &pool, &span, rules.reason_size_max) ||
      !cspan_tail_trace_add(&trace, &pool, &span, rules.reason_size_max)) {
    abort();
  }
  cspan_tail_trace_give(&trace, &rules, &decision, &next);
  if (given != 2) {
    abort();
  }
  cspan_tail_chunks_free(cspan_tail_trace_empty(&trace, &pool));
  cspan_tail_chunks_free(pool.spare);
  return 0;
}
