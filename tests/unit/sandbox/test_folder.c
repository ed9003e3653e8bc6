/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox in a folder: everything is there after a restart. */
#include "unit/sandbox/client.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static char folder[64];
static cspan_sandbox *sandbox;

static cspan_sandbox *open_folder(void) {
  return start_with((cspan_sandbox_options){.allow_anonymous = true, .directory = folder});
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info;
  (void)kind;
  (void)where;
  return remove(path);
}

static int set_up(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/cspan-sandbox-XXXXXX");
  assert_non_null(mkdtemp(folder));
  sandbox = open_folder();
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return 0;
}

static void restart(void) {
  cspan_sandbox_stop(sandbox);
  sandbox = open_folder();
}

static void path_of(char out[512], const char *name) {
  snprintf(out, 512, "%s/%s", folder, name);
}

static size_t count_entries(const char *name) {
  char path[512];
  size_t count = 0;
  path_of(path, name);
  DIR *list = opendir(path);
  assert_non_null(list);
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    count += entry->d_name[0] != '.';
  }
  closedir(list);
  return count;
}

static void write_file(const char *name, const char *text) {
  char path[512];
  path_of(path, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static const char *const names[] = {
    ".",      "..",     "../../escape",     "a/b", "a%2Fb", "A", "a", "%2E", "~",
    "x.json", "sp ace", "\xc3\xa9\xc3\xa9",
};
enum { NAMES = sizeof names / sizeof names[0] };

static void target_of(const char *name, char out[4096]) {
  cspan_buf text;
  cspan_buf_init(&text, 4000);
  cspan_uri_encode(&text, name, strlen(name), false);
  snprintf(out, 4096, "/bucket/%s", cspan_buf_text(&text));
  cspan_buf_free(&text);
}

static void test_any_name(void **state) {
  (void)state;
  char target[4096];
  char longest[2][1025];
  memset(longest, 'l', sizeof longest);
  longest[0][1024] = longest[1][1024] = '\0';
  longest[1][1023] = 'm'; /* differ only where the file's name is cut */
  for (int i = 0; i < NAMES + 2; i++) {
    const char *name = i < NAMES ? names[i] : longest[i - NAMES];
    target_of(name, target);
    check(sandbox, "PUT", target, "x-amz-meta-a: b\r\n", name, 200, NULL);
  }
  assert_int_equal(count_entries("objects/bucket"), NAMES + 2);
  assert_int_equal(count_entries("."), 5); /* nothing went elsewhere */
  restart();
  for (int i = 0; i < NAMES + 2; i++) {
    const char *name = i < NAMES ? names[i] : longest[i - NAMES];
    target_of(name, target);
    answer a = expect(sandbox, "GET", target, NULL, NULL, 200, NULL);
    assert_string_equal(a.body, name);
    check_header(&a, "x-amz-meta-a", "b");
    answer_free(&a);
    check(sandbox, "DELETE", target, NULL, NULL, 204, NULL);
  }
  assert_int_equal(count_entries("objects/bucket"), 0);
  assert_int_equal(count_entries("bodies"), 0);
}

static void test_replaced_and_shared(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/k", NULL, "old", 200, NULL);
  check(sandbox, "PUT", "/bucket/k", NULL, "new", 200, NULL);
  assert_int_equal(count_entries("bodies"), 1);
  check(sandbox, "PUT", "/bucket/copy", "x-amz-copy-source: bucket/k\r\n", NULL, 200, NULL);
  assert_int_equal(count_entries("bodies"), 1);
  restart();
  check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
  check_body(sandbox, "/bucket/copy", NULL, 200, "new");
  check_body(sandbox, "/bucket/copy", "Range: bytes=1-\r\n", 206, "ew");
  check(sandbox, "DELETE", "/bucket/copy", NULL, NULL, 204, NULL);
  assert_int_equal(count_entries("bodies"), 0);
  check(sandbox, "DELETE", "/bucket", NULL, NULL, 204, NULL);
  assert_int_equal(count_entries("objects"), 0);
  restart();
  check(sandbox, "HEAD", "/bucket", NULL, NULL, 404, NULL);
}

static void test_same_headers_after_restart(void **state) {
  (void)state;
  static const char *const headers[] = {"ETag", "Last-Modified", "Content-Type",
                                        "x-amz-checksum-sha256"};
  char before[4][128];
  check(sandbox, "PUT", "/bucket/k",
        "x-amz-sdk-checksum-algorithm: SHA256\r\nContent-Type: a/b\r\n", "hello", 200, NULL);
  for (int round = 0; round < 2; round++) {
    answer a =
        expect(sandbox, "HEAD", "/bucket/k", "x-amz-checksum-mode: ENABLED\r\n", NULL, 200, NULL);
    for (int i = 0; i < 4; i++) {
      const char *value = header_of(&a, headers[i]);
      assert_non_null(value);
      if (round == 0) {
        keep(before[i], sizeof before[i], value);
      }
      assert_string_equal(value, before[i]);
    }
    answer_free(&a);
    restart();
  }
}

static void test_upload_goes_on(void **state) {
  (void)state;
  char target[256];
  char id[64];
  answer a = expect(sandbox, "POST", "/bucket/k?uploads", "x-amz-meta-a: b\r\n", NULL, 200, NULL);
  keep(id, sizeof id, element(a.body, "UploadId"));
  answer_free(&a);
  snprintf(target, sizeof target, "/bucket/k?partNumber=1&uploadId=%s", id);
  check(sandbox, "PUT", target, NULL, "tail", 200, NULL);
  restart();
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 1);
  snprintf(target, sizeof target, "/bucket/k?uploadId=%s", id);
  a = expect(sandbox, "GET", target, NULL, NULL, 200, NULL);
  assert_int_equal(count_of(a.body, "<Part>"), 1);
  answer_free(&a);
  check(sandbox, "POST", target, NULL,
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        "<ETag>7aea2552dfe7eb84b9443b6fc9ba6e01</ETag></Part></CompleteMultipartUpload>",
        200, NULL);
  restart();
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 0);
  assert_int_equal(count_entries("uploads"), 0);
  a = expect(sandbox, "GET", "/bucket/k?partNumber=1", NULL, NULL, 206, NULL);
  assert_string_equal(a.body, "tail");
  check_header(&a, "x-amz-meta-a", "b");
  answer_free(&a);
}

