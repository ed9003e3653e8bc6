/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of what a user's rules say. */
#include <string.h>

#include "base/alloc.h"
#include "telemetry/sampling/match.h"

static void free_texts(const char *const *texts, size_t count) {
  for (size_t i = 0; texts != NULL && i < count; i++) {
    cspan_free((void *)texts[i]);
  }
  cspan_free((void *)texts);
}

/* NULL when out of memory; of no texts as well, with *ok true. */
static const char *const *copy_texts(const char *const *from, size_t count, bool *ok) {
  if (count == 0 || !*ok) {
    return NULL;
  }
  char **copy = cspan_calloc(count, sizeof *copy);
  *ok = copy != NULL;
  for (size_t i = 0; *ok && i < count; i++) {
    copy[i] = cspan_strdup(from[i] != NULL ? from[i] : "");
    *ok = copy[i] != NULL;
  }
  return (const char *const *)copy;
}

static const char *copy_text(const char *from, bool *ok) {
  if (from == NULL || !*ok) {
    return NULL;
  }
  const char *copy = cspan_strdup(from);
  *ok = copy != NULL;
  return copy;
}

static void free_attr_match(const cspan_attr_match *match) {
  cspan_free((void *)match->key);
  cspan_free((void *)match->value);
  free_texts(match->included, match->included_count);
  free_texts(match->excluded, match->excluded_count);
}

void cspan_span_match_free(cspan_span_match *match) {
  for (size_t i = 0; match->attributes != NULL && i < match->attribute_count; i++) {
    free_attr_match(&match->attributes[i]);
  }
  cspan_free((void *)match->attributes);
  cspan_free((void *)match->span_name);
  *match = (cspan_span_match){.attribute_count = 0};
}

bool cspan_span_match_copy(cspan_span_match *to, const cspan_span_match *from) {
  bool ok = true;
  size_t count = from->attributes != NULL ? from->attribute_count : 0;
  *to = *from;
  to->attributes = NULL;
  to->attribute_count = count;
  to->span_name = copy_text(from->span_name, &ok);
  cspan_attr_match *attributes = NULL;
  if (ok && count > 0) {
    attributes = cspan_calloc(count, sizeof *attributes);
    ok = attributes != NULL;
    to->attributes = attributes;
  }
  for (size_t i = 0; ok && i < count; i++) {
    const cspan_attr_match *attr = &from->attributes[i];
    attributes[i] = (cspan_attr_match){.is_literal = attr->is_literal};
    attributes[i].key = copy_text(attr->key != NULL ? attr->key : "", &ok);
    attributes[i].value = copy_text(attr->value, &ok);
    attributes[i].included_count = attr->included_count;
    attributes[i].included = copy_texts(attr->included, attr->included_count, &ok);
    attributes[i].excluded_count = attr->excluded_count;
    attributes[i].excluded = copy_texts(attr->excluded, attr->excluded_count, &ok);
  }
  if (!ok) {
    cspan_span_match_free(to);
  }
  return ok;
}

/* The bytes of an array's elements; 0 for what is no array of numbers or bools. */
static size_t element_size(cspan_attr_type type) {
  switch (type) {
  case CSPAN_ATTR_BOOL_ARRAY:
    return sizeof(bool);
  case CSPAN_ATTR_INT64_ARRAY:
    return sizeof(int64_t);
  case CSPAN_ATTR_DOUBLE_ARRAY:
    return sizeof(double);
  default:
    return 0;
  }
}

bool cspan_attr_copy(cspan_attr *to, const cspan_attr *from) {
  bool ok = true;
  *to = *from;
  to->key = copy_text(from->key != NULL ? from->key : "", &ok);
  size_t size = element_size(from->type);
  if (size > 0) {
    void *copy = ok ? cspan_malloc(from->count > 0 ? from->count * size : 1) : NULL;
    ok = ok && copy != NULL;
    if (ok && from->count > 0) {
      memcpy(copy, from->value.int64s, from->count * size);
    }
    to->value.int64s = copy;
  } else if (from->type == CSPAN_ATTR_STRING) {
    to->value.string = ok ? cspan_strndup(from->value.string, from->count) : NULL;
    ok = ok && to->value.string != NULL;
  } else if (from->type == CSPAN_ATTR_STRING_ARRAY) {
    to->value.strings = copy_texts(from->value.strings, from->count, &ok);
  }
  if (!ok) {
    cspan_attr_copy_free(to);
  }
  return ok;
}

void cspan_attr_copy_free(cspan_attr *attr) {
  cspan_free((void *)attr->key);
  if (attr->type == CSPAN_ATTR_STRING_ARRAY) {
    free_texts(attr->value.strings, attr->count);
  } else if (attr->type == CSPAN_ATTR_STRING || element_size(attr->type) > 0) {
    cspan_free((void *)attr->value.string);
  }
  *attr = (cspan_attr){.count = 0};
}
