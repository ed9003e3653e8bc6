/* SPDX-License-Identifier: Apache-2.0 */
/* The s3 commands as processes against a sandbox in this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cloudspan/sandbox.h>

#include "support/command.h"
#include "support/plain_http.h"

static cspan_sandbox *sandbox;
static char folder[32];

/* Runs "cloudspan s3 ..." and expects an exit code. */
#define S3(c, code, ...)                                                                           \
  s3((c), (code), (const char *const[]){"cloudspan", "s3", __VA_ARGS__, NULL})

static void s3(command *c, int code, const char *const *args) {
  command_run(c, args);
  if (c->exit_code != code) {
    print_error("exit code %d, stderr: %s\n", c->exit_code, c->err);
  }
  assert_int_equal(c->exit_code, code);
}

/* The same without a look at the output. */
#define S3_ONLY(code, ...)                                                                         \
  do {                                                                                             \
    command only;                                                                                  \
    S3(&only, code, __VA_ARGS__);                                                                  \
    command_free(&only);                                                                           \
  } while (0)

/* A path in the test's folder; a few may be in use at once. */
static const char *path_of(const char *name) {
  static char paths[8][128];
  static size_t next;
  char *path = paths[next++ % 8];
  (void)snprintf(path, 128, "%s/%s", folder, name);
  return path;
}

static void write_file(const char *path, const void *data, size_t len) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

static char *make_data(size_t len) {
  char *data = malloc(len);
  uint32_t state = 1;
  assert_non_null(data);
  for (size_t i = 0; i < len; i++) {
    state = state * 1664525u + 1013904223u;
    data[i] = (char)(state >> 24);
  }
  return data;
}

static void assert_file(const char *path, const void *data, size_t len) {
  size_t size = 0;
  char *text = command_read_file(path, &size);
  assert_non_null(text);
  assert_int_equal(size, len);
  assert_memory_equal(text, data, len);
  free(text);
}

static size_t count_entries(const char *path) {
  size_t count = 0;
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    count += entry->d_name[0] != '.' || (entry->d_name[1] && entry->d_name[1] != '.');
  }
  (void)closedir(dir);
  return count;
}

static json_t *json_line(const char *text, size_t index) {
  for (; index > 0; index--) {
    text = strchr(text, '\n');
    assert_non_null(text);
    text++;
  }
  json_t *line = json_loadb(text, strcspn(text, "\n"), 0, NULL);
  assert_non_null(line);
  return line;
}

static const char *member(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  assert_non_null(text);
  return text;
}

static int setup(void **state) {
  (void)state;
  cspan_sandbox_options options = {.size = sizeof options};
  assert_int_equal(cspan_sandbox_start(&options, &sandbox, NULL), CSPAN_OK);
  (void)setenv("AWS_ENDPOINT_URL_S3", cspan_sandbox_endpoint(sandbox), 1);
  (void)snprintf(folder, sizeof folder, "/tmp/cspan-cli-XXXXXX");
  assert_non_null(mkdtemp(folder));
  S3_ONLY(0, "mb", "s3://bkt");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  command c;
  command_run(&c, (const char *const[]){"rm", "-rf", folder, NULL});
  command_free(&c);
  cspan_sandbox_stop(sandbox);
  return 0;
}

static void test_round_trip(void **state) {
  (void)state;
  command c;
  write_file(path_of("a.txt"), "hello\n", 6);
  S3(&c, 0, "cp", path_of("a.txt"), "s3://bkt/dir/", "--content-type", "text/plain", "--metadata",
     "owner=me", "--checksum", "sha256");
  assert_non_null(strstr(c.out, "-> s3://bkt/dir/a.txt (6 B)\n"));
  command_free(&c);
  S3_ONLY(0, "cp", "s3://bkt/dir/a.txt", path_of("back.txt"));
  assert_file(path_of("back.txt"), "hello\n", 6);
  S3_ONLY(0, "cp", "s3://bkt/dir/a.txt", path_of("new/sub/"));
  assert_file(path_of("new/sub/a.txt"), "hello\n", 6);
  S3(&c, 0, "stat", "--json", "s3://bkt/dir/a.txt");
  json_t *info = json_line(c.out, 0);
  assert_int_equal(json_integer_value(json_object_get(info, "size_bytes")), 6);
  assert_string_equal(member(info, "content_type"), "text/plain");
  assert_string_equal(member(json_object_get(info, "metadata"), "owner"), "me");
  json_decref(info);
  command_free(&c);
  S3(&c, 0, "stat", "s3://bkt/dir/a.txt");
  assert_non_null(strstr(c.out, "Content type    text/plain\n"));
  assert_non_null(strstr(c.out, "Metadata        owner=me\n"));
  command_free(&c);
}

