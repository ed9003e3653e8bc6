/* SPDX-License-Identifier: Apache-2.0 */
/* The default chain, credential_process, and the cache of a provider. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "aws/command_words.h"
#include "aws/config.h"
#include "aws/credentials.h"
#include "base/error.h"
#include "base/sys.h"
#include "unit/aws/home_fixture.h"

#define SECRET "s3cr3t-value-of-a-test"

/* What the options' credentials come to; NULL with *error. */
static cspan_identity *resolve(const cspan_aws_options *options, cspan_error **error) {
  cspan_aws_config *config = NULL;
  cspan_identity *identity = NULL;
  if (cspan_aws_config_load(options, &config, error) == CSPAN_OK) {
    cspan_credentials_provider_get(config->credentials, NULL, &identity, error);
  }
  cspan_aws_config_free(config);
  return identity;
}

static void expect_key(const cspan_aws_options *options, const char *key, const char *token) {
  cspan_error *error = NULL;
  cspan_identity *identity = resolve(options, &error);
  if (!identity) {
    fail_msg("%s", cspan_error_message(error));
  }
  const cspan_credentials *c = cspan_identity_get(identity);
  assert_string_equal(c->access_key_id, key);
  assert_string_equal(c->secret_access_key, SECRET);
  assert_string_equal(c->session_token ? c->session_token : "", token);
  cspan_identity_free(identity);
}

static void expect_failure(const cspan_aws_options *options, const char *const parts[]) {
  cspan_error *error = NULL;
  assert_null(resolve(options, &error));
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_CREDENTIALS);
  for (size_t i = 0; parts[i]; i++) {
    if (!strstr(cspan_error_message(error), parts[i])) {
      fail_msg("\"%s\" is not in: %s", parts[i], cspan_error_message(error));
    }
  }
  assert_null(strstr(cspan_error_message(error), SECRET));
  cspan_error_free(error);
}

static void the_chain_goes_on(void **state) {
  (void)state;
  static const char config[] =
      "[default]\naws_access_key_id = CONFIG\naws_secret_access_key = " SECRET
      "\n[profile other]\naws_access_key_id = OTHER\n"
      "aws_secret_access_key = " SECRET "\naws_session_token = TOK\n";
  home_set(config, NULL);
  expect_key(NULL, "CONFIG", "");
  home_set(config, "[default]\naws_access_key_id = CRED\naws_secret_access_key = " SECRET "\n");
  expect_key(NULL, "CRED", "");
  setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  setenv("AWS_SESSION_TOKEN", "ENVTOK", 1);
  expect_key(NULL, "ENV", "ENVTOK");
  /* A profile given as an option is meant; one in the environment ranks with the keys there. */
  cspan_aws_options options = {.profile = "other"};
  expect_key(&options, "OTHER", "TOK");
  setenv("AWS_PROFILE", "other", 1);
  expect_key(NULL, "ENV", "ENVTOK");
  options = (cspan_aws_options){.access_key_id = "OPT", .secret_access_key = SECRET};
  expect_key(&options, "OPT", "");
}

static void keys_of_the_environment_may_expire(void **state) {
  (void)state;
  cspan_error *error = NULL;
  home_set(NULL, NULL);
  setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  setenv("AWS_CREDENTIAL_EXPIRATION", "2999-01-01T00:00:00Z", 1);
  cspan_identity *identity = resolve(NULL, &error);
  assert_non_null(identity);
  assert_int_equal(cspan_identity_get(identity)->expiration_unix_s, INT64_C(32472144000));
  cspan_identity_free(identity);
  setenv("AWS_CREDENTIAL_EXPIRATION", "tomorrow", 1);
  expect_failure(NULL, (const char *[]){"AWS_CREDENTIAL_EXPIRATION", "\"tomorrow\"", NULL});
  setenv("AWS_CREDENTIAL_EXPIRATION", "2020-02-29T01:02:03Z", 1);
  expect_failure(NULL, (const char *[]){"AWS_CREDENTIAL_EXPIRATION", "2020-02-29T01:02:03Z",
                                        "set new ones", NULL});
}

