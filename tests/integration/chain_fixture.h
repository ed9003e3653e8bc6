/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the credential chain share: a home, credentials that are resolved and looked
 * at, and a watch over everything that is said, which must never have a secret in it. */
#ifndef INTEGRATION_CHAIN_FIXTURE_H
#define INTEGRATION_CHAIN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>

#include "aws/config.h"
#include "aws/credentials.h"
#include "base/sys.h"
#include "support/stand_in.h"
#include "unit/aws/home_fixture.h"

/* All secrets of these tests have it in them. */
#define SECRET       "s3cr3t"
#define CHAIN_FUTURE "2999-01-01T00:00:00Z"

enum { CHAIN_THREADS = 8, CHAIN_LOG_MAX = 1 << 16 };

static char chain_logged[CHAIN_LOG_MAX];
static size_t chain_logged_len;
static pthread_mutex_t chain_log_lock = PTHREAD_MUTEX_INITIALIZER;

static inline void chain_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  pthread_mutex_lock(&chain_log_lock);
  int len =
      snprintf(chain_logged + chain_logged_len, CHAIN_LOG_MAX - chain_logged_len, "%s\n", message);
  chain_logged_len += (size_t)len;
  pthread_mutex_unlock(&chain_log_lock);
}

/* The log so far, which then is empty. */
static inline const char *chain_said(void) {
  static char said[CHAIN_LOG_MAX];
  memcpy(said, chain_logged, chain_logged_len);
  said[chain_logged_len] = '\0';
  chain_logged_len = 0;
  assert_null(strstr(said, SECRET));
  return said;
}

static inline cspan_aws_config *chain_load(void) {
  const cspan_aws_options options = {.size = sizeof options, .region = "eu-west-1"};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  if (cspan_aws_config_load(&options, &config, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return config;
}

/* What is given at that time; a renewal that this starts has ended afterwards. */
static inline void chain_expect_at(cspan_aws_config *config, int64_t later_s, const char *key,
                                   const char *source) {
  cspan_identity *identity = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_credentials_provider_get_at(
      config->credentials, cspan_unix_ns() / 1000000000 + later_s, NULL, &identity, &error);
  if (status != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  const cspan_credentials *c = cspan_identity_get(identity);
  assert_string_equal(c->access_key_id, key);
  assert_non_null(strstr(c->secret_access_key, SECRET));
  if (strncmp(c->source, source, strlen(source)) != 0) {
    fail_msg("\"%s\" does not begin with \"%s\"", c->source, source);
  }
  cspan_identity_free(identity);
  cspan_credentials_provider_settle(config->credentials);
}

/* The whole chain, once. */
static inline void chain_expect(const char *key, const char *source) {
  cspan_aws_config *config = chain_load();
  chain_expect_at(config, 0, key, source);
  cspan_aws_config_free(config);
  chain_said();
}

/* It fails, and says all of the parts (the last is NULL). */
static inline void chain_expect_failure(const char *const parts[]) {
  cspan_aws_config *config = chain_load();
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_check_credentials(config, NULL, &error), CSPAN_ERR_CREDENTIALS);
  for (size_t i = 0; parts[i]; i++) {
    if (!strstr(cspan_error_message(error), parts[i])) {
      fail_msg("\"%s\" is not in: %s", parts[i], cspan_error_message(error));
    }
  }
  assert_null(strstr(cspan_error_message(error), SECRET));
  cspan_error_free(error);
  cspan_aws_config_free(config);
  chain_said();
}

#define CHAIN_FAILS(...) chain_expect_failure((const char *const[]){__VA_ARGS__, NULL})

static inline void chain_expect_log(stand_in *server, const char *wanted) {
  char *log = stand_in_log(server);
  assert_string_equal(log, wanted);
  free(log);
}

/* --------------------------------------------------------------------- threads */

typedef struct chain_thread {
  cspan_aws_config *config;
  int64_t later_s;
  pthread_barrier_t *start;
  char key[64];
} chain_thread;

static inline void *chain_get(void *user) {
  chain_thread *t = user;
  cspan_identity *identity = NULL;
  pthread_barrier_wait(t->start);
  if (cspan_credentials_provider_get_at(t->config->credentials,
                                        cspan_unix_ns() / 1000000000 + t->later_s, NULL, &identity,
                                        NULL) == CSPAN_OK) {
    snprintf(t->key, sizeof t->key, "%s", cspan_identity_get(identity)->access_key_id);
  }
  cspan_identity_free(identity);
  return NULL;
}

/* Eight threads ask at once, that many seconds from now; each gets one of the two. */
static inline void chain_expect_threads(cspan_aws_config *config, int64_t later_s, const char *key,
                                        const char *or_key) {
  pthread_t threads[CHAIN_THREADS];
  chain_thread each[CHAIN_THREADS];
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, CHAIN_THREADS);
  for (int i = 0; i < CHAIN_THREADS; i++) {
    each[i] = (chain_thread){.config = config, .later_s = later_s, .start = &start};
    assert_int_equal(pthread_create(&threads[i], NULL, chain_get, &each[i]), 0);
  }
  for (int i = 0; i < CHAIN_THREADS; i++) {
    pthread_join(threads[i], NULL);
    if (strcmp(each[i].key, key) != 0 && strcmp(each[i].key, or_key) != 0) {
      fail_msg("a thread got \"%s\"", each[i].key);
    }
  }
  pthread_barrier_destroy(&start);
  cspan_credentials_provider_settle(config->credentials);
}

/* An ISO time that many seconds from now. */
static inline const char *chain_time(int64_t later_s) {
  static _Thread_local char text[24];
  time_t at = (time_t)(cspan_unix_ns() / 1000000000 + later_s);
  struct tm parts;
  gmtime_r(&at, &parts);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

static inline int chain_setup(void **state) {
  cspan_log_set(chain_log, NULL, CSPAN_LOG_DEBUG);
  return home_make(state);
}

#endif
