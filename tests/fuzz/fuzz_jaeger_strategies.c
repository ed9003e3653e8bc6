/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a remote sampling service: strategies that decide, or an error that quotes nothing. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/sampling/jaeger_strategies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const names[] = {"", "/product", "a"};
  static const uint8_t trace_id[16] = {1, [9] = 0x80};
  const char *text = size > 0 ? (const char *)data : "";
  cspan_jaeger_strategies *strategies;
  cspan_error *error = NULL;
  cspan_status status = cspan_jaeger_parse(text, size, cspan_now_ns, &strategies, &error);
  if ((status == CSPAN_OK) != (strategies != NULL) || (status == CSPAN_OK) != (error == NULL) ||
      strlen(cspan_error_message(error)) > 120) {
    abort();
  }
  const cspan_span_context root = {.trace_state = "ot=th:8,a=1"};
  for (size_t i = 0; strategies != NULL && i < 2 * sizeof names / sizeof names[0]; i++) {
    const cspan_sampling_input input = {
        .parent = &root, .trace_id = trace_id, .name = names[i / 2]};
    cspan_sampling_result result = {.decision = CSPAN_SAMPLING_DROP};
    cspan_jaeger_sample(strategies, &input, &result);
    if (result.decision == CSPAN_SAMPLING_RECORD_ONLY) {
      abort();
    }
  }
  cspan_jaeger_free(strategies);
  cspan_error_free(error);
  return 0;
}
