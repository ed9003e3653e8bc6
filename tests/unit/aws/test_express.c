/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of S3 Express: one is asked for, kept, renewed, thrown away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "aws/call.h"
#include "unit/aws/call_fixture.h"

#define SESSION_TOKEN_TEXT "session-token-that-must-not-leak"
#define SESSION_SECRET     "session-secret-that-must-not-leak"
#define FAR_AWAY           "2099-01-01T00:00:00Z"

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define SESSION_XML(id, expiration)                                                                \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                   \
  "<CreateSessionResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Credentials>"           \
  "<SessionToken>" SESSION_TOKEN_TEXT "</SessionToken><SecretAccessKey>" SESSION_SECRET            \
  "</SecretAccessKey><AccessKeyId>" id "</AccessKeyId><Expiration>" expiration                     \
  "</Expiration></Credentials></CreateSessionResult>"

static const script_step succeeds[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), END};
static const script_step gives_first[] = {READ_REQUEST,
                                          SEND(HEAD SESSION_XML("AKIDSESSION1", FAR_AWAY)), END};
static const script_step gives_second[] = {READ_REQUEST,
                                           SEND(HEAD SESSION_XML("AKIDSESSION2", FAR_AWAY)), END};
/* What a session is asked for by, and what then is asked for. */
static const script_step answers_all[] = {READ_REQUEST, SEND(HEAD SESSION_XML("AKID", FAR_AWAY)),
                                          END};
static const script_step denies[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 403 No\r\nConnection: close\r\n\r\n<Error><Code>AccessDenied</Code></Error>"),
    END};
static const script_step never_answers[] = {READ_REQUEST, {SCRIPT_WAIT_CLOSE, NULL, 0}, END};

static const cspan_auth express = {.kind = CSPAN_AUTH_S3EXPRESS, .signing_name = "s3express"};

static void serve(fixture *f, const script_connection *scripts, size_t count) {
  fixture_serve(f, scripts, count);
  fixture_configure(f, NULL);
  fixture_connect(f);
}

static cspan_status get(fixture *f, const char *bucket, cspan_error **error) {
  fixture_input input = {.bucket = bucket, .auth = &express};
  return fixture_call(f, &fixture_get, &input, NULL, NULL, error);
}

/* How often `text` occurs in what the server received. */
static size_t times_sent(fixture *f, const char *text) {
  size_t count = 0;
  char *sent = script_server_received(f->server);
  for (const char *at = sent; (at = strstr(at, text)); at++) {
    count++;
  }
  free(sent);
  return count;
}

static void a_session_is_asked_for_once(void **state) {
  (void)state;
  static const script_connection scripts[] = {gives_first, succeeds};
  fixture f;
  serve(&f, scripts, 2);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(get(&f, "bucket", NULL), CSPAN_OK);
  }
  char *sent = script_server_received(f.server);
  char *second = strstr(sent + 1, "GET /bucket/key");
  assert_non_null(second);
  assert_ptr_equal(strstr(sent, "GET /bucket?session= HTTP/1.1\r\n"), sent);
  /* The request for it is signed by the client's own credentials. */
  char *own = strstr(sent, "Credential=" ACCESS_KEY "/");
  assert_true(own && own < second);
  assert_non_null(strstr(own, "/eu-west-1/s3express/aws4_request,"));
  assert_true(strstr(sent, "x-amz-security-token: " TOKEN) < second);
  assert_non_null(strstr(second, "Credential=AKIDSESSION1/"));
  assert_non_null(strstr(second, "/eu-west-1/s3express/aws4_request,"));
  assert_non_null(strstr(second, "x-amz-s3session-token: " SESSION_TOKEN_TEXT "\r\n"));
  assert_non_null(strstr(second, ";x-amz-s3session-token, Signature="));
  assert_null(strstr(second, "x-amz-security-token"));
  assert_null(strstr(sent, SESSION_SECRET));
  free(sent);
  assert_int_equal(times_sent(&f, "?session="), 1);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION1/"), 3);
  fixture_stop(&f);
}

