/* SPDX-License-Identifier: Apache-2.0 */
/* A set of attributes as the identity of a series: order does not matter, and of a key that is
 * there twice the last one counts. */
#ifndef TELEMETRY_METRICS_ATTR_SET_H
#define TELEMETRY_METRICS_ATTR_SET_H

#include <cloudspan/telemetry.h>

enum { CSPAN_ATTR_SET_MAX = 64 };

/* Of a caller: the attributes are borrowed. */
typedef struct cspan_attr_set {
  uint32_t hash; /* of all, in any order */
  uint32_t count;
  uint32_t hashes[CSPAN_ATTR_SET_MAX]; /* of key and value */
  uint32_t key_sizes[CSPAN_ATTR_SET_MAX];
  const cspan_attr *attrs[CSPAN_ATTR_SET_MAX];
} cspan_attr_set;

/* A copy, with all that it refers to, and as protobuf: KeyValue fields under a one-byte tag. */
typedef struct cspan_attr_key {
  uint32_t count;
  uint32_t wire_len;
  const cspan_attr *attrs; /* with the sizes of their keys */
  const uint8_t *wire;
} cspan_attr_key;

/* Those without a key, and those above the limit, are left out. */
void cspan_attr_set_make(cspan_attr_set *set, const cspan_attr *attributes, size_t count);
/* Takes out what cannot be written: keys that are not UTF-8, values above 64 KiB. */
void cspan_attr_set_clean(cspan_attr_set *set);
/* One block of memory, to be freed with cspan_free(); NULL when there is none. The set is clean. */
cspan_attr_key *cspan_attr_key_create(const cspan_attr_set *set, uint8_t tag);
bool cspan_attr_key_equals(const cspan_attr_key *key, const cspan_attr_set *set);
bool cspan_attr_set_equals(const cspan_attr_set *a, const cspan_attr_set *b);

#endif
