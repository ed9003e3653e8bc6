/* SPDX-License-Identifier: Apache-2.0 */
/* What the three listings of keys share: prefix, delimiter, groups, pages. */
#ifndef SANDBOX_LISTING_H
#define SANDBOX_LISTING_H

#include "base/text.h"
#include "sandbox/call.h"

typedef struct sbx_listing {
  sbx_call *call;
  const char *prefix;    /* "" when not given */
  const char *delimiter; /* NULL when not given */
  int max;
  bool encode; /* encoding-type=url */
  int count;
  bool truncated;
  cspan_buf groups; /* the CommonPrefixes elements */
  /* The last that was listed: a key (of the map) or a group. Borrowed. */
  const char *last;
  size_t last_len;
  bool last_is_group;
} sbx_listing;

/* Reads prefix, delimiter, encoding-type and the parameter named `max_name`. */
sbx_error cspan_sbx_listing_init(sbx_listing *listing, sbx_call *call, const char *max_name);
void cspan_sbx_listing_free(sbx_listing *listing);

/* Lists from `node` on. `put` writes one entry to call->xml. */
typedef void (*sbx_listing_fn)(sbx_listing *listing, void *value);
void cspan_sbx_listing_walk(sbx_listing *listing, const sbx_map *map, sbx_map_node *node,
                            sbx_listing_fn put);

/* An element whose text is a key, encoded when that was asked for. */
void cspan_sbx_listing_key(const sbx_listing *listing, cspan_buf *out, const char *name,
                           const char *text, size_t len);
/* Prefix, Delimiter, EncodingType, IsTruncated and the groups. */
void cspan_sbx_listing_finish(sbx_listing *listing);

/* The first node that is neither before `prefix` nor at or before `marker`; with
 * `group`, nor in the group that is `marker`. */
sbx_map_node *cspan_sbx_listing_start(const sbx_map *map, const char *prefix, const char *marker,
                                      size_t marker_len, bool group);

#endif