static void each_bucket_has_its_own(void **state) {
  (void)state;
  static const script_connection scripts[] = {gives_first, succeeds, gives_second, succeeds};
  fixture f;
  serve(&f, scripts, 4);
  assert_int_equal(get(&f, "one", NULL), CSPAN_OK);
  assert_int_equal(get(&f, "two", NULL), CSPAN_OK);
  assert_int_equal(get(&f, "one", NULL), CSPAN_OK);
  assert_int_equal(times_sent(&f, "GET /one?session="), 1);
  assert_int_equal(times_sent(&f, "GET /two?session="), 1);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION1/"), 2);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION2/"), 1);
  fixture_stop(&f);
}

/* ------------------------------------------------------------------ expiry */

/* An answer whose session is good for that long from now. */
static char *answer(const char *id, int64_t seconds) {
  char when[21];
  char *text = NULL;
  cspan_format_iso8601((time_t)(time(NULL) + seconds), when);
  assert_true(asprintf(&text,
                       HEAD "<CreateSessionResult><Credentials><SessionToken>t"
                            "</SessionToken><SecretAccessKey>s</SecretAccessKey><AccessKeyId>%s"
                            "</AccessKeyId><Expiration>%s</Expiration></Credentials>"
                            "</CreateSessionResult>",
                       id, when) > 0);
  return text;
}

static void a_session_is_renewed_before_it_expires(void **state) {
  (void)state;
  char *soon = answer("AKIDSOON", 30);
  const script_step gives_soon[] = {READ_REQUEST, SEND(soon), END};
  const script_connection scripts[] = {gives_soon, succeeds, gives_second, succeeds};
  fixture f;
  serve(&f, scripts, 4);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(get(&f, "bucket", NULL), CSPAN_OK);
  }
  assert_int_equal(times_sent(&f, "?session="), 2);
  assert_int_equal(times_sent(&f, "Credential=AKIDSOON/"), 1);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION2/"), 2);
  fixture_stop(&f);
  free(soon);
}

/* The old one goes on for as long as it can; the service is not asked again at once. */
static void a_session_that_cannot_be_renewed_is_used_up(void **state) {
  (void)state;
  char *soon = answer("AKIDSOON", 30);
  const script_step gives_soon[] = {READ_REQUEST, SEND(soon), END};
  const script_connection scripts[] = {gives_soon, succeeds, denies, succeeds};
  fixture f;
  serve(&f, scripts, 4);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(get(&f, "bucket", NULL), CSPAN_OK);
  }
  assert_int_equal(times_sent(&f, "?session="), 2);
  assert_int_equal(times_sent(&f, "Credential=AKIDSOON/"), 3);
  fixture_stop(&f);
  free(soon);
}

static void an_expired_one_is_replaced(void **state) {
  (void)state;
  static const script_step refuses[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n<Error><Code>ExpiredToken</Code></Error>"),
      END};
  static const script_connection scripts[] = {gives_first, refuses, gives_second, succeeds};
  fixture f;
  serve(&f, scripts, 4);
  assert_int_equal(get(&f, "bucket", NULL), CSPAN_OK);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION1/"), 1);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION2/"), 1);
  fixture_stop(&f);
}

/* ---------------------------------------------------------------- failures */

static void a_refusal_is_the_error_of_the_call(void **state) {
  (void)state;
  static const script_connection scripts[] = {denies, gives_first, succeeds};
  fixture f;
  cspan_error *error = NULL;
  serve(&f, scripts, 3);
  assert_int_equal(get(&f, "bucket", &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "AccessDenied");
  cspan_error_free(error);
  assert_int_equal(times_sent(&f, "?session="), 1);
  assert_int_equal(get(&f, "bucket", NULL), CSPAN_OK); /* nothing is kept of it */
  fixture_stop(&f);
}

static const char *const wrong[] = {
    "", "not xml", "<CreateSessionResult/>",
    "<CreateSessionResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>" SESSION_SECRET
    "</SecretAccessKey><Expiration>" FAR_AWAY "</Expiration></Credentials></CreateSessionResult>",
    "<CreateSessionResult><Credentials><SessionToken>" SESSION_TOKEN_TEXT
    "</SessionToken><AccessKeyId>a</AccessKeyId><SecretAccessKey>" SESSION_SECRET
    "</SecretAccessKey><Expiration>soon</Expiration></Credentials></CreateSessionResult>"};

static void a_broken_answer_is_an_error(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    char text[1024];
    snprintf(text, sizeof text, HEAD "%s", wrong[i]);
    const script_step gives[] = {READ_REQUEST, SEND(text), END};
    const script_connection scripts[] = {gives};
    fixture f;
    cspan_error *error = NULL;
    serve(&f, scripts, 1);
    assert_int_equal(get(&f, "bucket", &error), CSPAN_ERR_PROTOCOL);
    assert_null(strstr(cspan_error_message(error), "must-not-leak"));
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

static void a_deadline_ends_the_wait(void **state) {
  (void)state;
  static const script_connection scripts[] = {never_answers};
  fixture f;
  cspan_error *error = NULL;
  cspan_call_options options = {.timeout_ms = 30};
  fixture_input input = {.bucket = "bucket", .auth = &express};
  serve(&f, scripts, 1);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, &options, NULL, &error),
                   CSPAN_ERR_TIMEOUT);
  cspan_error_free(error);
  fixture_stop(&f);
}

