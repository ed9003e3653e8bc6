/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a resolver of endpoints. */
#ifndef AWS_RULES_RESOLVER_H
#define AWS_RULES_RESOLVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/rules/params.h"

/* A result with its memory. */
typedef struct cspan_shared_endpoint {
  cspan_client_endpoint_result result; /* first: what callers see */
  atomic_int refs;
  cspan_arena *arena;
} cspan_shared_endpoint;

typedef struct cspan_endpoint_entry {
  uint64_t hash;
  uint64_t used; /* when, by the count of uses */
  const char *key;
  size_t key_size;
  cspan_shared_endpoint *shared;
} cspan_endpoint_entry;

struct cspan_endpoint_resolver {
  const cspan_service_model *model;
  cspan_rules *rules;
  cspan_partitions *partitions;
  cspan_params_plan plan;
  pthread_mutex_t mutex;
  uint64_t uses;
  size_t count;
  cspan_endpoint_entry entries[CSPAN_ENDPOINT_CACHE_SIZE];
};

/* The rules for the values of all parameters; all of *out lives in `arena`. */
cspan_status cspan_endpoint_evaluate(const cspan_endpoint_resolver *resolver,
                                     const cspan_value *values, cspan_arena *arena,
                                     cspan_client_endpoint_result *out, cspan_error **error);

#endif
