/* SPDX-License-Identifier: Apache-2.0 */
/* The search for credentials with every allocation failing in turn: credentials or a clear error,
 * no leak, and no token file that is half written. */
#include "integration/chain_fixture.h"

#include <sys/stat.h>

#include "aws/credentials/token_file.h"
#include "support/fail_alloc.h"

#define MOST_ALLOCATIONS 20000
#define ARN              "arn:aws:iam::123456789012:role/r"

/* Everything at one address: STS, Identity Center, the metadata of EC2 and of a container. */
static void serve_all(void *user, const stand_in_request *request, stand_in_answer *answer) {
  static const char keys[] = "\"AccessKeyId\": \"AKOOM\", \"SecretAccessKey\": \"" SECRET
                             "\", \"Token\": \"t\", \"Expiration\": \"" CHAIN_FUTURE "\"";
  (void)user;
  if (strcmp(request->target, "/") == 0) {
    const char *result = strstr(request->body, "WebIdentityToken=")
                             ? "AssumeRoleWithWebIdentityResult"
                             : "AssumeRoleResult";
    snprintf(answer->body, sizeof answer->body,
             "<R><%s><Credentials><AccessKeyId>AKOOM</AccessKeyId><SecretAccessKey>" SECRET
             "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" CHAIN_FUTURE
             "</Expiration></Credentials></%s></R>",
             result, result);
  } else if (strcmp(request->target, "/token") == 0) {
    strcpy(answer->body, "{\"accessToken\": \"" SECRET "-new\", \"expiresIn\": 600}");
  } else if (strncmp(request->target, "/federation/", 12) == 0) {
    strcpy(answer->body, "{\"roleCredentials\": {\"accessKeyId\": \"AKOOM\", \"secretAccessKey\": "
                         "\"" SECRET "\", \"sessionToken\": \"t\", \"expiration\": "
                         "32472144000000}}");
  } else if (strcmp(request->target, "/latest/api/token") == 0) {
    strcpy(answer->body, "token");
  } else if (request->target[strlen(request->target) - 1] == '/') {
    strcpy(answer->body, "role");
  } else {
    snprintf(answer->body, sizeof answer->body, "{%s}", keys);
  }
}

static stand_in *server;
static char *token_path;

static cspan_status search(cspan_error **error) {
  const cspan_aws_options options = {.size = sizeof options, .region = "eu-west-1"};
  cspan_aws_config *config = NULL;
  cspan_status status = cspan_aws_config_load(&options, &config, error);
  if (status == CSPAN_OK) {
    status = cspan_aws_config_check_credentials(config, NULL, error);
  }
  cspan_aws_config_free(config);
  return status;
}

static void write_token(void) {
  home_write(token_path,
             "{\"accessToken\": \"" SECRET "-old\", \"expiresAt\": \"2020-01-01T00:00:00Z\", "
             "\"refreshToken\": \"r\", \"clientId\": \"c\", \"clientSecret\": \"s\", "
             "\"registrationExpiresAt\": \"" CHAIN_FUTURE "\"}");
}

/* Before and after each run. */
static void check_token(void) {
  json_t *token = NULL;
  if (!token_path) {
    return;
  }
  assert_int_equal(cspan_token_file_read(token_path, &token, NULL), CSPAN_OK);
  assert_non_null(cspan_token_text(token, "accessToken"));
  assert_string_equal(cspan_token_text(token, "refreshToken"), "r");
  json_decref(token);
  write_token();
}

static void replay(void) {
  cspan_error *error = NULL;
  size_t failures = 0;
  if (search(&error) != CSPAN_OK) { /* pools and caches fill */
    fail_msg("%s", cspan_error_message(error));
  }
  check_token();
  long before = fail_alloc_outstanding_here();
  for (size_t n = 1;; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    cspan_status status = search(&error);
    bool met = fail_alloc_disarm();
    if (status != CSPAN_OK) {
      failures++;
      assert_non_null(error);
      assert_true(strlen(cspan_error_message(error)) > 0);
      assert_null(strstr(cspan_error_message(error), SECRET));
      cspan_error_free(error);
      error = NULL;
    } else {
      assert_null(error);
    }
    check_token();
    chain_said();
    if (!met) {
      break;
    }
  }
  print_message("%zu failures\n", failures);
  assert_true(failures > 0);
  assert_true(fail_alloc_outstanding_here() <= before);
}

