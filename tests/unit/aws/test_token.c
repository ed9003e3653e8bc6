/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens: the environment, the cache of `aws sso login`, and renewing it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <time.h>

#include "aws/token.h"
#include "base/error.h"
#include "base/text.h"
#include "support/script_server.h"
#include "unit/aws/call_fixture.h"
#include "unit/aws/home_fixture.h"

/* SHA-1 of "corp". */
#define FILE_NAME "ee0bfd2552fbd840c02cc48b6e823320543c450f"
#define CONFIG                                                                                     \
  "[default]\nregion = eu-west-1\nsso_session = corp\n"                                            \
  "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n"

static char cache_folder[128];
static char token_path[256];

static char *in_seconds(int64_t seconds) {
  static char text[21];
  cspan_format_iso8601((time_t)(time(NULL) + seconds), text);
  return text;
}

static void write_token(const char *token, int64_t lasts_s, const char *more) {
  char text[1024];
  snprintf(text, sizeof text, "{\"accessToken\": \"%s\", \"expiresAt\": \"%s\"%s}", token,
           in_seconds(lasts_s), more);
  home_write(token_path, text);
}

static cspan_aws_config *load(const char *config_text) {
  cspan_aws_config *config = NULL;
  home_set(config_text, NULL);
  assert_int_equal(cspan_aws_config_load(NULL, &config, NULL), CSPAN_OK);
  return config;
}

typedef struct getter {
  cspan_aws_config *config;
  cspan_token_cache cache;
  cspan_buf text;
  cspan_error *error;
} getter;

static void open_getter(getter *g, const char *config_text) {
  memset(g, 0, sizeof *g);
  g->config = load(config_text);
  cspan_token_cache_init(&g->cache);
  cspan_buf_init(&g->text, 100 * 1024);
}

static cspan_status get(getter *g) {
  static const cspan_context none;
  cspan_buf_clear(&g->text);
  cspan_error_free(g->error);
  g->error = NULL;
  return cspan_token_cache_get(&g->cache, g->config, "fixture", &none, &g->text, &g->error);
}

static void close_getter(getter *g) {
  cspan_error_free(g->error);
  cspan_buf_free(&g->text);
  cspan_token_cache_free(&g->cache);
  cspan_aws_config_free(g->config);
  unlink(token_path);
}

static void a_variable_wins(void **state) {
  (void)state;
  getter g;
  open_getter(&g, CONFIG);
  write_token("from-the-cache", 3600, "");
  assert_false(cspan_token_in_environment("fixture"));
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "from-the-cache");
  setenv("AWS_BEARER_TOKEN_FIXTURE", "from-the-environment", 1);
  assert_true(cspan_token_in_environment("fixture"));
  assert_false(cspan_token_in_environment("fixture2"));
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "from-the-environment");
  setenv("AWS_BEARER_TOKEN_FIXTURE", "another", 1);
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "another");
  unsetenv("AWS_BEARER_TOKEN_FIXTURE");
  close_getter(&g);
}

static void what_cannot_be_in_a_header_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"se cret", "secret\r\nX-Evil: 1", "s\303\251cret",
                                      "\177secret"};
  getter g;
  open_getter(&g, NULL);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    setenv("AWS_BEARER_TOKEN_FIXTURE", wrong[i], 1);
    assert_int_equal(get(&g), CSPAN_ERR_CREDENTIALS);
    assert_non_null(strstr(cspan_error_message(g.error), "AWS_BEARER_TOKEN_FIXTURE"));
    assert_null(strstr(cspan_error_message(g.error), "cret"));
  }
  char *large = calloc(1, 70000);
  memset(large, 'a', 69999);
  setenv("AWS_BEARER_TOKEN_FIXTURE", large, 1);
  g.text.max = 64 * 1024;
  assert_int_equal(get(&g), CSPAN_ERR_LIMIT);
  unsetenv("AWS_BEARER_TOKEN_FIXTURE");
  free(large);
  close_getter(&g);
}

typedef struct broken_case {
  const char *config;
  const char *file; /* NULL: none */
  const char *told;
} broken_case;

static const broken_case broken[] = {
    {NULL, NULL, "AWS_BEARER_TOKEN_FIXTURE"},
    {CONFIG, NULL, "aws sso login"},
    {CONFIG, "", "aws sso login"},
    {CONFIG, "[]", "aws sso login"},
    {CONFIG, "{\"accessToken\": \"planted\"}", "aws sso login"},
    {CONFIG, "{\"accessToken\": \"planted\", \"expiresAt\": \"soon\"}", "aws sso login"},
    {CONFIG, "{\"accessToken\": \"planted\", \"expiresAt\": \"2001-01-01T00:00:00Z\"}",
     "aws sso login"},
    {CONFIG, "{\"accessToken\": 5, \"expiresAt\": \"2099-01-01T00:00:00Z\"}", "aws sso login"},
    {"[default]\nsso_session = other\n", NULL, "[sso-session other]"},
    {"[default]\nsso_session = other\n[sso-session other]\nsso_start_url = https://x\n", NULL,
     "region"},
};

