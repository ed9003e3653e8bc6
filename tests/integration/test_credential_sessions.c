/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of `aws sso login` and `aws login`: token files, and the services that renew them,
 * played by a stand-in. */
#include "integration/chain_fixture.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "aws/credentials/token_file.h"

typedef struct service {
  int token_status; /* of CreateToken, or CreateOAuth2Token */
  int role_status;  /* of GetRoleCredentials */
  int64_t lasts_s;
  int given;
  char bearer[256];
  char proof[2048];
  char body[2048];
} service;

static void serve_sessions(void *user, const stand_in_request *request, stand_in_answer *answer) {
  service *s = user;
  if (strcmp(request->target, "/token") == 0) {
    snprintf(s->body, sizeof s->body, "%s", request->body);
    answer->status = s->token_status;
    strcpy(answer->body, s->token_status == 200
                             ? "{\"accessToken\": \"" SECRET "-new\", \"expiresIn\": 28800, "
                               "\"refreshToken\": \"" SECRET "-next\", \"tokenType\": \"Bearer\"}"
                             : "{\"error\": \"invalid_grant\", \"error_description\": \"gone\"}");
  } else if (strcmp(request->target, "/v1/token") == 0) {
    snprintf(s->body, sizeof s->body, "%s", request->body);
    snprintf(s->proof, sizeof s->proof, "%s", stand_in_header(request, "DPoP"));
    answer->status = s->token_status;
    strcpy(answer->body, s->token_status == 200
                             ? "{\"accessToken\": {\"accessKeyId\": \"AKNEW\", "
                               "\"secretAccessKey\": \"" SECRET "-n\", \"sessionToken\": \"" SECRET
                               "-m\"}, \"tokenType\": \"aws_sigv4\", \"expiresIn\": 900, "
                               "\"refreshToken\": \"" SECRET "-next\"}"
                             : "{\"error\": \"TOKEN_EXPIRED\", \"message\": \"gone\"}");
  } else {
    snprintf(s->bearer, sizeof s->bearer, "%s", stand_in_header(request, "x-amz-sso_bearer_token"));
    answer->status = s->role_status;
    snprintf(answer->body, sizeof answer->body,
             "{\"roleCredentials\": {\"accessKeyId\": \"AKSSO%d\", \"secretAccessKey\": \"" SECRET
             "-k\", \"sessionToken\": \"" SECRET "-s\", \"expiration\": %lld000}}",
             ++s->given, (long long)(cspan_unix_ns() / 1000000000 + s->lasts_s));
  }
}

static char *token_path; /* of the file that the test is about */

static stand_in *start_sessions(service *s, const char *config) {
  stand_in *server = stand_in_start(serve_sessions, s);
  *s = (service){.token_status = 200, .role_status = 200, .lasts_s = 3600};
  home_set(config, NULL);
  setenv("AWS_ENDPOINT_URL", stand_in_url(server), 1);
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
  return server;
}

static void make_folders(const char *const folders[]) {
  for (size_t i = 0; folders[i]; i++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", home_folder, folders[i]);
    mkdir(path, 0700);
  }
}

static void remove_all(stand_in *server, const char *const folders[]) {
  size_t count = 0;
  while (folders[count]) {
    count++;
  }
  unlink(token_path);
  cspan_free(token_path);
  token_path = NULL;
  while (count-- > 0) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", home_folder, folders[count]);
    assert_int_equal(rmdir(path), 0); /* and so no file was left in it */
  }
  stand_in_stop(server);
}

static void expect_in(const char *text, const char *part) {
  if (!strstr(text, part)) {
    fail_msg("\"%s\" is not in: %s", part, text);
  }
}

/* A member of the token file as it is now. */
static void expect_kept(const char *name, const char *value) {
  json_t *token = NULL;
  assert_int_equal(cspan_token_file_read(token_path, &token, NULL), CSPAN_OK);
  assert_string_equal(cspan_token_text(token, name), value);
  json_decref(token);
}

/* -------------------------------------------------------------- Identity Center */

