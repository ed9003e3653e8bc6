/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/section.h"

#include <string.h>

#include "aws/model/build.h"
#include "base/crc.h"

size_t cspan_section_record_size(cspan_section_part part) {
  static const uint8_t sizes[CSPAN_PART_COUNT] = {
      [CSPAN_PART_SERVICE] = sizeof(cspan_service_record),
      [CSPAN_PART_SHAPES] = sizeof(cspan_shape),
      [CSPAN_PART_MEMBERS] = sizeof(cspan_member_model),
      [CSPAN_PART_OPERATIONS] = sizeof(cspan_operation_model),
      [CSPAN_PART_PAGINATORS] = sizeof(cspan_paginator_model),
      [CSPAN_PART_WAITERS] = sizeof(cspan_waiter_model),
      [CSPAN_PART_ACCEPTORS] = sizeof(cspan_acceptor_model),
      [CSPAN_PART_PAIRS] = sizeof(cspan_model_pair),
      [CSPAN_PART_LIMITS] = sizeof(cspan_model_limits),
      [CSPAN_PART_REFS] = sizeof(uint32_t),
      [CSPAN_PART_TEXTS] = 1,
      [CSPAN_PART_RULES] = 1,
      [CSPAN_PART_BLOCKS] = sizeof(cspan_section_block),
      [CSPAN_PART_DOCUMENTATION] = 1,
  };
  return sizes[part];
}

cspan_status cspan_section_write(const cspan_buf parts[CSPAN_PART_COUNT], cspan_buf *out) {
  static const char padding[CSPAN_SECTION_ALIGNMENT];
  size_t start = out->len;
  size_t size = sizeof(cspan_section_header);
  cspan_section_header header = {
      .byte_order = CSPAN_SECTION_BYTE_ORDER,
      .version = CSPAN_SECTION_VERSION,
      .checked = offsetof(cspan_section_header, checked),
  };
  memcpy(header.magic, CSPAN_SECTION_MAGIC, sizeof header.magic);
  for (int part = 0; part < CSPAN_PART_COUNT; part++) {
    header.parts[part].offset = (uint32_t)size;
    header.parts[part].count =
        (uint32_t)(parts[part].len / cspan_section_record_size((cspan_section_part)part));
    size += cspan_section_aligned(parts[part].len);
    if (size > CSPAN_SECTION_MAX) {
      return CSPAN_ERR_LIMIT;
    }
  }
  header.size = (uint32_t)size;
  (void)cspan_buf_append(out, &header, sizeof header);
  for (int part = 0; part < CSPAN_PART_COUNT; part++) {
    size_t len = parts[part].len;
    if (len) {
      (void)cspan_buf_append(out, parts[part].data, len);
      (void)cspan_buf_append(out, padding, cspan_section_aligned(len) - len);
    }
  }
  if (cspan_buf_status(out) == CSPAN_OK) {
    size_t checked = header.parts[CSPAN_PART_DOCUMENTATION].offset - header.checked;
    header.crc = cspan_crc32c(0, out->data + start + header.checked, checked);
    memcpy(out->data + start, &header, sizeof header);
  }
  return cspan_buf_status(out);
}
