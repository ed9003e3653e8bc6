/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <zlib.h>

#include "aws/model/section.h"
#include "aws/model/store.h"
#include "base/alloc.h"
#include "base/error.h"

/* The last block that starts at or before the position; there is one. */
static const cspan_section_block *block_of(const cspan_section_header *header, uint32_t position) {
  const cspan_section_range *range = &header->parts[CSPAN_PART_BLOCKS];
  const cspan_section_block *blocks =
      (const void *)((const char *)header + header->parts[CSPAN_PART_BLOCKS].offset);
  uint32_t i = 0;
  while (i + 1 < range->count && blocks[i + 1].first <= position) {
    i++;
  }
  return &blocks[i];
}

cspan_status cspan_model_documentation(const cspan_service_model *model, uint32_t documentation,
                                       char **text, cspan_error **error) {
  const cspan_section_header *header = model->section;
  *text = NULL;
  if (documentation == 0 || header->parts[CSPAN_PART_BLOCKS].count == 0) {
    *text = cspan_strdup("");
    return *text ? CSPAN_OK : cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  const cspan_section_block *block = block_of(header, documentation - 1);
  char *all = cspan_malloc(block->length);
  if (!all) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  uLongf len = block->length;
  const char *packed =
      (const char *)header + header->parts[CSPAN_PART_DOCUMENTATION].offset + block->offset;
  int result = uncompress((Bytef *)all, &len, (const Bytef *)packed, block->size);
  uint32_t start = documentation - 1 - block->first;
  cspan_status status = CSPAN_OK;
  if (result == Z_MEM_ERROR) {
    status = cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  } else if (result != Z_OK || len != block->length || start >= len ||
             !memchr(all + start, '\0', len - start)) {
    status = cspan_error_set(error, CSPAN_ERR_INVALID,
                             "the documentation in the model file is damaged; compile it again");
  } else if (!(*text = cspan_strdup(all + start))) {
    status = cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_free(all);
  return status;
}