static void an_absence_is_explained(void **state) {
  (void)state;
  home_set(NULL, NULL);
  expect_failure(NULL, (const char *[]){"AWS_ACCESS_KEY_ID", "\"default\"", "/.aws/credentials",
                                        "/.aws/config", NULL});
  home_set("[default]\nrole_arn = arn:x\n", NULL);
  expect_failure(NULL, (const char *[]){"role_arn", "source_profile", "credential_source", NULL});
  home_set(NULL, "[default]\naws_secret_access_key = " SECRET "\n");
  expect_failure(NULL, (const char *[]){"/.aws/credentials, line 2", "aws_access_key_id", NULL});
  home_set(NULL, NULL);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  expect_failure(NULL, (const char *[]){"AWS_ACCESS_KEY_ID", "belong together", NULL});
}

/* ------------------------------------------------------------------- process */

typedef struct process_case {
  const char *command;
  const char *key; /* NULL: it fails with this message */
  const char *message;
} process_case;

#define JSON(version, key, more)                                                                   \
  "echo '{\"Version\": " version ", \"AccessKeyId\": \"" key "\", \"SecretAccessKey\": \"" SECRET  \
  "\"" more "}'"
#define SHELL(script) "/bin/sh -c \"" script "\""

static const process_case process_cases[] = {
    {JSON("1", "PLAIN", ""), "PLAIN", NULL},
    {JSON("1", "EXPIRES", ", \"Expiration\": \"2999-01-01T00:00:00Z\""), "EXPIRES", NULL},
    {JSON("1", "X", ", \"Expiration\": \"2020-02-29T01:02:03Z\""), NULL,
     "expired at 2020-02-29T01:02:03Z: it must print new ones"},
    {JSON("2", "X", ""), NULL, "\"Version\": 1"},
    {JSON("1", "", ""), NULL, "AccessKeyId"},
    {JSON("1", "X", ", \"Expiration\": \"tomorrow\""), NULL, "ISO 8601"},
    {"echo " SECRET, NULL, "no JSON object"},
    {"echo [1]", NULL, "no JSON object"},
    {"/bin/true", NULL, "no JSON object"},
    {"/bin/false", NULL, "status 1"},
    {SHELL("exit 7"), NULL, "status 7"},
    {SHELL("kill -9 $$"), NULL, "signal"},
    {"/nonexistent/" SECRET, NULL, "could not be started"},
    {"echo 'open", NULL, "quote is open"},
    {SHELL("head -c 70000 /dev/zero"), NULL, "64 KiB"},
};

static void processes_are_run(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof process_cases / sizeof process_cases[0]; i++) {
    char config[512];
    print_message("%s\n", process_cases[i].command);
    snprintf(config, sizeof config, "[default]\ncredential_process = %s\n",
             process_cases[i].command);
    home_set(config, NULL);
    if (process_cases[i].key) {
      expect_key(NULL, process_cases[i].key, "");
    } else {
      expect_failure(NULL, (const char *[]){"profile default in ", process_cases[i].message, NULL});
    }
  }
}

static void a_process_is_ended_in_time(void **state) {
  (void)state;
  home_set("[default]\ncredential_process = sleep 1000\n", NULL);
  cspan_cancel *cancel = cspan_cancel_create();
  const struct {
    cspan_context context;
    cspan_status status;
  } cases[] = {{cspan_context_with_timeout(NULL, 50), CSPAN_ERR_TIMEOUT},
               {{.cancel = cancel}, CSPAN_ERR_CANCELLED}};
  cspan_cancel_trigger(cancel);
  for (size_t i = 0; i < 2; i++) {
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    assert_int_equal(cspan_aws_config_load(NULL, &config, NULL), CSPAN_OK);
    assert_int_equal(cspan_aws_config_check_credentials(config, &cases[i].context, &error),
                     cases[i].status);
    cspan_error_free(error);
    cspan_aws_config_free(config);
  }
  cspan_cancel_free(cancel);
}

