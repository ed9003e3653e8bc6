/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/attr_block.h"

#include "base/alloc.h"
#include "telemetry/core.h"

enum { MAX_BYTES = 65536 };

struct cspan_attr_block {
  cspan_enc enc; /* its places count from its start */
};

cspan_attr_block *cspan_attr_block_make(const cspan_attr *attributes, size_t count) {
  cspan_attr_block *block = cspan_calloc(1, sizeof *block);
  if (block == NULL) {
    return NULL;
  }
  cspan_enc_begin(&block->enc, MAX_BYTES, (uint32_t)count);
  for (size_t i = 0; i < count; i++) {
    if (!cspan_enc_set(&block->enc, CSPAN_TAG_ATTRIBUTE, &attributes[i])) {
      cspan_attr_block_free(block);
      return NULL;
    }
  }
  if (block->enc.entry_count != count) {
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

size_t cspan_enc_put_block(cspan_enc *enc, const cspan_attr_block *block) {
  const cspan_enc *from = &block->enc;
  if (enc->entry_count > 0 || enc->value_max != CSPAN_ENC_UNLIMITED ||
      from->entry_count > enc->entry_end || !cspan_enc_room(enc, from->len)) {
    return 0;
  }
  wire_copy(enc->data + enc->len, from->data, from->len);
  memcpy(enc->filter, from->filter, sizeof enc->filter);
  for (uint32_t i = 0; i < from->entry_count; i++) {
    enc->entries[i] = from->entries[i] + ((uint64_t)enc->len << 32);
  }
  enc->entry_count = from->entry_count;
  enc->len += from->len;
  return from->entry_count;
}