static void test_streams(void **state) {
  (void)state;
  command c;
  command_start(&c, (const char *const[]){"cloudspan", "s3", "cp", "-", "s3://bkt/in", NULL}, "abc",
                3);
  command_wait(&c);
  assert_int_equal(c.exit_code, 0);
  command_free(&c);
  S3(&c, 0, "cp", "s3://bkt/in", "-");
  assert_string_equal(c.out, "abc");
  command_free(&c);
  S3(&c, 0, "cp", "--json", "s3://bkt/in", "-");
  assert_string_equal(c.out, "abc");
  command_free(&c);
  command_run(&c, (const char *const[]){"sh", "-c",
                                        "\"${CLOUDSPAN_COMMAND:-./cloudspan}\" s3 cp s3://bkt/in - "
                                        ">/dev/full",
                                        NULL});
  assert_int_equal(c.exit_code, 1);
  assert_non_null(strstr(c.err, "cannot write: No space left on device"));
  command_free(&c);
  /* The line about a transfer was written at once: by the end the reason is forgotten. */
  write_file(path_of("f"), "abc", 3);
  command_run(&c, (const char *const[]){"sh", "-c",
                                        "\"${CLOUDSPAN_COMMAND:-./cloudspan}\" s3 cp \"$0\" "
                                        "s3://bkt/f >/dev/full",
                                        path_of("f"), NULL});
  assert_int_equal(c.exit_code, 1);
  assert_string_equal(c.err, "cloudspan: cannot write the output\n");
  command_free(&c);
  command_start(&c, (const char *const[]){"cloudspan", "s3", "cp", "-", "s3://bkt/empty", NULL},
                NULL, 0);
  command_wait(&c);
  assert_int_equal(c.exit_code, 0);
  command_free(&c);
  S3(&c, 0, "cp", "s3://bkt/empty", "-");
  assert_int_equal(c.out_len, 0);
  command_free(&c);
}

