/* SPDX-License-Identifier: Apache-2.0 */
/* Directory buckets of S3 Express from end to end: the endpoint rules of AWS, from
 * $CLOUDSPAN_CONFORMANCE/endpoints, against a server that stands in for S3. The typed calls, and
 * those by a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <time.h>

#include <cloudspan/cloudspan.h>

#include "base/text.h"
#include "conformance/endpoint_files.h"
#include "support/model_folder.h"
#include "support/service_models.h"
#include "support/stand_in.h"
#include "unit/aws/home_fixture.h"

#define DIRECTORY "mine--usw2-az1--x-s3"
#define OTHER     "other--usw2-az1--x-s3"

/* What came to the server: "CREATE bucket;" for a session, "PUT bucket by KEY;" for the rest, with
 * "?" where something was not as it must be. */
typedef struct service {
  pthread_mutex_t mutex;
  char seen[1024];
  int sessions;
  int lasts_s; /* how long the next session is good for */
} service;

static service here = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static stand_in *server;
static char models[64];

/* -------------------------------------------------------------------- service */

static void note(service *s, const char *text) {
  size_t len = strlen(s->seen);
  snprintf(s->seen + len, sizeof s->seen - len, "%s", text);
}

/* "KEY" of "Credential=KEY/date/us-west-2/s3express/aws4_request". */
static void key_of(const char *authorization, char key[32]) {
  const char *at = strstr(authorization, "Credential=");
  size_t len = at != NULL ? strcspn(at + 11, "/") : 0;
  snprintf(key, 32, "%.*s", (int)(len < 31 ? len : 31), at != NULL ? at + 11 : "");
}

static void create_session(service *s, stand_in_answer *answer) {
  char expires[21];
  s->sessions++;
  cspan_format_iso8601(time(NULL) + s->lasts_s, expires);
  snprintf(answer->body, sizeof answer->body,
           "<CreateSessionResult><Credentials><SessionToken>token-%d</SessionToken>"
           "<SecretAccessKey>secret-%d</SecretAccessKey><AccessKeyId>SESSION%d</AccessKeyId>"
           "<Expiration>%s</Expiration></Credentials></CreateSessionResult>",
           s->sessions, s->sessions, s->sessions, expires);
}

/* Whether the request is signed as directory buckets want it, by the session or the user. */
static bool is_right(const stand_in_request *request, const char *key, bool is_create) {
  char token[64];
  char session_token[64];
  snprintf(token, sizeof token, "%s", stand_in_header(request, "x-amz-s3session-token"));
  snprintf(session_token, sizeof session_token, "token-%s",
           strncmp(key, "SESSION", 7) == 0 ? key + 7 : "");
  bool by_session = strcmp(token, session_token) == 0;
  bool by_user = token[0] == '\0' && strcmp(key, "AKIDEXAMPLE") == 0;
  bool has_scope = strstr(stand_in_header(request, "Authorization"),
                          "/us-west-2/s3express/aws4_request") != NULL;
  bool has_other = stand_in_header(request, "x-amz-security-token")[0] != '\0';
  return has_scope && !has_other && (is_create ? by_user : by_session || by_user);
}

static void serve(void *user, const stand_in_request *request, stand_in_answer *answer) {
  service *s = user;
  char key[32];
  char line[160];
  bool is_create = strcmp(request->method, "GET") == 0 && strstr(request->target, "?session");
  int len = (int)strcspn(request->target + 1, "/?");
  key_of(stand_in_header(request, "Authorization"), key);
  bool is_express = strstr(request->target, "--x-s3") != NULL;
  const char *mark = !is_express || is_right(request, key, is_create) ? "" : "?";
  answer->status = 200;
  pthread_mutex_lock(&s->mutex);
  if (is_create) {
    create_session(s, answer);
    snprintf(line, sizeof line, "CREATE %.*s%s;", len, request->target + 1, mark);
  } else {
    snprintf(line, sizeof line, "%s %.*s by %s%s;", request->method, len, request->target + 1, key,
             mark);
  }
  note(s, line);
  pthread_mutex_unlock(&s->mutex);
}

/* What came since the last time. */
static void expect_seen(const char *wanted) {
  char seen[sizeof here.seen];
  pthread_mutex_lock(&here.mutex);
  memcpy(seen, here.seen, sizeof seen);
  here.seen[0] = '\0';
  pthread_mutex_unlock(&here.mutex);
  assert_string_equal(seen, wanted);
}

/* Sessions are counted from one again. */
static void begin(int lasts_s) {
  pthread_mutex_lock(&here.mutex);
  here.sessions = 0;
  here.lasts_s = lasts_s;
  here.seen[0] = '\0';
  pthread_mutex_unlock(&here.mutex);
}

/* --------------------------------------------------------------------- client */

