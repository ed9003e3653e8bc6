/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/crc.h"
#include "base/digest.h"
#include "base/text.h"
#include "support/fail_alloc.h"

static void check_hex(const uint8_t *bytes, size_t len, const char *expected) {
  char text[2 * 32 + 1];
  cspan_hex_encode(bytes, len, text);
  assert_string_equal(text, expected);
}

typedef struct digest_case {
  cspan_digest_kind kind;
  const char *text;
  const char *hex;
} digest_case;

/* FIPS 180, RFC 1321, and the check values of the CRC catalogue. */
static const digest_case cases[] = {
    {CSPAN_DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {CSPAN_DIGEST_SHA256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {CSPAN_DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {CSPAN_DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {CSPAN_DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {CSPAN_DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {CSPAN_DIGEST_CRC32, "", "00000000"},
    {CSPAN_DIGEST_CRC32, "123456789", "cbf43926"},
    {CSPAN_DIGEST_CRC32C, "", "00000000"},
    {CSPAN_DIGEST_CRC32C, "123456789", "e3069283"},
    {CSPAN_DIGEST_CRC64NVME, "", "0000000000000000"},
    {CSPAN_DIGEST_CRC64NVME, "123456789", "ae8b14860a799888"},
};

static void test_vectors(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const digest_case *c = &cases[i];
    uint8_t out[32];
    size_t len = strlen(c->text);
    cspan_digest *digest = cspan_digest_new(c->kind);
    assert_non_null(digest);
    assert_int_equal(cspan_digest_len(c->kind) * 2, strlen(c->hex));
    /* In two pieces, cut everywhere; the object is used again each time. */
    for (size_t cut = 0; cut <= len; cut++) {
      cspan_digest_update(digest, c->text, cut);
      cspan_digest_update(digest, c->text + cut, len - cut);
      cspan_digest_final(digest, out);
      check_hex(out, cspan_digest_len(c->kind), c->hex);
      cspan_digest_reset(digest);
    }
    cspan_digest_free(digest);
  }
  cspan_digest_free(NULL);
}

static void test_one_shot(void **state) {
  (void)state;
  uint8_t out[32];
  char hex[65];
  cspan_md5("message digest", 14, out);
  check_hex(out, 16, "f96b697d7cb7938d525a2f31aaf161d0");
  cspan_sha256("abc", 3, out);
  check_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  cspan_sha256_hex(NULL, 0, hex);
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

typedef struct hmac_case {
  const char *key;
  size_t key_len; /* 0: strlen; else the first byte repeated */
  const char *data;
  const char *hex;
} hmac_case;

static void test_hmac(void **state) {
  (void)state;
  /* RFC 4231 */
  static const hmac_case vectors[] = {
      {"\x0b", 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", 0, "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"\xaa", 131, "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    char key[131];
    size_t key_len = vectors[i].key_len ? vectors[i].key_len : strlen(vectors[i].key);
    memset(key, vectors[i].key[0], sizeof key);
    if (!vectors[i].key_len) {
      memcpy(key, vectors[i].key, key_len);
    }
    uint8_t out[32];
    cspan_hmac_sha256(key, key_len, vectors[i].data, strlen(vectors[i].data), out);
    check_hex(out, 32, vectors[i].hex);
  }
  /* Nothing at all, as libcrypto's command computes it. */
  uint8_t out[32];
  cspan_hmac_sha256(NULL, 0, NULL, 0, out);
  check_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* Bit by bit, as the definition reads. */
static uint64_t slow_crc(uint64_t poly, uint64_t ones, uint64_t crc, const uint8_t *p, size_t len) {
  crc ^= ones;
  for (size_t i = 0; i < len; i++) {
    crc ^= p[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc >> 1) ^ (crc & 1 ? poly : 0);
    }
  }
  return crc ^ ones;
}

static void test_crcs_agree(void **state) {
  (void)state;
  enum { SIZE = 3000 };
  static uint8_t data[SIZE];
  for (size_t i = 0; i < SIZE; i++) {
    data[i] = (uint8_t)(i * i * 31 + i / 7);
  }
  for (size_t start = 0; start < 20; start++) {
    for (size_t len = 0; start + len <= SIZE; len = len < 80 ? len + 1 : len * 2 + 1) {
      const uint8_t *p = data + start;
      uint32_t seed = (uint32_t)(start * 0x01234567);
      uint64_t expected = slow_crc(0x82f63b78, 0xffffffff, seed, p, len);
      assert_int_equal(cspan_crc32c(seed, p, len), expected);
      assert_int_equal(cspan_crc32c_portable(seed, p, len), expected);
      expected = slow_crc(0xedb88320, 0xffffffff, seed, p, len);
      assert_int_equal(cspan_crc32(seed, p, len), expected);
      uint64_t seed64 = seed * UINT64_C(0x100000001);
      expected = slow_crc(UINT64_C(0x9a6c9329ac4bc9b5), UINT64_MAX, seed64, p, len);
      assert_true(cspan_crc64nvme(seed64, p, len) == expected);
      assert_true(cspan_crc64nvme_portable(seed64, p, len) == expected);
    }
  }
}

static void *hash_in_thread(void *user) {
  cspan_hmac_sha256("k", 1, "v", 1, user);
  return NULL;
}

/* Each thread has its own state, and gives it back when it ends. */
static void test_threads(void **state) {
  (void)state;
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  uint8_t out[THREADS][32];
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, hash_in_thread, out[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    assert_memory_equal(out[i], out[0], 32);
  }
}

static void test_out_of_memory(void **state) {
  (void)state;
  fail_alloc_install();
  for (int kind = CSPAN_DIGEST_MD5; kind <= CSPAN_DIGEST_CRC64NVME; kind++) {
    fail_alloc_arm(1, true);
    assert_null(cspan_digest_new((cspan_digest_kind)kind));
    fail_alloc_disarm();
  }
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vectors), cmocka_unit_test(test_one_shot),
      cmocka_unit_test(test_hmac),    cmocka_unit_test(test_crcs_agree),
      cmocka_unit_test(test_threads), cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
