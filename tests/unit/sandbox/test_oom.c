/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of the sandbox fails once: the answer is an error or nothing,
 * and the sandbox goes on. */
#include "unit/sandbox/client.h"

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_long countdown; /* the allocation at which it becomes 0 fails */
static pthread_t tester;
static atomic_bool on_tester; /* fail those of the test's own thread, or the others */

static bool fails(void) {
  bool mine = pthread_equal(pthread_self(), tester) != 0;
  return mine == atomic_load(&on_tester) && atomic_load(&countdown) > 0 &&
         atomic_fetch_sub(&countdown, 1) == 1;
}

static void *try_malloc(void *user, size_t size) {
  (void)user;
  return fails() ? NULL : malloc(size);
}

static void *try_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  return fails() ? NULL : realloc(ptr, size);
}

static void give_back(void *user, void *ptr) {
  (void)user;
  free(ptr);
}

static const cspan_allocator allocator = {try_malloc, try_realloc, give_back, NULL};

static int set_up(void **state) {
  (void)state;
  tester = pthread_self();
  cspan_allocator_set(&allocator);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_allocator_set(NULL);
  return 0;
}

static char folder[64];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info;
  (void)kind;
  (void)where;
  return remove(path);
}

/* How many allocations are tried one after the other before one is not reached. */
enum { MOST = 3000 };

