/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a spool file. Pure functions: bytes in, bytes out.
 *
 * A file is a header of 16 bytes and records. A record is a header of 24 bytes and an OTLP
 * request, all numbers little-endian:
 *
 *    0  marker, 4 bytes
 *    4  CRC-32C of the file's salt and the bytes 8 to 19
 *    8  size of the request
 *   12  CRC-32C of the request
 *   16  spans in it
 *   20  state: CSPAN_SPOOL_SENT once it is settled, written in place
 *   21  zeros
 *
 * The salt is in the file's name only. So a header that a stranger puts into an attribute is not
 * taken for one when the next header is looked for behind a damaged place. */
#ifndef TELEMETRY_SPOOL_FORMAT_H
#define TELEMETRY_SPOOL_FORMAT_H

#include <cloudspan/base.h>

enum {
  CSPAN_SPOOL_FILE_HEADER = 16,
  CSPAN_SPOOL_RECORD_HEADER = 24,
  CSPAN_SPOOL_STATE_AT = 20,
  CSPAN_SPOOL_SENT = 0xA5,
  CSPAN_SPOOL_NAME_ROOM = 64
};
#define CSPAN_SPOOL_REQUEST_MAX ((size_t)64 << 20)

void cspan_spool_file_header(uint8_t out[CSPAN_SPOOL_FILE_HEADER]);
/* A header that is whole and of another version: the file is not ours to read. */
bool cspan_spool_is_other_version(const uint8_t *file, size_t len);

void cspan_spool_record_header(uint64_t salt, const uint8_t *request, uint32_t size, uint32_t spans,
                               uint8_t out[CSPAN_SPOOL_RECORD_HEADER]);

typedef enum cspan_spool_kind {
  CSPAN_SPOOL_RECORD,
  CSPAN_SPOOL_DAMAGED, /* unreadable, and more follows */
  CSPAN_SPOOL_TORN,    /* unreadable to the end */
  CSPAN_SPOOL_END
} cspan_spool_kind;

typedef struct cspan_spool_found {
  cspan_spool_kind kind;
  size_t at;   /* where it starts */
  size_t size; /* header included; 0 at the end */
  bool is_sent;
  uint32_t spans; /* 0: not known */
  const uint8_t *request;
  uint32_t request_size;
} cspan_spool_found;

/* What is at `at` of `data`, which are the bytes of a file behind its header, or from any record
 * on. The next is at found.at + found.size. */
cspan_spool_found cspan_spool_look(const uint8_t *data, size_t len, size_t at, uint64_t salt);

/* "<unix ns, 20 digits>-<pid>-<salt, 16 hex digits>.spool": by name they are in order of time. */
void cspan_spool_name(char out[CSPAN_SPOOL_NAME_ROOM], int64_t unix_ns, long pid, uint64_t salt);
/* False where it is no such name. */
bool cspan_spool_name_salt(const char *name, uint64_t *salt);

#endif
