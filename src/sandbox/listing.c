/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/listing.h"

#include <string.h>

#include "sandbox/xml.h"

enum { MAX_GROUPS = 8 << 20, MAX_PAGE = 1000 };

sbx_error cspan_sbx_listing_init(sbx_listing *listing, sbx_call *call, const char *max_name) {
  const sbx_request *r = &call->request;
  const char *prefix = cspan_sbx_param(r, "prefix");
  const char *delimiter = cspan_sbx_param(r, "delimiter");
  const char *encoding = cspan_sbx_param(r, "encoding-type");
  *listing = (sbx_listing){.call = call, .prefix = prefix ? prefix : ""};
  cspan_buf_init(&listing->groups, MAX_GROUPS);
  listing->delimiter = delimiter && *delimiter ? delimiter : NULL;
  listing->encode = encoding != NULL;
  if (encoding && strcmp(encoding, "url") != 0) {
    return cspan_sbx_fail(call, SBX_INVALID_ARGUMENT, "Invalid Encoding Method specified");
  }
  sbx_error error = cspan_sbx_int_param(call, max_name, 0, INT32_MAX, MAX_PAGE, &listing->max);
  listing->max = listing->max > MAX_PAGE ? MAX_PAGE : listing->max;
  return error;
}

void cspan_sbx_listing_free(sbx_listing *listing) {
  cspan_buf_free(&listing->groups);
}

static bool has_prefix(const char *key, size_t len, const char *prefix) {
  size_t prefix_len = strlen(prefix);
  return len >= prefix_len && memcmp(key, prefix, prefix_len) == 0;
}

/* Length of the group that the key falls into, delimiter included; 0: none.
 * Keys are UTF-8 without NUL, and end at the first NUL of a name in a map. */
static size_t group_of(const sbx_listing *listing, const char *key) {
  if (!listing->delimiter) {
    return 0;
  }
  const char *found = strstr(key + strlen(listing->prefix), listing->delimiter);
  return found ? (size_t)(found - key) + strlen(listing->delimiter) : 0;
}

static void put_group(sbx_listing *listing, const char *key, size_t len) {
  cspan_sbx_xml_open(&listing->groups, "CommonPrefixes");
  cspan_sbx_listing_key(listing, &listing->groups, "Prefix", key, len);
  cspan_sbx_xml_close(&listing->groups, "CommonPrefixes");
}

void cspan_sbx_listing_walk(sbx_listing *listing, const sbx_map *map, sbx_map_node *node,
                            sbx_listing_fn put) {
  while (node && listing->max > 0) {
    size_t len;
    const char *key = cspan_sbx_map_key(node, &len);
    if (!has_prefix(key, len, listing->prefix)) {
      return;
    }
    if (listing->count == listing->max) {
      listing->truncated = true;
      return;
    }
    size_t group = group_of(listing, key);
    listing->count++;
    listing->last = key;
    listing->last_len = group ? group : len;
    listing->last_is_group = group > 0;
    if (group) {
      put_group(listing, key, group);
      node = cspan_sbx_map_seek_past(map, key, group);
    } else {
      put(listing, cspan_sbx_map_value(node));
      node = cspan_sbx_map_next(node);
    }
  }
}

void cspan_sbx_listing_key(const sbx_listing *listing, cspan_buf *out, const char *name,
                           const char *text, size_t len) {
  if (!listing->encode) {
    cspan_sbx_xml_bytes(out, name, text, len);
    return;
  }
  cspan_sbx_xml_open(out, name);
  cspan_uri_encode(out, text, len, true);
  cspan_sbx_xml_close(out, name);
}

void cspan_sbx_listing_finish(sbx_listing *listing) {
  cspan_buf *xml = &listing->call->xml;
  cspan_sbx_listing_key(listing, xml, "Prefix", listing->prefix, strlen(listing->prefix));
  if (listing->delimiter) {
    cspan_sbx_listing_key(listing, xml, "Delimiter", listing->delimiter,
                          strlen(listing->delimiter));
  }
  if (listing->encode) {
    cspan_sbx_xml_text(xml, "EncodingType", "url");
  }
  cspan_sbx_xml_bool(xml, "IsTruncated", listing->truncated);
  if (cspan_buf_status(&listing->groups) != CSPAN_OK) {
    listing->call->failed = true;
  }
  cspan_buf_append(xml, cspan_buf_text(&listing->groups), listing->groups.len);
}

static int compare(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t shorter = a_len < b_len ? a_len : b_len;
  int order = shorter ? memcmp(a, b, shorter) : 0;
  return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

sbx_map_node *cspan_sbx_listing_start(const sbx_map *map, const char *prefix, const char *marker,
                                      size_t marker_len, bool group) {
  if (!marker || compare(marker, marker_len, prefix, strlen(prefix)) < 0) {
    return cspan_sbx_map_seek(map, prefix, strlen(prefix));
  }
  if (group) {
    return cspan_sbx_map_seek_past(map, marker, marker_len);
  }
  sbx_map_node *node = cspan_sbx_map_seek(map, marker, marker_len);
  size_t len;
  if (node) {
    const char *key = cspan_sbx_map_key(node, &len);
    node = compare(key, len, marker, marker_len) == 0 ? cspan_sbx_map_next(node) : node;
  }
  return node;
}
