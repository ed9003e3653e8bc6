/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc.h"

#include <pthread.h>
#include <string.h>
#include <zlib.h>

#include "base/crc_fold.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HAVE_SSE42 1
#endif

enum { SLICES = 8 };

/* Reflected polynomials. */
#define CRC32_POLY     0xedb88320U
#define CRC32C_POLY    0x82f63b78U
#define CRC64NVME_POLY 0x9a6c9329ac4bc9b5U

/* table[k][b]: the CRC of byte b followed by k zero bytes. */
static uint32_t table32[SLICES][256];
static uint64_t table64[SLICES][256];
static cspan_crc_fold fold32;
static cspan_crc_fold fold64;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  cspan_crc_fold_init(&fold32, CRC32_POLY, 32);
  cspan_crc_fold_init(&fold64, CRC64NVME_POLY, 64);
  for (uint32_t b = 0; b < 256; b++) {
    uint32_t c = b;
    uint64_t d = b;
    for (int bit = 0; bit < 8; bit++) {
      c = (c >> 1) ^ (c & 1 ? CRC32C_POLY : 0);
      d = (d >> 1) ^ (d & 1 ? CRC64NVME_POLY : 0);
    }
    table32[0][b] = c;
    table64[0][b] = d;
  }
  for (int k = 1; k < SLICES; k++) {
    for (uint32_t b = 0; b < 256; b++) {
      table32[k][b] = (table32[k - 1][b] >> 8) ^ table32[0][table32[k - 1][b] & 255];
      table64[k][b] = (table64[k - 1][b] >> 8) ^ table64[0][table64[k - 1][b] & 255];
    }
  }
}

/* Eight bytes, the first one lowest, on any machine. */
static uint64_t load_le64(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

uint32_t cspan_crc32c_portable(uint32_t crc, const void *data, size_t len) {
  pthread_once(&tables_once, make_tables);
  const uint8_t *p = data;
  uint32_t c = ~crc;
  for (; len >= 8; p += 8, len -= 8) {
    uint64_t w = load_le64(p) ^ c;
    c = table32[7][w & 255] ^ table32[6][w >> 8 & 255] ^ table32[5][w >> 16 & 255] ^
        table32[4][w >> 24 & 255] ^ table32[3][w >> 32 & 255] ^ table32[2][w >> 40 & 255] ^
        table32[1][w >> 48 & 255] ^ table32[0][w >> 56];
  }
  for (; len; p++, len--) {
    c = (c >> 8) ^ table32[0][(c ^ *p) & 255];
  }
  return ~c;
}

uint64_t cspan_crc64nvme_portable(uint64_t crc, const void *data, size_t len) {
  pthread_once(&tables_once, make_tables);
  const uint8_t *p = data;
  uint64_t c = ~crc;
  for (; len >= 8; p += 8, len -= 8) {
    uint64_t w = load_le64(p) ^ c;
    c = table64[7][w & 255] ^ table64[6][w >> 8 & 255] ^ table64[5][w >> 16 & 255] ^
        table64[4][w >> 24 & 255] ^ table64[3][w >> 32 & 255] ^ table64[2][w >> 40 & 255] ^
        table64[1][w >> 48 & 255] ^ table64[0][w >> 56];
  }
  for (; len; p++, len--) {
    c = (c >> 8) ^ table64[0][(c ^ *p) & 255];
  }
  return ~c;
}

#if HAVE_SSE42
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const void *data,
                                                               size_t len) {
  const uint8_t *p = data;
  uint64_t c = ~crc;
  for (; len >= 8; p += 8, len -= 8) {
    c = _mm_crc32_u64(c, load_le64(p));
  }
  uint32_t c32 = (uint32_t)c;
  for (; len; p++, len--) {
    c32 = _mm_crc32_u8(c32, *p);
  }
  return ~c32;
}
#endif

uint32_t cspan_crc32c(uint32_t crc, const void *data, size_t len) {
#if HAVE_SSE42
  if (__builtin_cpu_supports("sse4.2")) {
    return crc32c_sse42(crc, data, len);
  }
#endif
  return cspan_crc32c_portable(crc, data, len);
}

uint32_t cspan_crc32(uint32_t crc, const void *data, size_t len) {
  const uint8_t *p = data;
  if (len >= CSPAN_CRC_FOLD_MIN && cspan_crc_fold_usable()) {
    uint8_t folded[CSPAN_CRC_FOLD_OUT];
    size_t used;
    pthread_once(&tables_once, make_tables);
    cspan_crc_fold_run(&fold32, ~crc, p, len, &used, folded);
    /* zlib inverts the register on its way in: all ones stand for zero. */
    crc = (uint32_t)crc32_z(UINT32_MAX, folded, sizeof folded);
    p += used;
    len -= used;
  }
  return len ? (uint32_t)crc32_z(crc, p, len) : crc;
}

uint64_t cspan_crc64nvme(uint64_t crc, const void *data, size_t len) {
  const uint8_t *p = data;
  if (len >= CSPAN_CRC_FOLD_MIN && cspan_crc_fold_usable()) {
    uint8_t folded[CSPAN_CRC_FOLD_OUT];
    size_t used;
    pthread_once(&tables_once, make_tables);
    cspan_crc_fold_run(&fold64, ~crc, p, len, &used, folded);
    crc = cspan_crc64nvme_portable(UINT64_MAX, folded, sizeof folded);
    p += used;
    len -= used;
  }
  return cspan_crc64nvme_portable(crc, p, len);
}