#define ROLE_LINES "sso_account_id = 123456789012\nsso_role_name = Reader\n"
#define SSO_CONFIG                                                                                 \
  "[default]\nsso_session = work\n" ROLE_LINES                                                     \
  "[sso-session work]\nsso_region = us-east-1\nsso_start_url = https://example.test/start\n"
#define LEGACY_CONFIG                                                                              \
  "[default]\nsso_start_url = https://example.test/start\nsso_region = us-east-1\n" ROLE_LINES

static const char *const sso_folders[] = {".aws/sso", ".aws/sso/cache", NULL};

static stand_in *start_sso(service *s, const char *config, const char *name) {
  stand_in *server = start_sessions(s, config);
  make_folders(sso_folders);
  token_path = cspan_token_file_path(NULL, ".aws/sso/cache", CSPAN_DIGEST_SHA1, name);
  return server;
}

static void write_sso_token(const char *expires, const char *registered_until) {
  char text[1024];
  snprintf(text, sizeof text,
           "{\"startUrl\": \"https://example.test/start\", \"accessToken\": \"" SECRET
           "-old\", \"expiresAt\": \"%s\", \"clientId\": \"client\", \"clientSecret\": \"" SECRET
           "-c\", \"refreshToken\": \"" SECRET "-r\", \"registrationExpiresAt\": \"%s\", "
           "\"other\": \"stays\"}",
           expires, registered_until);
  home_write(token_path, text);
}

static void a_session_gives_credentials(void **state) {
  (void)state;
  service s;
  stand_in *server = start_sso(&s, SSO_CONFIG, "work");
  /* printf work | sha1sum, as the AWS CLI names the file */
  expect_in(token_path, "/.aws/sso/cache/");
  write_sso_token(CHAIN_FUTURE, CHAIN_FUTURE);
  chain_expect("AKSSO1", "profile default: sso_session");
  assert_string_equal(s.bearer, SECRET "-old");
  chain_expect_log(server,
                   "GET /federation/credentials?role_name=Reader&account_id=123456789012\n");
  cspan_aws_config *config = chain_load();
  chain_expect_threads(config, 0, "AKSSO2", "AKSSO2");
  assert_int_equal(stand_in_count(server), 2);
  chain_expect_threads(config, 4000, "AKSSO3", "AKSSO3");
  assert_int_equal(stand_in_count(server), 3);
  cspan_aws_config_free(config);
  remove_all(server, sso_folders);
}

static void file_names_are_those_of_the_cli(void **state) {
  (void)state;
  char *path = cspan_token_file_path("/x", "", CSPAN_DIGEST_SHA1, "https://example.test/start");
  assert_string_equal(path, "/x/1997fabd2b1e0f948dd90c4e939020df4b7cbbbe.json");
  cspan_free(path);
}

