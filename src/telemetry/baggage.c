/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/baggage.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

struct cspan_baggage {
  atomic_size_t references;
  size_t count;
  cspan_baggage_member members[]; /* their text follows */
};

/* ------------------------------------------------------------- what is valid */

static bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* baggage-octet of W3C Baggage, less '%', which starts an escape. */
static bool is_plain(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\' && c != '%';
}

static bool key_is_valid(const char *key) {
  for (const char *c = key; *c; c++)
    if (!is_token_char(*c))
      return false;
  return key[0] != '\0';
}

/* Written as it stands: nothing that would end the member or the header. */
static bool metadata_is_valid(const char *metadata) {
  for (const char *c = metadata; *c; c++)
    if ((*c < 0x20 && *c != '\t') || *c > 0x7e || *c == ',')
      return false;
  return true;
}

static size_t encoded_size(const cspan_baggage_member *member) {
  size_t size = strlen(member->key) + 1;
  for (const char *c = member->value; *c; c++)
    size += is_plain(*c) ? 1 : 3;
  return member->metadata[0] ? size + 1 + strlen(member->metadata) : size;
}

/* ------------------------------------------------------------------- drafts */

static size_t find(const cspan_baggage_member *members, size_t count, const char *key) {
  size_t i = 0;
  while (i < count && strcmp(members[i].key, key) != 0)
    i++;
  return i;
}

bool cspan_baggage_draft_set(cspan_baggage_draft *draft, const cspan_baggage_member *member) {
  if (!key_is_valid(member->key) || !metadata_is_valid(member->metadata) ||
      !cspan_utf8_valid(member->value, strlen(member->value)))
    return false;
  size_t at = find(draft->members, draft->count, member->key);
  if (at == CSPAN_BAGGAGE_MAX_MEMBERS)
    return false;
  bool replaces = at < draft->count;
  size_t bytes = draft->encoded_bytes + encoded_size(member);
  if (replaces)
    bytes -= encoded_size(&draft->members[at]);
  else if (draft->count > 0)
    bytes++;
  if (bytes > CSPAN_BAGGAGE_MAX_BYTES)
    return false;
  draft->members[at] = *member;
  draft->encoded_bytes = bytes;
  draft->count += !replaces;
  return true;
}

static const char *place(char **at, const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = *at;
  memcpy(copy, text, size);
  *at += size;
  return copy;
}

cspan_baggage *cspan_baggage_make(const cspan_baggage_draft *draft) {
  size_t text = 0;
  for (size_t i = 0; i < draft->count; i++)
    text += strlen(draft->members[i].key) + strlen(draft->members[i].value) +
            strlen(draft->members[i].metadata) + 3;
  cspan_baggage *baggage =
      cspan_malloc(sizeof *baggage + draft->count * sizeof baggage->members[0] + text);
  if (!baggage)
    return NULL;
  atomic_init(&baggage->references, 1);
  baggage->count = draft->count;
  char *at = (char *)&baggage->members[draft->count];
  for (size_t i = 0; i < draft->count; i++) {
    baggage->members[i].key = place(&at, draft->members[i].key);
    baggage->members[i].value = place(&at, draft->members[i].value);
    baggage->members[i].metadata = place(&at, draft->members[i].metadata);
  }
  return baggage;
}

/* ---------------------------------------------------------------------- API */

cspan_baggage *cspan_baggage_share(const cspan_baggage *baggage) {
  cspan_baggage *shared = (cspan_baggage *)(uintptr_t)baggage; /* only the count changes */
  if (shared)
    atomic_fetch_add(&shared->references, 1);
  return shared;
}

cspan_baggage *cspan_baggage_with(const cspan_baggage *base, const char *key, const char *value,
                                  const char *metadata) {
  if (!key || !key_is_valid(key))
    return NULL;
  size_t base_count = cspan_baggage_count(base);
  size_t at = base ? find(base->members, base_count, key) : 0;
  if (base && !value && at == base_count)
    return cspan_baggage_share(base);
  cspan_baggage_draft draft = {.count = 0};
  for (size_t i = 0; i < base_count; i++)
    if (value || i != at)
      cspan_baggage_draft_set(&draft, &base->members[i]);
  const cspan_baggage_member member = {key, value, metadata ? metadata : ""};
  if (value && !cspan_baggage_draft_set(&draft, &member))
    return NULL;
  return cspan_baggage_make(&draft);
}

void cspan_baggage_free(cspan_baggage *baggage) {
  if (baggage && atomic_fetch_sub(&baggage->references, 1) == 1)
    cspan_free(baggage);
}

size_t cspan_baggage_count(const cspan_baggage *baggage) {
  return baggage ? baggage->count : 0;
}

bool cspan_baggage_at(const cspan_baggage *baggage, size_t index, const char **key,
                      const char **value, const char **metadata) {
  if (index >= cspan_baggage_count(baggage))
    return false;
  const cspan_baggage_member *member = &baggage->members[index];
  if (key)
    *key = member->key;
  if (value)
    *value = member->value;
  if (metadata)
    *metadata = member->metadata;
  return true;
}

const char *cspan_baggage_get(const cspan_baggage *baggage, const char *key) {
  if (!baggage || !key)
    return NULL;
  size_t at = find(baggage->members, baggage->count, key);
  return at < baggage->count ? baggage->members[at].value : NULL;
}

void cspan_baggage_encode(const cspan_baggage *baggage, cspan_buf *out) {
  for (size_t i = 0; i < cspan_baggage_count(baggage); i++) {
    const cspan_baggage_member *member = &baggage->members[i];
    cspan_buf_printf(out, "%s%s=", i ? "," : "", member->key);
    for (const char *c = member->value; *c; c++) {
      if (is_plain(*c))
        cspan_buf_char(out, *c);
      else
        cspan_buf_printf(out, "%%%02X", (unsigned char)*c);
    }
    if (member->metadata[0])
      cspan_buf_printf(out, ";%s", member->metadata);
  }
}
