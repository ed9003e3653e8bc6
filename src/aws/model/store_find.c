/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "aws/model/store_internal.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"

void cspan_found_clear(cspan_found *found) {
  cspan_free(found->key);
  cspan_free(found->version);
  *found = (cspan_found){0};
}

static cspan_status no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
}

/* Newer wins; of the same version, the earlier place. */
static cspan_status offer(cspan_found *best, const char *key, const char *version, size_t place,
                          cspan_error **error) {
  if (best->key && strcmp(version, best->version) <= 0) {
    return CSPAN_OK;
  }
  cspan_found found = {cspan_strdup(key), cspan_strdup(version), place};
  if (!found.key || !found.version) {
    cspan_found_clear(&found);
    return no_memory(error);
  }
  cspan_found_clear(best);
  *best = found;
  return CSPAN_OK;
}

/* The first entry that is not before the key. */
static uint32_t first_entry(const cspan_model_file *file, const char *key) {
  uint32_t low = 0;
  uint32_t high = file->header->entries;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (strcmp(file->texts + file->entries[middle].key, key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static cspan_status search_file(const cspan_place *place, size_t index, const char *key,
                                const char *version, cspan_found *best, cspan_error **error) {
  const cspan_model_file *file = &place->file;
  cspan_status status = CSPAN_OK;
  for (uint32_t i = first_entry(file, key); i < file->header->entries; i++) {
    const char *has = file->texts + file->entries[i].api_version;
    if (strcmp(file->texts + file->entries[i].key, key) != 0 || status != CSPAN_OK) {
      break;
    }
    if (!version || strcmp(version, has) == 0) {
      status = offer(best, key, has, index, error);
    }
  }
  return status;
}

static cspan_status search_folder(const cspan_place *place, size_t index, const char *key,
                                  const char *version, cspan_found *best, cspan_error **error) {
  cspan_name_list versions;
  cspan_status status = cspan_folder_versions(place->path, key, &versions, error);
  for (size_t i = 0; i < versions.count && status == CSPAN_OK; i++) {
    if (version ? strcmp(version, versions.names[i]) == 0 : i + 1 == versions.count) {
      status = offer(best, key, versions.names[i], index, error);
    }
  }
  cspan_name_list_free(&versions);
  return status;
}

static cspan_status find_key(const cspan_model_store *store, const char *key, const char *version,
                             cspan_found *best, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < store->place_count && status == CSPAN_OK; i++) {
    const cspan_place *place = &store->places[i];
    status = place->blob ? search_file(place, i, key, version, best, error)
                         : search_folder(place, i, key, version, best, error);
  }
  return status;
}

/* The key of a service by its id or by another writing of the key; NULL: not in this file. */
static const char *file_key(const cspan_model_file *file, const char *name) {
  for (uint32_t i = 0; i < file->header->entries; i++) {
    const char *key = file->texts + file->entries[i].key;
    if (cspan_service_name_eq(key, name) ||
        cspan_service_name_eq(file->texts + file->entries[i].service_id, name)) {
      return key;
    }
  }
  return NULL;
}

static cspan_status is_named(const char *folder, const char *service, const char *name, bool *is,
                             cspan_error **error) {
  cspan_name_list versions = {0};
  cspan_status status = CSPAN_OK;
  *is = false;
  if (cspan_service_name_eq(service, name)) {
    status = cspan_folder_versions(folder, service, &versions, error);
    *is = versions.count != 0;
  }
  cspan_name_list_free(&versions);
  return status;
}

/* *key is owned; NULL where it is not in this folder. Ids cost a look into each model. */
static cspan_status folder_key(const char *folder, const char *name, bool by_id, char **key,
                               cspan_error **error) {
  cspan_name_list services;
  cspan_status status = cspan_folder_services(folder, &services, error);
  for (size_t i = 0; i < services.count && status == CSPAN_OK && !*key; i++) {
    const char *candidate = services.names[i];
    bool is = false;
    status = (by_id ? cspan_folder_has_id : is_named)(folder, candidate, name, &is, error);
    if (status == CSPAN_OK && is) {
      *key = cspan_strdup(candidate);
      status = *key ? CSPAN_OK : no_memory(error);
    }
  }
  cspan_name_list_free(&services);
  return status;
}

static cspan_status other_name(const cspan_model_store *store, const char *name, char **key,
                               cspan_error **error) {
  cspan_status status = CSPAN_OK;
  *key = NULL;
  for (int by_id = 0; by_id < 2; by_id++) {
    for (size_t i = 0; i < store->place_count && status == CSPAN_OK && !*key; i++) {
      const cspan_place *place = &store->places[i];
      if (!place->blob) {
        status = folder_key(place->path, name, by_id == 1, key, error);
      } else {
        const char *found = file_key(&place->file, name);
        *key = found ? cspan_strdup(found) : NULL;
        status = found && !*key ? no_memory(error) : CSPAN_OK;
      }
    }
  }
  return status;
}

static const char *nearest(cspan_model_store *store, const char *service) {
  const char *best = NULL;
  size_t best_closeness = SIZE_MAX;
  if (cspan_store_list(store, NULL) != CSPAN_OK) {
    return NULL;
  }
  for (size_t i = 0; i < store->listed_count; i++) {
    size_t closeness = cspan_closeness(service, strlen(service), store->listed[i].key);
    if (closeness < best_closeness) {
      best = store->listed[i].key;
      best_closeness = closeness;
    }
  }
  return best;
}

static cspan_status not_found(cspan_model_store *store, const char *service, cspan_error **error) {
  cspan_buf looked;
  cspan_buf_init(&looked, 4096);
  const char *meant = nearest(store, service);
  for (size_t i = 0; i < store->place_count; i++) {
    (void)cspan_buf_printf(&looked, "%s%s", i ? ", " : "", store->places[i].path);
  }
  cspan_status status = cspan_error_set_code(
      error, CSPAN_ERR_CONFIG, "unknown_service",
      "no model of service '%s' was found%s%s%s (looked in: %s)%s", service,
      meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "",
      looked.len ? cspan_buf_text(&looked) : "nowhere, as there are no models",
      store->place_count ? "" : "; install python3-botocore, or name a folder in AWS_DATA_PATH");
  cspan_buf_free(&looked);
  return status;
}

static cspan_status no_version(const cspan_model_store *store, const char *service, const char *key,
                               const char *version, cspan_error **error) {
  cspan_found newest = {0};
  cspan_status status = find_key(store, key, NULL, &newest, error);
  if (status == CSPAN_OK) {
    status = cspan_error_set_code(error, CSPAN_ERR_CONFIG, "unknown_service",
                                  "service '%s' has no model of API version '%s'; the newest is "
                                  "'%s'",
                                  service, version, newest.version ? newest.version : "");
  }
  cspan_found_clear(&newest);
  return status;
}

cspan_status cspan_store_find(cspan_model_store *store, const char *service, const char *version,
                              cspan_found *out, cspan_error **error) {
  char *key = NULL;
  *out = (cspan_found){0};
  cspan_status status = find_key(store, service, version, out, error);
  if (status != CSPAN_OK || out->key) {
    return status;
  }
  status = other_name(store, service, &key, error);
  if (status == CSPAN_OK && key) {
    status = find_key(store, key, version, out, error);
  }
  if (status == CSPAN_OK && !out->key) {
    status = key && version ? no_version(store, service, key, version, error)
                            : not_found(store, service, error);
  }
  cspan_free(key);
  return status;
}

static int compare_found(const void *left, const void *right) {
  return strcmp(((const cspan_found *)left)->key, ((const cspan_found *)right)->key);
}

/* The names of all services of a place. */
static cspan_status names_of(const cspan_place *place, cspan_name_list *out, cspan_error **error) {
  if (!place->blob) {
    return cspan_folder_services(place->path, out, error);
  }
  uint32_t count = place->file.header->entries;
  *out = (cspan_name_list){.names = cspan_calloc(count + 1, sizeof *out->names)};
  if (!out->names) {
    return no_memory(error);
  }
  for (uint32_t i = 0; i < count; i++) {
    const char *key = place->file.texts + place->file.entries[i].key;
    if (i > 0 && strcmp(key, place->file.texts + place->file.entries[i - 1].key) == 0) {
      continue;
    }
    char *copy = cspan_strdup(key);
    if (!copy) {
      cspan_name_list_free(out);
      return no_memory(error);
    }
    out->names[out->count++] = copy;
  }
  return CSPAN_OK;
}

typedef struct listing {
  cspan_found *items; /* sorted */
  size_t count;
} listing;

/* Those of one more place, which are in order as well. */
static cspan_status list_place(const cspan_model_store *store, size_t place, listing *list,
                               cspan_error **error) {
  cspan_name_list names = {0};
  cspan_status status = names_of(&store->places[place], &names, error);
  size_t known = list->count;
  cspan_found *items = cspan_realloc(list->items, (known + names.count + 1) * sizeof *list->items);
  if (status == CSPAN_OK && !items) {
    status = no_memory(error);
  }
  list->items = items ? items : list->items;
  for (size_t i = 0; i < names.count && status == CSPAN_OK; i++) {
    cspan_found found = {.key = names.names[i]};
    if (known && bsearch(&found, list->items, known, sizeof found, compare_found)) {
      continue;
    }
    found = (cspan_found){0};
    status = find_key(store, names.names[i], NULL, &found, error);
    if (found.key) {
      list->items[list->count++] = found;
    }
  }
  if (list->count) {
    qsort(list->items, list->count, sizeof *list->items, compare_found);
  }
  cspan_name_list_free(&names);
  return status;
}

cspan_status cspan_store_list(cspan_model_store *store, cspan_error **error) {
  listing list = {0};
  cspan_status status = CSPAN_OK;
  if (store->listed) {
    return CSPAN_OK;
  }
  for (size_t i = 0; i < store->place_count && status == CSPAN_OK; i++) {
    status = list_place(store, i, &list, error);
  }
  if (status == CSPAN_OK) {
    store->listed = list.items;
    store->listed_count = list.count;
    return CSPAN_OK;
  }
  for (size_t i = 0; i < list.count; i++) {
    cspan_found_clear(&list.items[i]);
  }
  cspan_free(list.items);
  return status;
}
