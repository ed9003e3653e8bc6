/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata services of EC2 and of containers, played by a stand-in. */
#include <time.h>

#include "integration/chain_fixture.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

typedef struct metadata {
  int token_status;  /* of the PUT */
  int role_status;   /* of the role's name */
  int answer_status; /* of the credentials */
  const char *code;  /* NULL: "Success" */
  int64_t lasts_s;   /* of the credentials */
  int given;         /* credentials given */
  bool plain;        /* no JSON */
  bool tokens_seen;  /* each GET had the token */
} metadata;

static void put_credentials(metadata *m, stand_in_answer *answer) {
  answer->status = m->answer_status;
  if (m->plain) {
    strcpy(answer->body, "<html>" SECRET "</html>");
    return;
  }
  m->given++;
  snprintf(answer->body, sizeof answer->body,
           "{\"Code\": \"%s\", \"Message\": \"sorry\", \"AccessKeyId\": \"AKEC2%d\", "
           "\"SecretAccessKey\": \"" SECRET "-1\", \"Token\": \"" SECRET
           "-2\", \"Expiration\": \"%s\"}",
           m->code ? m->code : "Success", m->given, chain_time(m->lasts_s));
}

static void serve_metadata(void *user, const stand_in_request *request, stand_in_answer *answer) {
  metadata *m = user;
  if (strcmp(request->target, "/latest/api/token") == 0) {
    answer->status = m->token_status;
    if (strcmp(request->method, "PUT") != 0 ||
        strcmp(stand_in_header(request, "x-aws-ec2-metadata-token-ttl-seconds"), "21600") != 0) {
      answer->status = 400;
    }
    strcpy(answer->body, answer->status == 200 ? SECRET "-token" : "");
    return;
  }
  m->tokens_seen = strcmp(stand_in_header(request, "x-aws-ec2-metadata-token"),
                          m->token_status == 200 ? SECRET "-token" : "") == 0;
  if (strcmp(request->target, ROLES) == 0) {
    answer->status = m->role_status;
    strcpy(answer->body, "my-role\nanother\n");
  } else if (strcmp(request->target, ROLES "my-role") == 0) {
    put_credentials(m, answer);
  } else {
    answer->status = 404;
  }
}

static const metadata good = {
    .token_status = 200, .role_status = 200, .answer_status = 200, .lasts_s = 21600};

/* A home without credentials, next to such a service. */
static stand_in *start_metadata(metadata *m) {
  stand_in *server = stand_in_start(serve_metadata, m);
  home_set(NULL, NULL);
  unsetenv("AWS_EC2_METADATA_DISABLED");
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", stand_in_url(server), 1);
  setenv("http_proxy", "http://127.0.0.1:1", 1); /* never for a link-local service */
  return server;
}

static void stop(stand_in *server) {
  stand_in_stop(server);
  unsetenv("http_proxy");
}

/* -------------------------------------------------------------------- EC2 */

static void an_instance_has_a_role(void **state) {
  (void)state;
  metadata m = good;
  stand_in *server = start_metadata(&m);
  chain_expect("AKEC21", "EC2 instance metadata");
  assert_true(m.tokens_seen);
  chain_expect_log(server, "PUT /latest/api/token\nGET " ROLES "\nGET " ROLES "my-role\n");
  setenv("AWS_EC2_INSTANCE_PROFILE_NAME", "my-role", 1);
  chain_expect("AKEC22", "EC2 instance metadata");
  chain_expect_log(server, "PUT /latest/api/token\nGET " ROLES "my-role\n");
  stop(server);
}

static void eight_threads_ask_once(void **state) {
  (void)state;
  metadata m = good;
  stand_in *server = start_metadata(&m);
  cspan_aws_config *config = chain_load();
  assert_int_equal(stand_in_count(server), 0); /* nothing is asked when a config is made */
  chain_expect_threads(config, 0, "AKEC21", "AKEC21");
  assert_int_equal(stand_in_count(server), 3);
  /* Within the last quarter of an hour they are renewed, once, and nobody waits for that. */
  m.lasts_s = 2 * 21600;
  chain_expect_threads(config, 21600 - 800, "AKEC21", "AKEC22");
  chain_expect_at(config, 21600 - 800, "AKEC22", "EC2");
  assert_int_equal(stand_in_count(server), 6);
  cspan_aws_config_free(config);
  stop(server);
}

