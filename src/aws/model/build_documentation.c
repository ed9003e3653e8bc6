/* SPDX-License-Identifier: Apache-2.0 */
/* Documentation is three quarters of a model and seldom asked for: compressed in blocks, behind
 * everything else, so that one piece can be had without the others. */
#include <string.h>
#include <zlib.h>

#include "aws/model/build.h"
#include "base/alloc.h"

/* Larger ones compress little better and take longer to read from. */
#define BLOCK_SIZE (256 << 10)

static void compress_block(cspan_builder *build) {
  cspan_buf *out = &build->parts[CSPAN_PART_DOCUMENTATION];
  uLong bound = compressBound((uLong)build->block.len);
  if (cspan_buf_reserve(out, bound) != CSPAN_OK) {
    cspan_build_no_memory(build);
    return;
  }
  uLongf size = bound;
  int result = compress2((Bytef *)out->data + out->len, &size, (const Bytef *)build->block.data,
                         (uLong)build->block.len, Z_BEST_COMPRESSION);
  if (result != Z_OK) {
    cspan_build_no_memory(build);
    return;
  }
  cspan_section_block block = {
      .first = build->documented,
      .length = (uint32_t)build->block.len,
      .offset = (uint32_t)out->len,
      .size = (uint32_t)size,
  };
  out->len += size;
  out->data[out->len] = '\0';
  build->documented += block.length;
  (void)cspan_build_record(build, CSPAN_PART_BLOCKS, &block);
  cspan_buf_clear(&build->block);
}

void cspan_build_documentation_end(cspan_builder *build) {
  if (build->block.len && cspan_build_ok(build)) {
    compress_block(build);
  }
}

/* A handle is one more than where the text starts, so that 0 is free. */
uint32_t cspan_build_documentation(cspan_builder *build, json_t *from) {
  const char *text = cspan_build_string(build, from, "documentation");
  size_t len = text ? strlen(text) : 0;
  if (len == 0 || !build->laid_out || !build->with_documentation || !cspan_build_ok(build)) {
    return 0;
  }
  const cspan_pool_entry *known = cspan_pool_find(&build->documents, text, len);
  if (known) {
    return known->value;
  }
  if (build->block.len && build->block.len + len > BLOCK_SIZE) {
    compress_block(build);
  }
  if (build->block.len + len >= CSPAN_DOCUMENTATION_BLOCK_MAX) {
    cspan_build_fail(build, "its documentation is too long");
    return 0;
  }
  uint32_t handle = build->documented + (uint32_t)build->block.len + 1;
  if (cspan_buf_append(&build->block, text, len + 1) != CSPAN_OK ||
      !cspan_pool_add(&build->documents, text, len, handle)) {
    cspan_build_no_memory(build);
  }
  return handle;
}