/* A pipe that is larger than the threshold: parts of a size that is not known before. */
/* Devices and pipes are written to, not replaced. */
static void test_special_files(void **state) {
  (void)state;
  command c;
  struct stat info;
  write_file(path_of("a.txt"), "hello\n", 6);
  S3_ONLY(0, "cp", path_of("a.txt"), "s3://bkt/a.txt");
  S3(&c, 0, "cp", "s3://bkt/a.txt", "/dev/null");
  assert_string_equal(c.out, "download: s3://bkt/a.txt -> /dev/null (6 B)\n");
  command_free(&c);
  assert_int_equal(stat("/dev/null", &info), 0);
  assert_true(S_ISCHR(info.st_mode));
  S3(&c, 1, "cp", "s3://bkt/a.txt", "/dev/full");
  assert_non_null(strstr(c.err, "to /dev/full failed: cannot write: No space left on device"));
  command_free(&c);
  /* As /dev/stdout, but a failure here replaces nothing that others need. */
  assert_int_equal(symlink("/proc/self/fd/1", path_of("output")), 0);
  S3(&c, 0, "cp", "--json", "s3://bkt/a.txt", path_of("output"));
  assert_string_equal(c.out, "hello\n");
  command_free(&c);
  assert_int_equal(lstat(path_of("output"), &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  assert_int_equal(mkfifo(path_of("a.fifo"), 0600), 0);
  command_start(&c, (const char *const[]){"cat", path_of("a.fifo"), NULL}, NULL, 0);
  S3_ONLY(0, "cp", "s3://bkt/a.txt", path_of("a.fifo"));
  command_wait(&c);
  assert_string_equal(c.out, "hello\n");
  command_free(&c);
}

/* The command itself is there (no longer the fork of this program) and handles SIGTERM. */
static bool handles_sigterm(void *user) {
  const command *c = user;
  char name[64];
  char text[4096];
  char *caught;
  snprintf(name, sizeof name, "/proc/%d/exe", (int)c->pid);
  ssize_t len = readlink(name, text, sizeof text - 1);
  text[len > 0 ? len : 0] = '\0';
  const char *program = strrchr(text, '/');
  if (!program || strcmp(program, "/cloudspan") != 0) {
    return false;
  }
  snprintf(name, sizeof name, "/proc/%d/status", (int)c->pid);
  FILE *file = fopen(name, "r");
  size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) {
    (void)fclose(file);
  }
  text[size] = '\0';
  caught = strstr(text, "SigCgt:");
  return caught && ((strtoull(caught + 7, NULL, 16) >> (SIGTERM - 1)) & 1) != 0;
}

/* A pipe that nobody reads is waited for until a signal comes. */
static void test_interrupted_pipe(void **state) {
  (void)state;
  command c;
  write_file(path_of("a.txt"), "hello\n", 6);
  S3_ONLY(0, "cp", path_of("a.txt"), "s3://bkt/a.txt");
  assert_int_equal(mkfifo(path_of("unread"), 0600), 0);
  command_start(
      &c, (const char *const[]){"cloudspan", "s3", "cp", "s3://bkt/a.txt", path_of("unread"), NULL},
      NULL, 0);
  assert_true(command_wait_until(&c, handles_sigterm, &c));
  assert_int_equal(kill(c.pid, SIGTERM), 0);
  command_wait(&c);
  assert_int_equal(c.exit_code, 143);
  command_free(&c);
}

static void test_pipe_in_parts(void **state) {
  (void)state;
  size_t len = ((size_t)11 << 20) + 7;
  char *data = make_data(len);
  command c;
  command_start(&c,
                (const char *const[]){"sh", "-c",
                                      "cat | \"${CLOUDSPAN_COMMAND:-./cloudspan}\" s3 cp - "
                                      "s3://bkt/piped --multipart-threshold 6MiB --part-size 5MiB",
                                      NULL},
                data, len);
  command_wait(&c);
  assert_int_equal(c.exit_code, 0);
  command_free(&c);
  S3_ONLY(0, "cp", "s3://bkt/piped", path_of("piped"));
  assert_file(path_of("piped"), data, len);
  S3(&c, 0, "stat", "--json", "s3://bkt/piped");
  json_t *info = json_line(c.out, 0);
  assert_non_null(strstr(member(info, "etag"), "-3"));
  json_decref(info);
  command_free(&c);
  free(data);
}

static void test_multipart_file(void **state) {
  (void)state;
  size_t len = ((size_t)16 << 20) + 1;
  char *data = make_data(len);
  command c;
  write_file(path_of("large"), data, len);
  S3(&c, 0, "cp", "--json", path_of("large"), "s3://bkt");
  json_t *line = json_line(c.out, 0);
  assert_string_equal(member(line, "operation"), "upload");
  assert_string_equal(member(line, "destination"), "s3://bkt/large");
  assert_int_equal(json_integer_value(json_object_get(line, "size_bytes")), len);
  assert_non_null(strstr(member(line, "etag"), "-2"));
  json_decref(line);
  command_free(&c);
  S3_ONLY(0, "cp", "s3://bkt/large", path_of("large2"));
  assert_file(path_of("large2"), data, len);
  free(data);
}

static void test_copy_within_s3(void **state) {
  (void)state;
  command c;
  write_file(path_of("x"), "xyz", 3);
  S3_ONLY(0, "cp", path_of("x"), "s3://bkt/x", "--content-type", "a/b");
  S3_ONLY(0, "cp", "s3://bkt/x", "s3://bkt/copies/");
  S3_ONLY(0, "cp", "s3://bkt/x", "s3://bkt/y", "--content-type", "c/d");
  S3(&c, 0, "stat", "--json", "s3://bkt/copies/x");
  json_t *info = json_line(c.out, 0);
  assert_string_equal(member(info, "content_type"), "a/b");
  json_decref(info);
  command_free(&c);
  S3(&c, 0, "stat", "--json", "s3://bkt/y");
  info = json_line(c.out, 0);
  assert_string_equal(member(info, "content_type"), "c/d");
  json_decref(info);
  command_free(&c);
}

static void test_trees(void **state) {
  (void)state;
  command c;
  assert_int_equal(mkdir(path_of("tree"), 0777), 0);
  assert_int_equal(mkdir(path_of("tree/sub"), 0777), 0);
  write_file(path_of("tree/one"), "1", 1);
  write_file(path_of("tree/sub/two"), "22", 2);
  assert_int_equal(symlink("..", path_of("tree/loop")), 0);
  S3(&c, 0, "cp", "-r", path_of("tree"), "s3://bkt/t");
  assert_non_null(strstr(c.err, "loop': a symbolic link to a folder is not followed"));
  command_free(&c);
  S3(&c, 0, "ls", "--json", "-r", "s3://bkt/t");
  json_t *line = json_line(c.out, 0);
  assert_string_equal(member(line, "key"), "t/one");
  json_decref(line);
  line = json_line(c.out, 1);
  assert_string_equal(member(line, "key"), "t/sub/two");
  assert_int_equal(json_integer_value(json_object_get(line, "size_bytes")), 2);
  json_decref(line);
  command_free(&c);
  S3_ONLY(0, "cp", "-r", "s3://bkt/t", "s3://bkt/copy");
  S3_ONLY(0, "cp", "-r", "s3://bkt/copy/", path_of("restored"));
  assert_file(path_of("restored/one"), "1", 1);
  assert_file(path_of("restored/sub/two"), "22", 2);
  S3_ONLY(4, "cp", "-r", "s3://bkt/nothing", path_of("restored"));
  S3(&c, 2, "cp", "-r", "-", "s3://bkt/t");
  command_free(&c);
}

static void test_list(void **state) {
  (void)state;
  command c;
  write_file(path_of("f"), "12345", 5);
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/p/f");
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/p/q/f");
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/p/\x1b[31mred");
  S3(&c, 0, "ls");
  assert_non_null(strstr(c.out, "  bkt\n"));
  command_free(&c);
  S3(&c, 0, "ls", "s3://bkt/p/");
  assert_non_null(strstr(c.out, "PREFIX  p/q/\n"));
  assert_non_null(strstr(c.out, "  5  p/f\n"));
  assert_null(strchr(c.out, '\x1b'));
  assert_non_null(strstr(c.out, "p/\\x1b[31mred\n"));
  command_free(&c);
  S3_ONLY(4, "ls", "s3://bkt/none/");
  S3_ONLY(0, "mb", "s3://empty-bucket");
  S3_ONLY(0, "ls", "s3://empty-bucket");
  S3(&c, 4, "ls", "s3://no-such-bucket");
  assert_non_null(strstr(c.err, "NoSuchBucket"));
  command_free(&c);
}

/* Keys that are paths out of the folder are refused, the others are downloaded. */
static void test_hostile_keys(void **state) {
  (void)state;
  command c;
  write_file(path_of("f"), "evil", 4);
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/h/../../escaped");
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/h//absolute");
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/h/good");
  S3(&c, 3, "cp", "-r", "s3://bkt/h", path_of("inner/target"));
  assert_non_null(strstr(c.err, "is refused"));
  assert_non_null(strstr(c.err, "1 done, 2 failed"));
  command_free(&c);
  assert_file(path_of("inner/target/good"), "evil", 4);
  assert_int_equal(count_entries(path_of("inner/target")), 1);
  assert_int_equal(count_entries(path_of("inner")), 1);
  assert_int_not_equal(access(path_of("escaped"), F_OK), 0);
  S3(&c, 2, "cp", "s3://bkt/h/../..", path_of("inner/"));
  command_free(&c);
  S3(&c, 2, "cp", "s3://bkt/h/", path_of("inner/"));
  assert_non_null(strstr(c.err, "gives the file no name"));
  command_free(&c);
}

/* 3 is for a part: when nothing at all was done, it failed. */
static void test_all_items_fail(void **state) {
  (void)state;
  command c;
  write_file(path_of("f"), "text", 4);
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/odd/../a");
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/odd/../b");
  S3(&c, 1, "cp", "-r", "s3://bkt/odd", path_of("target"));
  assert_non_null(strstr(c.err, "0 done, 2 failed"));
  command_free(&c);
  S3_ONLY(1, "cp", "-r", path_of("no-such-folder"), "s3://bkt/t");
  /* All for one reason, which has a code of its own. */
  assert_int_equal(mkdir(path_of("up"), 0777), 0);
  write_file(path_of("up/a"), "a", 1);
  write_file(path_of("up/b"), "b", 1);
  S3_ONLY(4, "cp", "-r", path_of("up"), "s3://no-such-bucket/t");
  S3_ONLY(4, "cp", "-r", "s3://no-such-bucket/t", path_of("target"));
  /* One for another reason than the other. */
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=PutObject,status=403,count=1", NULL),
                   CSPAN_OK);
  S3_ONLY(1, "cp", "-r", path_of("up"), "s3://no-such-bucket/t");
  cspan_sandbox_clear_faults(sandbox);
}

static void put_keys(size_t count) {
  for (size_t i = 0; i < count; i++) {
    char uri[64];
    (void)snprintf(uri, sizeof uri, "s3://bkt/k/%zu", i);
    S3_ONLY(0, "cp", "/dev/null", uri);
  }
}

static size_t count_operation(const char *operation) {
  cspan_sandbox_record record;
  size_t found = 0;
  for (size_t i = 0; cspan_sandbox_request_at(sandbox, i, &record); i++) {
    found += strcmp(record.operation, operation) == 0;
  }
  return found;
}

static void test_remove(void **state) {
  (void)state;
  command c;
  put_keys(4);
  S3(&c, 0, "rm", "s3://bkt/k/0", "s3://bkt/k/missing");
  assert_non_null(strstr(c.out, "delete: s3://bkt/k/0\n"));
  command_free(&c);
  assert_int_equal(count_operation("DeleteObjects"), 0);
  S3_ONLY(0, "rm", "-r", "s3://bkt/k/");
  assert_int_equal(count_operation("DeleteObjects"), 1);
  S3_ONLY(4, "ls", "s3://bkt/k/");
  S3_ONLY(2, "rm", "s3://bkt");
  S3_ONLY(4, "rm", "s3://no-such-bucket/k");
}

static void test_remove_partly_denied(void **state) {
  (void)state;
  command c;
  put_keys(3);
  assert_int_equal(cspan_sandbox_add_fault_text(
                       sandbox, "op=DeleteObject,key=k/1,status=403,code=AccessDenied", NULL),
                   CSPAN_OK);
  S3(&c, 3, "rm", "-r", "--per-key", "--json", "s3://bkt/k/");
  json_t *line = json_line(c.out, 1);
  assert_string_equal(member(line, "key"), "k/1");
  assert_string_equal(member(json_object_get(line, "error"), "code"), "AccessDenied");
  json_decref(line);
  line = json_line(c.out, 2);
  assert_null(json_object_get(line, "error"));
  json_decref(line);
  assert_non_null(strstr(c.err, "1 of 3 objects could not be deleted"));
  command_free(&c);
  cspan_sandbox_clear_faults(sandbox);
}

static void test_buckets(void **state) {
  (void)state;
  command c;
  S3(&c, 0, "mb", "s3://second");
  assert_string_equal(c.out, "make-bucket: s3://second\n");
  command_free(&c);
  S3_ONLY(0, "cp", "/dev/null", "s3://second/k");
  S3(&c, 1, "rb", "s3://second");
  assert_non_null(strstr(c.err, "BucketNotEmpty"));
  command_free(&c);
  S3_ONLY(0, "rb", "--force", "s3://second");
  S3_ONLY(4, "stat", "s3://second");
  S3_ONLY(0, "stat", "s3://bkt");
  S3_ONLY(4, "rb", "s3://second");
  S3_ONLY(2, "mb", "s3://bkt/key");
}

static void test_presign(void **state) {
  (void)state;
  command c;
  char *answer = NULL;
  S3(&c, 0, "presign", "--method", "put", "s3://bkt/signed", "--expires-in", "60");
  c.out[strcspn(c.out, "\n")] = '\0';
  assert_int_equal(plain_http("PUT", c.out, "Content-Type:", "signed", 6, &answer), 200);
  free(answer);
  command_free(&c);
  S3(&c, 0, "presign", "--json", "s3://bkt/signed");
  json_t *line = json_line(c.out, 0);
  assert_int_equal(json_integer_value(json_object_get(line, "expires_in_s")), 3600);
  assert_int_equal(plain_http("GET", member(line, "url"), NULL, NULL, 0, &answer), 200);
  assert_string_equal(answer, "signed");
  free(answer);
  json_decref(line);
  command_free(&c);
  S3_ONLY(2, "presign", "--method", "DELETE", "s3://bkt/x");
  S3_ONLY(2, "presign", "--expires-in", "604801", "s3://bkt/x");
}

static void test_exit_codes(void **state) {
  (void)state;
  command c;
  S3(&c, 4, "cp", "s3://bkt/missing", path_of("m"));
  assert_non_null(strstr(c.err, "NoSuchKey"));
  command_free(&c);
  assert_int_not_equal(access(path_of("m"), F_OK), 0);
  S3(&c, 4, "stat", "s3://bkt/missing");
  assert_string_equal(c.err, "cloudspan s3 stat: there is no s3://bkt/missing\n");
  command_free(&c);
  S3(&c, 1, "cp", path_of("no-such-file"), "s3://bkt/x");
  assert_non_null(strstr(c.err, "no-such-file to s3://bkt/x failed: cannot read"));
  command_free(&c);
  S3(&c, 2, "cp", "s3://bkt/x", path_of("x"), "--checksum", "MD4");
  assert_non_null(
      strstr(c.err, "'--checksum' takes CRC32, CRC32C, CRC64NVME, SHA1 or SHA256, not"));
  command_free(&c);
  S3_ONLY(2, "cp", "a", "b");
  S3_ONLY(2, "cp", "s3://bkt/x");
  S3(&c, 2, "ls", "--recurs");
  assert_non_null(strstr(c.err, "did you mean '--recursive'?"));
  command_free(&c);
  S3(&c, 2, "lss");
  assert_non_null(strstr(c.err, "did you mean 'ls'?"));
  command_free(&c);
  S3_ONLY(2, "ls", "--profile", "no-such-profile");
  S3(&c, 1, "ls", "--endpoint-url", "http://127.0.0.1:1", "--max-attempts", "1");
  assert_non_null(strstr(c.err, "127.0.0.1"));
  command_free(&c);
  S3(&c, 0, "cp", "--help");
  assert_non_null(strstr(c.out, "Examples:"));
  command_free(&c);
}

static void test_service_error_after_retries(void **state) {
  (void)state;
  command c;
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=PutObject,status=500", NULL),
                   CSPAN_OK);
  size_t before = count_operation("PutObject");
  S3(&c, 1, "cp", "/dev/null", "s3://bkt/x", "--max-attempts", "2");
  assert_non_null(strstr(c.err, "InternalError"));
  command_free(&c);
  assert_int_equal(count_operation("PutObject"), before + 2);
  cspan_sandbox_clear_faults(sandbox);
}

