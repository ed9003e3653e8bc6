/* SPDX-License-Identifier: Apache-2.0 */
/* Sums that services ask for in headers of their own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"

/* --------------------------------------------------- the tree hash of Glacier
 * Source: S3 Glacier's developer guide, "Computing Checksums": the SHA-256 of every MiB, then of
 * each two of them, up to one; an odd one is taken over as it is. */

enum { LEAF = 1 << 20, LEVELS = 48 };

typedef struct tree {
  cspan_digest *leaf;
  cspan_digest *all;
  size_t in_leaf;
  uint64_t leaves;
  /* One for every bit that is set in `leaves`: the tree of so many leaves that is complete. */
  uint8_t sums[LEVELS][CSPAN_SHA256_LEN];
} tree;

static void join(const uint8_t left[CSPAN_SHA256_LEN], uint8_t right_and_out[CSPAN_SHA256_LEN]) {
  uint8_t both[2 * CSPAN_SHA256_LEN];
  memcpy(both, left, CSPAN_SHA256_LEN);
  memcpy(both + CSPAN_SHA256_LEN, right_and_out, CSPAN_SHA256_LEN);
  cspan_sha256(both, sizeof both, right_and_out);
}

static void end_leaf(tree *t) {
  uint8_t sum[CSPAN_SHA256_LEN];
  unsigned level = 0;
  cspan_digest_final(t->leaf, sum);
  cspan_digest_reset(t->leaf);
  t->in_leaf = 0;
  for (uint64_t n = t->leaves; (n & 1) != 0; n >>= 1) {
    join(t->sums[level++], sum);
  }
  memcpy(t->sums[level], sum, sizeof sum);
  t->leaves++;
}

static void take_bytes(void *user, const void *data, size_t len) {
  tree *t = user;
  const char *at = data;
  cspan_digest_update(t->all, data, len);
  while (len > 0) {
    size_t some = len < LEAF - t->in_leaf ? len : LEAF - t->in_leaf;
    cspan_digest_update(t->leaf, at, some);
    t->in_leaf += some;
    at += some;
    len -= some;
    if (t->in_leaf == LEAF) {
      end_leaf(t);
    }
  }
}

static void end_tree(tree *t, uint8_t out[CSPAN_SHA256_LEN]) {
  bool has = false;
  if (t->in_leaf > 0 || t->leaves == 0) {
    end_leaf(t);
  }
  for (unsigned level = 0; level < LEVELS; level++) {
    if ((t->leaves >> level & 1) == 0) {
      continue;
    }
    if (has) {
      join(t->sums[level], out);
    } else {
      memcpy(out, t->sums[level], CSPAN_SHA256_LEN);
      has = true;
    }
  }
}

static cspan_status put_hex(struct cspan_call *call, const char *name,
                            const uint8_t sum[CSPAN_SHA256_LEN]) {
  char hex[2 * CSPAN_SHA256_LEN + 1];
  if (cspan_call_request_header(call, name) != NULL) {
    return CSPAN_OK; /* the caller has it already */
  }
  cspan_hex_encode(sum, CSPAN_SHA256_LEN, hex);
  return cspan_call_set_request_header(call, name, hex);
}

static cspan_status put_sums(struct cspan_call *call, tree *t) {
  uint8_t sum[CSPAN_SHA256_LEN];
  cspan_digest_final(t->all, sum);
  cspan_status status = put_hex(call, "x-amz-content-sha256", sum);
  if (status == CSPAN_OK) {
    end_tree(t, sum);
    status = put_hex(call, "x-amz-sha256-tree-hash", sum);
  }
  return status;
}

cspan_status cspan_custom_tree_hash(cspan_custom *c, const char *detail, cspan_error **error) {
  tree t = {.leaf = cspan_digest_new(CSPAN_DIGEST_SHA256),
            .all = cspan_digest_new(CSPAN_DIGEST_SHA256)};
  cspan_status status = CSPAN_ERR_NOMEM;
  (void)detail;
  if (t.leaf != NULL && t.all != NULL) {
    status = cspan_call_visit_body(c->call, take_bytes, &t, error);
  }
  if (status == CSPAN_OK) {
    status = put_sums(c->call, &t);
  }
  cspan_digest_free(t.leaf);
  cspan_digest_free(t.all);
  return status;
}

/* ------------------------------------------------------- the CRC of DynamoDB */

/* The sum of the bytes as they were sent, which are not ours to see where they were packed. A
 * damaged answer is asked for again. */
cspan_status cspan_custom_crc32(cspan_custom *c, const char *detail, cspan_error **error) {
  const char *text = cspan_header_block_get(c->response->headers, detail);
  uint64_t wanted = 0;
  if (text == NULL || !cspan_parse_u64(text, &wanted) ||
      cspan_header_block_get(c->response->headers, "content-encoding") != NULL) {
    return CSPAN_OK;
  }
  if (cspan_crc32(0, c->response->body, c->response->body_size) == wanted) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_CHECKSUM,
                         "the received content does not match its %s: it was damaged on the way",
                         detail);
}
