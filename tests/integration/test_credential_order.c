/* SPDX-License-Identifier: Apache-2.0 */
/* All places have credentials, and one after the other loses them: which comes next is the order
 * of the chain. */
#include "integration/chain_fixture.h"

#include <sys/stat.h>

#include "aws/credentials/token_file.h"

#define ROLE "arn:aws:iam::123456789012:role/r"

/* Whatever is asked has credentials. */
static void serve_all(void *user, const stand_in_request *request, stand_in_answer *answer) {
  static const char sts[] =
      "<Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>" SECRET
      "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" CHAIN_FUTURE
      "</Expiration></Credentials>";
  (void)user;
  if (strstr(request->body, "WebIdentityToken=")) {
    snprintf(answer->body, sizeof answer->body,
             "<R><AssumeRoleWithWebIdentityResult>%s</AssumeRoleWithWebIdentityResult></R>", sts);
  } else if (strcmp(request->method, "POST") == 0) {
    snprintf(answer->body, sizeof answer->body, "<R><AssumeRoleResult>%s</AssumeRoleResult></R>",
             sts);
  } else if (strncmp(request->target, "/federation/", 12) == 0) {
    strcpy(answer->body, "{\"roleCredentials\": {\"accessKeyId\": \"AK\", \"secretAccessKey\": "
                         "\"" SECRET "\", \"sessionToken\": \"t\", \"expiration\": "
                         "32472144000000}}");
  } else {
    strcpy(answer->body, "{\"AccessKeyId\": \"AK\", \"SecretAccessKey\": \"" SECRET
                         "\", \"Token\": \"t\", \"Expiration\": \"" CHAIN_FUTURE "\"}");
  }
}

static char token[96]; /* of a web identity */
static char folders[4][96];
static char *sso_path;
static char *login_path;

static void make_files(void) {
  static const char *const names[] = {".aws/sso", ".aws/sso/cache", ".aws/login",
                                      ".aws/login/cache"};
  for (size_t i = 0; i < 4; i++) {
    snprintf(folders[i], sizeof folders[i], "%s/%s", home_folder, names[i]);
    mkdir(folders[i], 0700);
  }
  snprintf(token, sizeof token, "%s/token", home_folder);
  home_write(token, SECRET);
  sso_path = cspan_token_file_path(NULL, ".aws/sso/cache", CSPAN_DIGEST_SHA1, "work");
  home_write(sso_path, "{\"accessToken\": \"" SECRET "\", \"expiresAt\": \"" CHAIN_FUTURE "\"}");
  login_path = cspan_token_file_path(NULL, ".aws/login/cache", CSPAN_DIGEST_SHA256, "me");
  home_write(login_path,
             "{\"accessToken\": {\"accessKeyId\": \"AK\", \"secretAccessKey\": \"" SECRET
             "\", \"sessionToken\": \"t\", \"expiresAt\": \"" CHAIN_FUTURE
             "\"}, \"clientId\": \"c\", \"refreshToken\": \"r\", \"dpopKey\": \"k\"}");
}

static void remove_files(void) {
  unlink(token);
  unlink(sso_path);
  unlink(login_path);
  cspan_free(sso_path);
  cspan_free(login_path);
  for (size_t i = 4; i-- > 0;) {
    assert_int_equal(rmdir(folders[i]), 0);
  }
}

/* What the profile has; later ones are taken from the end of the list first. */
static const char *const lines[] = {
    "credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AK\", \"SecretAccessKey\": "
    "\"" SECRET "\"}'\n",
    "aws_access_key_id = AK\naws_secret_access_key = " SECRET "\n",
    "login_session = me\n",
    "sso_session = work\nsso_account_id = 1\nsso_role_name = r\n",
};

/* The profile with the first `count` of the lines, and `more`. */
static void write_profile(size_t count, const char *more) {
  char text[2048] =
      "[sso-session work]\nsso_region = us-east-1\nsso_start_url = u\n"
      "[profile base]\naws_access_key_id = AK\naws_secret_access_key = " SECRET "\n[default]\n";
  for (size_t i = 0; i < count; i++) {
    strcat(text, lines[i]);
  }
  strcat(text, more);
  home_write(config_path, text);
}

static void each_place_has_its_turn(void **state) {
  (void)state;
  char web[256];
  char url[96];
  stand_in *server = stand_in_start(serve_all, NULL);
  home_set(NULL, NULL);
  make_files();
  unsetenv("AWS_EC2_METADATA_DISABLED");
  snprintf(url, sizeof url, "%s/x", stand_in_url(server));
  snprintf(web, sizeof web, "role_arn = " ROLE "\nweb_identity_token_file = %s\n", token);
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", stand_in_url(server), 1);
  setenv("AWS_EC2_INSTANCE_PROFILE_NAME", "r", 1);
  setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
  setenv("AWS_ENDPOINT_URL", stand_in_url(server), 1);
  setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
  setenv("AWS_ROLE_ARN", ROLE, 1);
  setenv("AWS_ACCESS_KEY_ID", "AK", 1);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  write_profile(4, "role_arn = " ROLE "\nsource_profile = base\n");
  chain_expect("AK", "environment");
  unsetenv("AWS_ACCESS_KEY_ID");
  unsetenv("AWS_SECRET_ACCESS_KEY");
  chain_expect("AK", "profile default: role_arn");
  write_profile(4, web);
  chain_expect("AK", "environment: AWS_WEB_IDENTITY_TOKEN_FILE");
  unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
  chain_expect("AK", "profile default: web_identity_token_file");
  write_profile(4, "");
  chain_expect("AK", "profile default: sso_session");
  write_profile(3, "");
  chain_expect("AK", "profile default: login_session");
  write_profile(2, "");
  chain_expect("AK", "profile default: keys in ");
  write_profile(1, "");
  chain_expect("AK", "profile default: credential_process");
  write_profile(0, "");
  chain_expect("AK", "container");
  unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  chain_expect("AK", "EC2 instance metadata");
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  CHAIN_FAILS("no credentials were found");
  remove_files();
  stand_in_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_place_has_its_turn)};
  return cmocka_run_group_tests(tests, chain_setup, home_remove);
}
