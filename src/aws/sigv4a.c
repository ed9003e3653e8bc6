/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4a.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

enum { SCALAR_LEN = 32, TEXT_MAX = 256, COUNTER_MAX = 254 };

struct cspan_sigv4a_key {
  EVP_PKEY *pair;
  uint8_t point[CSPAN_SIGV4A_POINT_LEN];
};

/* -------------------------------------------------------------- derivation */

/* Whether a candidate is over n - 2, n being the order of P-256. Takes the same time for all. */
static bool is_over(const uint8_t candidate[SCALAR_LEN]) {
  static const uint8_t most[SCALAR_LEN] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                           0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f};
  unsigned borrow = 0;
  for (size_t i = SCALAR_LEN; i-- > 0;) {
    borrow = ((unsigned)most[i] - candidate[i] - borrow) >> 8 & 1;
  }
  return borrow != 0;
}

static void add_one(uint8_t scalar[SCALAR_LEN]) {
  unsigned carry = 1;
  for (size_t i = SCALAR_LEN; i-- > 0;) {
    carry += scalar[i];
    scalar[i] = (uint8_t)carry;
    carry >>= 8;
  }
}

/* The private scalar: the first of the key derivation's values that is in range, plus one. */
static bool derive(const char *access_key_id, const char *secret, uint8_t out[SCALAR_LEN]) {
  static const char label[] = "AWS4-ECDSA-P256-SHA256";
  static const uint8_t first[] = {0, 0, 0, 1};
  static const uint8_t bits[] = {0, 0, 1, 0};
  uint8_t key[5 + TEXT_MAX];
  uint8_t input[sizeof first + sizeof label + TEXT_MAX + 1 + sizeof bits];
  size_t id_len = strlen(access_key_id);
  size_t secret_len = strlen(secret);
  if (id_len > TEXT_MAX || secret_len > TEXT_MAX) {
    return false;
  }
  memcpy(key, "AWS4A", 5);
  memcpy(key + 5, secret, secret_len);
  uint8_t *at = input;
  memcpy(at, first, sizeof first);
  at += sizeof first;
  memcpy(at, label, sizeof label); /* with its NUL, which is a separator here */
  at += sizeof label;
  memcpy(at, access_key_id, id_len);
  at += id_len;
  uint8_t *counter = at++;
  memcpy(at, bits, sizeof bits);
  at += sizeof bits;
  bool found = false;
  for (unsigned i = 1; i <= COUNTER_MAX && !found; i++) {
    *counter = (uint8_t)i;
    cspan_hmac_sha256(key, 5 + secret_len, input, (size_t)(at - input), out);
    found = !is_over(out);
  }
  add_one(out);
  cspan_memzero(key, sizeof key);
  return found;
}

/* --------------------------------------------------------------------- key */

/* The point of a scalar. */
static bool compute_point(const BIGNUM *scalar, uint8_t out[CSPAN_SIGV4A_POINT_LEN]) {
  EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT *point = group ? EC_POINT_new(group) : NULL;
  bool made = point && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) &&
              EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out,
                                 CSPAN_SIGV4A_POINT_LEN, NULL) == CSPAN_SIGV4A_POINT_LEN;
  EC_POINT_free(point);
  EC_GROUP_free(group);
  return made;
}

static EVP_PKEY *import_pair(const BIGNUM *scalar, const uint8_t point[CSPAN_SIGV4A_POINT_LEN]) {
  EVP_PKEY *pair = NULL;
  OSSL_PARAM *params = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  if (context && builder &&
      OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) &&
      OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                       CSPAN_SIGV4A_POINT_LEN)) {
    params = OSSL_PARAM_BLD_to_param(builder);
  }
  if (params && (EVP_PKEY_fromdata_init(context) <= 0 ||
                 EVP_PKEY_fromdata(context, &pair, EVP_PKEY_KEYPAIR, params) <= 0)) {
    pair = NULL;
  }
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  EVP_PKEY_CTX_free(context);
  return pair;
}

cspan_status cspan_sigv4a_key_new(const char *access_key_id, const char *secret,
                                  cspan_sigv4a_key **out, cspan_error **error) {
  uint8_t scalar[SCALAR_LEN];
  *out = NULL;
  if (!derive(access_key_id, secret, scalar)) {
    cspan_memzero(scalar, sizeof scalar);
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "no key for Signature Version 4a can be made from the credentials: the "
                           "access key id or the secret is longer than %d bytes",
                           TEXT_MAX);
  }
  cspan_sigv4a_key *key = cspan_calloc(1, sizeof *key);
  BIGNUM *number = BN_secure_new();
  if (key && number && BN_bin2bn(scalar, sizeof scalar, number)) {
    BN_set_flags(number, BN_FLG_CONSTTIME);
    key->pair = compute_point(number, key->point) ? import_pair(number, key->point) : NULL;
  }
  BN_clear_free(number);
  cspan_memzero(scalar, sizeof scalar);
  if (!key || !key->pair) {
    cspan_free(key);
    return cspan_error_set(error, CSPAN_ERR_NOMEM,
                           "libcrypto made no key for Signature Version 4a: out of memory, or the "
                           "curve P-256 is switched off in its configuration");
  }
  *out = key;
  return CSPAN_OK;
}

void cspan_sigv4a_key_free(cspan_sigv4a_key *key) {
  if (key) {
    EVP_PKEY_free(key->pair);
    cspan_free(key);
  }
}

void cspan_sigv4a_public_key(const cspan_sigv4a_key *key, uint8_t out[CSPAN_SIGV4A_POINT_LEN]) {
  memcpy(out, key->point, CSPAN_SIGV4A_POINT_LEN);
}

cspan_status cspan_sigv4a_sign(const cspan_sigv4a_key *key, const char *text, size_t len,
                               char out[2 * CSPAN_SIGV4A_SIGNATURE_LEN + 1]) {
  uint8_t signature[CSPAN_SIGV4A_SIGNATURE_LEN];
  size_t signature_len = sizeof signature;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool made = context &&
              EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key->pair, NULL) > 0 &&
              EVP_DigestSign(context, signature, &signature_len, (const uint8_t *)text, len) > 0;
  EVP_MD_CTX_free(context);
  if (!made) {
    out[0] = '\0';
    return CSPAN_ERR_NOMEM;
  }
  cspan_hex_encode(signature, signature_len, out);
  return CSPAN_OK;
}
