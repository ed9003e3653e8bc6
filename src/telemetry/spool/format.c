/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/spool/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crc.h"

enum { VERSION = 1, STAMP_DIGITS = 20, SALT_DIGITS = 16 };

static const uint8_t magic[8] = {'c', 's', 'p', 'n', 's', 'p', 'l', '\n'};
static const uint8_t marker[4] = {0xC5, 'r', 'e', 'c'};
static const char suffix[] = ".spool";

static void put32(uint8_t *out, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    out[i] = (uint8_t)(value >> (8 * i));
  }
}

static uint32_t get32(const uint8_t *in) {
  return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

/* -------------------------------------------------------------------- file */

void cspan_spool_file_header(uint8_t out[CSPAN_SPOOL_FILE_HEADER]) {
  memcpy(out, magic, sizeof magic);
  put32(out + 8, VERSION);
  put32(out + 12, cspan_crc32c(0, out, 12));
}

bool cspan_spool_is_other_version(const uint8_t *file, size_t len) {
  return len >= CSPAN_SPOOL_FILE_HEADER && memcmp(file, magic, sizeof magic) == 0 &&
         get32(file + 12) == cspan_crc32c(0, file, 12) && get32(file + 8) != VERSION;
}

/* ------------------------------------------------------------------ record */

static uint32_t header_crc(uint64_t salt, const uint8_t *header) {
  uint8_t salted[8];
  put32(salted, (uint32_t)salt);
  put32(salted + 4, (uint32_t)(salt >> 32));
  return cspan_crc32c(cspan_crc32c(0, salted, sizeof salted), header + 8, 12);
}

void cspan_spool_record_header(uint64_t salt, const uint8_t *request, uint32_t size, uint32_t spans,
                               uint8_t out[CSPAN_SPOOL_RECORD_HEADER]) {
  memset(out, 0, CSPAN_SPOOL_RECORD_HEADER);
  memcpy(out, marker, sizeof marker);
  put32(out + 8, size);
  put32(out + 12, cspan_crc32c(0, request, size));
  put32(out + 16, spans);
  put32(out + 4, header_crc(salt, out));
}

static bool is_header(const uint8_t *data, size_t len, uint64_t salt) {
  return len >= CSPAN_SPOOL_RECORD_HEADER && memcmp(data, marker, sizeof marker) == 0 &&
         get32(data + 4) == header_crc(salt, data) && get32(data + 8) <= CSPAN_SPOOL_REQUEST_MAX;
}

/* The next header at or behind `at`; len where there is none. */
static size_t find_header(const uint8_t *data, size_t len, size_t at, uint64_t salt) {
  while (at < len) {
    const uint8_t *first = memchr(data + at, marker[0], len - at);
    if (first == NULL) {
      return len;
    }
    at = (size_t)(first - data);
    if (is_header(first, len - at, salt)) {
      return at;
    }
    at++;
  }
  return len;
}

cspan_spool_found cspan_spool_look(const uint8_t *data, size_t len, size_t at, uint64_t salt) {
  cspan_spool_found found = {.kind = CSPAN_SPOOL_END, .at = at};
  if (at >= len) {
    return found;
  }
  size_t header = find_header(data, len, at, salt);
  if (header != at) {
    found.size = header - at;
    found.kind = header < len ? CSPAN_SPOOL_DAMAGED : CSPAN_SPOOL_TORN;
    return found;
  }
  size_t left = len - at - CSPAN_SPOOL_RECORD_HEADER;
  found.request = data + at + CSPAN_SPOOL_RECORD_HEADER;
  found.request_size = get32(data + at + 8);
  found.spans = get32(data + at + 16);
  found.is_sent = data[at + CSPAN_SPOOL_STATE_AT] == CSPAN_SPOOL_SENT;
  if (found.request_size > left) {
    found.size = len - at;
    found.kind = CSPAN_SPOOL_TORN;
    return found;
  }
  found.size = CSPAN_SPOOL_RECORD_HEADER + found.request_size;
  bool is_whole =
      found.is_sent || cspan_crc32c(0, found.request, found.request_size) == get32(data + at + 12);
  found.kind = is_whole ? CSPAN_SPOOL_RECORD : CSPAN_SPOOL_DAMAGED;
  return found;
}

/* -------------------------------------------------------------------- name */

void cspan_spool_name(char out[CSPAN_SPOOL_NAME_ROOM], int64_t unix_ns, long pid, uint64_t salt) {
  snprintf(out, CSPAN_SPOOL_NAME_ROOM, "%020" PRId64 "-%ld-%016" PRIx64 "%s",
           unix_ns > 0 ? unix_ns : 0, pid, salt, suffix);
}

bool cspan_spool_name_salt(const char *name, uint64_t *salt) {
  if (strspn(name, "0123456789") != STAMP_DIGITS || name[STAMP_DIGITS] != '-') {
    return false;
  }
  const char *pid = name + STAMP_DIGITS + 1;
  size_t digits = strspn(pid, "0123456789");
  const char *hex = pid + digits + 1;
  if (digits == 0 || digits > 10 || pid[digits] != '-' ||
      strspn(hex, "0123456789abcdef") != SALT_DIGITS || strcmp(hex + SALT_DIGITS, suffix) != 0) {
    return false;
  }
  *salt = 0;
  for (int i = 0; i < SALT_DIGITS; i++) {
    *salt = *salt << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
  }
  return true;
}
