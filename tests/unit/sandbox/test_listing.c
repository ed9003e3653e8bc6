/* SPDX-License-Identifier: Apache-2.0 */
/* The three listings of keys, page by page. */
#include "unit/sandbox/client.h"

static cspan_sandbox *sandbox;

/* In byte order. */
static const char *const keys[] = {"A",  "a b", "a/",  "a/1", "a/2",        "a/b/1",     "a/b/2",
                                   "a0", "b/1", "b/2", "c",   "\xc3\xa9/x", "\xc3\xa9/y"};
enum { KEYS = sizeof keys / sizeof keys[0] };

static void encode(const char *text, char out[128]) {
  cspan_buf buf;
  cspan_buf_init(&buf, 100);
  assert_int_equal(cspan_uri_encode(&buf, text, strlen(text), true), CSPAN_OK);
  snprintf(out, 128, "%s", cspan_buf_text(&buf));
  cspan_buf_free(&buf);
}

static int set_up(void **state) {
  (void)state;
  sandbox = start_open();
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  for (int i = 0; i < KEYS; i++) {
    char name[128];
    char target[160];
    encode(keys[(i * 5 + 1) % KEYS], name);
    snprintf(target, sizeof target, "/bucket/%s", name);
    check(sandbox, "PUT", target, NULL, "x", 200, NULL);
  }
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  return 0;
}

/* Adds what is in each <tag> of the document, separated by '|'. */
static void collect(cspan_buf *out, const char *document, const char *parent, const char *tag) {
  char open[64];
  snprintf(open, sizeof open, "<%s>", parent);
  for (const char *at = document; (at = strstr(at, open)) != NULL; at++) {
    cspan_buf_printf(out, "%s|", element(at, tag));
  }
}

typedef struct listed {
  cspan_buf keys;
  cspan_buf prefixes;
  int pages;
} listed;

/* All pages of a listing; `next` is the element and `parameter` where it goes. */
static listed list_all(const char *query, const char *next, const char *parameter) {
  listed all = {.pages = 0};
  char extra[512] = "";
  cspan_buf_init(&all.keys, 65536);
  cspan_buf_init(&all.prefixes, 65536);
  for (;;) {
    char target[1024];
    snprintf(target, sizeof target, "/bucket?%s%s", query, extra);
    answer a = expect(sandbox, "GET", target, NULL, NULL, 200, NULL);
    all.pages++;
    collect(&all.keys, a.body, "Contents", "Key");
    collect(&all.prefixes, a.body, "CommonPrefixes", "Prefix");
    bool more = strcmp(element(a.body, "IsTruncated"), "true") == 0;
    const char *marker = element(a.body, next);
    assert_true(!more || marker);
    if (more) {
      char encoded[128];
      encode(marker, encoded);
      snprintf(extra, sizeof extra, "&%s=%s", parameter, encoded);
    }
    answer_free(&a);
    if (!more) {
      return all;
    }
  }
}

static void check_list(const char *query, const char *next, const char *parameter,
                       const char *wanted_keys, const char *wanted_prefixes, int pages) {
  listed all = list_all(query, next, parameter);
  assert_string_equal(cspan_buf_text(&all.keys), wanted_keys);
  assert_string_equal(cspan_buf_text(&all.prefixes), wanted_prefixes);
  assert_int_equal(all.pages, pages);
  cspan_buf_free(&all.keys);
  cspan_buf_free(&all.prefixes);
}

static void check_v2(const char *query, const char *wanted_keys, const char *wanted_prefixes,
                     int pages) {
  char whole[256];
  snprintf(whole, sizeof whole, "list-type=2%s", query);
  check_list(whole, "NextContinuationToken", "continuation-token", wanted_keys, wanted_prefixes,
             pages);
}

#define ALL "A|a b|a/|a/1|a/2|a/b/1|a/b/2|a0|b/1|b/2|c|\xc3\xa9/x|\xc3\xa9/y|"