static void commands_are_split(void **state) {
  (void)state;
  static const struct {
    const char *command;
    const char *words; /* joined by '|'; NULL: an error */
  } cases[] = {
      {"a b", "a|b"},
      {"  a \t b  ", "a|b"},
      {"a 'b c' \"d e\"", "a|b c|d e"},
      {"a'b'\"c\"", "abc"},
      {"a '' b", "a||b"},
      {"a\\ b", "a b"},
      {"a \"x\\\"y\\\\z\\n\"", "a|x\"y\\z\\n"},
      {"a 'x\\y'", "a|x\\y"},
      {"a $HOME `b` ; c", "a|$HOME|`b`|;|c"},
      {"a \\", "a|\\"},
      {"a 'b", NULL},
      {"a \"b", NULL},
      {"", NULL},
      {"   ", NULL},
      {"''", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_arena *arena = cspan_arena_create(0);
    char **words = NULL;
    cspan_status status = cspan_command_words(cases[i].command, arena, &words);
    assert_int_equal(status, cases[i].words ? CSPAN_OK : CSPAN_ERR_INVALID);
    if (cases[i].words) {
      cspan_buf joined;
      cspan_buf_init(&joined, 256);
      for (size_t k = 0; words[k]; k++) {
        cspan_buf_printf(&joined, "%s%s", k ? "|" : "", words[k]);
      }
      assert_string_equal(joined.data, cases[i].words);
      cspan_buf_free(&joined);
    }
    cspan_arena_free(arena);
  }
}

/* --------------------------------------------------------------------- cache */

typedef struct counted {
  atomic_int resolved;
  atomic_int freed;
  int64_t valid_s; /* of what it gives; 0: for ever */
  bool fails;
} counted;

static cspan_status resolve_counted(void *self, const cspan_context *context,
                                    cspan_credentials_emit_fn emit, void *sink,
                                    cspan_error **error) {
  counted *c = self;
  char key[16];
  (void)context;
  if (c->fails) {
    atomic_fetch_add(&c->resolved, 1);
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "none today");
  }
  snprintf(key, sizeof key, "KEY%d", atomic_fetch_add(&c->resolved, 1) + 1);
  cspan_credentials credentials = {.access_key_id = key, .secret_access_key = SECRET};
  if (c->valid_s) {
    credentials.expiration_unix_s = cspan_unix_ns() / 1000000000 + c->valid_s;
  }
  return emit(sink, &credentials, error);
}

static void free_counted(void *self) {
  counted *c = self;
  atomic_fetch_add(&c->freed, 1);
}

static const cspan_credentials_vtable counted_vtable = {.size = sizeof counted_vtable,
                                                        .name = "counted",
                                                        .resolve = resolve_counted,
                                                        .free = free_counted};

static void expect_get_at(cspan_credentials_provider *provider, int64_t now_unix_s,
                          const char *key) {
  cspan_identity *identity = NULL;
  cspan_error *error = NULL;
  cspan_status status =
      cspan_credentials_provider_get_at(provider, now_unix_s, NULL, &identity, &error);
  assert_int_equal(status, key ? CSPAN_OK : CSPAN_ERR_CREDENTIALS);
  if (key) {
    assert_string_equal(cspan_identity_get(identity)->access_key_id, key);
    assert_string_equal(cspan_identity_get(identity)->source, "counted");
  }
  cspan_error_free(error);
  cspan_identity_free(identity);
}

/* Once what it starts has ended, the same is asked for again. */
static void expect_settled(cspan_credentials_provider *provider, int64_t now_unix_s,
                           const char *at_once, const char *then) {
  expect_get_at(provider, now_unix_s, at_once);
  cspan_credentials_provider_settle(provider);
  expect_get_at(provider, now_unix_s, then);
}

static int64_t now_s(void) {
  return cspan_unix_ns() / 1000000000;
}

static void expect_get(cspan_credentials_provider *provider, const char *key) {
  expect_get_at(provider, now_s(), key);
}

