/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/bucket_regions.h"

#include <string.h>

#include "base/alloc.h"

void cspan_bucket_regions_init(cspan_bucket_regions *regions) {
  pthread_mutex_init(&regions->mutex, NULL);
}

void cspan_bucket_regions_free(cspan_bucket_regions *regions) {
  for (size_t i = 0; i < regions->count; i++) {
    cspan_free(regions->items[i].bucket);
    cspan_free(regions->items[i].region);
  }
  pthread_mutex_destroy(&regions->mutex);
}

/* With the mutex. */
static cspan_bucket_region *find(cspan_bucket_regions *regions, const char *bucket) {
  for (size_t i = 0; i < regions->count; i++) {
    if (strcmp(regions->items[i].bucket, bucket) == 0) {
      return &regions->items[i];
    }
  }
  return NULL;
}

const char *cspan_bucket_regions_get(cspan_bucket_regions *regions, const char *bucket,
                                     cspan_arena *arena) {
  if (atomic_load_explicit(&regions->count, memory_order_relaxed) == 0) {
    return NULL;
  }
  pthread_mutex_lock(&regions->mutex);
  const cspan_bucket_region *found = find(regions, bucket);
  const char *copy = found != NULL ? cspan_arena_strdup(arena, found->region) : NULL;
  pthread_mutex_unlock(&regions->mutex);
  return copy;
}

static cspan_bucket_region *place_for_one(cspan_bucket_regions *regions) {
  size_t count = regions->count;
  if (count < CSPAN_BUCKET_REGIONS_MAX) {
    atomic_store_explicit(&regions->count, count + 1, memory_order_relaxed);
    return &regions->items[count];
  }
  cspan_bucket_region *oldest = &regions->items[regions->next];
  regions->next = (regions->next + 1) % CSPAN_BUCKET_REGIONS_MAX;
  cspan_free(oldest->bucket);
  cspan_free(oldest->region);
  return oldest;
}

void cspan_bucket_regions_put(cspan_bucket_regions *regions, const char *bucket,
                              const char *region) {
  char *name = cspan_strdup(bucket);
  char *where = cspan_strdup(region);
  if (name == NULL || where == NULL) {
    cspan_free(name);
    cspan_free(where);
    return;
  }
  pthread_mutex_lock(&regions->mutex);
  cspan_bucket_region *found = find(regions, bucket);
  if (found != NULL) {
    cspan_free(found->region);
    found->region = where;
    cspan_free(name);
  } else {
    *place_for_one(regions) = (cspan_bucket_region){name, where};
  }
  pthread_mutex_unlock(&regions->mutex);
}
