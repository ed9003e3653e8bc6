/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crc.h"
#include "base/log.h"
#include "base/text.h"

enum { HASHES = CSPAN_DIGEST_SHA256 + 1, SHA256_BLOCK = 64 };

/* Fetched once: a fetch walks the providers and costs more than a short hash. */
static EVP_MD *methods[HASHES];
static pthread_once_t methods_once = PTHREAD_ONCE_INIT;

/* One context a thread and hash for the one-shot functions, so that they do not
 * allocate. */
static _Thread_local EVP_MD_CTX *contexts[HASHES];
static pthread_key_t contexts_key;
static bool contexts_key_made;

static void free_contexts(void *list) {
  EVP_MD_CTX **each = list;
  for (int i = 0; i < HASHES; i++) {
    EVP_MD_CTX_free(each[i]);
    each[i] = NULL;
  }
}

static void fetch_methods(void) {
  static const char *const method_names[HASHES] = {"MD5", "SHA1", "SHA256"};
  for (int i = 0; i < HASHES; i++) {
    methods[i] = EVP_MD_fetch(NULL, method_names[i], NULL);
  }
  contexts_key_made = pthread_key_create(&contexts_key, free_contexts) == 0;
}

static const EVP_MD *method_of(cspan_digest_kind kind) {
  pthread_once(&methods_once, fetch_methods);
  return methods[kind];
}

static EVP_MD_CTX *thread_context(cspan_digest_kind kind) {
  if (!contexts[kind]) {
    pthread_once(&methods_once, fetch_methods);
    if (contexts_key_made && pthread_setspecific(contexts_key, contexts) == 0) {
      contexts[kind] = EVP_MD_CTX_new();
    }
  }
  return contexts[kind];
}

/* A digest that cannot be computed is all zero: it matches nothing, so that a
 * signature or a checksum made from it is refused rather than believed. */
static void fail(cspan_digest_kind kind, uint8_t *out) {
  memset(out, 0, cspan_digest_len(kind));
  cspan_log(CSPAN_LOG_ERROR, "libcrypto could not compute a digest: out of memory, or the "
                             "algorithm is switched off in its configuration");
}

/* The digest of a followed by b. */
static void hash_two(cspan_digest_kind kind, const void *a, size_t a_len, const void *b,
                     size_t b_len, uint8_t *out) {
  const EVP_MD *method = method_of(kind);
  EVP_MD_CTX *context = thread_context(kind);
  if (!method || !context || !EVP_DigestInit_ex2(context, method, NULL) ||
      (a_len && !EVP_DigestUpdate(context, a, a_len)) ||
      (b_len && !EVP_DigestUpdate(context, b, b_len)) || !EVP_DigestFinal_ex(context, out, NULL)) {
    fail(kind, out);
  }
}

void cspan_sha256(const void *data, size_t len, uint8_t out[CSPAN_SHA256_LEN]) {
  hash_two(CSPAN_DIGEST_SHA256, data, len, NULL, 0, out);
}

void cspan_md5(const void *data, size_t len, uint8_t out[CSPAN_MD5_LEN]) {
  hash_two(CSPAN_DIGEST_MD5, data, len, NULL, 0, out);
}

void cspan_sha256_hex(const void *data, size_t len, char out[2 * CSPAN_SHA256_LEN + 1]) {
  uint8_t digest[CSPAN_SHA256_LEN];
  cspan_sha256(data, len, digest);
  cspan_hex_encode(digest, sizeof digest, out);
}

/* RFC 2104 on the thread's context: libcrypto's own HMAC allocates per call. */
void cspan_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                       uint8_t out[CSPAN_SHA256_LEN]) {
  uint8_t block[SHA256_BLOCK] = {0};
  uint8_t inner[CSPAN_SHA256_LEN];
  if (key_len > sizeof block) {
    cspan_sha256(key, key_len, block);
  } else if (key_len) {
    memcpy(block, key, key_len);
  }
  for (size_t i = 0; i < sizeof block; i++) {
    block[i] ^= 0x36;
  }
  hash_two(CSPAN_DIGEST_SHA256, block, sizeof block, data, len, inner);
  for (size_t i = 0; i < sizeof block; i++) {
    block[i] ^= 0x36 ^ 0x5c;
  }
  hash_two(CSPAN_DIGEST_SHA256, block, sizeof block, inner, sizeof inner, out);
  cspan_memzero(block, sizeof block);
  cspan_memzero(inner, sizeof inner);
}

/* ------------------------------------------------------------- incremental */

struct cspan_digest {
  cspan_digest_kind kind;
  bool failed;
  EVP_MD_CTX *context; /* of the hashes */
  uint64_t crc;        /* of the others */
};

cspan_digest *cspan_digest_new(cspan_digest_kind kind) {
  cspan_digest *digest = cspan_calloc(1, sizeof *digest);
  if (!digest) {
    return NULL;
  }
  digest->kind = kind;
  if (kind <= CSPAN_DIGEST_SHA256) {
    digest->context = EVP_MD_CTX_new();
    if (!digest->context) {
      cspan_free(digest);
      return NULL;
    }
  }
  cspan_digest_reset(digest);
  return digest;
}

void cspan_digest_free(cspan_digest *digest) {
  if (digest) {
    EVP_MD_CTX_free(digest->context);
    cspan_free(digest);
  }
}

void cspan_digest_reset(cspan_digest *digest) {
  digest->crc = 0;
  digest->failed = false;
  if (digest->context) {
    const EVP_MD *method = method_of(digest->kind);
    digest->failed = !method || !EVP_DigestInit_ex2(digest->context, method, NULL);
  }
}

void cspan_digest_update(cspan_digest *digest, const void *data, size_t len) {
  if (len == 0) {
    return;
  }
  switch (digest->kind) {
  case CSPAN_DIGEST_CRC32:
    digest->crc = cspan_crc32((uint32_t)digest->crc, data, len);
    break;
  case CSPAN_DIGEST_CRC32C:
    digest->crc = cspan_crc32c((uint32_t)digest->crc, data, len);
    break;
  case CSPAN_DIGEST_CRC64NVME:
    digest->crc = cspan_crc64nvme(digest->crc, data, len);
    break;
  default:
    digest->failed = digest->failed || !EVP_DigestUpdate(digest->context, data, len);
  }
}

void cspan_digest_final(cspan_digest *digest, uint8_t *out) {
  if (digest->context) {
    if (digest->failed || !EVP_DigestFinal_ex(digest->context, out, NULL)) {
      fail(digest->kind, out);
    }
    return;
  }
  size_t len = cspan_digest_len(digest->kind);
  for (size_t i = 0; i < len; i++) {
    out[i] = (uint8_t)(digest->crc >> (8 * (len - 1 - i)));
  }
}

size_t cspan_digest_len(cspan_digest_kind kind) {
  switch (kind) {
  case CSPAN_DIGEST_MD5:
    return CSPAN_MD5_LEN;
  case CSPAN_DIGEST_SHA1:
    return CSPAN_SHA1_LEN;
  case CSPAN_DIGEST_SHA256:
    return CSPAN_SHA256_LEN;
  case CSPAN_DIGEST_CRC32:
  case CSPAN_DIGEST_CRC32C:
    return 4;
  case CSPAN_DIGEST_CRC64NVME:
    return 8;
  }
  return 0;
}
