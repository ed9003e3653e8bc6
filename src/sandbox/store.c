/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/store.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sys.h"
#include "base/text.h"
#include "sandbox/body.h"

void cspan_sbx_new_id(char out[SBX_ID_LEN + 1]) {
  snprintf(out, SBX_ID_LEN + 1, "%016llx%016llx", (unsigned long long)cspan_unix_ns(),
           (unsigned long long)cspan_random_u64());
}

sbx_store *cspan_sbx_store_new(const sbx_backing *backing, void *state) {
  sbx_store *store = cspan_calloc(1, sizeof *store);
  sbx_map *buckets = cspan_sbx_map_new();
  if (!store || !buckets) {
    cspan_sbx_map_free(buckets, NULL);
    cspan_free(store);
    return NULL;
  }
  store->backing = backing;
  store->state = state;
  store->buckets = buckets;
  return store;
}

void cspan_sbx_store_free(sbx_store *store) {
  if (!store) {
    return;
  }
  store->closing = true;
  cspan_sbx_map_free(store->buckets, cspan_sbx_bucket_free);
  if (store->backing->close) {
    store->backing->close(store);
  }
  cspan_free(store);
}

/* ----------------------------------------------------------------- buckets */

sbx_bucket *cspan_sbx_bucket_new(const char *name, const char *region, time_t created) {
  sbx_bucket *bucket = cspan_calloc(1, sizeof *bucket);
  if (!bucket) {
    return NULL;
  }
  snprintf(bucket->name, sizeof bucket->name, "%s", name);
  snprintf(bucket->region, sizeof bucket->region, "%s", region);
  bucket->created = created;
  bucket->objects = cspan_sbx_map_new();
  bucket->uploads = cspan_sbx_map_new();
  if (!bucket->objects || !bucket->uploads) {
    cspan_sbx_bucket_free(bucket);
    return NULL;
  }
  return bucket;
}

void cspan_sbx_bucket_free(void *value) {
  sbx_bucket *bucket = value;
  if (bucket) {
    cspan_sbx_map_free(bucket->objects, cspan_sbx_object_free);
    cspan_sbx_map_free(bucket->uploads, cspan_sbx_upload_free);
    cspan_free(bucket);
  }
}

sbx_bucket *cspan_sbx_bucket_find(const sbx_store *store, const char *name) {
  return cspan_sbx_map_get(store->buckets, name, strlen(name));
}

cspan_status cspan_sbx_bucket_add(sbx_store *store, sbx_bucket *bucket, bool save) {
  void *old;
  cspan_status status =
      cspan_sbx_map_put(store->buckets, bucket->name, strlen(bucket->name), bucket, &old);
  if (status == CSPAN_OK && save && store->backing->save_bucket) {
    status = store->backing->save_bucket(store, bucket);
    if (status != CSPAN_OK) {
      cspan_sbx_map_remove(store->buckets, bucket->name, strlen(bucket->name));
    }
  }
  return status;
}

void cspan_sbx_bucket_remove(sbx_store *store, sbx_bucket *bucket) {
  if (store->backing->drop_bucket) {
    store->backing->drop_bucket(store, bucket);
  }
  cspan_sbx_map_remove(store->buckets, bucket->name, strlen(bucket->name));
  cspan_sbx_bucket_free(bucket);
}

/* ----------------------------------------------------------------- objects */

sbx_object *cspan_sbx_object_new(const char *key, size_t len) {
  sbx_object *object = cspan_calloc(1, sizeof *object);
  char *copy = cspan_strndup(key, len);
  if (!object || !copy) {
    cspan_free(object);
    cspan_free(copy);
    return NULL;
  }
  object->key = copy;
  object->key_len = len;
  return object;
}

void cspan_sbx_object_free(void *value) {
  sbx_object *object = value;
  if (object) {
    cspan_sbx_body_free(&object->body);
    cspan_sbx_pairs_free(&object->headers);
    cspan_free(object->part_sizes);
    cspan_free(object->key);
    cspan_free(object);
  }
}

sbx_object *cspan_sbx_object_find(const sbx_bucket *bucket, const char *key, size_t len) {
  return cspan_sbx_map_get(bucket->objects, key, len);
}

/* Saving comes second, because only it can be tried again without a trace: a
 * node of the map is undone, a file that was replaced is not. */
cspan_status cspan_sbx_object_put(sbx_store *store, sbx_bucket *bucket, sbx_object *object,
                                  bool save) {
  void *old = NULL;
  cspan_status status =
      cspan_sbx_map_put(bucket->objects, object->key, object->key_len, object, &old);
  if (status == CSPAN_OK && save && store->backing->save_object) {
    status = store->backing->save_object(store, bucket, object);
    if (status != CSPAN_OK && old) {
      void *same;
      cspan_sbx_map_put(bucket->objects, object->key, object->key_len, old, &same);
    } else if (status != CSPAN_OK) {
      cspan_sbx_map_remove(bucket->objects, object->key, object->key_len);
    }
  }
  if (status == CSPAN_OK) {
    cspan_sbx_object_free(old);
  }
  return status;
}