/* The edges lie a second or two off: the provider's clock runs on. */
static void credentials_are_renewed_ahead(void **state) {
  (void)state;
  static const struct {
    int64_t valid_s;
    int64_t later_s;
    const char *at_once;
    const char *then;
  } cases[] = {
      {0, 1000000000, "KEY1", "KEY1"},
      {3600, 3600 - 905, "KEY1", "KEY1"},
      {3600, 3600 - 895, "KEY1", "KEY2"}, /* nobody waits for the new ones */
      {900, 900 - 230, "KEY1", "KEY1"},   /* a session of 15 minutes */
      {900, 900 - 220, "KEY1", "KEY2"},
      {290, 0, "KEY1", "KEY2"}, /* perhaps the end of what was there before */
      {16, 10, "KEY1", "KEY1"}, /* too short for that */
      {16, 14, "KEY1", "KEY2"},
      {-10, 30, "KEY1", "KEY1"},
      {-10, 61, "KEY2", "KEY2"},
      {3600, 3700, "KEY2", "KEY2"}, /* all wait */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    counted c = {.valid_s = cases[i].valid_s};
    cspan_credentials_provider *provider = cspan_credentials_provider_create(&counted_vtable, &c);
    int64_t start_s = now_s();
    expect_get_at(provider, start_s, "KEY1");
    if (cases[i].valid_s > 0) {
      c.valid_s = cases[i].valid_s + 3600; /* of the next ones */
    }
    expect_settled(provider, start_s + cases[i].later_s, cases[i].at_once, cases[i].then);
    cspan_credentials_provider_free(provider);
    assert_int_equal(atomic_load(&c.freed), 1);
  }
}

/* A source whose credentials last five minutes is not asked all the time. */
static void short_ones_are_asked_for_twice(void **state) {
  (void)state;
  int64_t start_s = now_s();
  counted c = {.valid_s = 300};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&counted_vtable, &c);
  expect_get_at(provider, start_s, "KEY1");
  expect_settled(provider, start_s, "KEY1", "KEY2");
  expect_settled(provider, start_s + 200, "KEY2", "KEY2");
  expect_settled(provider, start_s + 240, "KEY2", "KEY3");
  cspan_credentials_provider_free(provider);
}

static void quiet(void *user, cspan_log_level level, const char *message) {
  (void)level;
  int *lines = user;
  ++*lines;
  assert_null(strstr(message, SECRET));
}

static void old_ones_serve_while_a_refresh_fails(void **state) {
  (void)state;
  int lines = 0;
  int64_t start_s = now_s();
  counted c = {.valid_s = 3600};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&counted_vtable, &c);
  cspan_log_set(quiet, &lines, CSPAN_LOG_WARN);
  expect_get_at(provider, start_s, "KEY1");
  c.fails = true;
  expect_settled(provider, start_s + 3000, "KEY1", "KEY1");
  assert_int_equal(lines, 1);
  expect_get_at(provider, start_s + 3001, "KEY1"); /* and it is not asked again at once */
  assert_int_equal(atomic_load(&c.resolved), 2);
  expect_settled(provider, start_s + 3040, "KEY1", "KEY1"); /* but later, silently */
  assert_int_equal(atomic_load(&c.resolved), 3);
  assert_int_equal(lines, 1);
  expect_get_at(provider, start_s + 3605, NULL);
  c.fails = false;
  c.valid_s = 7200;
  expect_get_at(provider, start_s + 3606, "KEY5");
  c.fails = true;
  expect_settled(provider, start_s + 6400, "KEY5", "KEY5"); /* it is failing anew */
  assert_int_equal(lines, 2);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_credentials_provider_free(provider);
}

/* ------------------------------------------------------------------- threads */

enum { THREADS = 8 };

/* A provider that ends its search when it is told to. */
typedef struct gate {
  counted inner;
  pthread_mutex_t lock;
  pthread_cond_t change;
  bool is_open;
  int inside;
} gate;

