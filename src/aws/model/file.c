/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/file.h"

#include <string.h>

#include "aws/model/section.h"
#include "base/crc.h"
#include "base/error.h"

static bool within(uint32_t offset, uint64_t size, uint32_t end) {
  return offset <= end && size <= end - offset;
}

static const char *layout_fault(const cspan_model_file_header *header) {
  uint64_t entries_size = header->entries * (uint64_t)sizeof(cspan_model_file_entry);
  const char *text = (const char *)header + header->texts;
  if (header->sections > header->size || header->sections < sizeof *header ||
      header->entries > CSPAN_MODEL_FILE_ENTRIES_MAX ||
      !within(sizeof *header, entries_size, header->sections) ||
      !within(header->texts, header->text_size, header->sections) ||
      !within(header->partitions, header->partitions_size, header->sections) ||
      header->partitions % CSPAN_SECTION_ALIGNMENT != 0) {
    return "is damaged: its index lies outside of it";
  }
  if (header->text_size == 0 || text[header->text_size - 1] != '\0') {
    return "is damaged: the texts of its index have no end";
  }
  size_t checked = offsetof(cspan_model_file_header, entries);
  if (cspan_crc32c(0, (const char *)header + checked, header->sections - checked) != header->crc) {
    return "is damaged: the checksum of its index is wrong";
  }
  return NULL;
}

static const char *header_fault(const cspan_model_file_header *header, size_t size) {
  if (size < sizeof *header || memcmp(header->magic, CSPAN_MODEL_FILE_MAGIC, 8) != 0) {
    return "is not a compiled model file";
  }
  if (header->byte_order != CSPAN_SECTION_BYTE_ORDER) {
    return "was compiled on a machine of another byte order";
  }
  if (header->version != CSPAN_MODEL_FILE_VERSION) {
    return "is of another version of cloudspan";
  }
  if (header->size > size) {
    return "is cut short";
  }
  if (header->size < size) {
    return "is damaged: it is longer than it says";
  }
  return layout_fault(header);
}

static int compare(const cspan_model_file *file, const cspan_model_file_entry *a,
                   const cspan_model_file_entry *b) {
  int order = strcmp(file->texts + a->key, file->texts + b->key);
  return order ? order : strcmp(file->texts + a->api_version, file->texts + b->api_version);
}

static const char *entries_fault(const cspan_model_file *file) {
  const cspan_model_file_header *header = file->header;
  for (uint32_t i = 0; i < header->entries; i++) {
    const cspan_model_file_entry *entry = &file->entries[i];
    if (entry->key >= header->text_size || entry->service_id >= header->text_size ||
        entry->api_version >= header->text_size || entry->offset < header->sections ||
        entry->offset % CSPAN_SECTION_ALIGNMENT != 0 ||
        !within(entry->offset, entry->size, header->size)) {
      return "is damaged: an entry of its index is wrong";
    }
    if (i > 0 && compare(file, &file->entries[i - 1], entry) >= 0) {
      return "is damaged: its index is not in order";
    }
  }
  return NULL;
}

cspan_status cspan_model_file_open(const void *data, size_t size, cspan_model_file *out,
                                   cspan_error **error) {
  const char *fault = "is not aligned";
  const cspan_model_file_header *header = data;
  if ((uintptr_t)data % CSPAN_SECTION_ALIGNMENT == 0) {
    fault = header_fault(header, size);
  }
  if (!fault) {
    out->header = header;
    out->entries = (const void *)(header + 1);
    out->texts = (const char *)data + header->texts;
    fault = entries_fault(out);
  }
  if (fault) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s; make it anew with 'cloudspan models compile'", fault);
  }
  return CSPAN_OK;
}
