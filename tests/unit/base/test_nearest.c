/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"

static void test_closeness(void **state) {
  static const struct {
    const char *word;
    const char *candidate;
    size_t closeness;
  } cases[] = {
      {"TableName", "TableName", 0},
      {"tablename", "TableName", 0},
      {"TabelName", "TableName", 1},
      {"--qurey", "--query", 1},
      {"--qurey", "--quiet", 2},
      {"aTbelName", "TableName", 2},
      {"TableNam", "TableName", 1},
      {"Table", "TableName", 3},
      {"Bucket", "TableName", SIZE_MAX},
      {"T", "TableName", SIZE_MAX},
      {"ab", "cd", SIZE_MAX},
      {"", "TableName", SIZE_MAX},
      {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "a", SIZE_MAX},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t closeness = cspan_closeness(cases[i].word, strlen(cases[i].word), cases[i].candidate);
    if (closeness != cases[i].closeness) {
      fail_msg("%s and %s: %zu", cases[i].word, cases[i].candidate, closeness);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_closeness)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
