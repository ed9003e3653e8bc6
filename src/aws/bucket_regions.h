/* SPDX-License-Identifier: Apache-2.0 */
/* In which regions buckets were found, for a client that was made for another one. Thread-safe. */
#ifndef AWS_BUCKET_REGIONS_H
#define AWS_BUCKET_REGIONS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"

enum { CSPAN_BUCKET_REGIONS_MAX = 256 };

typedef struct cspan_bucket_region {
  char *bucket;
  char *region;
} cspan_bucket_region;

typedef struct cspan_bucket_regions {
  pthread_mutex_t mutex;
  _Atomic size_t count; /* read without the mutex: most clients know of none */
  size_t next;          /* the place that a new one takes when all are taken */
  cspan_bucket_region items[CSPAN_BUCKET_REGIONS_MAX];
} cspan_bucket_regions;

void cspan_bucket_regions_init(cspan_bucket_regions *regions);
void cspan_bucket_regions_free(cspan_bucket_regions *regions);
/* A copy in the arena; NULL: not known, or out of memory. */
const char *cspan_bucket_regions_get(cspan_bucket_regions *regions, const char *bucket,
                                     cspan_arena *arena);
/* Without memory it is forgotten, which costs a redirection. */
void cspan_bucket_regions_put(cspan_bucket_regions *regions, const char *bucket,
                              const char *region);

#endif