static void version_1_is_for_old_services(void **state) {
  (void)state;
  static const int refusals[] = {403, 404, 405};
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    metadata m = good;
    m.token_status = refusals[i];
    stand_in *server = start_metadata(&m);
    chain_expect("AKEC21", "EC2 instance metadata");
    setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
    CHAIN_FAILS("no credentials were found", "the EC2 metadata service answered with HTTP status");
    stop(server);
  }
}

static void failures_are_told(void **state) {
  (void)state;
  static const struct {
    metadata m;
    const char *said;
  } cases[] = {
      {{.token_status = 200, .role_status = 404}, "the EC2 instance has no role"},
      {{.token_status = 200, .role_status = 500}, "HTTP status 500"},
      {{.token_status = 400}, "HTTP status 400"},
      {{.token_status = 200, .role_status = 200, .answer_status = 503, .lasts_s = 1},
       "HTTP status 503"},
      {{.token_status = 200, .role_status = 200, .answer_status = 200, .plain = true},
       "gave no JSON object"},
      {{.token_status = 200,
        .role_status = 200,
        .answer_status = 200,
        .code = "AssumeRoleUnauthorizedAccess"},
       "refused: AssumeRoleUnauthorizedAccess: sorry"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    metadata m = cases[i].m;
    stand_in *server = start_metadata(&m);
    CHAIN_FAILS("no credentials were found", cases[i].said);
    stop(server);
  }
}

static void a_disabled_service_is_not_asked(void **state) {
  (void)state;
  metadata m = good;
  stand_in *server = start_metadata(&m);
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  CHAIN_FAILS("no credentials were found", "AWS_EC2_METADATA_DISABLED is true");
  assert_int_equal(stand_in_count(server), 0);
  stop(server);
}

static void a_place_that_is_no_url_is_named(void **state) {
  (void)state;
  metadata m = good;
  stand_in *server = start_metadata(&m);
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "localhost:80", 1);
  cspan_aws_config *config = chain_load();
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_check_credentials(config, NULL, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error),
                         "the endpoint URL (ec2_metadata_service_endpoint: environment "
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT) must be http://host"));
  cspan_error_free(error);
  cspan_aws_config_free(config);
  stop(server);
}

/* It accepts and says nothing: the search ends by itself, after all attempts. */
static void a_stalled_service_ends_the_search(void **state) {
  (void)state;
  metadata m = {0};
  stand_in *server = start_metadata(&m);
  setenv("AWS_METADATA_SERVICE_TIMEOUT", "1", 1);
  cspan_aws_config *config = chain_load();
  assert_int_equal(stand_in_count(server), 0);
  cspan_aws_config_free(config);
  CHAIN_FAILS("no credentials were found",
              "the EC2 metadata service did not answer within the 1 s of metadata_service_timeout");
  /* The token's request, and with what is left of the time the one of version 1. */
  chain_expect_log(server, "PUT /latest/api/token\nGET " ROLES "\n");
  setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
  setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2", 1);
  CHAIN_FAILS("did not answer within the 1 s");
  chain_expect_log(server, "PUT /latest/api/token\nPUT /latest/api/token\n");
  stop(server);
}

/* The caller's own deadline is not mistaken for the service's fault. */
static void a_call_may_end_before(void **state) {
  (void)state;
  metadata m = {0};
  stand_in *server = start_metadata(&m);
  setenv("AWS_METADATA_SERVICE_TIMEOUT", "3600", 1);
  cspan_aws_config *config = chain_load();
  cspan_error *error = NULL;
  const cspan_context context = cspan_context_with_timeout(NULL, 50);
  assert_int_equal(cspan_aws_config_check_credentials(config, &context, &error), CSPAN_ERR_TIMEOUT);
  cspan_error_free(error);
  cspan_aws_config_free(config);
  stop(server);
}

static void old_credentials_outlive_their_service(void **state) {
  (void)state;
  metadata m = good;
  stand_in *server = start_metadata(&m);
  cspan_aws_config *config = chain_load();
  m.lasts_s = -60;
  chain_expect_at(config, 0, "AKEC21", "EC2");
  assert_non_null(strstr(chain_said(), "have expired; they are used on"));
  m.role_status = 500;
  chain_expect_at(config, 700, "AKEC21", "EC2"); /* its five to ten minutes are over */
  assert_non_null(strstr(chain_said(), "are used on: the EC2 metadata service answered"));
  m = good;
  m.given = 1;
  chain_expect_at(config, 1400, "AKEC22", "EC2");
  assert_string_equal(chain_said(), "credentials come from: EC2 instance metadata\n");
  cspan_aws_config_free(config);
  stop(server);
}

/* -------------------------------------------------------------- containers */

typedef struct container {
  int status;
  const char *body;
  int failures_first;
  char authorization[256];
} container;