static cspan_status resolve_at_gate(void *self, const cspan_context *context,
                                    cspan_credentials_emit_fn emit, void *sink,
                                    cspan_error **error) {
  gate *g = self;
  pthread_mutex_lock(&g->lock);
  g->inside++;
  pthread_cond_broadcast(&g->change);
  while (!g->is_open) {
    pthread_cond_wait(&g->change, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
  return resolve_counted(&g->inner, context, emit, sink, error);
}

static const cspan_credentials_vtable gate_vtable = {
    .size = sizeof gate_vtable, .name = "counted", .resolve = resolve_at_gate};

static void gate_set(gate *g, bool is_open) {
  pthread_mutex_lock(&g->lock);
  g->is_open = is_open;
  pthread_cond_broadcast(&g->change);
  pthread_mutex_unlock(&g->lock);
}

static void gate_await(gate *g, int inside) {
  pthread_mutex_lock(&g->lock);
  while (g->inside < inside) {
    pthread_cond_wait(&g->change, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

typedef struct getter {
  cspan_credentials_provider *provider;
  int64_t at_s;
  const char *key;
} getter;

static void *get_one(void *user) {
  const getter *g = user;
  expect_get_at(g->provider, g->at_s, g->key);
  return NULL;
}

static void one_thread_renews_and_nobody_waits(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  int64_t start_s = now_s();
  gate g = {.inner = {.valid_s = 3600},
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .change = PTHREAD_COND_INITIALIZER};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&gate_vtable, &g);
  /* At first there is nothing: all wait for the one that asks. */
  getter first = {provider, start_s, "KEY1"};
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_one, &first), 0);
  }
  gate_await(&g, 1);
  gate_set(&g, true);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(g.inside, 1);
  /* Later the renewal is held at the gate, and all come through with the old ones. */
  gate_set(&g, false);
  getter later = {provider, start_s + 3000, "KEY1"};
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_one, &later), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  g.inner.valid_s = 7200;
  gate_set(&g, true);
  cspan_credentials_provider_settle(provider);
  expect_get_at(provider, start_s + 3000, "KEY2");
  assert_int_equal(g.inside, 2);
  cspan_credentials_provider_free(provider);
}

/* Waits for the end of its call. */
static cspan_status resolve_slowly(void *self, const cspan_context *context,
                                   cspan_credentials_emit_fn emit, void *sink,
                                   cspan_error **error) {
  gate *g = self;
  if (atomic_load(&g->inner.resolved) == 0) {
    return resolve_counted(&g->inner, context, emit, sink, error);
  }
  gate_set(g, true);
  while (cspan_context_sleep_ms(context, 1000) == CSPAN_OK) {
  }
  atomic_fetch_add(&g->inner.freed, 1);
  return cspan_error_set(error, cspan_context_status(context), "cancelled");
}

/* Whoever frees the provider may free what it uses: the renewal has ended then. */
static void a_renewal_ends_with_its_provider(void **state) {
  (void)state;
  static const cspan_credentials_vtable vtable = {.name = "counted", .resolve = resolve_slowly};
  gate g = {.inner = {.valid_s = 3600},
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .change = PTHREAD_COND_INITIALIZER};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&vtable, &g);
  expect_get(provider, "KEY1");
  expect_get_at(provider, now_s() + 3000, "KEY1");
  pthread_mutex_lock(&g.lock);
  while (!g.is_open) {
    pthread_cond_wait(&g.change, &g.lock);
  }
  pthread_mutex_unlock(&g.lock);
  cspan_credentials_provider_free(provider);
  assert_int_equal(atomic_load(&g.inner.freed), 1);
}

