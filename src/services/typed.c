/* SPDX-License-Identifier: Apache-2.0 */
#include "services/typed.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"

void cspan_typed_take(void *to, size_t room, const void *from) {
  size_t size = 0;
  memset(to, 0, room);
  if (from != NULL) {
    memcpy(&size, from, sizeof size);
    memcpy(to, from, size != 0 && size < room ? size : room);
  }
}

cspan_status cspan_typed_refuse_loop(const char *what, const cspan_call_options *options,
                                     cspan_error **error) {
  cspan_call_options taken;
  cspan_typed_take(&taken, sizeof taken, options);
  if (taken.loop == NULL) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "%s waits for its calls: it takes no loop, use cspan_client_send()", what);
}

cspan_status cspan_typed_replace(cspan_status status, cspan_error *late, cspan_error **error) {
  if (error != NULL && *error != NULL) {
    cspan_error_free(*error);
    *error = NULL;
  }
  cspan_error_move(error, late);
  return status;
}

cspan_status cspan_typed_outcome(cspan_status first, cspan_status kept, cspan_error *late,
                                 cspan_error **error) {
  if (kept == CSPAN_OK || (first != CSPAN_OK && kept != CSPAN_ERR_NOMEM)) {
    cspan_error_free(late);
    return first;
  }
  /* A list of what is left that is not whole must not pass for one. */
  return cspan_typed_replace(kept, late, error);
}

const char *cspan_typed_number_text(const cspan_value *number, char room[CSPAN_DOUBLE_TEXT_MAX],
                                    size_t *size) {
  cspan_decimal decimal;
  const char *text = room;
  switch (cspan_value_get_kind(number)) {
  case CSPAN_VALUE_NUMBER:
    *size = number->size;
    return number->size > 0 &&
                   cspan_decimal_scan(number->as.text, number->size, &decimal) == number->size
               ? number->as.text
               : NULL;
  case CSPAN_VALUE_INT:
    snprintf(room, CSPAN_DOUBLE_TEXT_MAX, "%" PRId64, number->as.integer);
    break;
  case CSPAN_VALUE_DOUBLE:
    cspan_format_double(number->as.number, room);
    text = isfinite(number->as.number) ? room : NULL;
    break;
  default:
    return NULL;
  }
  *size = strlen(room);
  return text;
}

void cspan_typed_copy_text(const cspan_value *map, const char *name, char *to, size_t room) {
  const char *text = cspan_value_text(cspan_value_get(map, name), NULL);
  snprintf(to, room, "%s", text != NULL ? text : "");
}

cspan_status cspan_making_open(cspan_making *making, cspan_error **error) {
  making->arena = cspan_arena_create(0);
  cspan_maker_init(&making->maker, making->arena);
  return making->arena != NULL ? CSPAN_OK : cspan_value_fault(CSPAN_ERR_NOMEM, error);
}

cspan_status cspan_making_close(cspan_making *making, cspan_status status, cspan_document **out,
                                cspan_error **error) {
  cspan_value root = cspan_null();
  *out = NULL;
  while (status == CSPAN_OK && making->maker.depth > 0 && making->maker.status == CSPAN_OK) {
    cspan_maker_end(&making->maker);
  }
  if (status == CSPAN_OK) {
    status = cspan_maker_finish(&making->maker, &root);
  }
  cspan_maker_free(&making->maker);
  status = cspan_document_close(making->arena, &root, status, out, error);
  making->arena = NULL;
  return status;
}

void cspan_making_value(cspan_making *making, const char *name, const cspan_value *value) {
  if (!cspan_value_is_null(value)) {
    cspan_maker_fixed_name(&making->maker, name, strlen(name));
    cspan_maker_put(&making->maker, *value);
  }
}

void cspan_making_text(cspan_making *making, const char *name, const char *text) {
  cspan_value value = cspan_string(text);
  cspan_making_value(making, name, &value);
}