#define CONTAINER_JSON                                                                             \
  "{\"AccessKeyId\": \"AKTASK\", \"SecretAccessKey\": \"" SECRET "-1\", \"Token\": \"" SECRET      \
  "-2\", \"Expiration\": \"" CHAIN_FUTURE "\", \"RoleArn\": \"arn:aws:iam::123456789012:role/x\"}"

static void serve_container(void *user, const stand_in_request *request, stand_in_answer *answer) {
  container *c = user;
  snprintf(c->authorization, sizeof c->authorization, "%s",
           stand_in_header(request, "Authorization"));
  answer->status = c->failures_first-- > 0 ? 500 : c->status;
  strcpy(answer->body, c->body);
}

static stand_in *start_container(container *c) {
  char url[128];
  stand_in *server = stand_in_start(serve_container, c);
  home_set(NULL, NULL);
  snprintf(url, sizeof url, "%s/v2/credentials?id=1", stand_in_url(server));
  setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  return server;
}

static void a_container_has_credentials(void **state) {
  (void)state;
  char path[96];
  container c = {.status = 200, .body = CONTAINER_JSON};
  stand_in *server = start_container(&c);
  chain_expect("AKTASK", "container");
  assert_string_equal(c.authorization, "");
  chain_expect_log(server, "GET /v2/credentials?id=1\n");
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", SECRET "-a", 1);
  chain_expect("AKTASK", "container");
  assert_string_equal(c.authorization, SECRET "-a");
  snprintf(path, sizeof path, "%s/token", home_folder);
  home_write(path, SECRET "-b\n");
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
  chain_expect("AKTASK", "container");
  assert_string_equal(c.authorization, SECRET "-b");
  unlink(path);
  CHAIN_FAILS("the container's authorization token", path);
  unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", SECRET "\r\nX-Evil: 1", 1);
  CHAIN_FAILS("line ends");
  stop(server);
}

static void a_container_service_may_stumble(void **state) {
  (void)state;
  container c = {.status = 200, .body = CONTAINER_JSON, .failures_first = 2};
  stand_in *server = start_container(&c);
  chain_expect("AKTASK", "container");
  assert_int_equal(stand_in_count(server), 3);
  c = (container){.status = 400,
                  .body = "{\"code\": \"Denied\", \"message\": \"not \\u0007 you\"}"};
  CHAIN_FAILS(
      "the container's credentials service answered with HTTP status 400: Denied: not   you");
  assert_int_equal(stand_in_count(server), 4);
  c = (container){.status = 200, .body = "{\"AccessKeyId\": \"AK\"}"};
  CHAIN_FAILS("gave no \"AccessKeyId\" or no \"SecretAccessKey\"");
  c = (container){.status = 0, .body = ""};
  CHAIN_FAILS("the container's credentials service did not answer within 2 s");
  stop(server);
}

static void eight_threads_in_a_container(void **state) {
  (void)state;
  container c = {.status = 200, .body = CONTAINER_JSON};
  stand_in *server = start_container(&c);
  cspan_aws_config *config = chain_load();
  chain_expect_threads(config, 0, "AKTASK", "AKTASK");
  assert_int_equal(stand_in_count(server), 1);
  cspan_aws_config_free(config);
  stop(server);
}

static void tokens_go_to_known_hosts_only(void **state) {
  (void)state;
  static const char *const refused[] = {"http://example.com/x", "http://192.168.0.1/",
                                        "http://169.254.170.2@example.com/", "ftp://localhost/"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    home_set(NULL, NULL);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", refused[i], 1);
    CHAIN_FAILS("AWS_CONTAINER_CREDENTIALS_FULL_URI is refused", "loopback");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_instance_has_a_role),
      cmocka_unit_test(eight_threads_ask_once),
      cmocka_unit_test(version_1_is_for_old_services),
      cmocka_unit_test(failures_are_told),
      cmocka_unit_test(a_disabled_service_is_not_asked),
      cmocka_unit_test(a_place_that_is_no_url_is_named),
      cmocka_unit_test(a_stalled_service_ends_the_search),
      cmocka_unit_test(a_call_may_end_before),
      cmocka_unit_test(old_credentials_outlive_their_service),
      cmocka_unit_test(a_container_has_credentials),
      cmocka_unit_test(a_container_service_may_stumble),
      cmocka_unit_test(eight_threads_in_a_container),
      cmocka_unit_test(tokens_go_to_known_hosts_only),
  };
  return cmocka_run_group_tests(tests, chain_setup, home_remove);
}
