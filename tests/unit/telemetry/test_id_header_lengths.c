/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that are made of ids alone go out unlooked at, by the lengths that are said of them:
 * those must be right and the bytes harmless, whatever the ids are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/telemetry.h>

#include "http/header_parse.h"
#include "telemetry/propagator.h"

static cspan_propagator *(*const made_of_ids[])(void) = {cspan_propagator_tracecontext,
                                                         cspan_propagator_xray};
static cspan_propagator *(*const others[])(void) = {
    cspan_propagator_baggage, cspan_propagator_b3_multi, cspan_propagator_ottrace};

enum { MADE_OF_IDS = sizeof made_of_ids / sizeof made_of_ids[0], UNTOUCHED = 0x7e };

static void check_value(const cspan_id_header *header, const cspan_id_digits *ids) {
  char value[CSPAN_ID_HEADER_MAX + 1];
  memset(value, UNTOUCHED, sizeof value);
  header->write(ids, value);
  assert_non_null(memchr(value, '\0', sizeof value));
  assert_int_equal(strlen(value), header->size - 1);
  for (uint32_t i = 0; i < header->size - 1; i++) {
    assert_in_range(value[i], ' ' + 1, '~');
  }
  for (size_t i = header->size; i < sizeof value; i++) {
    assert_int_equal(value[i], UNTOUCHED);
  }
}

static void lengths_hold_for_all_flags(void **state) {
  (void)state;
  for (size_t i = 0; i < MADE_OF_IDS; i++) {
    cspan_propagator *propagator = made_of_ids[i]();
    const cspan_id_header *header = cspan_propagator_id_header(propagator);
    assert_non_null(header);
    assert_true(header->name_len > 0);
    assert_int_equal(header->name_len, strlen(header->name));
    assert_int_equal(header->name_len, cspan_header_token_length(header->name));
    assert_in_range(header->size, 2, CSPAN_ID_HEADER_MAX);
    for (int flags = 0; flags <= UINT8_MAX; flags++) {
      cspan_id_digits ids = {.trace = "0af7651916cd43dd8448eb211c80319c",
                             .span = "b7ad6b7169203331",
                             .flags = (uint8_t)flags,
                             .state = "a=b"};
      check_value(header, &ids);
    }
    cspan_propagator_free(propagator);
  }
}

static void what_others_write_is_looked_at(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    cspan_propagator *propagator = others[i]();
    assert_non_null(propagator);
    assert_null(cspan_propagator_id_header(propagator));
    cspan_propagator_free(propagator);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lengths_hold_for_all_flags),
      cmocka_unit_test(what_others_write_is_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