static void an_old_token_is_renewed(void **state) {
  (void)state;
  struct stat info;
  service s;
  stand_in *server = start_sso(&s, SSO_CONFIG, "work");
  write_sso_token(chain_time(600), CHAIN_FUTURE); /* it works for ten minutes more */
  chain_expect("AKSSO1", "profile default: sso_session");
  assert_string_equal(s.bearer, SECRET "-new");
  expect_in(s.body, "\"grantType\":\"refresh_token\"");
  expect_in(s.body, "\"refreshToken\":\"" SECRET "-r\"");
  expect_kept("accessToken", SECRET "-new");
  expect_kept("refreshToken", SECRET "-next");
  expect_kept("other", "stays");
  assert_int_equal(stat(token_path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  /* A renewal that fails does no harm while the token works. */
  s.token_status = 400;
  write_sso_token(chain_time(600), CHAIN_FUTURE);
  chain_expect("AKSSO2", "profile default: sso_session");
  assert_string_equal(s.bearer, SECRET "-old");
  write_sso_token(chain_time(-5), CHAIN_FUTURE);
  CHAIN_FAILS("has expired and was not renewed", "aws sso login --profile default", "gone");
  write_sso_token(chain_time(-5), chain_time(-5)); /* nothing to renew it with */
  CHAIN_FAILS("the token of its session has expired; run: aws sso login --profile default");
  remove_all(server, sso_folders);
}

static void the_older_form_is_not_renewed(void **state) {
  (void)state;
  service s;
  stand_in *server = start_sso(&s, LEGACY_CONFIG, "https://example.test/start");
  write_sso_token("2999-01-01T00:00:00UTC", CHAIN_FUTURE);
  chain_expect("AKSSO1", "profile default: sso_start_url");
  write_sso_token(chain_time(-5), CHAIN_FUTURE);
  CHAIN_FAILS("has expired; run: aws sso login --profile default");
  assert_int_equal(stand_in_count(server), 1);
  remove_all(server, sso_folders);
}

static void sso_failures_are_told(void **state) {
  (void)state;
  static const struct {
    const char *config;
    const char *said;
  } configs[] = {
      {"[default]\nsso_session = work\n" ROLE_LINES, "there is no [sso-session work]"},
      {"[default]\nsso_session = work\nsso_account_id = 1\n[sso-session work]\nsso_region = "
       "us-east-1\nsso_start_url = u\n",
       "sso_role_name is missing"},
      {"[default]\nsso_start_url = u\n" ROLE_LINES, "sso_region is missing"},
      {"[default]\nsso_session = work\n" ROLE_LINES "[sso-session work]\nsso_region = us east\n"
       "sso_start_url = u\n",
       "no region name"},
      {SSO_CONFIG, "there is no token of its session; run: aws sso login --profile default"},
  };
  service s;
  stand_in *server = start_sso(&s, NULL, "work");
  for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
    home_write(config_path, configs[i].config);
    CHAIN_FAILS(configs[i].said);
  }
  home_write(token_path, "[\"" SECRET "\"]");
  CHAIN_FAILS("aws sso login --profile default");
  home_write(token_path, "{\"accessToken\": \"" SECRET "\"}");
  CHAIN_FAILS("the token file of its session is broken");
  write_sso_token(CHAIN_FUTURE, CHAIN_FUTURE);
  s.role_status = 401;
  CHAIN_FAILS("takes its token no more; run: aws sso login --profile default");
  s.role_status = 403;
  CHAIN_FAILS("no credentials of the role Reader in the account 123456789012");
  remove_all(server, sso_folders);
}

/* ---------------------------------------------------------------- login sessions */

#define LOGIN_ARN "arn:aws:iam::0123456789012:user/me"

static const char *const login_folders[] = {".aws/login", ".aws/login/cache", NULL};

static char *new_key(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  BIO *bio = BIO_new(BIO_s_mem());
  char *data = NULL;
  assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
  long len = BIO_get_mem_data(bio, &data);
  char *pem = strndup(data, (size_t)len);
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

static void write_login_token(const char *pem, const char *expires) {
  json_t *token = json_pack("{s:{s:s, s:s, s:s, s:s, s:s}, s:s, s:s, s:s, s:s}", "accessToken",
                            "accessKeyId", "AKLOGIN", "secretAccessKey", SECRET "-k",
                            "sessionToken", SECRET "-s", "accountId", "012345678901", "expiresAt",
                            expires, "clientId", "arn:aws:signin:::devtools/same-device",
                            "refreshToken", SECRET "-r", "dpopKey", pem, "idToken", "stays");
  assert_int_equal(cspan_token_file_write(token_path, token, NULL), CSPAN_OK);
  json_decref(token);
}

static stand_in *start_login(service *s) {
  stand_in *server = start_sessions(s, "[default]\nlogin_session = " LOGIN_ARN "\n");
  make_folders(login_folders);
  token_path = cspan_token_file_path(NULL, ".aws/login/cache", CSPAN_DIGEST_SHA256, LOGIN_ARN);
  return server;
}

static void a_login_session_is_used_and_renewed(void **state) {
  (void)state;
  service s;
  stand_in *server = start_login(&s);
  char *pem = new_key();
  write_login_token(pem, chain_time(800));
  chain_expect("AKLOGIN", "profile default: login_session");
  assert_int_equal(stand_in_count(server), 0);
  write_login_token(pem, chain_time(200));
  chain_expect("AKNEW", "profile default: login_session");
  expect_in(s.body, "\"clientId\":\"arn:aws:signin:::devtools/same-device\"");
  expect_in(s.body, "\"grantType\":\"refresh_token\"");
  /* {"typ":"dpop+jwt","alg":"ES256",... */
  assert_memory_equal(s.proof, "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2Iiwi", 44);
  expect_kept("refreshToken", SECRET "-next");
  expect_kept("idToken", "stays");
  chain_expect("AKNEW", "profile default: login_session"); /* from the file */
  assert_int_equal(stand_in_count(server), 1);
  s.token_status = 401;
  write_login_token(pem, chain_time(200));
  chain_expect("AKLOGIN", "profile default: login_session");
  write_login_token(pem, chain_time(-1));
  CHAIN_FAILS("its login session has ended; run: aws login --profile default");
  s.token_status = 500;
  CHAIN_FAILS("its login session was not renewed", "gone");
  write_login_token("no key", chain_time(-1));
  CHAIN_FAILS("the key is no P-256 private key");
  home_write(token_path, "{}");
  CHAIN_FAILS("is broken; run: aws login --profile default");
  free(pem);
  remove_all(server, login_folders);
}

static void a_login_cache_may_be_elsewhere(void **state) {
  (void)state;
  service s;
  stand_in *server = start_login(&s);
  char *pem = new_key();
  CHAIN_FAILS("there is no token of its login session; run: aws login --profile default");
  cspan_free(token_path);
  setenv("AWS_LOGIN_CACHE_DIRECTORY", home_folder, 1);
  token_path = cspan_token_file_path(home_folder, "", CSPAN_DIGEST_SHA256, LOGIN_ARN);
  write_login_token(pem, chain_time(800));
  chain_expect("AKLOGIN", "profile default: login_session");
  free(pem);
  remove_all(server, login_folders);
}

/* -------------------------------------------------------------------- endpoints */

/* A proxy that is told where to connect to, and does not. */
static void expect_host(stand_in *server, const char *host) {
  char wanted[128];
  cspan_aws_config *config = NULL;
  const cspan_aws_options options = {.region = "eu-west-1", .proxy = stand_in_url(server)};
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_config_check_credentials(config, NULL, NULL), CSPAN_ERR_CREDENTIALS);
  cspan_aws_config_free(config);
  snprintf(wanted, sizeof wanted, "CONNECT %s:443\n", host);
  chain_expect_log(server, wanted);
}

static void sessions_have_hosts_of_their_own(void **state) {
  (void)state;
  service s;
  stand_in *server = start_sso(&s, SSO_CONFIG, "work");
  s.role_status = 403;
  unsetenv("AWS_ENDPOINT_URL");
  write_sso_token(CHAIN_FUTURE, CHAIN_FUTURE);
  expect_host(server, "portal.sso.us-east-1.amazonaws.com");
  setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
  expect_host(server, "portal.sso-fips.us-east-1.amazonaws.com");
  write_sso_token(chain_time(-5), CHAIN_FUTURE);
  expect_host(server, "oidc-fips.us-east-1.amazonaws.com");
  unsetenv("AWS_USE_FIPS_ENDPOINT");
  expect_host(server, "oidc.us-east-1.amazonaws.com");
  remove_all(server, sso_folders);

  char *pem = new_key();
  server = start_login(&s);
  s.role_status = 403;
  unsetenv("AWS_ENDPOINT_URL");
  write_login_token(pem, chain_time(-5));
  expect_host(server, "eu-west-1.signin.aws.amazon.com");
  setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
  expect_host(server, "signin-fips.eu-west-1.amazonaws.com");
  free(pem);
  remove_all(server, login_folders);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sessions_have_hosts_of_their_own),
      cmocka_unit_test(a_session_gives_credentials),
      cmocka_unit_test(file_names_are_those_of_the_cli),
      cmocka_unit_test(an_old_token_is_renewed),
      cmocka_unit_test(the_older_form_is_not_renewed),
      cmocka_unit_test(sso_failures_are_told),
      cmocka_unit_test(a_login_session_is_used_and_renewed),
      cmocka_unit_test(a_login_cache_may_be_elsewhere),
  };
  return cmocka_run_group_tests(tests, chain_setup, home_remove);
}
