/* SPDX-License-Identifier: Apache-2.0 */
/* The environment as a carrier: names, copies, and a real child. Called with "child" this program
 * is that child: it prints what it finds in its environment, as headers. */
#include "unit/telemetry/propagator_fixture.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fail_alloc.h"

static const char *value_of(char *const *environment, const char *name) {
  size_t len = strlen(name);
  for (; *environment; environment++)
    if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
      return *environment + len + 1;
  return NULL;
}

static size_t count_of(char *const *environment, const char *name) {
  size_t count = 0;
  size_t len = strlen(name);
  for (; *environment; environment++)
    count += strncmp(*environment, name, len) == 0 && (*environment)[len] == '=';
  return count;
}

/* -------------------------------------------------------------------- reading */

static void test_extract(void **state) {
  (void)state;
  char *const environment[] = {
      "PATH=/bin",
      "traceparent=00-11111111111111111111111111111111-2222222222222222-01",
      "TRACEPARENT=00-" IDS "-01",
      "TRACEPARENTX=x",
      "TRACESTATE=a=1",
      "BAGGAGE=k=v%20w",
      "broken",
      "TRACESTATE=late=1",
      NULL};
  cspan_propagator *propagator = cspan_propagator_from_names("tracecontext,baggage", NULL);
  cspan_extracted extracted;
  cspan_span_context context;
  cspan_propagator_extract_env(propagator, NULL, environment, &extracted);
  assert_true(cspan_span_get_context(extracted.context.span, &context));
  check_ids(&context);
  assert_string_equal(context.trace_state, "a=1");
  assert_string_equal(cspan_baggage_get(extracted.context.baggage, "k"), "v w");
  cspan_extracted_free(&extracted);
  /* Only names in upper case count. */
  char *const lower[] = {environment[1], NULL};
  cspan_propagator_extract_env(propagator, NULL, lower, &extracted);
  assert_null(extracted.context.span.slot);
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
}

static void test_extract_from_the_process(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_b3_multi();
  cspan_extracted extracted;
  cspan_span_context context;
  setenv("X_B3_TRACEID", TRACE_ID, 1);
  setenv("X_B3_SPANID", SPAN_ID, 1);
  setenv("X_B3_SAMPLED", "1", 1);
  cspan_propagator_extract_env(propagator, NULL, NULL, &extracted);
  assert_true(cspan_span_get_context(extracted.context.span, &context));
  check_ids(&context);
  assert_int_equal(context.trace_flags, 1);
  cspan_extracted_free(&extracted);
  unsetenv("X_B3_TRACEID");
  unsetenv("X_B3_SPANID");
  unsetenv("X_B3_SAMPLED");
  cspan_propagator_free(propagator);
}

/* -------------------------------------------------------------------- writing */

static void test_inject(void **state) {
  (void)state;
  char *const environment[] = {"PATH=/bin",       "TRACEPARENT=old", "EMPTY=", "TRACESTATE=old",
                               "TRACEPARENT=two", "BAGGAGE=kept",    NULL};
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  cspan_span span = remote_span(NULL, 1);
  const cspan_context context = {.span = span};
  char **copy = NULL;
  assert_int_equal(cspan_propagator_inject_env(propagator, &context, environment, &copy, NULL),
                   CSPAN_OK);
  assert_string_equal(value_of(copy, "TRACEPARENT"), "00-" IDS "-01");
  assert_int_equal(count_of(copy, "TRACEPARENT"), 1);
  /* A state of another trace is not left behind. */
  assert_null(value_of(copy, "TRACESTATE"));
  assert_string_equal(value_of(copy, "PATH"), "/bin");
  assert_string_equal(value_of(copy, "EMPTY"), "");
  assert_string_equal(value_of(copy, "BAGGAGE"), "kept");
  assert_ptr_not_equal(value_of(copy, "PATH"), value_of(environment, "PATH"));
  cspan_free(copy);
  cspan_span_end(span);
  cspan_propagator_free(propagator);
}

static void odd_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                       void *carrier) {
  (void)context;
  if (self) {
    set(carrier, "big", self);
    return;
  }
  set(carrier, "x-One.two", "1");
  set(carrier, "2nd", "2");
  set(carrier, "", "3");
  set(carrier, "caf\xc3\xa9", "4");
}

