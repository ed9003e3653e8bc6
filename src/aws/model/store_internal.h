/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AWS_MODEL_STORE_INTERNAL_H
#define AWS_MODEL_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/model/blob.h"
#include "aws/model/file.h"
#include "aws/model/folder.h"
#include "aws/model/store.h"

/* Bytes in a blob. */
typedef struct cspan_partitions_bytes {
  cspan_blob *blob; /* NULL: there are none */
  const void *data;
  size_t size;
} cspan_partitions_bytes;

/* A compiled file, or a folder of JSON files. */
typedef struct cspan_place {
  char *path;
  cspan_blob *blob; /* of the file; NULL: a folder */
  cspan_model_file file;
  bool partitions_known;
  cspan_partitions_bytes partitions;
} cspan_place;

/* A model at one place. */
typedef struct cspan_found {
  char *key;
  char *version;
  size_t place;
} cspan_found;

/* A service that was opened; the store holds one reference. */
typedef struct cspan_loaded {
  cspan_service_model model; /* first: what users have a pointer to */
  atomic_size_t references;
  cspan_blob *section;
  cspan_blob *partitions;
} cspan_loaded;

typedef struct cspan_cached {
  cspan_found found;
  cspan_loaded *loaded;
} cspan_cached;

struct cspan_model_store {
  pthread_mutex_t lock;
  cspan_place *places; /* in the order of their preference; do not change any more */
  size_t place_count;
  cspan_cached *cached;
  size_t cached_count;
  cspan_found *listed; /* every service; NULL until it is asked for */
  size_t listed_count;
};

/* Finds the places of the options and of the environment. */
cspan_status cspan_store_find_places(cspan_model_store *store,
                                     const cspan_model_store_options *options, cspan_error **error);
/* Those that hold JSON files: what is compiled is not asked. */
cspan_status cspan_store_find_folders(cspan_model_store *store, const char *data_path,
                                      cspan_error **error);
void cspan_found_clear(cspan_found *found);
/* The place of a service by any of its names; NULL: the newest version. With the lock held. */
cspan_status cspan_store_find(cspan_model_store *store, const char *service, const char *version,
                              cspan_found *out, cspan_error **error);
/* Fills `listed`. With the lock held. */
cspan_status cspan_store_list(cspan_model_store *store, cspan_error **error);
/* Opens what was found. With the lock held. */
cspan_status cspan_store_load(cspan_model_store *store, const cspan_found *found,
                              cspan_loaded **out, cspan_error **error);

#endif
