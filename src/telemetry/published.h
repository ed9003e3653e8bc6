/* SPDX-License-Identifier: Apache-2.0 */
/* The resource of a provider as its processors are told it: when the provider is made,
 * when background detectors are done, and in a forked child, whose process ids are its
 * own. What was told once stays, as a processor may still be using it. */
#ifndef TELEMETRY_PUBLISHED_H
#define TELEMETRY_PUBLISHED_H

#include <sys/types.h>

#include <cloudspan/ext/exporter.h>

typedef struct cspan_published {
  struct cspan_published *older;
  cspan_encoded_resource resource;
  uint8_t *bytes; /* of `resource` */
  char *schema_url;
  /* The process that the bytes speak of. */
  pid_t pid;
  pid_t parent_pid;
  uint8_t *spare; /* where a forked child writes its own, without allocating */
} cspan_published;

/* Takes `bytes`, a Resource message; NULL when out of memory. `schema_url` may be NULL. */
cspan_published *cspan_published_create(uint8_t *bytes, size_t size_bytes, const char *schema_url,
                                        bool is_final);
/* With the older ones. */
void cspan_published_free(cspan_published *published);
/* In a forked child: the same with the ids of this process, and final, as the detectors
 * are the parent's threads. */
cspan_encoded_resource cspan_published_in_child(cspan_published *published);

/* An attribute whose integer is another one now. */
typedef struct cspan_renumbered {
  const char *key; /* at most 32 bytes */
  int64_t before;
  int64_t after;
} cspan_renumbered;
#define CSPAN_RENUMBERED_KEY_MAX 32

/* Copies a Resource message to `out`, which has room for 10 bytes more an attribute of
 * `changes`; only attributes with the key and the integer `before` change. Returns the
 * size. */
size_t cspan_resource_renumber(const uint8_t *bytes, size_t size_bytes,
                               const cspan_renumbered *changes, size_t count, uint8_t *out);

#endif