static void test_abort(void **state) {
  (void)state;
  char target[256];
  char id[64];
  answer a = expect(sandbox, "POST", "/bucket/k?uploads", NULL, NULL, 200, NULL);
  keep(id, sizeof id, element(a.body, "UploadId"));
  answer_free(&a);
  snprintf(target, sizeof target, "/bucket/k?partNumber=1&uploadId=%s", id);
  check(sandbox, "PUT", target, NULL, "tail", 200, NULL);
  snprintf(target, sizeof target, "/bucket/k?uploadId=%s", id);
  check(sandbox, "DELETE", target, NULL, NULL, 204, NULL);
  assert_int_equal(count_entries("uploads"), 0);
  assert_int_equal(count_entries("bodies"), 0);
}

/* What a process that was killed leaves behind. */
static void test_leftovers(void **state) {
  (void)state;
  char path[512];
  check(sandbox, "PUT", "/bucket/k", NULL, "x", 200, NULL);
  path_of(path, "uploads/00000000000000000000000000000000");
  assert_int_equal(mkdir(path, 0700), 0);
  write_file("uploads/00000000000000000000000000000000/00001.json", "{}");
  write_file("bodies/11111111111111111111111111111111", "orphan");
  write_file("objects/bucket/k.json.tmp", "{\"half");
  restart();
  assert_int_equal(count_entries("uploads"), 0);
  assert_int_equal(count_entries("bodies"), 1);
  assert_int_equal(count_entries("objects/bucket"), 1);
  check_body(sandbox, "/bucket/k", NULL, 200, "x");
}

static void check_refused(const char *message) {
  cspan_sandbox_options options = {.size = sizeof options, .directory = folder};
  cspan_sandbox *second = NULL;
  cspan_error *error = NULL;
  assert_int_not_equal(cspan_sandbox_start(&options, &second, &error), CSPAN_OK);
  assert_null(second);
  if (!strstr(cspan_error_message(error), message)) {
    fail_msg("%s", cspan_error_message(error));
  }
  cspan_error_free(error);
}

static void test_locked(void **state) {
  (void)state;
  check_refused("is used by another sandbox");
  check(sandbox, "HEAD", "/bucket", NULL, NULL, 200, NULL);
}

