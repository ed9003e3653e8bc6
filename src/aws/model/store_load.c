/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/model/compile.h"
#include "aws/model/store_internal.h"
#include "base/alloc.h"
#include "base/error.h"

#define PARTITIONS_MAX (1 << 20)

static cspan_status no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
}

/* Looked for once. */
static cspan_status place_partitions(cspan_place *place, cspan_error **error) {
  if (place->partitions_known) {
    return CSPAN_OK;
  }
  if (place->blob) {
    const cspan_model_file_header *header = place->file.header;
    if (header->partitions_size) {
      place->partitions = (cspan_partitions_bytes){
          .blob = place->blob,
          .data = (const char *)header + header->partitions,
          .size = header->partitions_size,
      };
    }
    place->partitions_known = true;
    return CSPAN_OK;
  }
  cspan_buf bytes;
  bool found = false;
  cspan_buf_init(&bytes, PARTITIONS_MAX);
  cspan_status status = cspan_folder_partitions(place->path, &bytes, &found, error);
  if (status == CSPAN_OK && found && bytes.len) {
    cspan_blob *blob = cspan_blob_of(&bytes);
    status = blob ? CSPAN_OK : no_memory(error);
    if (blob) {
      place->partitions =
          (cspan_partitions_bytes){blob, cspan_blob_data(blob), cspan_blob_size(blob)};
    }
  }
  cspan_buf_free(&bytes);
  place->partitions_known = status == CSPAN_OK;
  return status;
}

/* Those of the model's own place, else of the first that has any. */
static cspan_status add_partitions(cspan_model_store *store, size_t own, cspan_loaded *loaded,
                                   cspan_error **error) {
  for (size_t i = 0; i <= store->place_count; i++) {
    cspan_place *place = &store->places[i == 0 ? own : i - 1];
    cspan_status status = place_partitions(place, error);
    if (status != CSPAN_OK) {
      return status;
    }
    if (place->partitions.blob) {
      loaded->partitions = cspan_blob_retain(place->partitions.blob);
      loaded->model.partitions = place->partitions.data;
      loaded->model.partitions_size = place->partitions.size;
      break;
    }
  }
  return CSPAN_OK;
}

static const cspan_model_file_entry *entry_of(const cspan_model_file *file,
                                              const cspan_found *found) {
  for (uint32_t i = 0; i < file->header->entries; i++) {
    const cspan_model_file_entry *entry = &file->entries[i];
    if (strcmp(file->texts + entry->key, found->key) == 0 &&
        strcmp(file->texts + entry->api_version, found->version) == 0) {
      return entry;
    }
  }
  return NULL;
}

static cspan_status open_from_file(const cspan_place *place, const cspan_found *found,
                                   cspan_loaded *loaded, cspan_error **error) {
  const cspan_model_file_entry *entry = entry_of(&place->file, found);
  cspan_error *fault = NULL;
  if (!entry) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: has no model of '%s'", place->path,
                           found->key);
  }
  loaded->section = cspan_blob_retain(place->blob);
  const char *section = (const char *)cspan_blob_data(place->blob) + entry->offset;
  cspan_status status = cspan_model_open(section, entry->size, &loaded->model, &fault);
  if (status != CSPAN_OK) {
    cspan_error_prefix(fault, "%s: '%s'", place->path, found->key);
    (void)cspan_error_move(error, fault);
  }
  return status;
}

/* The documentation is compiled, too: it is asked of the same model. */
static cspan_status open_from_folder(const cspan_place *place, const cspan_found *found,
                                     cspan_loaded *loaded, cspan_error **error) {
  cspan_buf section;
  cspan_buf_init(&section, CSPAN_MODEL_FILE_MAX);
  cspan_status status =
      cspan_folder_compile(place->path, found->key, found->version, false, &section, error);
  if (status == CSPAN_OK) {
    loaded->section = cspan_blob_of(&section);
    status = loaded->section ? CSPAN_OK : no_memory(error);
  }
  if (status == CSPAN_OK) {
    status = cspan_model_open(cspan_blob_data(loaded->section), cspan_blob_size(loaded->section),
                              &loaded->model, error);
  }
  cspan_buf_free(&section);
  return status;
}

cspan_status cspan_store_load(cspan_model_store *store, const cspan_found *found,
                              cspan_loaded **out, cspan_error **error) {
  const cspan_place *place = &store->places[found->place];
  cspan_loaded *loaded = cspan_calloc(1, sizeof *loaded);
  if (!loaded) {
    return no_memory(error);
  }
  atomic_init(&loaded->references, 1);
  cspan_status status = place->blob ? open_from_file(place, found, loaded, error)
                                    : open_from_folder(place, found, loaded, error);
  if (status == CSPAN_OK) {
    status = add_partitions(store, found->place, loaded, error);
  }
  if (status != CSPAN_OK) {
    cspan_service_model_release(&loaded->model);
    return status;
  }
  *out = loaded;
  return CSPAN_OK;
}

void cspan_service_model_release(const cspan_service_model *model) {
  cspan_loaded *loaded = (cspan_loaded *)(uintptr_t)model;
  if (!loaded || atomic_fetch_sub_explicit(&loaded->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  cspan_blob_release(loaded->section);
  cspan_blob_release(loaded->partitions);
  cspan_free(loaded);
}