/* So it does with the process, before the libraries that it uses come to their end. */
static void a_renewal_ends_with_the_process(void **state) {
  (void)state;
  static const cspan_credentials_vtable vtable = {.name = "counted", .resolve = resolve_slowly};
  gate *g = mmap(NULL, sizeof *g, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (child == 0) {
    cspan_identity *identity = NULL;
    *g = (gate){.inner = {.valid_s = 3600},
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .change = PTHREAD_COND_INITIALIZER};
    cspan_credentials_provider *provider = cspan_credentials_provider_create(&vtable, g);
    for (int later_s = 0; later_s <= 3000; later_s += 3000) {
      cspan_credentials_provider_get_at(provider, now_s() + later_s, NULL, &identity, NULL);
      cspan_identity_free(identity);
    }
    exit(7);
  }
  int code = -1;
  waitpid(child, &code, 0);
  assert_true(WIFEXITED(code));
  assert_int_equal(WEXITSTATUS(code), 7);
  assert_int_equal(atomic_load(&g->inner.freed), 1);
  munmap(g, sizeof *g);
}

/* A child has no thread of its parent's, and does not wait for it. */
static void a_forked_child_renews_by_itself(void **state) {
  (void)state;
  gate g = {.inner = {.valid_s = 3600},
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .change = PTHREAD_COND_INITIALIZER,
            .is_open = true};
  int64_t start_s = now_s();
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&gate_vtable, &g);
  expect_get_at(provider, start_s, "KEY1");
  gate_set(&g, false);
  expect_get_at(provider, start_s + 3000, "KEY1");
  gate_await(&g, 2);
  pid_t child = fork();
  if (child == 0) {
    cspan_identity *identity = NULL;
    gate_set(&g, true);
    cspan_status status =
        cspan_credentials_provider_get_at(provider, start_s + 3700, NULL, &identity, NULL);
    _exit(status == CSPAN_OK && g.inside == 3 ? 0 : 1);
  }
  int code = -1;
  waitpid(child, &code, 0);
  assert_true(WIFEXITED(code));
  assert_int_equal(WEXITSTATUS(code), 0);
  gate_set(&g, true);
  cspan_credentials_provider_free(provider);
}

static void those_that_waited_share_a_failure(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  gate g = {.inner = {.fails = true},
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .change = PTHREAD_COND_INITIALIZER};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&gate_vtable, &g);
  getter fails = {provider, now_s(), NULL};
  assert_int_equal(pthread_create(&threads[0], NULL, get_one, &fails), 0);
  gate_await(&g, 1);
  for (int i = 1; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_one, &fails), 0);
  }
  gate_set(&g, true);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_in_range(g.inside, 1, THREADS); /* one that came late asks for itself */
  cspan_credentials_provider_free(provider);
}

static void a_failure_is_not_kept(void **state) {
  (void)state;
  counted c = {.fails = true};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&counted_vtable, &c);
  expect_get(provider, NULL);
  c.fails = false;
  expect_get(provider, "KEY2");
  cspan_credentials_provider_free(provider);
}

static void refused_ones_are_replaced(void **state) {
  (void)state;
  counted c = {.valid_s = 0};
  cspan_identity *first = NULL;
  cspan_identity *second = NULL;
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&counted_vtable, &c);
  assert_int_equal(cspan_credentials_provider_get(provider, NULL, &first, NULL), CSPAN_OK);
  cspan_credentials_provider_refuse(provider, first);
  assert_int_equal(cspan_credentials_provider_get(provider, NULL, &second, NULL), CSPAN_OK);
  assert_string_equal(cspan_identity_get(second)->access_key_id, "KEY2");
  cspan_credentials_provider_refuse(provider, first); /* late: says nothing about the new ones */
  expect_get(provider, "KEY2");
  cspan_identity_free(first);
  cspan_identity_free(second);
  cspan_credentials_provider_free(provider);
}

static cspan_status emit_nothing(void *self, const cspan_context *context,
                                 cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  (void)context;
  if (self) {
    cspan_credentials half = {.access_key_id = "AK"};
    return emit(sink, &half, error);
  }
  return CSPAN_OK;
}

static void a_provider_must_give_something(void **state) {
  (void)state;
  static const cspan_credentials_vtable vtable = {.name = "broken", .resolve = emit_nothing};
  for (int half = 0; half < 2; half++) {
    cspan_credentials_provider *provider =
        cspan_credentials_provider_create(&vtable, half ? &half : NULL);
    expect_get(provider, NULL);
    cspan_credentials_provider_free(provider);
  }
}

