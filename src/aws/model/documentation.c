/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/documentation.h"

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

static cspan_status damaged(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "the documentation in the model file is damaged; make it anew with "
                         "'cloudspan models compile'");
}

static cspan_status unpack(const cspan_section_header *header, const cspan_section_block *block,
                           char **out, cspan_error **error) {
  const char *packed =
      (const char *)header + header->parts[CSPAN_PART_DOCUMENTATION].offset + block->offset;
  uLongf len = block->length;
  char *text = cspan_malloc(block->length);
  int result =
      text ? uncompress((Bytef *)text, &len, (const Bytef *)packed, block->size) : Z_MEM_ERROR;
  if (result == Z_OK && len == block->length && text[len - 1] == '\0') {
    *out = text;
    return CSPAN_OK;
  }
  cspan_free(text);
  return result == Z_MEM_ERROR ? cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory")
                               : damaged(error);
}

void cspan_documentation_reader_clear(cspan_documentation_reader *reader) {
  cspan_free(reader->text);
  *reader = (cspan_documentation_reader){0};
}

cspan_status cspan_documentation_read(cspan_documentation_reader *reader,
                                      const cspan_service_model *model, uint32_t documentation,
                                      const char **text, cspan_error **error) {
  const cspan_section_header *header = model->section;
  *text = "";
  if (documentation == 0) {
    return CSPAN_OK;
  }
  const cspan_section_block *block = block_of(header, documentation - 1);
  if (!reader->text || reader->block != block) {
    cspan_documentation_reader_clear(reader);
    cspan_status status = unpack(header, block, &reader->text, error);
    if (status != CSPAN_OK) {
      return status;
    }
    reader->block = block;
  }
  *text = reader->text + (documentation - 1 - block->first);
  return CSPAN_OK;
}

cspan_status cspan_model_documentation(const cspan_service_model *model, uint32_t documentation,
                                       char **text, cspan_error **error) {
  cspan_documentation_reader reader = {0};
  const char *found = NULL;
  *text = NULL;
  cspan_status status = cspan_documentation_read(&reader, model, documentation, &found, error);
  if (status == CSPAN_OK && !(*text = cspan_strdup(found))) {
    status = cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_documentation_reader_clear(&reader);
  return status;
}
