/* SPDX-License-Identifier: Apache-2.0 */
/* What a crash or a bad disk left of a spool file. The first byte says how: even, the rest is the
 * file as it is; odd, it is a list of requests (a length, bytes) up to a length of 255, and of
 * changes to the file made of them (two bytes of place, one of value), the last of which cuts it
 * off. Looking through it ends, covers every byte once, and finds nothing that was not written. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/spool/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX = 65536, MOST_RECORDS = 256 };
#define SALT UINT64_C(0x5a17)

typedef struct original {
  size_t at;
  size_t size;
} original;

typedef struct built {
  uint8_t file[FILE_MAX];
  uint8_t before[FILE_MAX];
  size_t len;
  original records[MOST_RECORDS];
  size_t count;
} built;

/* Returns how much of the input it took. */
static size_t add_records(built *b, const uint8_t *data, size_t size) {
  size_t at = 0;
  while (at < size && data[at] != 255 && b->count < MOST_RECORDS) {
    size_t len = data[at] < size - at - 1 ? data[at] : size - at - 1;
    const uint8_t *request = data + at + 1;
    if (b->len + CSPAN_SPOOL_RECORD_HEADER + len > FILE_MAX)
      break;
    cspan_spool_record_header(SALT, request, (uint32_t)len, 1 + (uint32_t)b->count,
                              b->file + b->len);
    memcpy(b->file + b->len + CSPAN_SPOOL_RECORD_HEADER, request, len);
    b->records[b->count++] = (original){.at = b->len, .size = len};
    b->len += CSPAN_SPOOL_RECORD_HEADER + len;
    at += len + 1;
  }
  memcpy(b->before, b->file, b->len);
  return at < size ? at + 1 : size;
}

static void change(built *b, const uint8_t *data, size_t size) {
  for (size_t at = 0; at + 3 <= size && b->len > 0; at += 3) {
    size_t place = ((size_t)data[at] << 8 | data[at + 1]) % b->len;
    if (at + 6 <= size)
      b->file[place] = data[at + 2];
    else
      b->len = place;
  }
}

static void check_known(const built *b, const cspan_spool_found *found) {
  for (size_t i = 0; i < b->count; i++) {
    const original *record = &b->records[i];
    if (record->at != found->at)
      continue;
    const uint8_t *request = b->before + record->at + CSPAN_SPOOL_RECORD_HEADER;
    if (record->size != found->request_size || found->spans != i + 1 ||
        (!found->is_sent && memcmp(request, found->request, record->size) != 0))
      abort();
    return;
  }
  abort();
}

static void look_through(const uint8_t *file, size_t len, const built *b) {
  size_t at = 0;
  for (;;) {
    cspan_spool_found found = cspan_spool_look(file, len, at, SALT);
    if (found.at != at || found.size > len - at)
      abort();
    if (found.kind == CSPAN_SPOOL_END) {
      if (at != len || found.size != 0)
        abort();
      return;
    }
    if (found.size == 0 || (found.kind == CSPAN_SPOOL_TORN && at + found.size != len))
      abort();
    if (found.kind == CSPAN_SPOOL_RECORD && b != NULL)
      check_known(b, &found);
    at += found.size;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static built b;
  if (size == 0)
    return 0;
  cspan_spool_is_other_version(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    look_through(data + 1, size - 1, NULL);
    return 0;
  }
  b.len = 0;
  b.count = 0;
  size_t used = 1 + add_records(&b, data + 1, size - 1);
  change(&b, data + used, size - used);
  uint8_t *exact = malloc(b.len > 0 ? b.len : 1); /* so that a look behind its end is seen */
  if (exact == NULL)
    return 0;
  memcpy(exact, b.file, b.len);
  look_through(exact, b.len, &b);
  free(exact);
  return 0;
}
