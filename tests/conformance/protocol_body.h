/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two bodies say the same in JSON, XML, form parameters or CBOR. */
#ifndef CONFORMANCE_PROTOCOL_BODY_H
#define CONFORMANCE_PROTOCOL_BODY_H

#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aws/protocol/cbor.h"
#include "base/json.h"

/* ----------------------------------------------------------------------- values */

static inline bool same_value(const cspan_value *a, const cspan_value *b);

static inline bool same_member(const cspan_member *field, const cspan_value *map) {
  const cspan_value *other = cspan_value_find(map, field->name, field->name_size_bytes);
  return other != NULL && same_value(&field->value, other);
}

/* As cspan_value_equals(), but a NaN is the same as another one. */
static inline bool same_value(const cspan_value *a, const cspan_value *b) {
  if (a->kind == CSPAN_VALUE_DOUBLE && b->kind == CSPAN_VALUE_DOUBLE && isnan(a->as.number)) {
    return isnan(b->as.number);
  }
  if (a->kind != b->kind || (a->kind != CSPAN_VALUE_MAP && a->kind != CSPAN_VALUE_LIST)) {
    return cspan_value_equals(a, b);
  }
  bool same = a->size == b->size;
  for (size_t i = 0; i < a->size && same; i++) {
    same = a->kind == CSPAN_VALUE_MAP ? same_member(&a->as.members[i], b)
                                      : same_value(&a->as.items[i], &b->as.items[i]);
  }
  return same;
}

static inline bool same_json(cspan_str a, cspan_str b) {
  cspan_arena *arena = cspan_arena_create(0);
  cspan_value left;
  cspan_value right;
  bool same = cspan_json_parse(a.data, a.len, arena, &left, NULL) == CSPAN_OK &&
              cspan_json_parse(b.data, b.len, arena, &right, NULL) == CSPAN_OK &&
              same_value(&left, &right);
  cspan_arena_free(arena);
  return same;
}

static inline bool same_cbor(cspan_str a, cspan_str b) {
  cspan_arena *arena = cspan_arena_create(0);
  cspan_value left;
  cspan_value right;
  bool same = cspan_cbor_parse(a.data, a.len, arena, &left, NULL) == CSPAN_OK &&
              cspan_cbor_parse(b.data, b.len, arena, &right, NULL) == CSPAN_OK &&
              same_value(&left, &right);
  cspan_arena_free(arena);
  return same;
}

/* ------------------------------------------------------------------- parameters */

