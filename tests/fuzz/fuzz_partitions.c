/* SPDX-License-Identifier: Apache-2.0 */
/* A line with a region, then partitions in JSON; and the line as a pattern of region names. */
#include <stdlib.h>
#include <string.h>

#include "aws/rules/region_pattern.h"
#include "aws/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 22, REGION_MAX = 256 };

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char region[REGION_MAX] = "";
  cspan_buf bytes;
  cspan_partitions *partitions = NULL;
  const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
  size_t line = end != NULL ? (size_t)(end - data) : size;
  memcpy(region, data, line < sizeof region ? line : sizeof region - 1);
  cspan_str pattern = {(const char *)data, line};
  if (line > 0 && cspan_region_pattern_check(pattern)) {
    (void)cspan_region_pattern_matches(pattern, cspan_str_of("us-gov-west-1"));
    (void)cspan_region_pattern_matches(pattern, pattern);
  }
  size_t rest = end != NULL ? line + 1 : size;
  cspan_buf_init(&bytes, BYTES_MAX);
  if (cspan_partitions_compile((cspan_str){(const char *)data + rest, size - rest}, &bytes, NULL) ==
      CSPAN_OK) {
    require(cspan_partitions_open(bytes.data, bytes.len, &partitions, NULL) == CSPAN_OK);
    require(cspan_partitions_name(partitions, region) != NULL);
  }
  cspan_partitions_free(partitions);
  cspan_buf_free(&bytes);
  return 0;
}
