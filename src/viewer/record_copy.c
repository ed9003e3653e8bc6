/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "viewer/record.h"

/* A copy in progress; `failed` is checked once, at the end. */
typedef struct copier {
  cspan_arena *arena;
  bool failed;
} copier;

static void *take(copier *c, size_t count, size_t size) {
  if (count == 0) {
    return NULL;
  }
  void *memory = cspan_arena_array(c->arena, count, size);
  c->failed = c->failed || !memory;
  return memory;
}

static const char *copy_bytes(copier *c, const char *text, size_t len) {
  char *copy = cspan_arena_strndup(c->arena, text, len);
  c->failed = c->failed || !copy;
  return copy;
}

static const char *copy_text(copier *c, const char *text) {
  return text && *text ? copy_bytes(c, text, strlen(text)) : "";
}

static const void *copy_array(copier *c, const void *values, size_t count, size_t size) {
  void *copy = take(c, count, size);
  if (copy) {
    memcpy(copy, values, count * size);
  }
  return copy;
}

static const char *const *copy_strings(copier *c, const char *const *values, size_t count) {
  const char **copy = take(c, count, sizeof *copy);
  for (size_t i = 0; copy && i < count; i++) {
    copy[i] = copy_text(c, values[i]);
  }
  return copy;
}

static void copy_attr(copier *c, const cspan_attr *from, cspan_attr *to) {
  *to = *from;
  to->key = copy_text(c, from->key);
  switch (from->type) {
  case CSPAN_ATTR_STRING:
    to->value.string = copy_bytes(c, from->value.string, from->count);
    break;
  case CSPAN_ATTR_STRING_ARRAY:
    to->value.strings = copy_strings(c, from->value.strings, from->count);
    break;
  case CSPAN_ATTR_BOOL_ARRAY:
    to->value.booleans = copy_array(c, from->value.booleans, from->count, sizeof(bool));
    break;
  case CSPAN_ATTR_INT64_ARRAY:
    to->value.int64s = copy_array(c, from->value.int64s, from->count, sizeof(int64_t));
    break;
  case CSPAN_ATTR_DOUBLE_ARRAY:
    to->value.numbers = copy_array(c, from->value.numbers, from->count, sizeof(double));
    break;
  case CSPAN_ATTR_BOOL:
  case CSPAN_ATTR_INT64:
  case CSPAN_ATTR_DOUBLE:
    break;
  }
}

static const cspan_attr *copy_attrs(copier *c, const cspan_attr *from, size_t count) {
  cspan_attr *copy = take(c, count, sizeof *copy);
  for (size_t i = 0; copy && i < count && !c->failed; i++) {
    copy_attr(c, &from[i], &copy[i]);
  }
  return copy;
}

static void copy_events(copier *c, const cspan_span_view *from, cspan_span_view *to) {
  cspan_event_view *copy = take(c, from->event_count, sizeof *copy);
  for (size_t i = 0; copy && i < from->event_count && !c->failed; i++) {
    const cspan_event_view *event = &from->events[i];
    copy[i] = *event;
    copy[i].name = copy_text(c, event->name);
    copy[i].attributes = copy_attrs(c, event->attributes, event->attribute_count);
  }
  to->events = copy;
}

static void copy_links(copier *c, const cspan_span_view *from, cspan_span_view *to) {
  cspan_link *copy = take(c, from->link_count, sizeof *copy);
  for (size_t i = 0; copy && i < from->link_count && !c->failed; i++) {
    const cspan_link *link = &from->links[i];
    copy[i] = *link;
    copy[i].context.trace_state = copy_text(c, link->context.trace_state);
    copy[i].attributes = copy_attrs(c, link->attributes, link->attribute_count);
  }
  to->links = copy;
}

static bool same_strings(const cspan_attr *a, const cspan_attr *b) {
  for (size_t i = 0; i < a->count; i++) {
    if (strcmp(a->value.strings[i], b->value.strings[i]) != 0) {
      return false;
    }
  }
  return true;
}

