/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a section: what is where. */
#ifndef AWS_MODEL_SECTION_H
#define AWS_MODEL_SECTION_H

#include "aws/model/model.h"

#define CSPAN_SECTION_MAGIC "cspanMDL"
enum {
  CSPAN_SECTION_VERSION = 1,
  CSPAN_SECTION_BYTE_ORDER = 0x01020304,
  CSPAN_SECTION_ALIGNMENT = 8,
  CSPAN_TABLE_MAX = UINT16_MAX,  /* records */
  CSPAN_SECTION_MAX = 256 << 20, /* bytes */
  CSPAN_DOCUMENTATION_BLOCK_MAX = 8 << 20
};

typedef enum cspan_section_part {
  CSPAN_PART_SERVICE, /* one record */
  CSPAN_PART_SHAPES,
  CSPAN_PART_MEMBERS,
  CSPAN_PART_OPERATIONS,
  CSPAN_PART_PAGINATORS,
  CSPAN_PART_WAITERS,
  CSPAN_PART_ACCEPTORS,
  CSPAN_PART_PAIRS,
  CSPAN_PART_LIMITS,
  CSPAN_PART_REFS,
  CSPAN_PART_TEXTS,
  CSPAN_PART_RULES,
  CSPAN_PART_BLOCKS, /* cspan_section_block */
  CSPAN_PART_DOCUMENTATION,
  CSPAN_PART_COUNT
} cspan_section_part;

typedef struct cspan_section_range {
  uint32_t offset; /* from the start of the section, aligned to 8 */
  uint32_t count;  /* of records; of bytes for texts, rules and documentation */
} cspan_section_range;

typedef struct cspan_section_header {
  char magic[8];
  uint32_t byte_order;
  uint32_t version;
  uint32_t size; /* of the whole section */
  uint32_t crc;  /* CRC32C from `checked` to the documentation, which has its own checksums */
  uint32_t checked;
  uint32_t reserved;
  cspan_section_range parts[CSPAN_PART_COUNT];
} cspan_section_header;

/* Some pieces of documentation, each ended by a NUL, as one zlib stream. */
typedef struct cspan_section_block {
  uint32_t first;  /* where it starts in the text of all blocks together */
  uint32_t length; /* of its text */
  uint32_t offset; /* in the part of the documentation */
  uint32_t size;
} cspan_section_block;

/* Rounded up to where the next part may start. */
static inline size_t cspan_section_aligned(size_t size) {
  return (size + CSPAN_SECTION_ALIGNMENT - 1) & ~(size_t)(CSPAN_SECTION_ALIGNMENT - 1);
}

/* The size of a record of a part; 1 for those that are bytes. */
size_t cspan_section_record_size(cspan_section_part part);

#endif
