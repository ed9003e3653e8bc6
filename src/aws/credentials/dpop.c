/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/dpop.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { HALF = 32, DER_MAX = 128, JSON_MAX = 4096 };

/* RFC 4648 section 5, without padding. */
static void put_base64url(cspan_buf *out, const void *data, size_t len) {
  size_t from = out->len;
  cspan_base64_encode(out, data, len);
  if (cspan_buf_status(out) != CSPAN_OK) {
    return;
  }
  while (out->len > from && out->data[out->len - 1] == '=') {
    out->data[--out->len] = '\0';
  }
  for (char *c = out->data + from; *c; c++) {
    *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
  }
}

static EVP_PKEY *read_key(const char *pem) {
  BIO *bio = BIO_new_mem_buf(pem, -1);
  /* An empty passphrase instead of a question on the terminal. */
  EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;
  char group[32] = "";
  size_t len = 0;
  BIO_free(bio);
  if (key && (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                             &len) != 1 ||
              strcmp(group, "prime256v1") != 0)) {
    EVP_PKEY_free(key);
    key = NULL;
  }
  return key;
}

static bool coordinate(EVP_PKEY *key, const char *name, uint8_t out[HALF]) {
  BIGNUM *number = NULL;
  bool done =
      EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_bn2binpad(number, out, HALF) == HALF;
  BN_free(number);
  return done;
}

/* {header}.{payload} */
static bool put_claims(EVP_PKEY *key, const char *url, const char *id, int64_t now_unix_s,
                       cspan_buf *out) {
  uint8_t x[HALF];
  uint8_t y[HALF];
  cspan_buf json;
  if (!coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, x) ||
      !coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, y)) {
    return false;
  }
  cspan_buf_init(&json, JSON_MAX);
  cspan_buf_str(&json, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"x\":\"");
  put_base64url(&json, x, sizeof x);
  cspan_buf_str(&json, "\",\"y\":\"");
  put_base64url(&json, y, sizeof y);
  cspan_buf_str(&json, "\",\"crv\":\"P-256\"}}");
  put_base64url(out, cspan_buf_text(&json), json.len);
  cspan_status status = cspan_buf_status(&json);
  cspan_buf_clear(&json);
  cspan_buf_printf(&json, "{\"htm\":\"POST\",\"htu\":\"%s\",\"iat\":%lld,\"jti\":\"%s\"}", url,
                   (long long)now_unix_s, id);
  cspan_buf_char(out, '.');
  put_base64url(out, cspan_buf_text(&json), json.len);
  status = status == CSPAN_OK ? cspan_buf_status(&json) : status;
  cspan_buf_free(&json);
  return status == CSPAN_OK && cspan_buf_status(out) == CSPAN_OK;
}

/* RFC 7518 section 3.4: both numbers, 32 bytes each, instead of DER. */
static bool raw_signature(const uint8_t *der, size_t len, uint8_t out[2 * HALF]) {
  ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
  bool done = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, HALF) == HALF &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + HALF, HALF) == HALF;
  ECDSA_SIG_free(signature);
  return done;
}

static bool put_signature(EVP_PKEY *key, size_t from, cspan_buf *out) {
  uint8_t der[DER_MAX];
  uint8_t raw[2 * HALF];
  size_t len = sizeof der;
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  bool done =
      digest && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) == 1 &&
      EVP_DigestSign(digest, der, &len, (const uint8_t *)out->data + from, out->len - from) == 1 &&
      raw_signature(der, len, raw);
  EVP_MD_CTX_free(digest);
  if (done) {
    cspan_buf_char(out, '.');
    put_base64url(out, raw, sizeof raw);
  }
  return done && cspan_buf_status(out) == CSPAN_OK;
}

cspan_status cspan_dpop_proof(const char *pem, const char *url, const char *id, int64_t now_unix_s,
                              cspan_buf *out, cspan_error **error) {
  size_t from = out->len;
  EVP_PKEY *key = read_key(pem);
  if (!key) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "the key is no P-256 private key in PEM");
  }
  bool done = put_claims(key, url, id, now_unix_s, out) && put_signature(key, from, out);
  EVP_PKEY_free(key);
  if (done) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no proof was made");
}