static void set_up(const char *config) {
  home_set(config, NULL);
  setenv("AWS_ENDPOINT_URL", stand_in_url(server), 1);
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
}

static void a_role(void **state) {
  (void)state;
  set_up(
      "[default]\nrole_arn = " ARN "\nsource_profile = b\n[profile b]\nrole_arn = " ARN
      "\nsource_profile = c\n[profile c]\naws_access_key_id = AK\naws_secret_access_key = " SECRET
      "\n");
  replay();
}

static void a_web_identity(void **state) {
  (void)state;
  char path[96];
  set_up(NULL);
  snprintf(path, sizeof path, "%s/token", home_folder);
  home_write(path, SECRET);
  setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
  setenv("AWS_ROLE_ARN", ARN, 1);
  replay();
  unlink(path);
}

static void an_instance(void **state) {
  (void)state;
  set_up(NULL);
  unsetenv("AWS_EC2_METADATA_DISABLED");
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", stand_in_url(server), 1);
  setenv("AWS_METADATA_SERVICE_TIMEOUT", "60", 1);
  replay();
}

static void a_container(void **state) {
  (void)state;
  char url[96];
  set_up(NULL);
  snprintf(url, sizeof url, "%s/x", stand_in_url(server));
  setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", SECRET, 1);
  replay();
}

static void a_session(void **state) {
  (void)state;
  char folders[2][96];
  set_up("[default]\nsso_session = work\nsso_account_id = 1\nsso_role_name = r\n[sso-session "
         "work]\nsso_region = us-east-1\nsso_start_url = u\n");
  snprintf(folders[0], sizeof folders[0], "%s/.aws/sso", home_folder);
  snprintf(folders[1], sizeof folders[1], "%s/.aws/sso/cache", home_folder);
  mkdir(folders[0], 0700);
  mkdir(folders[1], 0700);
  token_path = cspan_token_file_path(NULL, ".aws/sso/cache", CSPAN_DIGEST_SHA1, "work");
  write_token();
  replay();
  unlink(token_path);
  cspan_free(token_path);
  token_path = NULL;
  assert_int_equal(rmdir(folders[1]), 0); /* no temporary file either */
  assert_int_equal(rmdir(folders[0]), 0);
}

/* While there are credentials that work, a call gets them, whatever becomes of new ones. */
static void a_renewal(void **state) {
  (void)state;
  size_t failures = 0;
  set_up(NULL);
  setenv("AWS_ACCESS_KEY_ID", "AK", 1);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  setenv("AWS_CREDENTIAL_EXPIRATION", chain_time(1800), 1);
  for (size_t n = 1;; n++) {
    cspan_aws_config *config = chain_load();
    chain_expect_at(config, 0, "AK", "environment");
    fail_alloc_arm(n, false);
    cspan_identity *identity = NULL;
    cspan_status status = cspan_credentials_provider_get_at(
        config->credentials, cspan_unix_ns() / 1000000000 + 1700, NULL, &identity, NULL);
    bool met = fail_alloc_disarm();
    failures += met;
    assert_int_equal(status, CSPAN_OK);
    cspan_identity_free(identity);
    cspan_aws_config_free(config);
    chain_said();
    if (!met) {
      break;
    }
  }
  assert_true(failures > 0);
}

static int start(void **state) {
  fail_alloc_install();
  server = stand_in_start(serve_all, NULL);
  return chain_setup(state);
}

static int end(void **state) {
  stand_in_stop(server);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  fail_alloc_uninstall();
  return home_remove(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_renewal),      cmocka_unit_test(a_role),
      cmocka_unit_test(a_web_identity), cmocka_unit_test(an_instance),
      cmocka_unit_test(a_container),    cmocka_unit_test(a_session),
  };
  return cmocka_run_group_tests(tests, start, end);
}