static void test_names(void **state) {
  (void)state;
  static const cspan_propagator_vtable vtable = {.size = sizeof vtable, .inject = odd_inject};
  char *const environment[] = {"X_ONE_TWO=old", "CAF__=old", NULL};
  cspan_propagator *propagator = cspan_propagator_create(&vtable, NULL);
  char **copy = NULL;
  assert_int_equal(cspan_propagator_inject_env(propagator, NULL, environment, &copy, NULL),
                   CSPAN_OK);
  static const char *const expected[] = {"X_ONE_TWO=1", "_2ND=2", "CAF__=4"};
  for (size_t i = 0; i < 3; i++)
    assert_string_equal(copy[i], expected[i]);
  assert_null(copy[3]);
  cspan_free(copy);
  cspan_propagator_free(propagator);
}

static void test_too_much(void **state) {
  (void)state;
  static const cspan_propagator_vtable vtable = {.size = sizeof vtable, .inject = odd_inject};
  static char big[70000];
  memset(big, 'x', sizeof big - 1);
  cspan_propagator *propagator = cspan_propagator_create(&vtable, big);
  cspan_error *error = NULL;
  char **copy = (char **)big;
  assert_int_equal(cspan_propagator_inject_env(propagator, NULL, NULL, &copy, &error),
                   CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "65536 bytes"));
  assert_null(copy);
  cspan_error_free(error);
  cspan_propagator_free(propagator);
}

static void test_without_memory(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  cspan_span span = remote_span("a=1", 1);
  const cspan_context context = {.span = span};
  bool met = true;
  for (size_t n = 1; met; n++) {
    cspan_error *error = NULL;
    char **copy = NULL;
    fail_alloc_arm(n, false);
    cspan_status status = cspan_propagator_inject_env(propagator, &context, NULL, &copy, &error);
    met = fail_alloc_disarm();
    assert_int_equal(status, met ? CSPAN_ERR_NOMEM : CSPAN_OK);
    assert_true(met == !copy && met == (error != NULL));
    cspan_error_free(error);
    cspan_free(copy);
  }
  cspan_span_end(span);
  cspan_propagator_free(propagator);
  fail_alloc_uninstall();
}

/* --------------------------------------------------------------- a real child */

static const char *own_path; /* not /proc/self/exe, which is valgrind's under valgrind */

static void print_header(void *carrier, const char *key, const char *value) {
  (void)carrier;
  printf("%s: %s\n", key, value);
}

static int run_child(void) {
  cspan_propagator *propagator = cspan_propagator_from_names("tracecontext,baggage", NULL);
  cspan_extracted extracted;
  cspan_propagator_extract_env(propagator, NULL, NULL, &extracted);
  cspan_propagator_inject(propagator, &extracted.context, print_header, NULL);
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
  return 0;
}

static void test_child(void **state) {
  (void)state;
  char output[512] = "";
  int ends[2];
  char *const arguments[] = {"child", "child", NULL};
  cspan_propagator *propagator = cspan_propagator_from_names("tracecontext,baggage", NULL);
  cspan_span span = remote_span("a=1,b=2", 3);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "k", "v w", "p");
  const cspan_context context = {.span = span, .baggage = baggage};
  char **environment = NULL;
  setenv("TRACEPARENT", "00-11111111111111111111111111111111-2222222222222222-00", 1);
  assert_int_equal(cspan_propagator_inject_env(propagator, &context, NULL, &environment, NULL),
                   CSPAN_OK);
  /* The own environment is as it was. */
  assert_non_null(strstr(getenv("TRACEPARENT"), "-2222222222222222-00"));
  assert_null(getenv("BAGGAGE"));
  unsetenv("TRACEPARENT");

  posix_spawn_file_actions_t actions;
  pid_t child;
  int status;
  assert_int_equal(pipe(ends), 0);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  assert_int_equal(posix_spawn(&child, own_path, &actions, NULL, arguments, environment), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  size_t len = 0;
  for (ssize_t n; (n = read(ends[0], output + len, sizeof output - 1 - len)) > 0;)
    len += (size_t)n;
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  assert_string_equal(output, "traceparent: 00-" IDS "-03\ntracestate: a=1,b=2\n"
                              "baggage: k=v%20w;p\n");
  cspan_free(environment);
  cspan_span_end(span);
  cspan_baggage_free(baggage);
  cspan_propagator_free(propagator);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "child") == 0)
    return run_child();
  own_path = argv[0];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_extract),  cmocka_unit_test(test_extract_from_the_process),
      cmocka_unit_test(test_inject),   cmocka_unit_test(test_names),
      cmocka_unit_test(test_too_much), cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_child),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
