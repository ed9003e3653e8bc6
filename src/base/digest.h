/* SPDX-License-Identifier: Apache-2.0 */
/* Digests (libcrypto) and the CRCs of S3 (ours: table or instruction based). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <cloudspan/base.h>

#define CSPAN_SHA256_LEN 32
#define CSPAN_SHA1_LEN   20
#define CSPAN_MD5_LEN    16

void cspan_sha256(const void *data, size_t len, uint8_t out[CSPAN_SHA256_LEN]);
void cspan_md5(const void *data, size_t len, uint8_t out[CSPAN_MD5_LEN]);
void cspan_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                       uint8_t out[CSPAN_SHA256_LEN]);
/* SHA-256 in lower-case hex, NUL-terminated. */
void cspan_sha256_hex(const void *data, size_t len, char out[2 * CSPAN_SHA256_LEN + 1]);

typedef enum cspan_digest_kind {
  CSPAN_DIGEST_MD5,
  CSPAN_DIGEST_SHA1,
  CSPAN_DIGEST_SHA256,
  CSPAN_DIGEST_CRC32,    /* zlib's, output big-endian */
  CSPAN_DIGEST_CRC32C,   /* Castagnoli */
  CSPAN_DIGEST_CRC64NVME /* poly 0xad93d23594c93659, reflected, init and xorout ~0 */
} cspan_digest_kind;

/* An incremental digest. NULL when out of memory. */
typedef struct cspan_digest cspan_digest;
cspan_digest *cspan_digest_new(cspan_digest_kind kind);
void cspan_digest_free(cspan_digest *digest);
void cspan_digest_reset(cspan_digest *digest);
void cspan_digest_update(cspan_digest *digest, const void *data, size_t len);
/* Writes cspan_digest_len(kind) bytes; then only reset or free may follow. */
void cspan_digest_final(cspan_digest *digest, uint8_t *out);
size_t cspan_digest_len(cspan_digest_kind kind); /* at most 32 */

#endif
