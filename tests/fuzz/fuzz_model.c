/* SPDX-License-Identifier: Apache-2.0 */
/* Sections and compiled files: what opens can be walked from end to end. Checksums are made to
 * fit, so that what is behind them is met. */
#include <stdlib.h>
#include <string.h>

#include "aws/model/compile.h"
#include "aws/model/documentation.h"
#include "aws/model/file.h"
#include "aws/model/section.h"
#include "base/alloc.h"
#include "base/crc.h"
#include "support/model_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_section(char *bytes, size_t size) {
  cspan_section_header *header = (void *)bytes;
  if (size < sizeof *header) {
    return;
  }
  uint32_t end = header->parts[CSPAN_PART_DOCUMENTATION].offset;
  header->size = (uint32_t)size;
  header->checked = offsetof(cspan_section_header, checked);
  if (end <= size && end > header->checked) {
    header->crc = cspan_crc32c(0, bytes + header->checked, end - header->checked);
  }
}

static void fix_file(char *bytes, size_t size) {
  cspan_model_file_header *header = (void *)bytes;
  size_t checked = offsetof(cspan_model_file_header, entries);
  if (size < sizeof *header) {
    return;
  }
  header->size = (uint32_t)size;
  if (header->sections <= size && header->sections > checked) {
    header->crc = cspan_crc32c(0, bytes + checked, header->sections - checked);
  }
}

static void try_section(char *bytes, size_t size) {
  cspan_service_model model;
  fix_section(bytes, size);
  if (cspan_model_open(bytes, size, &model, NULL) == CSPAN_OK) {
    model_walk(&model);
  }
}

static void try_file(char *bytes, size_t size) {
  cspan_model_file file;
  fix_file(bytes, size);
  if (cspan_model_file_open(bytes, size, &file, NULL) != CSPAN_OK) {
    return;
  }
  for (uint32_t i = 0; i < file.header->entries; i++) {
    const cspan_model_file_entry *entry = &file.entries[i];
    if (strlen(file.texts + entry->key) > size || strlen(file.texts + entry->service_id) > size) {
      abort();
    }
    try_section(bytes + entry->offset, entry->size);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *bytes = cspan_malloc(size + 1);
  if (bytes) {
    memcpy(bytes, data, size);
    try_file(bytes, size);
    memcpy(bytes, data, size);
    try_section(bytes, size);
  }
  cspan_free(bytes);
  return 0;
}