/* ------------------------------------------------------------------- loops */

enum { CALLS = 12, THREADS = 4 };

typedef struct outcome {
  int done;
  cspan_status status;
} outcome;

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  outcome *o = user;
  (void)error;
  o->done++;
  o->status = status;
}

static void start(fixture *f, cspan_loop *loop, const fixture_input *input, outcome *o,
                  const cspan_context *context) {
  cspan_call_options options = {.loop = loop, .done = on_done, .user = o};
  cspan_call_start call = {
      .operation = &fixture_get, .input = input, .context = context, .options = &options};
  *o = (outcome){0};
  assert_int_equal(cspan_aws_call(f->client, &call, NULL), CSPAN_OK);
}

/* The request is held back until another call on the loop has got through. */
static void a_loop_goes_on_while_it_waits(void **state) {
  (void)state;
  static const script_step gives_late[] = {
      READ_REQUEST, {SCRIPT_AWAIT, NULL, 2}, SEND(HEAD SESSION_XML("AKIDSESSION1", FAR_AWAY)), END};
  static const script_connection scripts[] = {gives_late, succeeds};
  fixture f;
  outcome outcomes[CALLS + 1];
  fixture_input input = {.bucket = "bucket", .auth = &express};
  fixture_input other = {.bucket = "bucket"};
  cspan_loop *loop = cspan_loop_create();
  serve(&f, scripts, 2);
  for (int i = 0; i < CALLS; i++) {
    start(&f, loop, &input, &outcomes[i], NULL);
  }
  while (script_server_accepted(f.server) < 1) {
    assert_int_equal(cspan_loop_run_once(loop, 10), CSPAN_OK);
  }
  start(&f, loop, &other, &outcomes[CALLS], NULL);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  for (int i = 0; i <= CALLS; i++) {
    assert_int_equal(outcomes[i].done, 1);
    assert_int_equal(outcomes[i].status, CSPAN_OK);
  }
  assert_int_equal(times_sent(&f, "?session="), 1);
  assert_int_equal(times_sent(&f, "Credential=AKIDSESSION1/"), CALLS);
  cspan_loop_free(loop);
  fixture_stop(&f);
}

static void a_loop_may_go_away_under_a_wait(void **state) {
  (void)state;
  static const script_connection scripts[] = {never_answers};
  fixture f;
  outcome outcomes[2];
  fixture_input input = {.bucket = "bucket", .auth = &express};
  cspan_loop *loop = cspan_loop_create();
  serve(&f, scripts, 1);
  start(&f, loop, &input, &outcomes[0], NULL);
  start(&f, loop, &input, &outcomes[1], NULL);
  while (script_server_accepted(f.server) < 1) {
    assert_int_equal(cspan_loop_run_once(loop, 10), CSPAN_OK);
  }
  cspan_loop_free(loop);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(outcomes[i].done, 1);
    assert_int_not_equal(outcomes[i].status, CSPAN_OK);
  }
  fixture_stop(&f);
}

/* Who asks for the session is cancelled: another call takes over. */
static void a_cancelled_request_is_taken_over(void **state) {
  (void)state;
  static const script_connection scripts[] = {never_answers, gives_first, succeeds};
  fixture f;
  outcome outcomes[2];
  fixture_input input = {.bucket = "bucket", .auth = &express};
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_context context = {.cancel = cancel};
  cspan_loop *loop = cspan_loop_create();
  serve(&f, scripts, 3);
  start(&f, loop, &input, &outcomes[0], &context);
  start(&f, loop, &input, &outcomes[1], NULL);
  while (script_server_accepted(f.server) < 1) {
    assert_int_equal(cspan_loop_run_once(loop, 10), CSPAN_OK);
  }
  cspan_cancel_trigger(cancel);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(outcomes[0].status, CSPAN_ERR_CANCELLED);
  assert_int_equal(outcomes[1].status, CSPAN_OK);
  assert_int_equal(times_sent(&f, "?session="), 2);
  cspan_loop_free(loop);
  cspan_cancel_free(cancel);
  fixture_stop(&f);
}