static void test_damaged(void **state) {
  (void)state;
  static const struct {
    const char *file;
    const char *text;
    const char *message;
  } table[] = {
      {"objects/bucket/bad.json", "{", "objects/bucket/bad.json cannot be read as JSON"},
      {"objects/bucket/bad.json", "{}", "objects/bucket/bad.json is not a document"},
      {"objects/bucket/bad.json",
       "{\"key\":\"good\",\"etag\":\"\",\"checksum\":{\"algorithm\":\"\",\"value\":\"\"},"
       "\"headers\":[],\"parts\":[],\"bodies\":[]}",
       "is not a document"},
      {"objects/bucket/bad.json",
       "{\"key\":\"bad\",\"etag\":\"\",\"checksum\":{\"algorithm\":\"\",\"value\":\"\"},"
       "\"headers\":[],\"parts\":[],\"bodies\":[{\"file\":\"../../../../etc/passwd\",\"size\":1}]}",
       "is not a document"},
      {"objects/bucket/bad.json",
       "{\"key\":\"bad\",\"etag\":\"\",\"checksum\":{\"algorithm\":\"\",\"value\":\"\"},"
       "\"headers\":[],\"parts\":[],"
       "\"bodies\":[{\"file\":\"22222222222222222222222222222222\",\"size\":1}]}",
       "bodies/22222222222222222222222222222222 is missing or has another size"},
      {"objects/bucket/bad.json",
       "{\"key\":\"bad\",\"etag\":\"\",\"checksum\":{\"algorithm\":\"\",\"value\":\"\"},"
       "\"headers\":[],\"parts\":[],"
       "\"bodies\":[{\"file\":\"22222222222222222222222222222222\",\"size\":1},"
       "{\"file\":\"22222222222222222222222222222222\",\"size\":2}]}",
       "is not a document"},
      {"buckets/other.json", "{\"name\":\"../x\",\"region\":\"r\"}", "is not a document"},
      {"buckets/other.json", "[]", "is not a document"},
  };
  cspan_sandbox_stop(sandbox);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char path[512];
    write_file(table[i].file, table[i].text);
    check_refused(table[i].message);
    path_of(path, table[i].file);
    assert_int_equal(unlink(path), 0);
  }
  sandbox = open_folder(); /* refusing changed nothing */
  check(sandbox, "HEAD", "/bucket", NULL, NULL, 200, NULL);
}

static void test_no_folder(void **state) {
  (void)state;
  char kept[64];
  snprintf(kept, sizeof kept, "%s", folder);
  snprintf(folder, sizeof folder, "/proc/none/x");
  check_refused("cannot make the folder /proc/none/x");
  snprintf(folder, sizeof folder, "/dev/null");
  check_refused("cannot open the folder /dev/null");
  snprintf(folder, sizeof folder, "%s", kept);
}

static void test_faults_from_files(void **state) {
  (void)state;
  enum { SIZE = 300000 };
  char *data = malloc(SIZE);
  assert_non_null(data);
  memset(data, 'f', SIZE);
  answer a = ask_bytes(sandbox, "PUT", "/bucket/k", NULL, data, SIZE);
  answer_free(&a);
  assert_int_equal(
      cspan_sandbox_add_fault_text(sandbox, "op=GetObject,count=1,truncate=200000", NULL),
      CSPAN_OK);
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=GetObject,count=1,corrupt", NULL),
                   CSPAN_OK);
  a = ask(sandbox, "GET", "/bucket/k", NULL, NULL);
  assert_int_equal(a.len, 200000);
  assert_memory_equal(a.body, data, a.len);
  answer_free(&a);
  a = ask(sandbox, "GET", "/bucket/k", NULL, NULL);
  assert_int_equal(a.len, SIZE);
  assert_int_not_equal(memcmp(a.body, data, SIZE), 0);
  answer_free(&a);
  a = ask(sandbox, "GET", "/bucket/k", NULL, NULL);
  assert_int_equal(a.len, SIZE);
  assert_memory_equal(a.body, data, SIZE);
  answer_free(&a);
  free(data);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_any_name),
      IN_FOLDER(test_replaced_and_shared),
      IN_FOLDER(test_same_headers_after_restart),
      IN_FOLDER(test_upload_goes_on),
      IN_FOLDER(test_abort),
      IN_FOLDER(test_leftovers),
      IN_FOLDER(test_locked),
      IN_FOLDER(test_damaged),
      IN_FOLDER(test_no_folder),
      IN_FOLDER(test_faults_from_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
