/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies signatures of SigV4a by libcrypto. Functions are static: each test program has its
 * own. */
#ifndef SUPPORT_ECDSA_CHECK_H
#define SUPPORT_ECDSA_CHECK_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "aws/sigv4a.h"
#include "base/text.h"

static EVP_PKEY *public_key(const uint8_t point[CSPAN_SIGV4A_POINT_LEN]) {
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  char group[] = "prime256v1";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point,
                                        CSPAN_SIGV4A_POINT_LEN),
      OSSL_PARAM_construct_end(),
  };
  assert_true(EVP_PKEY_fromdata_init(context) > 0);
  assert_true(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) > 0);
  EVP_PKEY_CTX_free(context);
  return key;
}

/* The signature in hex, of the SHA-256 of `text`. */
static void verify(const uint8_t point[CSPAN_SIGV4A_POINT_LEN], const char *hex, const char *text,
                   size_t text_len) {
  uint8_t signature[CSPAN_SIGV4A_SIGNATURE_LEN];
  size_t len = strlen(hex);
  assert_in_range(len, 2, 2 * sizeof signature);
  assert_true(cspan_hex_decode(hex, len, signature));
  EVP_PKEY *key = public_key(point);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  assert_true(EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) > 0);
  assert_int_equal(EVP_DigestVerify(context, signature, len / 2, (const uint8_t *)text, text_len),
                   1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
}

#endif
