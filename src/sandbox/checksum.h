/* SPDX-License-Identifier: Apache-2.0 */
/* The x-amz-checksum-* family. */
#ifndef SANDBOX_CHECKSUM_H
#define SANDBOX_CHECKSUM_H

#include "base/buf.h"
#include "base/digest.h"

typedef enum sbx_checksum_kind {
  SBX_CHECKSUM_NONE = 0,
  SBX_CHECKSUM_CRC32,
  SBX_CHECKSUM_CRC32C,
  SBX_CHECKSUM_CRC64NVME,
  SBX_CHECKSUM_SHA1,
  SBX_CHECKSUM_SHA256,
  SBX_CHECKSUM_KINDS
} sbx_checksum_kind;

typedef struct sbx_checksum {
  sbx_checksum_kind kind;
  bool composite; /* over the parts' checksums; `value` ends in "-N" */
  char value[56]; /* base64 */
} sbx_checksum;

const char *cspan_sbx_checksum_header(sbx_checksum_kind kind);    /* "x-amz-checksum-crc32" */
const char *cspan_sbx_checksum_algorithm(sbx_checksum_kind kind); /* "CRC32" */
const char *cspan_sbx_checksum_element(sbx_checksum_kind kind);   /* "ChecksumCRC32" */
cspan_digest_kind cspan_sbx_checksum_digest(sbx_checksum_kind kind);

/* NONE when it is none of ours. */
sbx_checksum_kind cspan_sbx_checksum_by_header(const char *name);
sbx_checksum_kind cspan_sbx_checksum_by_algorithm(const char *name);
sbx_checksum_kind cspan_sbx_checksum_by_element(const char *name);

/* Decodes base64 that must hold `len` bytes: OK, INVALID or NOMEM. */
cspan_status cspan_sbx_base64_decode(const char *text, size_t len, cspan_buf *out);
/* Whether `text` is a value of that kind: OK, INVALID or NOMEM. */
cspan_status cspan_sbx_checksum_check(sbx_checksum_kind kind, const char *text);
/* Base64 of a finished digest into out->value. */
cspan_status cspan_sbx_checksum_set(sbx_checksum *out, sbx_checksum_kind kind,
                                    const uint8_t *digest);

#endif
