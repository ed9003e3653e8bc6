/* SPDX-License-Identifier: Apache-2.0 */
/* Long inputs of any reflected CRC by carry-less multiplication. */
#ifndef BASE_CRC_FOLD_H
#define BASE_CRC_FOLD_H

#include <cloudspan/base.h>

enum { CSPAN_CRC_FOLD_MIN = 128, CSPAN_CRC_FOLD_OUT = 16 };

/* Powers of x modulo the polynomial, for one CRC. */
typedef struct cspan_crc_fold {
  uint64_t near[2]; /* over 16 bytes */
  uint64_t far[2];  /* over 64 bytes */
} cspan_crc_fold;

/* Whether the processor has the instruction; the rest needs it. */
bool cspan_crc_fold_usable(void);

/* `poly` reflected, of `width` 32 or 64 bits. */
void cspan_crc_fold_init(cspan_crc_fold *fold, uint64_t poly, int width);

/* Makes 16 bytes out of the first `*used` bytes of data (at least
 * CSPAN_CRC_FOLD_MIN), with the register `reg` before them, such that these 16
 * bytes after a register of zero leave the same register. */
void cspan_crc_fold_run(const cspan_crc_fold *fold, uint64_t reg, const uint8_t *data, size_t len,
                        size_t *used, uint8_t out[CSPAN_CRC_FOLD_OUT]);

#endif
