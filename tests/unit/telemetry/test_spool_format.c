/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of spool files: what is written is read; what is cut off or changed is found out, and
 * costs no more than the records that it is in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "telemetry/spool/format.h"

enum { RECORDS = 5, FILE_ROOM = 1024 };
#define SALT UINT64_C(0x0123456789abcdef)

typedef struct file {
  uint8_t data[FILE_ROOM];
  size_t len;
  size_t starts[RECORDS + 1];
} file;

static void add(file *f, uint64_t salt, const void *request, size_t size, uint32_t spans) {
  cspan_spool_record_header(salt, request, (uint32_t)size, spans, f->data + f->len);
  memcpy(f->data + f->len + CSPAN_SPOOL_RECORD_HEADER, request, size);
  f->len += CSPAN_SPOOL_RECORD_HEADER + size;
}

/* Requests of 0, 7, 14... bytes. */
static void build(file *f) {
  uint8_t request[64];
  memset(f, 0, sizeof *f);
  for (uint32_t i = 0; i < RECORDS; i++) {
    memset(request, (int)('a' + i), sizeof request);
    f->starts[i] = f->len;
    add(f, SALT, request, (size_t)i * 7, i + 1);
  }
  f->starts[RECORDS] = f->len;
}

static bool is_good(const file *f, const cspan_spool_found *found, size_t index) {
  return found->kind == CSPAN_SPOOL_RECORD && found->at == f->starts[index] &&
         found->request_size == index * 7 && found->spans == index + 1 &&
         found->request == f->data + found->at + CSPAN_SPOOL_RECORD_HEADER;
}

static void test_whole(void **state) {
  (void)state;
  file f;
  build(&f);
  f.data[f.starts[2] + CSPAN_SPOOL_STATE_AT] = CSPAN_SPOOL_SENT;
  cspan_spool_found found = {0};
  for (size_t i = 0; i < RECORDS; i++) {
    found = cspan_spool_look(f.data, f.len, found.at + found.size, SALT);
    assert_true(is_good(&f, &found, i));
    assert_int_equal(found.is_sent, i == 2);
  }
  found = cspan_spool_look(f.data, f.len, found.at + found.size, SALT);
  assert_int_equal(found.kind, CSPAN_SPOOL_END);
  assert_int_equal(found.size, 0);
}

static void test_torn_at_every_byte(void **state) {
  (void)state;
  file f;
  build(&f);
  for (size_t len = 0; len <= f.len; len++) {
    uint8_t *data = malloc(len > 0 ? len : 1); /* so that a look behind the end is seen */
    memcpy(data, f.data, len);
    size_t whole = 0;
    size_t at = 0;
    cspan_spool_found found;
    while ((found = cspan_spool_look(data, len, at, SALT)).kind == CSPAN_SPOOL_RECORD) {
      whole++;
      at = found.at + found.size;
    }
    size_t expected = 0;
    while (expected < RECORDS && f.starts[expected + 1] <= len) {
      expected++;
    }
    assert_int_equal(whole, expected);
    bool is_torn = len > f.starts[expected];
    assert_int_equal(found.kind, is_torn ? CSPAN_SPOOL_TORN : CSPAN_SPOOL_END);
    assert_int_equal(found.at + found.size, len);
    /* Once the header is there it says what is missing. */
    bool is_known = is_torn && len >= f.starts[expected] + CSPAN_SPOOL_RECORD_HEADER;
    assert_int_equal(found.spans, is_known ? expected + 1 : 0);
    free(data);
  }
}

/* One record is lost, and none where the byte means nothing. */
static void test_damage_at_every_byte(void **state) {
  (void)state;
  file f;
  build(&f);
  for (size_t i = 0; i < f.len; i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      f.data[i] ^= (uint8_t)(1u << bit);
      size_t good = 0;
      size_t damaged = 0;
      cspan_spool_found found = {0};
      do {
        found = cspan_spool_look(f.data, f.len, found.at + found.size, SALT);
        good += found.kind == CSPAN_SPOOL_RECORD ? 1 : 0;
        damaged += found.kind == CSPAN_SPOOL_DAMAGED || found.kind == CSPAN_SPOOL_TORN ? 1 : 0;
        assert_false(found.is_sent);
      } while (found.kind != CSPAN_SPOOL_END);
      assert_true(good + damaged == RECORDS && damaged <= 1);
      size_t record = 0;
      while (f.starts[record + 1] <= i) {
        record++;
      }
      bool is_idle = i - f.starts[record] >= CSPAN_SPOOL_STATE_AT &&
                     i - f.starts[record] < CSPAN_SPOOL_RECORD_HEADER;
      assert_int_equal(damaged, is_idle ? 0 : 1);
      f.data[i] ^= (uint8_t)(1u << bit);
    }
  }
}

