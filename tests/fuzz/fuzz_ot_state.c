/* SPDX-License-Identifier: Apache-2.0 */
/* Trace states of strangers: what is set is read again, stays within the limits, and changes
 * nothing else that is read. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/sampling/ot_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 2048 };

static size_t members_of(const char *state) {
  size_t count = state[0] != '\0';
  for (; *state != '\0'; state++) {
    count += *state == ',';
  }
  return count;
}

static void check_set(const char *text, const char *value) {
  char once[CSPAN_STATE_MAX + 1];
  char twice[CSPAN_STATE_MAX + 1];
  bool fits = cspan_ot_set(text, "th", value, once);
  if (strlen(once) > CSPAN_STATE_MAX || members_of(once) > CSPAN_STATE_MEMBERS_MAX) {
    abort();
  }
  cspan_ot_state before = cspan_ot_parse(text);
  cspan_ot_state after = cspan_ot_parse(once);
  uint64_t wanted =
      fits && value != NULL ? cspan_threshold_parse(value, strlen(value)) : CSPAN_THRESHOLD_ABSENT;
  if (after.threshold != wanted || after.randomness != before.randomness) {
    abort();
  }
  if (!cspan_ot_set(once, "th", value, twice) == fits || strcmp(once, twice) != 0) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char text[MOST + 1];
  size = size < MOST ? size : MOST;
  memcpy(text, data, size);
  text[size] = '\0';
  check_set(text, "fd70a4");
  check_set(text, "0");
  check_set(text, NULL);
  const char *with = cspan_ot_with_threshold(text, UINT64_C(0xFD70A400000000));
  if (with != NULL && strlen(with) > CSPAN_STATE_MAX) {
    abort();
  }
  return 0;
}