static void test_start(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/cspan-sandbox-XXXXXX");
  assert_non_null(mkdtemp(folder));
  for (int with_folder = 0; with_folder < 2; with_folder++) {
    long n = 0;
    cspan_sandbox *sandbox = NULL;
    while (!sandbox && n < MOST) {
      cspan_sandbox_options options = {.directory = with_folder ? folder : NULL,
                                       .session_token = "token"};
      cspan_error *error = NULL;
      atomic_store(&on_tester, true);
      atomic_store(&countdown, ++n);
      cspan_status status = cspan_sandbox_start(&options, &sandbox, &error);
      atomic_store(&countdown, 0);
      assert_int_equal(status, sandbox ? CSPAN_OK : CSPAN_ERR_NOMEM);
      assert_int_equal(cspan_error_status(error), status);
      cspan_error_free(error);
    }
    assert_true(n > 5 && n < MOST);
    cspan_sandbox_stop(sandbox);
  }
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

typedef struct step {
  const char *method;
  const char *target;
  const char *headers;
  const char *body;
  int status;
} step;

#define STREAM                                                                                     \
  "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"                                   \
  "x-amz-decoded-content-length: 5\r\nx-amz-trailer: x-amz-checksum-crc32\r\n"

/* Each can be made again after it went through, or was left half done. */
static const step steps[] = {
    {"PUT", "/bucket/k%20a", "x-amz-meta-a: b\r\nContent-Encoding: gzip\r\n", "hello", 200},
    {"PUT", "/bucket/c", STREAM, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", 200},
    {"GET", "/bucket/k%20a", NULL, NULL, 200},
    {"HEAD", "/bucket/k%20a", "x-amz-checksum-mode: ENABLED\r\n", NULL, 200},
    {"GET", "/bucket/none", NULL, NULL, 404},
    {"PUT", "/bucket/copy", "x-amz-copy-source: bucket/k%20a\r\n", NULL, 200},
    {"PUT", "/bucket/copy",
     "x-amz-copy-source: bucket/k%20a\r\nx-amz-checksum-algorithm: SHA256\r\n"
     "x-amz-metadata-directive: REPLACE\r\n",
     NULL, 200},
    {"GET", "/bucket?list-type=2&delimiter=/&max-keys=1&prefix=", NULL, NULL, 200},
    {"GET", "/bucket?list-type=2&continuation-token=a2E%3D", NULL, NULL, 200},
    {"GET", "/bucket?delimiter=/", NULL, NULL, 200},
    {"POST", "/bucket?delete", NULL, "<Delete><Object><Key>x</Key></Object></Delete>", 200},
    {"POST", "/bucket/k?uploads", NULL, NULL, 200},
    {"GET", "/bucket?uploads&key-marker=a", NULL, NULL, 200},
    {"DELETE", "/bucket/x", NULL, NULL, 204},
    {"GET", "/", NULL, NULL, 200},
};

/* Repeats a request, each time with the next allocation failing, until none does. */
static void replay(cspan_sandbox *sandbox, const step *s) {
  for (long n = 1; n < MOST; n++) {
    atomic_store(&on_tester, false);
    atomic_store(&countdown, n);
    answer a = ask(sandbox, s->method, s->target, s->headers, s->body);
    bool reached = atomic_exchange(&countdown, 0) == 0;
    /* Nothing at all, an error of the server, or, where it could do without the
     * memory, the right answer. */
    if (a.status != 0 && a.status != 500 && a.status != s->status) {
      fail_msg("%s %s, allocation %ld: %d", s->method, s->target, n, a.status);
    }
    if (!reached) {
      assert_int_equal(a.status, s->status);
      answer_free(&a);
      return;
    }
    answer_free(&a);
  }
  fail_msg("%s %s does not come to an end", s->method, s->target);
}

static void replay_all(cspan_sandbox *sandbox) {
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    replay(sandbox, &steps[i]);
  }
  check_body(sandbox, "/bucket/k%20a", NULL, 200, "hello");
}

static void replay_upload(cspan_sandbox *sandbox) {
  char target[160];
  char id[64];
  static const char document[] =
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
      "<ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>";
  answer a = expect(sandbox, "POST", "/bucket/mp?uploads", "x-amz-checksum-algorithm: CRC32\r\n",
                    NULL, 200, NULL);
  keep(id, sizeof id, element(a.body, "UploadId"));
  answer_free(&a);
  snprintf(target, sizeof target, "/bucket/mp?partNumber=1&uploadId=%s", id);
  replay(sandbox, &(step){"PUT", target, NULL, "hello", 200});
  snprintf(target, sizeof target, "/bucket/mp?uploadId=%s", id);
  replay(sandbox, &(step){"GET", target, NULL, NULL, 200});
  replay(sandbox, &(step){"POST", target, NULL, document, 200});
  check_body(sandbox, "/bucket/mp", NULL, 200, "hello");
}

static void test_requests(void **state) {
  (void)state;
  cspan_sandbox *sandbox = start_open();
  replay_all(sandbox);
  replay_upload(sandbox);
  cspan_sandbox_stop(sandbox);
}

static void test_requests_in_a_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/cspan-sandbox-XXXXXX");
  assert_non_null(mkdtemp(folder));
  cspan_sandbox_options options = {.allow_anonymous = true, .directory = folder};
  cspan_sandbox *sandbox = start_with(options);
  replay_all(sandbox);
  replay_upload(sandbox);
  cspan_sandbox_stop(sandbox);
  /* What it left can be read, also with little memory. */
  sandbox = NULL;
  for (long n = 1; !sandbox && n < MOST; n++) {
    cspan_error *error = NULL;
    atomic_store(&on_tester, true);
    atomic_store(&countdown, n);
    cspan_sandbox_start(&options, &sandbox, &error);
    atomic_store(&countdown, 0);
    cspan_error_free(error);
  }
  assert_non_null(sandbox);
  check_body(sandbox, "/bucket/k%20a", NULL, 200, "hello");
  check_body(sandbox, "/bucket/mp", NULL, 200, "hello");
  cspan_sandbox_stop(sandbox);
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void test_faults(void **state) {
  (void)state;
  cspan_sandbox *sandbox = start_open();
  cspan_status status = CSPAN_ERR_NOMEM;
  for (long n = 1; status != CSPAN_OK && n < MOST; n++) {
    cspan_error *error = NULL;
    atomic_store(&on_tester, true);
    atomic_store(&countdown, n);
    status = cspan_sandbox_add_fault_text(sandbox, "op=GetObject,key=k,status=503", &error);
    atomic_store(&countdown, 0);
    assert_true(status == CSPAN_OK || status == CSPAN_ERR_NOMEM);
    cspan_error_free(error);
  }
  assert_int_equal(status, CSPAN_OK);
  check(sandbox, "GET", "/bucket/k", NULL, NULL, 503, "SlowDown");
  cspan_sandbox_stop(sandbox);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_start),
      cmocka_unit_test(test_requests),
      cmocka_unit_test(test_requests_in_a_folder),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
