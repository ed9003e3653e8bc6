/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Baggage. */
#include <string.h>

#include "base/alloc.h"
#include "telemetry/baggage.h"
#include "telemetry/propagator.h"
#include "telemetry/text_wire.h"

static const char *const fields[] = {"baggage", NULL};

/* Each byte of a header becomes at most U+FFFD, 3 bytes; each member ends its
 * three strings. */
enum { TEXT_FACTOR = 3, MEMBER_NULS = 3 };

static const char *place(char **at, cspan_str text) {
  char *copy = *at;
  if (text.len)
    memcpy(copy, text.data, text.len);
  copy[text.len] = '\0';
  *at += text.len + 1;
  return copy;
}

/* Percent-decodes; what is then not UTF-8 becomes U+FFFD. NULL when there is a NUL
 * in it. `at` has room for three times the text. */
static const char *place_decoded(char **at, cspan_str text) {
  char *raw = *at + (TEXT_FACTOR - 1) * text.len; /* decoded here first, then moved down */
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte = (uint8_t)text.data[i];
    if (byte == '%' && i + 2 < text.len && cspan_hex_decode(text.data + i + 1, 2, &byte))
      i += 2;
    if (byte == 0)
      return NULL;
    raw[len++] = (char)byte;
  }
  char *out = *at;
  char *end;
  if (cspan_utf8_valid(raw, len)) {
    memmove(out, raw, len);
    end = out + len;
  } else {
    /* The output, at most three bytes for each read, never overtakes the input. */
    end = (char *)cspan_text_repair((uint8_t *)out, raw, len);
  }
  *end = '\0';
  *at = end + 1;
  return out;
}

/* A member that is malformed or too much is left out. */
static void add_member(cspan_baggage_draft *draft, cspan_str text, char **at) {
  const char *end = text.data + text.len;
  const char *semicolon = memchr(text.data, ';', text.len);
  const char *pair_end = semicolon ? semicolon : end;
  const char *equals = memchr(text.data, '=', (size_t)(pair_end - text.data));
  if (!equals)
    return;
  cspan_str key = cspan_str_trim((cspan_str){text.data, (size_t)(equals - text.data)});
  cspan_str value = cspan_str_trim((cspan_str){equals + 1, (size_t)(pair_end - equals - 1)});
  cspan_str metadata = {NULL, 0};
  if (semicolon)
    metadata = cspan_str_trim((cspan_str){semicolon + 1, (size_t)(end - semicolon - 1)});
  cspan_baggage_member member = {.key = place(at, key), .metadata = place(at, metadata)};
  member.value = place_decoded(at, value);
  if (member.value)
    cspan_baggage_draft_set(draft, &member);
}

static void extract_text(const char *text, cspan_extracted *out) {
  /* What is past the limit of the header's size would be left out in any case. */
  size_t len = strnlen(text, CSPAN_BAGGAGE_MAX_BYTES);
  if (text[len]) /* not the part of a member that the cut left */
    while (len > 0 && text[len] != ',')
      len--;
  char *scratch = cspan_malloc(TEXT_FACTOR * len + (len + 1) * MEMBER_NULS);
  if (!scratch)
    return;
  cspan_baggage_draft draft = {.count = 0};
  char *at = scratch;
  for (size_t i = 0; i < len;) {
    const char *comma = memchr(text + i, ',', len - i);
    size_t member = comma ? (size_t)(comma - text) - i : len - i;
    add_member(&draft, (cspan_str){text + i, member}, &at);
    i += member + 1;
  }
  cspan_baggage *baggage = draft.count ? cspan_baggage_make(&draft) : NULL;
  cspan_free(scratch);
  if (baggage)
    cspan_extracted_set_baggage(out, baggage);
}

static void baggage_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                            cspan_extracted *out) {
  cspan_buf lines;
  (void)self;
  cspan_buf_init(&lines, (size_t)2 * CSPAN_BAGGAGE_MAX_BYTES);
  const char *text = cspan_carrier_joined(getter, carrier, fields[0], &lines);
  if (text && text[0])
    extract_text(text, out);
  cspan_buf_free(&lines);
}

static void baggage_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                           void *carrier) {
  cspan_buf value;
  (void)self;
  if (cspan_baggage_count(context->baggage) == 0)
    return;
  cspan_buf_init(&value, CSPAN_BAGGAGE_MAX_BYTES);
  cspan_baggage_encode(context->baggage, &value);
  if (cspan_buf_status(&value) == CSPAN_OK)
    set(carrier, "baggage", cspan_buf_text(&value));
  cspan_buf_free(&value);
}

static const cspan_propagator_vtable baggage_vtable = {
    .size = sizeof baggage_vtable,
    .fields = fields,
    .inject = baggage_inject,
    .extract = baggage_extract,
};

bool cspan_propagator_is_baggage(const cspan_propagator *propagator) {
  return propagator->vtable == &baggage_vtable;
}

cspan_propagator *cspan_propagator_baggage(void) {
  return cspan_propagator_create(&baggage_vtable, NULL);
}
