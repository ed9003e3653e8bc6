/* SPDX-License-Identifier: Apache-2.0 */
/* The values of headers are overwritten before their memory goes back. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "telemetry/env_otlp.h"

static const char secret[] = "k3y-of-the-receiver";
static size_t freed;
static size_t seen;

static void *plain_malloc(void *user, size_t size) {
  (void)user;
  return calloc(1, size); /* nothing of an earlier owner */
}

static void look(void *ptr) {
  freed++;
  if (ptr != NULL && memmem(ptr, malloc_usable_size(ptr), secret, sizeof secret - 1) != NULL) {
    seen++;
  }
}

static void *looking_realloc(void *user, void *ptr, size_t size) {
  void *copy = plain_malloc(user, size);
  if (ptr != NULL && copy != NULL) {
    size_t before = malloc_usable_size(ptr);
    memcpy(copy, ptr, before < size ? before : size);
    look(ptr);
    free(ptr);
  }
  return copy;
}

static void looking_free(void *user, void *ptr) {
  (void)user;
  look(ptr);
  free(ptr);
}

static void check(const char *headers, cspan_status expected) {
  const cspan_otlp_options options = {.headers = headers};
  cspan_otlp_settings settings;
  cspan_error *error = NULL;
  cspan_status status = cspan_otlp_settings_resolve(CSPAN_OTLP_TRACES, &options, &settings, &error);
  assert_int_equal(status, expected);
  assert_null(strstr(cspan_error_message(error), secret));
  if (status == CSPAN_OK) {
    assert_string_equal(settings.headers[0].value, secret);
    cspan_otlp_settings_free(&settings);
  }
  cspan_error_free(error);
  assert_true(freed > 0);
  if (seen > 0) {
    fail_msg("a value was left in memory: %s", headers);
  }
}

static void test_wiped(void **state) {
  (void)state;
  char many[4096] = "";
  for (size_t i = 0; i < 65; i++) {
    size_t used = strlen(many);
    snprintf(many + used, sizeof many - used, "h%zu=%s,", i, secret);
  }
  check("a=k3y-of-the-receiver", CSPAN_OK);
  check("a=k3y%2Dof%2Dthe%2Dreceiver,b=2", CSPAN_OK);
  check("a=k3y-of-the-receiver,a=k3y-of-the-receiver", CSPAN_OK); /* replaced */
  check("a=k3y-of-the-receiver,broken", CSPAN_ERR_CONFIG);
  check("a=k3y-of-the-receiver%0a", CSPAN_ERR_CONFIG);
  check(many, CSPAN_ERR_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_wiped)};
  cspan_allocator allocator = {
      .malloc_fn = plain_malloc, .realloc_fn = looking_realloc, .free_fn = looking_free};
  cspan_allocator_set(&allocator);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
