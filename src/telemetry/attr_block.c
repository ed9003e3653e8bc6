/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/attr_block.h"

#include "base/alloc.h"
#include "telemetry/core.h"

enum { MAX_BYTES = 65536 };

struct cspan_attr_block {
  cspan_enc enc; /* its places count from its start */
};

cspan_attr_block *cspan_attr_block_make(const char *name, const cspan_attr *attributes,
                                        size_t count) {
  cspan_attr_block *block = cspan_calloc(1, sizeof *block);
  if (block == NULL) {
    return NULL;
  }
  cspan_enc_begin(&block->enc, MAX_BYTES, (uint32_t)count);
  if (name != NULL) {
    cspan_enc_name(&block->enc, name, strlen(name));
  }
  for (size_t i = 0; i < count; i++) {
    if (!cspan_enc_set(&block->enc, CSPAN_TAG_ATTRIBUTE, &attributes[i])) {
      cspan_attr_block_free(block);
      return NULL;
    }
  }
  if (block->enc.entry_count != count || (name != NULL && !cspan_attr_block_has_name(block))) {
    cspan_attr_block_free(block);
    return NULL;
  }
  return block;
}

void cspan_attr_block_free(cspan_attr_block *block) {
  if (block != NULL) {
    cspan_enc_free(&block->enc);
    cspan_free(block);
  }
}

bool cspan_attr_block_has_name(const cspan_attr_block *block) {
  return block->enc.marks[CSPAN_MARK_NAME].len > 0;
}

/* A bit that both have may be of a key that both have. */
static bool shares_keys(const cspan_enc *a, const cspan_enc *b) {
  uint64_t both = 0;
  for (size_t i = 0; i < CSPAN_ENC_FILTER_WORDS; i++) {
    both |= a->filter[i] & b->filter[i];
  }
  return both != 0;
}

size_t cspan_enc_put_block(cspan_enc *enc, const cspan_attr_block *block) {
  const cspan_enc *from = &block->enc;
  if (enc->value_max != CSPAN_ENC_UNLIMITED ||
      enc->entry_count + from->entry_count > enc->entry_end || shares_keys(enc, from) ||
      !cspan_enc_room(enc, from->len)) {
    return 0;
  }
  const cspan_enc_mark *name = &from->marks[CSPAN_MARK_NAME];
  if (name->len > 0) {
    enc->marks[CSPAN_MARK_NAME] = (cspan_enc_mark){enc->len + name->at, name->len};
  }
  wire_copy(enc->data + enc->len, from->data, from->len);
  for (size_t i = 0; i < CSPAN_ENC_FILTER_WORDS; i++) {
    enc->filter[i] |= from->filter[i];
  }
  cspan_enc_entry *entries = enc->entries + enc->entry_count;
  for (uint32_t i = 0; i < from->entry_count; i++) {
    entries[i] = from->entries[i] + ((uint64_t)enc->len << 32);
  }
  enc->entry_count += from->entry_count;
  enc->len += from->len;
  return from->entry_count;
}
