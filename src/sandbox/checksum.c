/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/checksum.h"

#include <string.h>

#include "base/text.h"

typedef struct row {
  const char *header;
  const char *algorithm;
  const char *element;
  cspan_digest_kind digest;
} row;

static const row rows[SBX_CHECKSUM_KINDS] = {
    [SBX_CHECKSUM_NONE] = {"", "", "", CSPAN_DIGEST_CRC32},
    [SBX_CHECKSUM_CRC32] = {"x-amz-checksum-crc32", "CRC32", "ChecksumCRC32", CSPAN_DIGEST_CRC32},
    [SBX_CHECKSUM_CRC32C] = {"x-amz-checksum-crc32c", "CRC32C", "ChecksumCRC32C",
                             CSPAN_DIGEST_CRC32C},
    [SBX_CHECKSUM_CRC64NVME] = {"x-amz-checksum-crc64nvme", "CRC64NVME", "ChecksumCRC64NVME",
                                CSPAN_DIGEST_CRC64NVME},
    [SBX_CHECKSUM_SHA1] = {"x-amz-checksum-sha1", "SHA1", "ChecksumSHA1", CSPAN_DIGEST_SHA1},
    [SBX_CHECKSUM_SHA256] = {"x-amz-checksum-sha256", "SHA256", "ChecksumSHA256",
                             CSPAN_DIGEST_SHA256},
};

const char *cspan_sbx_checksum_header(sbx_checksum_kind kind) {
  return rows[kind].header;
}

const char *cspan_sbx_checksum_algorithm(sbx_checksum_kind kind) {
  return rows[kind].algorithm;
}

const char *cspan_sbx_checksum_element(sbx_checksum_kind kind) {
  return rows[kind].element;
}

cspan_digest_kind cspan_sbx_checksum_digest(sbx_checksum_kind kind) {
  return rows[kind].digest;
}

sbx_checksum_kind cspan_sbx_checksum_by_header(const char *name) {
  for (int i = SBX_CHECKSUM_CRC32; i < SBX_CHECKSUM_KINDS; i++) {
    if (cspan_ieq(name, rows[i].header)) {
      return (sbx_checksum_kind)i;
    }
  }
  return SBX_CHECKSUM_NONE;
}

sbx_checksum_kind cspan_sbx_checksum_by_algorithm(const char *name) {
  for (int i = SBX_CHECKSUM_CRC32; i < SBX_CHECKSUM_KINDS; i++) {
    if (cspan_ieq(name, rows[i].algorithm)) {
      return (sbx_checksum_kind)i;
    }
  }
  return SBX_CHECKSUM_NONE;
}

sbx_checksum_kind cspan_sbx_checksum_by_element(const char *name) {
  for (int i = SBX_CHECKSUM_CRC32; i < SBX_CHECKSUM_KINDS; i++) {
    if (strcmp(name, rows[i].element) == 0) {
      return (sbx_checksum_kind)i;
    }
  }
  return SBX_CHECKSUM_NONE;
}

cspan_status cspan_sbx_base64_decode(const char *text, size_t len, cspan_buf *out) {
  bool ok = cspan_base64_decode(text, strlen(text), out) && out->len == len;
  return cspan_buf_status(out) == CSPAN_ERR_NOMEM ? CSPAN_ERR_NOMEM
         : ok                                     ? CSPAN_OK
                                                  : CSPAN_ERR_INVALID;
}

cspan_status cspan_sbx_checksum_check(sbx_checksum_kind kind, const char *text) {
  cspan_buf raw;
  cspan_buf_init(&raw, 128);
  cspan_status status = cspan_sbx_base64_decode(text, cspan_digest_len(rows[kind].digest), &raw);
  cspan_buf_free(&raw);
  return status;
}

cspan_status cspan_sbx_checksum_set(sbx_checksum *out, sbx_checksum_kind kind,
                                    const uint8_t *digest) {
  cspan_buf text;
  cspan_buf_init(&text, sizeof out->value - 1);
  *out = (sbx_checksum){.kind = kind};
  cspan_status status = cspan_base64_encode(&text, digest, cspan_digest_len(rows[kind].digest));
  if (status == CSPAN_OK) {
    memcpy(out->value, text.data, text.len + 1);
  }
  cspan_buf_free(&text);
  return status;
}
