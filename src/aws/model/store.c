/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/store.h"

#include <string.h>

#include "aws/model/store_internal.h"
#include "base/alloc.h"
#include "base/error.h"

cspan_status cspan_model_store_open(const cspan_model_store_options *options,
                                    cspan_model_store **out, cspan_error **error) {
  static const cspan_model_store_options none;
  *out = NULL;
  cspan_model_store *store = cspan_calloc(1, sizeof *store);
  if (!store) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  (void)pthread_mutex_init(&store->lock, NULL);
  options = options ? options : &none;
  cspan_status status = options->only_folders
                            ? cspan_store_find_folders(store, options->data_path, error)
                            : cspan_store_find_places(store, options, error);
  if (status != CSPAN_OK) {
    cspan_model_store_free(store);
    return status;
  }
  *out = store;
  return CSPAN_OK;
}

static void place_clear(cspan_place *place) {
  if (!place->blob) {
    cspan_blob_release(place->partitions.blob);
  }
  cspan_blob_release(place->blob);
  cspan_free(place->path);
}

void cspan_model_store_free(cspan_model_store *store) {
  if (!store) {
    return;
  }
  for (size_t i = 0; i < store->cached_count; i++) {
    cspan_found_clear(&store->cached[i].found);
    cspan_service_model_release(&store->cached[i].loaded->model);
  }
  for (size_t i = 0; i < store->listed_count; i++) {
    cspan_found_clear(&store->listed[i]);
  }
  for (size_t i = 0; i < store->place_count; i++) {
    place_clear(&store->places[i]);
  }
  cspan_free(store->cached);
  cspan_free(store->listed);
  cspan_free(store->places);
  (void)pthread_mutex_destroy(&store->lock);
  cspan_free(store);
}

static cspan_loaded *cached(const cspan_model_store *store, const cspan_found *found) {
  for (size_t i = 0; i < store->cached_count; i++) {
    const cspan_cached *item = &store->cached[i];
    if (item->found.place == found->place && strcmp(item->found.key, found->key) == 0 &&
        strcmp(item->found.version, found->version) == 0) {
      return item->loaded;
    }
  }
  return NULL;
}

/* Takes `found` over where it succeeds. */
static cspan_status load(cspan_model_store *store, cspan_found *found, cspan_loaded **out,
                         cspan_error **error) {
  cspan_cached *items =
      cspan_realloc(store->cached, (store->cached_count + 1) * sizeof *store->cached);
  if (!items) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  store->cached = items;
  cspan_status status = cspan_store_load(store, found, out, error);
  if (status == CSPAN_OK) {
    items[store->cached_count++] = (cspan_cached){*found, *out};
    *found = (cspan_found){0};
  }
  return status;
}

cspan_status cspan_model_store_service(cspan_model_store *store, const char *service,
                                       const char *api_version, const cspan_service_model **out,
                                       cspan_error **error) {
  cspan_found found;
  cspan_loaded *loaded = NULL;
  *out = NULL;
  (void)pthread_mutex_lock(&store->lock);
  cspan_status status = cspan_store_find(store, service, api_version, &found, error);
  if (status == CSPAN_OK) {
    loaded = cached(store, &found);
    if (!loaded) {
      status = load(store, &found, &loaded, error);
    }
  }
  if (status == CSPAN_OK) {
    (void)atomic_fetch_add_explicit(&loaded->references, 1, memory_order_relaxed);
    *out = &loaded->model;
  }
  (void)pthread_mutex_unlock(&store->lock);
  cspan_found_clear(&found);
  return status;
}

bool cspan_model_store_at(const cspan_model_store *store, size_t index, const char **key,
                          const char **api_version, const char **origin) {
  cspan_model_store *own = (cspan_model_store *)(uintptr_t)store;
  (void)pthread_mutex_lock(&own->lock);
  bool there = cspan_store_list(own, NULL) == CSPAN_OK && index < own->listed_count;
  if (there) {
    *key = own->listed[index].key;
    *api_version = own->listed[index].version;
    *origin = own->places[own->listed[index].place].path;
  }
  (void)pthread_mutex_unlock(&own->lock);
  return there;
}

const char *cspan_model_store_place(const cspan_model_store *store, size_t index) {
  return index < store->place_count ? store->places[index].path : NULL;
}