/* An attribute that looks like a record is not taken for one, even where a header before it is
 * damaged: who wrote it did not know the salt. */
static void test_forged(void **state) {
  (void)state;
  file forged = {.len = 0};
  file f = {.len = 0};
  add(&forged, 0, "evil", 4, 1);
  add(&f, SALT, forged.data, forged.len, 3);
  add(&f, SALT, "good", 4, 1);
  f.data[8] ^= 1; /* the length */
  cspan_spool_found found = cspan_spool_look(f.data, f.len, 0, SALT);
  assert_int_equal(found.kind, CSPAN_SPOOL_DAMAGED);
  found = cspan_spool_look(f.data, f.len, found.size, SALT);
  assert_int_equal(found.kind, CSPAN_SPOOL_RECORD);
  assert_memory_equal(found.request, "good", 4);
}

/* A length that no record has is not believed. */
static void test_too_long(void **state) {
  (void)state;
  uint8_t header[CSPAN_SPOOL_RECORD_HEADER];
  uint8_t *request = calloc(1, CSPAN_SPOOL_REQUEST_MAX + 1);
  assert_non_null(request);
  cspan_spool_record_header(SALT, request, CSPAN_SPOOL_REQUEST_MAX, 9, header);
  assert_int_equal(cspan_spool_look(header, sizeof header, 0, SALT).spans, 9);
  cspan_spool_record_header(SALT, request, CSPAN_SPOOL_REQUEST_MAX + 1, 9, header);
  cspan_spool_found found = cspan_spool_look(header, sizeof header, 0, SALT);
  assert_int_equal(found.kind, CSPAN_SPOOL_TORN);
  assert_int_equal(found.spans, 0);
  free(request);
}

static void test_header(void **state) {
  (void)state;
  uint8_t header[CSPAN_SPOOL_FILE_HEADER];
  cspan_spool_file_header(header);
  assert_false(cspan_spool_is_other_version(header, sizeof header));
  for (size_t i = 0; i < sizeof header; i++) { /* damaged: the records are read all the same */
    header[i] ^= 0x40;
    assert_false(cspan_spool_is_other_version(header, sizeof header));
    header[i] ^= 0x40;
  }
  /* Version 2, with its checksum. */
  static const uint8_t other[] = {'c', 's', 'p', 'n', 's',  'p',  'l',  '\n',
                                  2,   0,   0,   0,   0xdb, 0xb5, 0x06, 0xd9};
  assert_true(cspan_spool_is_other_version(other, sizeof other));
  assert_false(cspan_spool_is_other_version(other, sizeof other - 1));
}

static void test_names(void **state) {
  (void)state;
  char early[CSPAN_SPOOL_NAME_ROOM];
  char late[CSPAN_SPOOL_NAME_ROOM];
  uint64_t salt;
  cspan_spool_name(early, INT64_C(999999999999999999), 1, UINT64_MAX);
  cspan_spool_name(late, INT64_MAX, 2147483647, 0xab);
  assert_true(strcmp(early, late) < 0);
  assert_true(cspan_spool_name_salt(early, &salt) && salt == UINT64_MAX);
  assert_true(cspan_spool_name_salt(late, &salt) && salt == 0xab);
  cspan_spool_name(late, -5, 7, 1);
  assert_string_equal(late, "00000000000000000000-7-0000000000000001.spool");
  static const char *const others[] = {
      "",
      ".",
      "spool",
      "notes.spool",
      "00000000000000000000",
      "00000000000000000000-",
      "00000000000000000000-7",
      "00000000000000000000-7-",
      "00000000000000000000--0000000000000001.spool",
      "00000000000000000000-12345678901-0000000000000001.spool",
      "00000000000000000000-7-000000000000001.spool",
      "00000000000000000000-7-000000000000000G.spool",
      "00000000000000000000-7-0000000000000001.spoo",
      "00000000000000000000-7-0000000000000001.spool2",
      "0000000000000000000-7-0000000000000001.spool",
  };
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_false(cspan_spool_name_salt(others[i], &salt));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole),
      cmocka_unit_test(test_torn_at_every_byte),
      cmocka_unit_test(test_damage_at_every_byte),
      cmocka_unit_test(test_forged),
      cmocka_unit_test(test_too_long),
      cmocka_unit_test(test_header),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