static void test_v2(void **state) {
  (void)state;
  check_v2("", ALL, "", 1);
  check_v2("&max-keys=1", ALL, "", KEYS);
  check_v2("&max-keys=5", ALL, "", 3);
  check_v2("&max-keys=13", ALL, "", 1);
  check_v2("&max-keys=0", "", "", 1);
  check_v2("&prefix=a/", "a/|a/1|a/2|a/b/1|a/b/2|", "", 1);
  check_v2("&prefix=zz", "", "", 1);
  check_v2("&delimiter=/", "A|a b|a0|c|", "a/|b/|\xc3\xa9/|", 1);
  check_v2("&delimiter=/&max-keys=1", "A|a b|a0|c|", "a/|b/|\xc3\xa9/|", 7);
  check_v2("&delimiter=/&max-keys=2", "A|a b|a0|c|", "a/|b/|\xc3\xa9/|", 4);
  check_v2("&delimiter=/&prefix=a/", "a/|a/1|a/2|", "a/b/|", 1);
  check_v2("&delimiter=/&prefix=a/&max-keys=1", "a/|a/1|a/2|", "a/b/|", 4);
  check_v2("&delimiter=b/", "A|a b|a/|a/1|a/2|a0|c|\xc3\xa9/x|\xc3\xa9/y|", "a/b/|b/|", 1);
  check_v2("&start-after=a/2", "a/b/1|a/b/2|a0|b/1|b/2|c|\xc3\xa9/x|\xc3\xa9/y|", "", 1);
  check_v2("&start-after=a/&prefix=a/b", "a/b/1|a/b/2|", "", 1);
  check_v2("&start-after=zz&prefix=a", "", "", 1);
  check_v2("&start-after=b/1&max-keys=1", "b/2|c|\xc3\xa9/x|\xc3\xa9/y|", "", 4);
  check_v2("&prefix=%C3%A9/&encoding-type=url", "%C3%A9/x|%C3%A9/y|", "", 1);
  check_v2("&prefix=a%20&encoding-type=url", "a%20b|", "", 1);
  check_v2("&delimiter=/&prefix=%C3%A9&encoding-type=url", "", "%C3%A9/|", 1);
}

static void test_v1(void **state) {
  (void)state;
  check_list("delimiter=/", "NextMarker", "marker", "A|a b|a0|c|", "a/|b/|\xc3\xa9/|", 1);
  check_list("delimiter=/&max-keys=1", "NextMarker", "marker", "A|a b|a0|c|", "a/|b/|\xc3\xa9/|",
             7);
  check_list("marker=b/1", "NextMarker", "marker", "b/2|c|\xc3\xa9/x|\xc3\xa9/y|", "", 1);
  answer a = expect(sandbox, "GET", "/bucket?max-keys=2", NULL, NULL, 200, NULL);
  assert_string_equal(element(a.body, "IsTruncated"), "true");
  assert_null(element(a.body, "NextMarker")); /* only with a delimiter */
  assert_int_equal(count_of(a.body, "<Owner>"), 2);
  answer_free(&a);
}

static void test_fields(void **state) {
  (void)state;
  answer a = expect(sandbox, "GET",
                    "/bucket?list-type=2&max-keys=2&prefix=a&delimiter=%2F&start-after=A&"
                    "fetch-owner=true&encoding-type=url",
                    NULL, NULL, 200, NULL);
  static const struct {
    const char *name;
    const char *value;
  } fields[] = {
      {"Name", "bucket"},
      {"Prefix", "a"},
      {"Delimiter", "/"},
      {"MaxKeys", "2"},
      {"KeyCount", "2"},
      {"StartAfter", "A"},
      {"EncodingType", "url"},
      {"IsTruncated", "true"},
      {"Size", "1"},
      {"StorageClass", "STANDARD"},
      {"ChecksumAlgorithm", "CRC64NVME"},
      {"ETag", "&quot;9dd4e461268c8034f5c8564e155c67a6&quot;"},
  };
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    const char *value = element(a.body, fields[i].name);
    assert_non_null(value);
    assert_string_equal(value, fields[i].value);
  }
  assert_int_equal(count_of(a.body, "<Owner>"), 1);
  answer_free(&a);
  a = expect(sandbox, "GET", "/bucket?list-type=2", NULL, NULL, 200, NULL);
  assert_int_equal(count_of(a.body, "<Owner>"), 0);
  answer_free(&a);
}