static cspan_aws_config *load(void) {
  const cspan_aws_options options = {.size = sizeof options,
                                     .region = "us-west-2",
                                     .endpoint_url = stand_in_url(server),
                                     .access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "secret",
                                     .max_attempts = 1};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  if (cspan_aws_config_load(&options, &config, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return config;
}

static void put_typed(cspan_s3 *client, const char *bucket) {
  const cspan_s3_put_object_input input = {
      .size = sizeof input, .bucket = bucket, .key = "k", .body = {.data = "x", .size_bytes = 1}};
  cspan_error *error = NULL;
  if (cspan_s3_put_object(client, NULL, &input, NULL, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

static void put_by_model(cspan_client *client, const char *bucket) {
  const cspan_value input =
      CSPAN_MAP(cspan_field("Bucket", cspan_string(bucket)), cspan_field("Key", cspan_string("k")),
                cspan_field("Body", cspan_string("x")));
  cspan_error *error = NULL;
  if (cspan_call(NULL, client, "PutObject", &input, NULL, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

/* Both ways put the same objects. */
typedef struct clients {
  cspan_aws_config *config;
  cspan_s3 *typed;
  cspan_client *by_model;
} clients;

static clients open_clients(void) {
  clients c = {.config = load()};
  assert_int_equal(cspan_s3_create(c.config, &c.typed, NULL), CSPAN_OK);
  assert_int_equal(cspan_client_create(c.config, "s3", NULL, &c.by_model, NULL), CSPAN_OK);
  return c;
}

static void close_clients(clients *c) {
  cspan_s3_free(c->typed);
  cspan_client_free(c->by_model);
  cspan_aws_config_free(c->config);
}

static void put(const clients *c, bool typed, const char *bucket) {
  if (typed) {
    put_typed(c->typed, bucket);
  } else {
    put_by_model(c->by_model, bucket);
  }
}

/* ---------------------------------------------------------------------- tests */

static void a_session_serves_many_calls(void **state) {
  (void)state;
  for (int typed = 0; typed < 2; typed++) {
    clients c = open_clients();
    begin(3600);
    put(&c, typed, DIRECTORY);
    put(&c, typed, DIRECTORY);
    put(&c, typed, OTHER);
    put(&c, typed, DIRECTORY);
    expect_seen("CREATE " DIRECTORY ";PUT " DIRECTORY " by SESSION1;"
                "PUT " DIRECTORY " by SESSION1;"
                "CREATE " OTHER ";PUT " OTHER " by SESSION2;"
                "PUT " DIRECTORY " by SESSION1;");
    close_clients(&c);
  }
}

static void a_session_that_ends_soon_is_renewed(void **state) {
  (void)state;
  for (int typed = 0; typed < 2; typed++) {
    clients c = open_clients();
    begin(20);
    put(&c, typed, DIRECTORY);
    begin(3600);
    put(&c, typed, DIRECTORY);
    put(&c, typed, DIRECTORY);
    expect_seen("CREATE " DIRECTORY ";PUT " DIRECTORY " by SESSION1;"
                "PUT " DIRECTORY " by SESSION1;");
    close_clients(&c);
  }
}

static void other_buckets_have_no_sessions(void **state) {
  (void)state;
  for (int typed = 0; typed < 2; typed++) {
    clients c = open_clients();
    begin(3600);
    put(&c, typed, "plain");
    expect_seen("PUT plain by AKIDEXAMPLE;");
    close_clients(&c);
  }
}

static void sessions_can_be_forgone(void **state) {
  (void)state;
  setenv("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "true", 1);
  for (int typed = 0; typed < 2; typed++) {
    clients c = open_clients();
    begin(3600);
    put(&c, typed, DIRECTORY);
    expect_seen("PUT " DIRECTORY " by AKIDEXAMPLE;");
    close_clients(&c);
  }
  unsetenv("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH");
}

/* ----------------------------------------------------------------------- main */

static bool put_file(const char *from, const char *to) {
  cspan_buf text;
  bool found = read_file(from, &text);
  if (found) {
    model_folder_put(model_folder_path(models, to), text.data, text.len);
  }
  cspan_buf_free(&text);
  return found;
}

static int set_up(void **state) {
  home_set(NULL, NULL);
  setenv("AWS_DATA_PATH", models, 1);
  (void)state;
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_session_serves_many_calls, set_up),
      cmocka_unit_test_setup(a_session_that_ends_soon_is_renewed, set_up),
      cmocka_unit_test_setup(other_buckets_have_no_sessions, set_up),
      cmocka_unit_test_setup(sessions_can_be_forgone, set_up),
  };
  char root[ENDPOINT_PATH_LEN];
  char path[ENDPOINT_PATH_LEN + 64];
  int failed = 0;
  find_endpoints(root);
  model_folder_make(models);
  for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
    if (strcmp(service_models[i].name, "s3") == 0) {
      model_folder_put_json(model_folder_path(models, "s3/2112-06-01/service-2.json"),
                            service_models[i].json);
    }
  }
  snprintf(path, sizeof path, "%s/services/s3/endpoint-rule-set-1.json", root);
  bool is_there = put_file(path, "s3/2112-06-01/endpoint-rule-set-1.json");
  snprintf(path, sizeof path, "%s/partitions.json", root);
  if (is_there && put_file(path, "partitions.json")) {
    server = stand_in_start(serve, &here);
    failed = cmocka_run_group_tests(tests, home_make, home_remove);
    stand_in_stop(server);
  } else {
    printf("skipped: there are no endpoint rules of S3 in %s\n", root);
  }
  model_folder_remove(models);
  return failed;
}
