/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CRC is the remainder of a polynomial over GF(2). A block of 128 bits that
 * stands d bits before another can be taken out and added to that other one when
 * it is multiplied by x^d, or by anything with the same remainder. A block is
 * two halves of 64 bits, so that this takes two multiplications of 64 bits, by
 * the remainders of x^(d+64) and x^d. In the reflected order of bits the
 * product comes out multiplied by x, hence the exponents less one below.
 */
#include "base/crc_fold.h"

#if defined(__x86_64__)

#include <wmmintrin.h>

enum { BLOCK = 16, LANES = 4 };

#define TARGET __attribute__((target("pclmul,sse2")))

/* x^n modulo the polynomial, as 64 reflected bits. */
static uint64_t power_of_x(unsigned n, uint64_t poly, int width) {
  uint64_t r = UINT64_C(1) << (width - 1);
  for (unsigned i = 0; i < n; i++) {
    r = (r >> 1) ^ (r & 1 ? poly : 0);
  }
  return r << (64 - width);
}

bool cspan_crc_fold_usable(void) {
  return __builtin_cpu_supports("pclmul");
}

void cspan_crc_fold_init(cspan_crc_fold *fold, uint64_t poly, int width) {
  const unsigned near = 8 * BLOCK;
  const unsigned far = 8 * BLOCK * LANES;
  fold->near[0] = power_of_x(near + 64 - 1, poly, width);
  fold->near[1] = power_of_x(near - 1, poly, width);
  fold->far[0] = power_of_x(far + 64 - 1, poly, width);
  fold->far[1] = power_of_x(far - 1, poly, width);
}

TARGET static __m128i load(const void *p) {
  return _mm_loadu_si128(p);
}

/* `block` moved over the distance of `keys` and added to `next`. */
TARGET static __m128i move(__m128i block, __m128i keys, __m128i next) {
  __m128i first = _mm_clmulepi64_si128(block, keys, 0x00);
  __m128i second = _mm_clmulepi64_si128(block, keys, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

TARGET void cspan_crc_fold_run(const cspan_crc_fold *fold, uint64_t reg, const uint8_t *data,
                               size_t len, size_t *used, uint8_t out[CSPAN_CRC_FOLD_OUT]) {
  const __m128i near = load(fold->near);
  const __m128i far = load(fold->far);
  const uint8_t *p = data;
  const uint8_t *end = data + len;
  __m128i a = _mm_xor_si128(load(p), _mm_cvtsi64_si128((long long)reg));
  __m128i b = load(p + BLOCK);
  __m128i c = load(p + 2 * BLOCK);
  __m128i d = load(p + 3 * BLOCK);
  /* Four at once: the multiplications of one do not wait for another's. */
  for (p += LANES * BLOCK; end - p >= LANES * BLOCK; p += LANES * BLOCK) {
    a = move(a, far, load(p));
    b = move(b, far, load(p + BLOCK));
    c = move(c, far, load(p + 2 * BLOCK));
    d = move(d, far, load(p + 3 * BLOCK));
  }
  a = move(a, near, b);
  a = move(a, near, c);
  a = move(a, near, d);
  for (; end - p >= BLOCK; p += BLOCK) {
    a = move(a, near, load(p));
  }
  _mm_storeu_si128((void *)out, a);
  *used = (size_t)(p - data);
}

#else

bool cspan_crc_fold_usable(void) {
  return false;
}

void cspan_crc_fold_init(cspan_crc_fold *fold, uint64_t poly, int width) {
  (void)poly;
  (void)width;
  *fold = (cspan_crc_fold){.near = {0}};
}

void cspan_crc_fold_run(const cspan_crc_fold *fold, uint64_t reg, const uint8_t *data, size_t len,
                        size_t *used, uint8_t out[CSPAN_CRC_FOLD_OUT]) {
  (void)fold;
  (void)reg;
  (void)data;
  (void)len;
  (void)out;
  *used = 0;
}

#endif