static void test_refused(void **state) {
  (void)state;
  static const char *const queries[] = {
      "list-type=1",
      "list-type=2&max-keys=-1",
      "list-type=2&max-keys=many",
      "list-type=2&encoding-type=base64",
      "list-type=2&continuation-token=%21%21",
      "list-type=2&continuation-token=eHg%3D", /* "xx" */
      "max-keys=1.5",
  };
  for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
    char target[128];
    snprintf(target, sizeof target, "/bucket?%s", queries[i]);
    check(sandbox, "GET", target, NULL, NULL, 400, "InvalidArgument");
  }
  check(sandbox, "GET", "/other?list-type=2", NULL, NULL, 404, "NoSuchBucket");
}

/* A page ends at 1,000 keys whatever is asked for. */
static void test_full_pages(void **state) {
  (void)state;
  int fd = dial(sandbox);
  check(sandbox, "PUT", "/many-keys", NULL, NULL, 200, NULL);
  for (int i = 0; i < 1001; i++) {
    char target[64];
    snprintf(target, sizeof target, "/many-keys/%04d", i);
    send_request(fd, "PUT", target, NULL, "", 0);
    answer a = read_answer(fd, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
  }
  close(fd);
  answer a = expect(sandbox, "GET", "/many-keys?list-type=2&max-keys=5000", NULL, NULL, 200, NULL);
  assert_string_equal(element(a.body, "KeyCount"), "1000");
  assert_string_equal(element(a.body, "MaxKeys"), "1000");
  assert_string_equal(element(a.body, "IsTruncated"), "true");
  answer_free(&a);
}

/* ----------------------------------------------------------------- uploads */

static void start_upload(const char *key) {
  char target[128];
  snprintf(target, sizeof target, "/bucket/%s?uploads", key);
  check(sandbox, "POST", target, NULL, NULL, 200, NULL);
}

/* Goes through the pages with both markers. */
static int list_uploads(const char *query, cspan_buf *names, cspan_buf *prefixes) {
  char extra[512] = "";
  for (int pages = 1;; pages++) {
    char target[1024];
    snprintf(target, sizeof target, "/bucket?uploads%s%s", query, extra);
    answer a = expect(sandbox, "GET", target, NULL, NULL, 200, NULL);
    collect(names, a.body, "Upload", "Key");
    collect(prefixes, a.body, "CommonPrefixes", "Prefix");
    bool more = strcmp(element(a.body, "IsTruncated"), "true") == 0;
    if (more) {
      char key[128];
      encode(element(a.body, "NextKeyMarker"), key);
      char id[64] = "";
      if (element(a.body, "NextUploadIdMarker")) {
        keep(id, sizeof id, element(a.body, "NextUploadIdMarker"));
      }
      snprintf(extra, sizeof extra, "&key-marker=%s%s%s", key, *id ? "&upload-id-marker=" : "", id);
    }
    answer_free(&a);
    if (!more) {
      return pages;
    }
  }
}

static void test_uploads(void **state) {
  (void)state;
  static const struct {
    const char *query;
    const char *names;
    const char *prefixes;
    int pages;
  } table[] = {
      {"", "a|b/1|b/1|b/2|c|", "", 1},
      {"&max-uploads=1", "a|b/1|b/1|b/2|c|", "", 5},
      {"&max-uploads=2", "a|b/1|b/1|b/2|c|", "", 3},
      {"&prefix=b/", "b/1|b/1|b/2|", "", 1},
      {"&delimiter=/", "a|c|", "b/|", 1},
      {"&delimiter=/&max-uploads=1", "a|c|", "b/|", 3},
      {"&key-marker=b/1", "b/2|c|", "", 1},
  };
  start_upload("c");
  start_upload("b/1");
  start_upload("a");
  start_upload("b/2");
  start_upload("b/1");
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_buf names;
    cspan_buf prefixes;
    cspan_buf_init(&names, 4096);
    cspan_buf_init(&prefixes, 4096);
    assert_int_equal(list_uploads(table[i].query, &names, &prefixes), table[i].pages);
    assert_string_equal(cspan_buf_text(&names), table[i].names);
    assert_string_equal(cspan_buf_text(&prefixes), table[i].prefixes);
    cspan_buf_free(&names);
    cspan_buf_free(&prefixes);
  }
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_v2),         cmocka_unit_test(test_v1),
      cmocka_unit_test(test_fields),     cmocka_unit_test(test_refused),
      cmocka_unit_test(test_full_pages), cmocka_unit_test(test_uploads),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
