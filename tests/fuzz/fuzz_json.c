/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is read is written, and read again as the same value. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_MAX = 64 * 1024 * 1024 };

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

/* Writes the value and reads that; both texts of the two values have to be the same. */
static void check_round_trip(const cspan_value *value, unsigned flags) {
  cspan_buf first;
  cspan_buf second;
  cspan_value again;
  cspan_arena *arena = cspan_arena_create(MEMORY_MAX);
  cspan_buf_init(&first, MEMORY_MAX);
  cspan_buf_init(&second, MEMORY_MAX);
  cspan_json_write(&first, value, flags);
  if (arena != NULL && cspan_buf_status(&first) == CSPAN_OK) {
    require(cspan_utf8_valid(first.data, first.len));
    cspan_status status = cspan_json_parse(first.data, first.len, arena, &again, NULL);
    require(status == CSPAN_OK || status == CSPAN_ERR_LIMIT);
    if (status == CSPAN_OK) {
      cspan_json_write(&second, &again, flags);
      require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    }
  }
  cspan_buf_free(&first);
  cspan_buf_free(&second);
  cspan_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_value value;
  cspan_value copy;
  cspan_json_fault fault = {0};
  cspan_arena *arena = cspan_arena_create(MEMORY_MAX);
  if (arena == NULL) {
    return 0;
  }
  cspan_status status = cspan_json_parse((const char *)data, size, arena, &value, &fault);
  if (status == CSPAN_OK) {
    check_round_trip(&value, CSPAN_JSON_COMPACT);
    check_round_trip(&value, CSPAN_JSON_INDENT);
    require(cspan_value_copy(arena, &value, &copy) != CSPAN_OK || copy.kind == value.kind);
  } else if (status == CSPAN_ERR_INVALID) {
    require(fault.line >= 1 && fault.column >= 1 && fault.what != NULL);
    require(fault.line + fault.column <= size + 2);
  }
  cspan_arena_free(arena);
  return 0;
}