static void *get_often(void *user) {
  for (int i = 0; i < 5; i++) {
    if (get(user, "bucket", NULL) != CSPAN_OK) {
      return user;
    }
  }
  return NULL;
}

static void threads_share_a_session(void **state) {
  (void)state;
  static const script_connection scripts[] = {gives_first, succeeds};
  fixture f;
  pthread_t threads[THREADS];
  serve(&f, scripts, 2);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_often, &f), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *failed = NULL;
    pthread_join(threads[i], &failed);
    assert_null(failed);
  }
  assert_int_equal(times_sent(&f, "?session="), 1);
  fixture_stop(&f);
}

/* --------------------------------------------------------------- the cache */

/* The server gives the same answer to all: each bucket needs its own session all the same. */
static void the_oldest_session_gives_way(void **state) {
  (void)state;
  static const script_connection scripts[] = {answers_all};
  fixture f;
  char bucket[16];
  serve(&f, scripts, 1);
  for (int i = 0; i <= CSPAN_EXPRESS_SESSIONS; i++) {
    snprintf(bucket, sizeof bucket, "bucket%d", i);
    assert_int_equal(get(&f, i == 50 ? "bucket0" : bucket, NULL), CSPAN_OK);
  }
  assert_int_equal(f.client->express.count, CSPAN_EXPRESS_SESSIONS);
  assert_int_equal(get(&f, "last", NULL), CSPAN_OK); /* bucket1 goes: bucket0 was used again */
  assert_int_equal(get(&f, "bucket0", NULL), CSPAN_OK);
  assert_int_equal(times_sent(&f, "GET /bucket0?session="), 1);
  assert_int_equal(get(&f, "bucket1", NULL), CSPAN_OK);
  assert_int_equal(times_sent(&f, "GET /bucket1?session="), 2);
  fixture_stop(&f);
}

static void a_url_is_presigned_by_a_session(void **state) {
  (void)state;
  static const script_connection scripts[] = {gives_first};
  fixture f;
  char *url = NULL;
  fixture_input input = {.bucket = "bucket", .auth = &express};
  cspan_call_start start = {.operation = &fixture_get, .input = &input};
  serve(&f, scripts, 1);
  assert_int_equal(cspan_aws_presign(f.client, &start, 60, &url, NULL), CSPAN_OK);
  assert_non_null(strstr(url, "X-Amz-Credential=AKIDSESSION1%2F"));
  assert_non_null(strstr(url, "X-Amz-S3session-Token=" SESSION_TOKEN_TEXT "&"));
  assert_null(strstr(url, "Security-Token"));
  cspan_free(url);
  fixture_stop(&f);
  static const script_connection refuses[] = {denies};
  cspan_error *error = NULL;
  serve(&f, refuses, 1);
  assert_int_equal(cspan_aws_presign(f.client, &start, 60, &url, &error), CSPAN_ERR_SERVICE);
  assert_null(url);
  cspan_error_free(error);
  fixture_stop(&f);
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_session_is_asked_for_once),
      cmocka_unit_test(each_bucket_has_its_own),
      cmocka_unit_test(a_session_is_renewed_before_it_expires),
      cmocka_unit_test(a_session_that_cannot_be_renewed_is_used_up),
      cmocka_unit_test(an_expired_one_is_replaced),
      cmocka_unit_test(a_refusal_is_the_error_of_the_call),
      cmocka_unit_test(a_broken_answer_is_an_error),
      cmocka_unit_test(a_deadline_ends_the_wait),
      cmocka_unit_test(a_loop_goes_on_while_it_waits),
      cmocka_unit_test(a_loop_may_go_away_under_a_wait),
      cmocka_unit_test(a_cancelled_request_is_taken_over),
      cmocka_unit_test(threads_share_a_session),
      cmocka_unit_test(the_oldest_session_gives_way),
      cmocka_unit_test(a_url_is_presigned_by_a_session),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
