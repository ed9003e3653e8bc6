/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "aws/model/file.h"
#include "aws/model/pool.h"
#include "aws/model/section.h"
#include "base/alloc.h"
#include "base/crc.h"
#include "base/error.h"

static int compare(const void *left, const void *right) {
  const cspan_model_file_input *a = left;
  const cspan_model_file_input *b = right;
  int order = strcmp(a->key, b->key);
  return order ? order : strcmp(a->api_version, b->api_version);
}

static void align(cspan_buf *out, size_t start) {
  static const char padding[CSPAN_SECTION_ALIGNMENT];
  size_t over = (out->len - start) % CSPAN_SECTION_ALIGNMENT;
  if (over) {
    (void)cspan_buf_append(out, padding, CSPAN_SECTION_ALIGNMENT - over);
  }
}

static bool gather(cspan_pool *pool, const cspan_model_file_input *inputs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *const texts[] = {inputs[i].key, inputs[i].service_id, inputs[i].api_version};
    for (size_t k = 0; k < 3; k++) {
      if (!cspan_pool_add(pool, texts[k], strlen(texts[k]), 0)) {
        return false;
      }
    }
  }
  return true;
}

static uint32_t text_at(const cspan_pool *pool, const char *text) {
  return cspan_pool_find(pool, text, strlen(text))->value;
}

/* Sizes add up to less than 4 GiB: the caps of sections and of the buffer see to it. */
static void put_entries(const cspan_pool *pool, const cspan_model_file_input *inputs, size_t count,
                        uint32_t offset, cspan_buf *out) {
  for (size_t i = 0; i < count; i++) {
    cspan_model_file_entry entry = {
        .key = text_at(pool, inputs[i].key),
        .service_id = text_at(pool, inputs[i].service_id),
        .api_version = text_at(pool, inputs[i].api_version),
        .offset = offset,
        .size = (uint32_t)inputs[i].size,
    };
    (void)cspan_buf_append(out, &entry, sizeof entry);
    offset += entry.size;
  }
}

static cspan_status put_file(const cspan_pool *pool, const cspan_buf *texts,
                             const cspan_model_file_input *inputs, size_t count,
                             const cspan_buf *partitions, cspan_buf *out) {
  size_t start = out->len;
  size_t entries_size = count * sizeof(cspan_model_file_entry);
  cspan_model_file_header header = {
      .byte_order = CSPAN_SECTION_BYTE_ORDER,
      .version = CSPAN_MODEL_FILE_VERSION,
      .entries = (uint32_t)count,
      .texts = (uint32_t)(sizeof header + entries_size),
      .text_size = (uint32_t)texts->len,
      .partitions_size = (uint32_t)partitions->len,
  };
  memcpy(header.magic, CSPAN_MODEL_FILE_MAGIC, sizeof header.magic);
  header.partitions = (uint32_t)cspan_section_aligned(header.texts + texts->len);
  header.sections = (uint32_t)cspan_section_aligned(header.partitions + partitions->len);
  (void)cspan_buf_append(out, &header, sizeof header);
  put_entries(pool, inputs, count, header.sections, out);
  (void)cspan_buf_append(out, texts->data, texts->len);
  align(out, start);
  if (partitions->len) {
    (void)cspan_buf_append(out, partitions->data, partitions->len);
    align(out, start);
  }
  for (size_t i = 0; i < count; i++) {
    (void)cspan_buf_append(out, inputs[i].section, inputs[i].size);
  }
  if (cspan_buf_status(out) == CSPAN_OK) {
    size_t checked = offsetof(cspan_model_file_header, entries);
    header.size = (uint32_t)(out->len - start);
    memcpy(out->data + start, &header, sizeof header);
    header.crc = cspan_crc32c(0, out->data + start + checked, header.sections - checked);
    memcpy(out->data + start, &header, sizeof header);
  }
  return cspan_buf_status(out);
}

cspan_status cspan_model_file_build(cspan_model_file_input *inputs, size_t count,
                                    const cspan_buf *partitions, cspan_buf *out,
                                    cspan_error **error) {
  cspan_pool pool = {0};
  cspan_buf texts;
  cspan_buf_init(&texts, 64 << 20);
  if (count) {
    qsort(inputs, count, sizeof *inputs, compare);
  }
  cspan_status status = CSPAN_ERR_NOMEM;
  if (gather(&pool, inputs, count)) {
    status = cspan_pool_layout(&pool, &texts);
  }
  if (status == CSPAN_OK) {
    status = put_file(&pool, &texts, inputs, count, partitions, out);
  }
  cspan_pool_free(&pool);
  cspan_buf_free(&texts);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_set(error, status, "out of memory");
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the models are more than a model file may hold");
  }
  return CSPAN_OK;
}