void cspan_sbx_object_remove(sbx_store *store, sbx_bucket *bucket, const char *key, size_t len) {
  sbx_object *object = cspan_sbx_map_remove(bucket->objects, key, len);
  if (object && store->backing->drop_object) {
    store->backing->drop_object(store, bucket, object);
  }
  cspan_sbx_object_free(object);
}

/* ----------------------------------------------------------------- uploads */

sbx_upload *cspan_sbx_upload_new(const char *key, size_t len) {
  sbx_upload *upload = cspan_calloc(1, sizeof *upload);
  char *copy = cspan_strndup(key, len);
  if (!upload || !copy) {
    cspan_free(upload);
    cspan_free(copy);
    return NULL;
  }
  upload->key = copy;
  upload->key_len = len;
  return upload;
}

void cspan_sbx_upload_free(void *value) {
  sbx_upload *upload = value;
  if (upload) {
    for (size_t i = 0; i < upload->part_count; i++) {
      cspan_sbx_part_free(upload->parts[i]);
    }
    cspan_free(upload->parts);
    cspan_sbx_pairs_free(&upload->headers);
    cspan_free(upload->key);
    cspan_free(upload);
  }
}

/* The name under which an upload is in the map; its length, 0 when too long. */
static size_t upload_name(const char *key, size_t len, const char *id,
                          char out[SBX_KEY_MAX + SBX_ID_LEN + 2]) {
  size_t id_len = strlen(id);
  if (len > SBX_KEY_MAX || id_len != SBX_ID_LEN) {
    return 0;
  }
  memcpy(out, key, len);
  out[len] = '\0';
  memcpy(out + len + 1, id, id_len + 1);
  return len + 1 + id_len;
}

sbx_upload *cspan_sbx_upload_find(const sbx_bucket *bucket, const char *key, size_t len,
                                  const char *id) {
  char name[SBX_KEY_MAX + SBX_ID_LEN + 2];
  size_t name_len = upload_name(key, len, id, name);
  return name_len ? cspan_sbx_map_get(bucket->uploads, name, name_len) : NULL;
}

cspan_status cspan_sbx_upload_add(sbx_store *store, sbx_bucket *bucket, sbx_upload *upload,
                                  bool save) {
  char name[SBX_KEY_MAX + SBX_ID_LEN + 2];
  size_t len = upload_name(upload->key, upload->key_len, upload->id, name);
  void *old;
  cspan_status status =
      len ? cspan_sbx_map_put(bucket->uploads, name, len, upload, &old) : CSPAN_ERR_INVALID;
  if (status == CSPAN_OK && save && store->backing->save_upload) {
    status = store->backing->save_upload(store, bucket, upload);
    if (status != CSPAN_OK) {
      cspan_sbx_map_remove(bucket->uploads, name, len);
    }
  }
  store->open_uploads += status == CSPAN_OK ? 1 : 0;
  return status;
}

void cspan_sbx_upload_remove(sbx_store *store, sbx_bucket *bucket, sbx_upload *upload) {
  char name[SBX_KEY_MAX + SBX_ID_LEN + 2];
  size_t len = upload_name(upload->key, upload->key_len, upload->id, name);
  cspan_sbx_map_remove(bucket->uploads, name, len);
  if (store->backing->drop_upload) {
    store->backing->drop_upload(store, upload);
  }
  cspan_sbx_upload_free(upload);
  store->open_uploads--;
}

sbx_part *cspan_sbx_part_new(int number) {
  sbx_part *part = cspan_calloc(1, sizeof *part);
  if (part) {
    part->number = number;
  }
  return part;
}

void cspan_sbx_part_free(sbx_part *part) {
  if (part) {
    cspan_sbx_body_free(&part->body);
    cspan_free(part);
  }
}

size_t cspan_sbx_part_seek(const sbx_upload *upload, int number) {
  size_t low = 0;
  size_t high = upload->part_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (upload->parts[middle]->number < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

sbx_part *cspan_sbx_part_find(const sbx_upload *upload, int number) {
  size_t at = cspan_sbx_part_seek(upload, number);
  bool found = at < upload->part_count && upload->parts[at]->number == number;
  return found ? upload->parts[at] : NULL;
}

static cspan_status reserve_part(sbx_upload *upload) {
  if (upload->part_count < upload->part_cap) {
    return CSPAN_OK;
  }
  size_t cap = upload->part_cap ? upload->part_cap * 2 : 16;
  sbx_part **parts = cspan_realloc(upload->parts, cap * sizeof(sbx_part *));
  if (!parts) {
    return CSPAN_ERR_NOMEM;
  }
  upload->parts = parts;
  upload->part_cap = cap;
  return CSPAN_OK;
}

cspan_status cspan_sbx_part_put(sbx_store *store, sbx_upload *upload, sbx_part *part, bool save) {
  cspan_status status = reserve_part(upload);
  if (status == CSPAN_OK && save && store->backing->save_part) {
    status = store->backing->save_part(store, upload, part);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  size_t at = cspan_sbx_part_seek(upload, part->number);
  if (at < upload->part_count && upload->parts[at]->number == part->number) {
    cspan_sbx_part_free(upload->parts[at]);
  } else {
    memmove(upload->parts + at + 1, upload->parts + at,
            (upload->part_count - at) * sizeof(sbx_part *));
    upload->part_count++;
  }
  upload->parts[at] = part;
  return CSPAN_OK;
}
