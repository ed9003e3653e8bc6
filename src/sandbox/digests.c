/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/call.h"

typedef struct digests {
  cspan_digest *md5;
  cspan_digest *checksum;
} digests;

static cspan_status update(void *user, const char *data, size_t len) {
  const digests *d = user;
  if (d->md5) {
    cspan_digest_update(d->md5, data, len);
  }
  if (d->checksum) {
    cspan_digest_update(d->checksum, data, len);
  }
  return CSPAN_OK;
}

cspan_status cspan_sbx_digest_body(const sbx_body *body, sbx_checksum_kind kind,
                                   uint8_t md5[CSPAN_MD5_LEN], sbx_checksum *checksum) {
  uint8_t digest[CSPAN_SHA256_LEN];
  digests d = {
      .md5 = md5 ? cspan_digest_new(CSPAN_DIGEST_MD5) : NULL,
      .checksum = checksum ? cspan_digest_new(cspan_sbx_checksum_digest(kind)) : NULL,
  };
  cspan_status status = CSPAN_ERR_NOMEM;
  if ((d.md5 || !md5) && (d.checksum || !checksum)) {
    status = cspan_sbx_body_each(body, 0, body->len, update, &d);
  }
  if (status == CSPAN_OK && md5) {
    cspan_digest_final(d.md5, md5);
  }
  if (status == CSPAN_OK && checksum) {
    cspan_digest_final(d.checksum, digest);
    status = cspan_sbx_checksum_set(checksum, kind, digest);
  }
  cspan_digest_free(d.md5);
  cspan_digest_free(d.checksum);
  return status;
}