static bool upload_is_open(void *user) {
  (void)user;
  return cspan_sandbox_open_uploads(sandbox) == 1;
}

/* Interrupted while its parts wait for an answer that does not come. */
static void test_interrupted_multipart(void **state) {
  (void)state;
  size_t len = (size_t)16 << 20;
  char *data = make_data(len);
  command c;
  write_file(path_of("large"), data, len);
  free(data);
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=UploadPart,delay=600000", NULL),
                   CSPAN_OK);
  command_start(
      &c, (const char *const[]){"cloudspan", "s3", "cp", path_of("large"), "s3://bkt/l", NULL},
      NULL, 0);
  assert_true(command_wait_until(&c, upload_is_open, NULL));
  assert_int_equal(kill(c.pid, SIGINT), 0);
  command_wait(&c);
  assert_int_equal(c.exit_code, 130);
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 0);
  assert_int_equal(count_operation("AbortMultipartUpload"), 1);
  command_free(&c);
  cspan_sandbox_clear_faults(sandbox);
  S3_ONLY(4, "stat", "s3://bkt/l");
}

static bool folder_has_a_file(void *user) {
  return count_entries(user) == 1;
}

static void test_interrupted_download(void **state) {
  (void)state;
  size_t len = (size_t)4 << 20;
  char *data = make_data(len);
  char target[128];
  char path[160];
  command c;
  write_file(path_of("large"), data, len);
  free(data);
  (void)snprintf(target, sizeof target, "%s", path_of("target"));
  (void)snprintf(path, sizeof path, "%s/large", target);
  assert_int_equal(mkdir(target, 0777), 0);
  S3_ONLY(0, "cp", path_of("large"), "s3://bkt/large");
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=GetObject,slow=1000", NULL), CSPAN_OK);
  command_start(&c, (const char *const[]){"cloudspan", "s3", "cp", "s3://bkt/large", path, NULL},
                NULL, 0);
  assert_true(command_wait_until(&c, folder_has_a_file, target));
  assert_int_equal(kill(c.pid, SIGTERM), 0);
  command_wait(&c);
  assert_int_equal(c.exit_code, 143);
  assert_int_equal(count_entries(target), 0);
  command_free(&c);
  cspan_sandbox_clear_faults(sandbox);
}