static bool same_attr(const cspan_attr *a, const cspan_attr *b) {
  if (a->type != b->type || a->count != b->count || strcmp(a->key, b->key) != 0) {
    return false;
  }
  switch (a->type) {
  case CSPAN_ATTR_STRING:
    return a->count == 0 || memcmp(a->value.string, b->value.string, a->count) == 0;
  case CSPAN_ATTR_BOOL:
    return a->value.boolean == b->value.boolean;
  case CSPAN_ATTR_INT64:
    return a->value.int64 == b->value.int64;
  case CSPAN_ATTR_STRING_ARRAY:
    return same_strings(a, b);
  case CSPAN_ATTR_DOUBLE: /* rare in resources: copied rather than compared */
  case CSPAN_ATTR_BOOL_ARRAY:
  case CSPAN_ATTR_INT64_ARRAY:
  case CSPAN_ATTR_DOUBLE_ARRAY:
    break;
  }
  return false;
}

static bool same_resource(const cspan_span_view *a, const cspan_span_view *b) {
  if (a->resource_count != b->resource_count) {
    return false;
  }
  for (size_t i = 0; i < a->resource_count; i++) {
    if (!same_attr(&a->resource[i], &b->resource[i])) {
      return false;
    }
  }
  return true;
}

static const char *share_text(copier *c, const char *text, const char *before) {
  return before && text && strcmp(text, before) == 0 ? before : copy_text(c, text);
}

const cspan_span_view *cspan_span_view_copy(cspan_arena *arena, const cspan_span_view *view,
                                            const cspan_span_view *previous) {
  copier c = {.arena = arena};
  cspan_span_view *copy = take(&c, 1, sizeof *copy);
  if (!copy) {
    return NULL;
  }
  *copy = *view;
  copy->name = copy_text(&c, view->name);
  copy->trace_state = copy_text(&c, view->trace_state);
  copy->status_message = copy_text(&c, view->status_message);
  copy->scope_name = share_text(&c, view->scope_name, previous ? previous->scope_name : NULL);
  copy->scope_version =
      share_text(&c, view->scope_version, previous ? previous->scope_version : NULL);
  copy->schema_url = share_text(&c, view->schema_url, previous ? previous->schema_url : NULL);
  copy->attributes = copy_attrs(&c, view->attributes, view->attribute_count);
  copy_events(&c, view, copy);
  copy_links(&c, view, copy);
  copy->resource = previous && same_resource(view, previous)
                       ? previous->resource
                       : copy_attrs(&c, view->resource, view->resource_count);
  return c.failed ? NULL : copy;
}

/* ------------------------------------------------------------------- sizes */

/* The arena rounds up to 16 and a text has a final NUL. */
static size_t rounded(size_t bytes) {
  return (bytes + 16) / 16 * 16;
}

static size_t text_bytes(const char *text) {
  return text && *text ? rounded(strlen(text)) : 0;
}

static size_t attrs_bytes(const cspan_attr *attrs, size_t count) {
  size_t total = count * sizeof *attrs;
  for (size_t i = 0; i < count; i++) {
    total += text_bytes(attrs[i].key);
    if (attrs[i].type == CSPAN_ATTR_STRING || attrs[i].type == CSPAN_ATTR_BOOL_ARRAY) {
      total += rounded(attrs[i].count);
    } else if (attrs[i].type == CSPAN_ATTR_STRING_ARRAY) {
      for (size_t k = 0; k < attrs[i].count; k++) {
        total += sizeof(char *) + text_bytes(attrs[i].value.strings[k]);
      }
    } else if (attrs[i].type > CSPAN_ATTR_STRING_ARRAY) {
      total += rounded(attrs[i].count * sizeof(int64_t));
    }
  }
  return total;
}

size_t cspan_span_view_bytes(const cspan_span_view *view) {
  size_t total = sizeof *view + text_bytes(view->name) + text_bytes(view->trace_state) +
                 text_bytes(view->status_message) + text_bytes(view->scope_name) +
                 text_bytes(view->scope_version) + text_bytes(view->schema_url) +
                 attrs_bytes(view->attributes, view->attribute_count) +
                 attrs_bytes(view->resource, view->resource_count);
  for (size_t i = 0; i < view->event_count; i++) {
    total += sizeof(cspan_event_view) + text_bytes(view->events[i].name) +
             attrs_bytes(view->events[i].attributes, view->events[i].attribute_count);
  }
  for (size_t i = 0; i < view->link_count; i++) {
    total += sizeof(cspan_link) + text_bytes(view->links[i].context.trace_state) +
             attrs_bytes(view->links[i].attributes, view->links[i].attribute_count);
  }
  return total;
}
