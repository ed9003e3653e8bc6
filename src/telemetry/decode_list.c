/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in decoded spans. */
#include <string.h>

#include "telemetry/decode.h"

void cspan_span_list_free(cspan_span_list *list) {
  if (list) {
    cspan_arena_free(list->arena);
  }
}

size_t cspan_span_list_count(const cspan_span_list *list) {
  return list ? list->count : 0;
}

const cspan_span_view *cspan_span_list_at(const cspan_span_list *list, size_t index) {
  return list && index < list->count ? &list->spans[index].view : NULL;
}

const cspan_span_view *cspan_span_list_find(const cspan_span_list *list, const char *name,
                                            size_t n) {
  for (size_t i = 0; list && name && i < list->count; i++) {
    if (strcmp(list->spans[i].view.name, name) == 0 && n-- == 0) {
      return &list->spans[i].view;
    }
  }
  return NULL;
}