static inline int compare_texts(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts "a=1&b=2"; each decoded. */
static inline char *sorted_parameters(const char *text, size_t len) {
  enum { MOST = 512 };
  char *parts[MOST];
  size_t count = 0;
  size_t size = 1;
  const char *end = text + len;
  for (const char *at = text; at < end && count < MOST;) {
    const char *stop = memchr(at, '&', (size_t)(end - at));
    stop = stop != NULL ? stop : end;
    cspan_buf part;
    cspan_buf_init(&part, SIZE_MAX / 2);
    cspan_uri_decode(&part, at, (size_t)(stop - at));
    size += part.len + 1;
    parts[count++] = strdup(cspan_buf_text(&part));
    cspan_buf_free(&part);
    at = stop < end ? stop + 1 : end;
  }
  qsort(parts, count, sizeof parts[0], compare_texts);
  char *all = calloc(size, 1);
  for (size_t i = 0; i < count; i++) {
    strcat(strcat(all, parts[i]), "\n");
    free(parts[i]);
  }
  return all;
}

static inline bool same_parameters(cspan_str a, cspan_str b) {
  char *left = sorted_parameters(a.data, a.len);
  char *right = sorted_parameters(b.data, b.len);
  bool same = strcmp(left, right) == 0;
  free(left);
  free(right);
  return same;
}

/* -------------------------------------------------------------------------- XML */

enum { XML_MOST_CHILDREN = 128, XML_MOST_DEPTH = 32 };

/* An element as text: its attributes by name, its children by name (those of one name in their
 * order, for they are a list). White space between elements does not count. */
typedef struct xml_frame {
  char name[256];
  char *text;
  char *children[XML_MOST_CHILDREN];
  char *child_names[XML_MOST_CHILDREN];
  size_t child_count;
  char *attributes;
} xml_frame;

typedef struct xml_state {
  xml_frame frames[XML_MOST_DEPTH];
  size_t depth;
  char *root;
} xml_state;

static inline char *xml_append(char *to, const char *text, size_t len) {
  size_t before = to != NULL ? strlen(to) : 0;
  to = realloc(to, before + len + 1);
  memcpy(to + before, text, len);
  to[before + len] = '\0';
  return to;
}

static inline void XMLCALL xml_start(void *user, const XML_Char *name, const XML_Char **pairs) {
  xml_state *state = user;
  char *sorted[64];
  size_t count = 0;
  if (state->depth == XML_MOST_DEPTH) {
    abort();
  }
  xml_frame *frame = &state->frames[state->depth++];
  memset(frame, 0, sizeof *frame);
  snprintf(frame->name, sizeof frame->name, "%s", name);
  for (; pairs[0] != NULL && count < 64; pairs += 2) {
    char *pair = xml_append(NULL, pairs[0], strlen(pairs[0]));
    pair = xml_append(pair, "=", 1);
    sorted[count++] = xml_append(pair, pairs[1], strlen(pairs[1]));
  }
  qsort(sorted, count, sizeof sorted[0], compare_texts);
  frame->attributes = xml_append(NULL, "", 0);
  for (size_t i = 0; i < count; i++) {
    frame->attributes = xml_append(frame->attributes, " ", 1);
    frame->attributes = xml_append(frame->attributes, sorted[i], strlen(sorted[i]));
    free(sorted[i]);
  }
}

static inline void XMLCALL xml_text(void *user, const XML_Char *text, int len) {
  xml_state *state = user;
  xml_frame *frame = &state->frames[state->depth - 1];
  frame->text = xml_append(frame->text, text, (size_t)len);
}

static inline char *xml_join(xml_frame *frame) {
  char *all = xml_append(NULL, "<", 1);
  all = xml_append(all, frame->name, strlen(frame->name));
  all = xml_append(all, frame->attributes, strlen(frame->attributes));
  all = xml_append(all, ">", 1);
  if (frame->child_count == 0 && frame->text != NULL) {
    all = xml_append(all, frame->text, strlen(frame->text));
  }
  /* The next name each time, so that the order within a name stays. */
  for (size_t done = 0; done < frame->child_count; done++) {
    size_t next = 0;
    while (frame->children[next] == NULL) {
      next++;
    }
    for (size_t i = next + 1; i < frame->child_count; i++) {
      if (frame->children[i] != NULL &&
          strcmp(frame->child_names[i], frame->child_names[next]) < 0) {
        next = i;
      }
    }
    all = xml_append(all, frame->children[next], strlen(frame->children[next]));
    free(frame->children[next]);
    free(frame->child_names[next]);
    frame->children[next] = NULL;
  }
  free(frame->text);
  free(frame->attributes);
  return xml_append(all, "</>", 3);
}

static inline void XMLCALL xml_end(void *user, const XML_Char *name) {
  xml_state *state = user;
  xml_frame *frame = &state->frames[--state->depth];
  char *text = xml_join(frame);
  (void)name;
  if (state->depth == 0) {
    state->root = text;
    return;
  }
  xml_frame *parent = &state->frames[state->depth - 1];
  if (parent->child_count == XML_MOST_CHILDREN) {
    abort();
  }
  parent->child_names[parent->child_count] = strdup(frame->name);
  parent->children[parent->child_count++] = text;
}

/* NULL where it is not well-formed. */
static inline char *xml_canonical(cspan_str text) {
  static xml_state state;
  memset(&state, 0, sizeof state);
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_SetUserData(parser, &state);
  XML_SetElementHandler(parser, xml_start, xml_end);
  XML_SetCharacterDataHandler(parser, xml_text);
  bool ok = XML_Parse(parser, text.data, (int)text.len, 1) == XML_STATUS_OK;
  XML_ParserFree(parser);
  return ok ? state.root : NULL;
}

static inline bool same_xml(cspan_str a, cspan_str b) {
  char *left = xml_canonical(a);
  char *right = xml_canonical(b);
  bool same = left != NULL && right != NULL && strcmp(left, right) == 0;
  free(left);
  free(right);
  return same;
}

#endif