static void *get_many(void *user) {
  for (int i = 0; i < 500; i++) {
    cspan_identity *identity = NULL;
    uint8_t key[CSPAN_SIGV4_KEY_LEN];
    assert_int_equal(cspan_credentials_provider_get(user, NULL, &identity, NULL), CSPAN_OK);
    cspan_identity_key(identity, 1369353600 + (i % 7) * 86400, "us-east-1", "s3", key);
    if (i % 100 == 50) {
      cspan_credentials_provider_refuse(user, identity);
    }
    cspan_identity_free(identity);
  }
  return NULL;
}

static void threads_share_a_provider(void **state) {
  (void)state;
  pthread_t threads[4];
  counted c = {.valid_s = 0};
  cspan_credentials_provider *provider = cspan_credentials_provider_create(&counted_vtable, &c);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_many, provider), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_in_range(atomic_load(&c.resolved), 2, 21);
  cspan_credentials_provider_free(provider);
}

static void signing_keys_are_kept(void **state) {
  (void)state;
  cspan_credentials credentials = {.access_key_id = "AK", .secret_access_key = SECRET};
  cspan_identity *identity = cspan_identity_new(&credentials);
  for (int round = 0; round < 2; round++) {
    for (int day = 0; day < 6; day++) { /* more than are kept */
      uint8_t cached[CSPAN_SIGV4_KEY_LEN];
      uint8_t fresh[CSPAN_SIGV4_KEY_LEN];
      time_t time = 1369353600 + day * 86400;
      for (int again = 0; again < 2; again++) {
        cspan_identity_key(identity, time + again, "us-east-1", "s3", cached);
        cspan_sigv4_key(SECRET, time, "us-east-1", "s3", fresh);
        assert_memory_equal(cached, fresh, sizeof fresh);
      }
      cspan_identity_key(identity, time, "us-east-2", "s3", cached);
      assert_memory_not_equal(cached, fresh, sizeof fresh);
    }
  }
  cspan_identity_free(identity);
}

static void a_config_owns_its_provider(void **state) {
  (void)state;
  counted c = {.valid_s = 0};
  cspan_aws_config *config = NULL;
  home_set(NULL, NULL);
  cspan_aws_options options = {
      .credentials = cspan_credentials_provider_create(&counted_vtable, &c), .access_key_id = "AK"};
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_config_check_credentials(config, NULL, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  assert_int_equal(atomic_load(&c.freed), 1);
  options.credentials = cspan_credentials_provider_create(&counted_vtable, &c);
  options.profile = "missing";
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_ERR_CONFIG);
  assert_int_equal(atomic_load(&c.freed), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_chain_goes_on),
      cmocka_unit_test(keys_of_the_environment_may_expire),
      cmocka_unit_test(an_absence_is_explained),
      cmocka_unit_test(processes_are_run),
      cmocka_unit_test(a_process_is_ended_in_time),
      cmocka_unit_test(commands_are_split),
      cmocka_unit_test(credentials_are_renewed_ahead),
      cmocka_unit_test(short_ones_are_asked_for_twice),
      cmocka_unit_test(one_thread_renews_and_nobody_waits),
      cmocka_unit_test(a_renewal_ends_with_its_provider),
      cmocka_unit_test(a_renewal_ends_with_the_process),
      cmocka_unit_test(a_forked_child_renews_by_itself),
      cmocka_unit_test(those_that_waited_share_a_failure),
      cmocka_unit_test(old_ones_serve_while_a_refresh_fails),
      cmocka_unit_test(a_failure_is_not_kept),
      cmocka_unit_test(refused_ones_are_replaced),
      cmocka_unit_test(a_provider_must_give_something),
      cmocka_unit_test(threads_share_a_provider),
      cmocka_unit_test(signing_keys_are_kept),
      cmocka_unit_test(a_config_owns_its_provider),
  };
  return cmocka_run_group_tests(tests, home_make, home_remove);
}
