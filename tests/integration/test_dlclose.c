/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that use the library are opened and closed while the program goes on. */
#include "integration/span_intake.h"

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include "integration/module.h"
#include "support/command.h"

enum { ROUNDS = 20, SPANS = 30 };

static const char *const modules[] = {"./test_module_shared.so", "./test_module_static.so"};
enum { MODULES = sizeof modules / sizeof modules[0] };

static void *open_module(const char *path) {
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    fail_msg("%s", dlerror());
  }
  return module;
}

/* A pointer to a function comes as one to an object (POSIX, dlsym). */
static void find(void *module, const char *name, void *function) {
  void *found = dlsym(module, name);
  assert_non_null(found);
  memcpy(function, &found, sizeof found);
}

static void endpoint_of(const span_intake *in, char out[64]) {
  snprintf(out, 64, "http://127.0.0.1:%d", cspan_receiver_http_port(in->receiver));
}

static void test_again_and_again(void **state) {
  (void)state;
  span_intake in;
  char endpoint[64];
  intake_start(&in);
  endpoint_of(&in, endpoint);
  for (size_t i = 0; i < ROUNDS * MODULES; i++) {
    module_use_fn *use;
    void *module = open_module(modules[i % MODULES]);
    find(module, "module_use", &use);
    assert_int_equal(use(endpoint, SPANS), SPANS);
    assert_int_equal(dlclose(module), 0);
  }
  assert_int_equal(intake_total(&in), ROUNDS * MODULES * SPANS);
  intake_free(&in);
}

/* The code stays: threads of it, and what is to be called at their end, may be left. */
static void test_code_stays(void **state) {
  (void)state;
  void *library = dlopen("libcloudspan.so.0", RTLD_NOW | RTLD_NOLOAD);
  void *module = dlopen(modules[1], RTLD_NOW | RTLD_NOLOAD);
  assert_non_null(library);
  assert_non_null(module);
  dlclose(library);
  dlclose(module);
}

typedef struct visitor {
  const char *endpoint;
  module_use_fn *use;
  pthread_barrier_t used;
  pthread_barrier_t closed;
  size_t spans;
} visitor;

static void *visit(void *arg) {
  visitor *v = arg;
  v->spans = v->use(v->endpoint, SPANS);
  pthread_barrier_wait(&v->used);
  pthread_barrier_wait(&v->closed);
  return NULL; /* and with it what the library keeps of a thread */
}

static void test_thread_outlives_the_module(void **state) {
  (void)state;
  for (size_t i = 0; i < MODULES; i++) {
    span_intake in;
    char endpoint[64];
    pthread_t thread;
    visitor v = {.endpoint = endpoint};
    intake_start(&in);
    endpoint_of(&in, endpoint);
    pthread_barrier_init(&v.used, NULL, 2);
    pthread_barrier_init(&v.closed, NULL, 2);
    void *module = open_module(modules[i]);
    find(module, "module_use", &v.use);
    assert_int_equal(pthread_create(&thread, NULL, visit, &v), 0);
    pthread_barrier_wait(&v.used);
    assert_int_equal(dlclose(module), 0);
    pthread_barrier_wait(&v.closed);
    pthread_join(thread, NULL);
    assert_int_equal(v.spans, SPANS);
    pthread_barrier_destroy(&v.used);
    pthread_barrier_destroy(&v.closed);
    intake_free(&in);
  }
}

/* This program, started again: it ends with its module closed and the provider at work. */
static int leave_running(const char *path, bool by_signal) {
  module_leave_running_fn *leave;
  alarm(120);
  void *module = open_module(path);
  find(module, "module_leave_running", &leave);
  if (!leave(SPANS) || dlclose(module) != 0) {
    return 1;
  }
  while (by_signal) {
    kill(getpid(), SIGTERM);
    usleep(20000); /* not pause(): TSan would keep the signal until it returns */
  }
  return 0;
}

static const char *own_path;

static void test_provider_is_left_running(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * MODULES; i++) {
    bool by_signal = i >= MODULES;
    span_intake in;
    char endpoint[64];
    intake_start(&in);
    endpoint_of(&in, endpoint);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, 1);
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", 1);
    const char *const args[] = {own_path, modules[i % MODULES], by_signal ? "signal" : "", NULL};
    command c;
    command_run(&c, args);
    assert_int_equal(c.exit_code, by_signal ? 128 + SIGTERM : 0);
    command_free(&c);
    assert_int_equal(intake_count(&in, "module", 0), SPANS);
    intake_free(&in);
  }
}

int main(int argc, char **argv) {
  if (argc == 3) {
    return leave_running(argv[1], strcmp(argv[2], "signal") == 0);
  }
  own_path = argv[0];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_again_and_again),
      cmocka_unit_test(test_code_stays),
      cmocka_unit_test(test_thread_outlives_the_module),
      cmocka_unit_test(test_provider_is_left_running),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
