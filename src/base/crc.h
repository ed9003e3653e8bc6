/* SPDX-License-Identifier: Apache-2.0 */
/* The CRCs of digest.h. Each takes the value so far (0 at the start) and gives
 * the value with the data appended, as zlib's crc32 does. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <cloudspan/base.h>

uint32_t cspan_crc32(uint32_t crc, const void *data, size_t len);
uint32_t cspan_crc32c(uint32_t crc, const void *data, size_t len);
uint64_t cspan_crc64nvme(uint64_t crc, const void *data, size_t len);

/* Without special instructions, whatever the processor has. */
uint32_t cspan_crc32c_portable(uint32_t crc, const void *data, size_t len);
uint64_t cspan_crc64nvme_portable(uint64_t crc, const void *data, size_t len);

#endif
