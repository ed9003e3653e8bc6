/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled file: a header and an index, the partitions, then the sections of the services.
 * Whoever opens a service touches the index and that service's section.
 */
#ifndef AWS_MODEL_FILE_H
#define AWS_MODEL_FILE_H

#include "base/buf.h"

#define CSPAN_MODEL_FILE_MAGIC "cspanMDF"
enum {
  CSPAN_MODEL_FILE_VERSION = 1,
  CSPAN_MODEL_FILE_MAX = 512 << 20, /* bytes */
  CSPAN_MODEL_FILE_ENTRIES_MAX = 100000
};

/* Sorted by key, then version; texts are offsets into the index's texts. */
typedef struct cspan_model_file_entry {
  uint32_t key;
  uint32_t service_id;
  uint32_t api_version;
  uint32_t offset; /* of the section, aligned to 8 */
  uint32_t size;
} cspan_model_file_entry;

typedef struct cspan_model_file_header {
  char magic[8];
  uint32_t byte_order; /* as in a section */
  uint32_t version;
  uint32_t size;    /* of the whole file */
  uint32_t crc;     /* CRC32C from `entries` to where the first section starts */
  uint32_t entries; /* number; they follow the header */
  uint32_t texts;   /* offset */
  uint32_t text_size;
  uint32_t partitions; /* offset */
  uint32_t partitions_size;
  uint32_t sections; /* offset: where the index ends */
} cspan_model_file_header;

/* A checked index. */
typedef struct cspan_model_file {
  const cspan_model_file_header *header;
  const cspan_model_file_entry *entries;
  const char *texts;
} cspan_model_file;

/* Checks header and index, not the sections. `data` is aligned to 8. The error says what is wrong
 * with the file, without its name. */
cspan_status cspan_model_file_open(const void *data, size_t size, cspan_model_file *out,
                                   cspan_error **error);

/* A service that is to be written. */
typedef struct cspan_model_file_input {
  const char *key;
  const char *service_id;
  const char *api_version;
  const void *section;
  size_t size;
} cspan_model_file_input;

/* Appends a file; `inputs` are put in order. */
cspan_status cspan_model_file_build(cspan_model_file_input *inputs, size_t count,
                                    const cspan_buf *partitions, cspan_buf *out,
                                    cspan_error **error);

typedef struct cspan_models_compiled {
  size_t services;
  size_t bytes;
} cspan_models_compiled;

/* Compiles the newest version of each service in the folders to one file, which appears whole or
 * not at all. Where two folders have the same version, the first counts. */
cspan_status cspan_models_compile(const char *const *folders, size_t count,
                                  bool without_documentation, const char *path,
                                  cspan_models_compiled *done, cspan_error **error);

#endif