/* The whole file is written in place only when it is whole. */
static void test_corrupt_download_leaves_the_old_file(void **state) {
  (void)state;
  command c;
  write_file(path_of("f"), "0123456789", 10);
  S3_ONLY(0, "cp", path_of("f"), "s3://bkt/f", "--checksum", "CRC32C");
  write_file(path_of("old"), "old", 3);
  assert_int_equal(cspan_sandbox_add_fault_text(sandbox, "op=GetObject,corrupt", NULL), CSPAN_OK);
  S3(&c, 1, "cp", "s3://bkt/f", path_of("old"), "--max-attempts", "1");
  command_free(&c);
  assert_file(path_of("old"), "old", 3);
  cspan_sandbox_clear_faults(sandbox);
}

int main(void) {
  (void)setenv("AWS_ACCESS_KEY_ID", "sandbox", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "sandbox-secret", 1);
  (void)setenv("AWS_REGION", "us-east-1", 1);
  (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  (void)setenv("no_proxy", "127.0.0.1", 1);
  (void)unsetenv("AWS_PROFILE");
  (void)unsetenv("AWS_SESSION_TOKEN");
  (void)unsetenv("OTEL_TRACES_EXPORTER");
  (void)unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  (void)unsetenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_round_trip),
      TEST(test_streams),
      TEST(test_special_files),
      TEST(test_interrupted_pipe),
      TEST(test_pipe_in_parts),
      TEST(test_multipart_file),
      TEST(test_copy_within_s3),
      TEST(test_trees),
      TEST(test_list),
      TEST(test_hostile_keys),
      TEST(test_all_items_fail),
      TEST(test_remove),
      TEST(test_remove_partly_denied),
      TEST(test_buckets),
      TEST(test_presign),
      TEST(test_exit_codes),
      TEST(test_service_error_after_retries),
      TEST(test_interrupted_multipart),
      TEST(test_interrupted_download),
      TEST(test_corrupt_download_leaves_the_old_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