static void what_is_wrong_says_what_to_do(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    getter g;
    open_getter(&g, broken[i].config);
    if (broken[i].file) {
      home_write(token_path, broken[i].file);
    }
    assert_int_not_equal(get(&g), CSPAN_OK);
    assert_non_null(strstr(cspan_error_message(g.error), broken[i].told));
    assert_null(strstr(cspan_error_message(g.error), "planted"));
    assert_int_equal(g.text.len, 0);
    close_getter(&g);
  }
}

static void a_token_is_kept(void **state) {
  (void)state;
  getter g;
  open_getter(&g, CONFIG);
  write_token("first", 3600, "");
  assert_int_equal(get(&g), CSPAN_OK);
  write_token("second", 3600, "");
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "first");
  cspan_token_cache_refuse(&g.cache);
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "second");
  close_getter(&g);
}

/* One that ends soon is looked for again, but not at once; without another it goes on. */
static void a_token_is_used_up(void **state) {
  (void)state;
  getter g;
  open_getter(&g, CONFIG);
  write_token("first", 300, "");
  assert_int_equal(get(&g), CSPAN_OK);
  unlink(token_path);
  assert_int_equal(get(&g), CSPAN_OK);
  g.cache.not_before_s = 0;
  assert_int_equal(get(&g), CSPAN_OK); /* the file is gone */
  assert_string_equal(g.text.data, "first");
  write_token("second", 3600, "");
  g.cache.not_before_s = 0;
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "second");
  close_getter(&g);
}

static void a_token_is_renewed(void **state) {
  (void)state;
  static const script_step renews[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
           "{\"accessToken\": \"renewed\", \"expiresIn\": 3600, \"refreshToken\": \"next\"}"),
      END};
  static const script_connection scripts[] = {renews};
  script_server *server = script_server_start(scripts, 1);
  getter g;
  open_getter(&g, CONFIG);
  setenv("AWS_ENDPOINT_URL_SSO_OIDC", script_server_url(server, ""), 1);
  write_token("old", -10,
              ", \"clientId\": \"c\", \"clientSecret\": \"s\", \"refreshToken\": \"r\", "
              "\"registrationExpiresAt\": \"2099-01-01T00:00:00Z\"");
  assert_int_equal(get(&g), CSPAN_OK);
  assert_string_equal(g.text.data, "renewed");
  assert_int_equal(get(&g), CSPAN_OK);
  assert_int_equal(script_server_accepted(server), 1);
  unsetenv("AWS_ENDPOINT_URL_SSO_OIDC");
  close_getter(&g);
  script_server_stop(server);
}

enum { THREADS = 8 };

static void *get_shared(void *user) {
  getter *g = user;
  static const cspan_context none;
  cspan_buf text;
  cspan_buf_init(&text, 1000);
  cspan_status status = cspan_token_cache_get(&g->cache, g->config, "fixture", &none, &text, NULL);
  bool right = status == CSPAN_OK && strcmp(text.data, "shared") == 0;
  cspan_buf_free(&text);
  return right ? NULL : user;
}

static void threads_share_a_token(void **state) {
  (void)state;
  getter g;
  pthread_t threads[THREADS];
  open_getter(&g, CONFIG);
  write_token("shared", 3600, "");
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_shared, &g), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *failed = NULL;
    pthread_join(threads[i], &failed);
    assert_null(failed);
  }
  close_getter(&g);
}

static int set_up(void **state) {
  char sso[112];
  int status = home_make(state);
  snprintf(sso, sizeof sso, "%s/.aws/sso", home_folder);
  snprintf(cache_folder, sizeof cache_folder, "%s/cache", sso);
  snprintf(token_path, sizeof token_path, "%s/%s.json", cache_folder, FILE_NAME);
  return status != 0 || mkdir(sso, 0700) != 0 || mkdir(cache_folder, 0700) != 0;
}

static int tear_down(void **state) {
  char sso[112];
  snprintf(sso, sizeof sso, "%s/.aws/sso", home_folder);
  if (rmdir(cache_folder) != 0 || rmdir(sso) != 0) {
    return -1;
  }
  return home_remove(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_variable_wins),
      cmocka_unit_test(what_cannot_be_in_a_header_is_refused),
      cmocka_unit_test(what_is_wrong_says_what_to_do),
      cmocka_unit_test(a_token_is_kept),
      cmocka_unit_test(a_token_is_used_up),
      cmocka_unit_test(a_token_is_renewed),
      cmocka_unit_test(threads_share_a_token),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
