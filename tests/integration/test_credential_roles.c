/* SPDX-License-Identifier: Apache-2.0 */
/* Roles and web identities, at an STS that is a stand-in. */
#include "integration/chain_fixture.h"

#define ROLE(name) "arn:aws:iam::123456789012:role/" name

typedef struct sts {
  int status;
  const char *body; /* NULL: credentials */
  int64_t lasts_s;  /* of them */
  int given;        /* AKSTS1, AKSTS2... */
  char bodies[4][1024];
  char authorizations[4][1024];
  char tokens[4][256];
  int seen;
} sts;

static void put_credentials(sts *s, const char *action, stand_in_answer *answer) {
  s->given++;
  snprintf(
      answer->body, sizeof answer->body,
      "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult>"
      "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/a/b</Arn>"
      "</AssumedRoleUser><Credentials><AccessKeyId>AKSTS%d</AccessKeyId>"
      "<SecretAccessKey>" SECRET "-key</SecretAccessKey><SessionToken>" SECRET
      "-session</SessionToken><Expiration>%s</Expiration></Credentials></%sResult></%sResponse>",
      action, action, s->given, chain_time(s->lasts_s), action, action);
}

static void serve_sts(void *user, const stand_in_request *request, stand_in_answer *answer) {
  sts *s = user;
  int at = s->seen++ % 4;
  snprintf(s->bodies[at], sizeof s->bodies[at], "%s", request->body);
  snprintf(s->authorizations[at], sizeof s->authorizations[at], "%s",
           stand_in_header(request, "Authorization"));
  snprintf(s->tokens[at], sizeof s->tokens[at], "%s",
           stand_in_header(request, "x-amz-security-token"));
  answer->status = s->status;
  if (s->body) {
    strcpy(answer->body, s->body);
  } else {
    put_credentials(
        s, strstr(request->body, "WebIdentity&") ? "AssumeRoleWithWebIdentity" : "AssumeRole",
        answer);
  }
}

/* A home with that config, next to an STS. */
static stand_in *start_sts(sts *s, const char *config) {
  stand_in *server = stand_in_start(serve_sts, s);
  s->status = s->status ? s->status : 200;
  s->lasts_s = s->lasts_s ? s->lasts_s : 3600;
  home_set(config, NULL);
  setenv("AWS_ENDPOINT_URL_STS", stand_in_url(server), 1);
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
  return server;
}

#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = " SECRET "-" id "\n"

static void expect_in(const char *text, const char *part) {
  if (!strstr(text, part)) {
    fail_msg("\"%s\" is not in: %s", part, text);
  }
}

/* ------------------------------------------------------------------------ roles */

static void a_role_is_assumed(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server =
      start_sts(&s, "[default]\nrole_arn = " ROLE(
                        "a") "\nsource_profile = base\n"
                             "external_id = x/y\nduration_seconds = 900\n"
                             "role_session_name = me@here\n[profile base]\n" KEYS("AKBASE"));
  chain_expect("AKSTS1", "profile default: role_arn");
  assert_string_equal(
      s.bodies[0], "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012"
                   "%3Arole%2Fa&RoleSessionName=me%40here&ExternalId=x%2Fy&DurationSeconds=900");
  expect_in(s.authorizations[0], "Credential=AKBASE/");
  expect_in(s.authorizations[0], "/eu-west-1/sts/aws4_request");
  chain_expect_log(server, "POST /\n");
  stand_in_stop(server);
}

static void roles_are_chained(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server = start_sts(&s, "[default]\nrole_arn = " ROLE(
                                       "a") "\nsource_profile = b\n"
                                            "[profile b]\nrole_arn = " ROLE(
                                                "b") "\nsource_profile = c\n"
                                                     "[profile c]\n" KEYS("AKC") "role_arn = " ROLE(
                                                         "c") "\nsource_profile = b\n");
  chain_expect("AKSTS2", "profile default: role_arn");
  expect_in(s.bodies[0], "role%2Fb&RoleSessionName=cloudspan-");
  expect_in(s.authorizations[0], "Credential=AKC/");
  assert_string_equal(s.tokens[0], "");
  expect_in(s.bodies[1], "role%2Fa&");
  expect_in(s.authorizations[1], "Credential=AKSTS1/");
  assert_string_equal(s.tokens[1], SECRET "-session");
  stand_in_stop(server);
}

static void a_profile_may_be_its_own_source(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server = start_sts(
      &s, "[default]\nrole_arn = " ROLE("a") "\nsource_profile = default\n" KEYS("AKOWN"));
  chain_expect("AKSTS1", "profile default: role_arn");
  expect_in(s.authorizations[0], "Credential=AKOWN/");
  home_write(config_path, "[default]\nrole_arn = " ROLE("a") "\nsource_profile = default\n");
  CHAIN_FAILS("names itself", "no aws_access_key_id");
  stand_in_stop(server);
}

static void the_environment_may_be_the_source(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server =
      start_sts(&s, "[profile x]\nrole_arn = " ROLE("a") "\ncredential_source = Environment\n");
  cspan_aws_options options = {.region = "eu-west-1", .profile = "x"};
  cspan_aws_config *config = NULL;
  setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  chain_expect_at(config, 0, "AKSTS1", "profile x: role_arn");
  expect_in(s.authorizations[0], "Credential=AKENV/");
  cspan_aws_config_free(config);
  stand_in_stop(server);
}

/* The options' endpoint URL is for the clients; the search goes where the settings say. */
static void an_option_does_not_divert_sts(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server =
      start_sts(&s, "[default]\nrole_arn = " ROLE("a") "\nsource_profile = base\n"
                                                       "[profile base]\n" KEYS("AKBASE"));
  cspan_aws_options options = {.region = "eu-west-1", .endpoint_url = "http://127.0.0.1:1"};
  cspan_aws_config *config = NULL;
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  chain_expect_at(config, 0, "AKSTS1", "profile default: role_arn");
  cspan_aws_config_free(config);
  unsetenv("AWS_ENDPOINT_URL_STS");
  setenv("AWS_ENDPOINT_URL", stand_in_url(server), 1);
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  chain_expect_at(config, 0, "AKSTS2", "profile default: role_arn");
  cspan_aws_config_free(config);
  stand_in_stop(server);
}

static void eight_threads_assume_once(void **state) {
  (void)state;
  sts s = {.lasts_s = 3600};
  stand_in *server =
      start_sts(&s, "[default]\nrole_arn = " ROLE("a") "\nsource_profile = base\n"
                                                       "[profile base]\n" KEYS("AKBASE"));
  cspan_aws_config *config = chain_load();
  assert_int_equal(stand_in_count(server), 0);
  chain_expect_threads(config, 0, "AKSTS1", "AKSTS1");
  assert_int_equal(stand_in_count(server), 1);
  chain_expect_threads(config, 3600 - 950, "AKSTS1", "AKSTS1");
  assert_int_equal(stand_in_count(server), 1);
  s.lasts_s = 3600 * 10;
  chain_expect_threads(config, 3600 - 800, "AKSTS1", "AKSTS2"); /* ahead: nobody waits */
  assert_int_equal(stand_in_count(server), 2);
  s.lasts_s = 3600 * 20;
  chain_expect_threads(config, 3600 * 11, "AKSTS3", "AKSTS3"); /* expired: all wait */
  assert_int_equal(stand_in_count(server), 3);
  cspan_aws_config_free(config);
  assert_null(strstr(chain_said(), "refreshed"));
  stand_in_stop(server);
}

/* While what is there works, an STS that fails is a warning; then it is an error. */
static void sts_may_fail_for_a_while(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server =
      start_sts(&s, "[default]\nrole_arn = " ROLE("a") "\nsource_profile = base\n"
                                                       "[profile base]\n" KEYS("AKBASE"));
  cspan_aws_config *config = chain_load();
  cspan_identity *identity = NULL;
  cspan_error *error = NULL;
  chain_expect_at(config, 0, "AKSTS1", "profile default");
  chain_said();
  s.status = 403;
  s.body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not any more</Message></Error>"
           "<RequestId>req-1</RequestId></ErrorResponse>";
  chain_expect_at(config, 3000, "AKSTS1", "profile default");
  expect_in(chain_said(), "the old ones are used until they expire: profile default: role_arn: the "
                          "role " ROLE("a") " could not be assumed: not any more");
  chain_expect_at(config, 3100, "AKSTS1", "profile default");
  assert_null(strstr(chain_said(), "WARN"));
  assert_int_equal(cspan_credentials_provider_get_at(config->credentials,
                                                     cspan_unix_ns() / 1000000000 + 3700, NULL,
                                                     &identity, &error),
                   CSPAN_ERR_CREDENTIALS);
  assert_string_equal(cspan_error_code(error), "AccessDenied");
  assert_string_equal(cspan_error_request_id(error), "req-1");
  assert_false(cspan_error_is_retryable(error));
  cspan_error_free(error);
  cspan_aws_config_free(config);
  stand_in_stop(server);
}

typedef struct failure_case {
  const char *config; /* behind "[default]\n" */
  const char *said[3];
} failure_case;

static const failure_case failures[] = {
    {"role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = c\n"
     "[profile c]\nrole_arn = r\nsource_profile = b\n",
     {"leads round in a circle: default -> b -> c -> b"}},
    {"role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = default\n",
     {"circle: default -> b -> default"}},
    {"role_arn = r\n", {"neither source_profile nor credential_source"}},
    {"role_arn = r\nsource_profile = b\ncredential_source = Environment\n",
     {"both source_profile and credential_source"}},
    {"role_arn = r\nsource_profile = nowhere\n",
     {"source_profile of the profile \"default\"", "there is no profile \"nowhere\""}},
    {"role_arn = r\nsource_profile = b\n[profile b]\nregion = x\n",
     {"the profile \"b\", which is a source_profile, has no credentials"}},
    {"role_arn = r\ncredential_source = Environment\n",
     {"credential_source = Environment", "there are no credentials"}},
    {"role_arn = r\ncredential_source = Ec2InstanceMetadata\n",
     {"credential_source = Ec2InstanceMetadata", "AWS_EC2_METADATA_DISABLED"}},
    {"role_arn = r\ncredential_source = EcsContainer\n", {"credential_source = EcsContainer"}},
    {"role_arn = r\ncredential_source = Cloud\n", {"\"Cloud\"", "Environment, Ec2Instance"}},
    {"role_arn = r\nmfa_serial = arn:mfa\nsource_profile = b\n[profile b]\n" KEYS("AK"),
     {"mfa_serial", "aws configure export-credentials --profile default"}},
    {"role_arn = r\nduration_seconds = 10\nsource_profile = b\n[profile b]\n" KEYS("AK"),
     {"duration_seconds", "900 to 43200"}},
    {"role_arn = r\nduration_seconds = long\nsource_profile = b\n[profile b]\n" KEYS("AK"),
     {"duration_seconds", "\"long\""}},
    {"web_identity_token_file = /nowhere\n", {"web_identity_token_file but no role_arn"}},
    {"role_arn = r\nweb_identity_token_file = /nowhere\n",
     {"profile default: web_identity_token_file: the token", "cannot open /nowhere"}},
};

static void mistakes_are_explained(void **state) {
  (void)state;
  sts s = {0};
  stand_in *server = start_sts(&s, NULL);
  for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
    char config[1024];
    snprintf(config, sizeof config, "[default]\n%s", failures[i].config);
    home_write(config_path, config);
    chain_expect_failure(failures[i].said);
  }
  assert_int_equal(stand_in_count(server), 0);
  stand_in_stop(server);
}

static void answers_are_checked(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *body;
    const char *said;
  } cases[] = {
      {200, "no xml", "could not be assumed: "},
      {200, "<AssumeRoleResponse/>", "the answer of STS has no credentials"},
      {200,
       "<R><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>" SECRET
       "</SecretAccessKey><SessionToken>" SECRET "</SessionToken><Expiration>soon</Expiration>"
       "</Credentials></AssumeRoleResult></R>",
       "does not say when the credentials expire"},
      {500, "", "HTTP status 500"},
  };
  sts s = {0};
  stand_in *server =
      start_sts(&s, "[default]\nrole_arn = " ROLE("a") "\nsource_profile = base\n"
                                                       "[profile base]\n" KEYS("AKBASE"));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    s.status = cases[i].status;
    s.body = cases[i].body;
    CHAIN_FAILS("profile default: role_arn: the role " ROLE("a") " could not be assumed",
                cases[i].said);
  }
  stand_in_stop(server);
  CHAIN_FAILS("could not be assumed", "127.0.0.1"); /* nobody there */
}

/* ----------------------------------------------------------------- web identities */

static void a_token_stands_for_keys(void **state) {
  (void)state;
  char path[96];
  char config_text[256];
  sts s = {0};
  stand_in *server = start_sts(&s, NULL);
  snprintf(path, sizeof path, "%s/token", home_folder);
  home_write(path, SECRET ".token+1\n");
  setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
  CHAIN_FAILS("AWS_WEB_IDENTITY_TOKEN_FILE is set", "AWS_ROLE_ARN is not");
  setenv("AWS_ROLE_ARN", ROLE("web"), 1);
  setenv("AWS_ROLE_SESSION_NAME", "pod", 1);
  cspan_aws_config *config = chain_load();
  chain_expect_at(config, 0, "AKSTS1", "environment: AWS_WEB_IDENTITY_TOKEN_FILE");
  assert_string_equal(s.bodies[0],
                      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam"
                      "%3A%3A123456789012%3Arole%2Fweb&RoleSessionName=pod&WebIdentityToken=" SECRET
                      ".token%2B1");
  assert_string_equal(s.authorizations[0], "");
  /* Whoever writes the file renews the token, and it is read again. */
  home_write(path, SECRET ".token2");
  chain_expect_at(config, 3700, "AKSTS2", "environment: AWS_WEB_IDENTITY_TOKEN_FILE");
  expect_in(s.bodies[1], "WebIdentityToken=" SECRET ".token2");
  cspan_aws_config_free(config);
  home_write(path, "\n");
  CHAIN_FAILS("the token file", "is empty");
  home_write(path, SECRET "-bad");
  s.status = 400;
  s.body = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>bad token</Message>"
           "</Error></ErrorResponse>";
  CHAIN_FAILS("the role " ROLE("web") " could not be assumed: bad token");
  /* The same in a profile, which is looked at after the environment. */
  unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
  s.status = 200;
  s.body = NULL;
  snprintf(config_text, sizeof config_text,
           "[default]\nrole_arn = " ROLE("p") "\nweb_identity_token_file = %s\n", path);
  home_write(config_path, config_text);
  chain_expect("AKSTS3", "profile default: web_identity_token_file");
  unlink(path);
  stand_in_stop(server);
}

static void eight_threads_with_a_token(void **state) {
  (void)state;
  char path[96];
  sts s = {0};
  stand_in *server = start_sts(&s, NULL);
  snprintf(path, sizeof path, "%s/token", home_folder);
  home_write(path, SECRET);
  setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
  setenv("AWS_ROLE_ARN", ROLE("web"), 1);
  cspan_aws_config *config = chain_load();
  chain_expect_threads(config, 0, "AKSTS1", "AKSTS1");
  assert_int_equal(stand_in_count(server), 1);
  cspan_aws_config_free(config);
  unlink(path);
  stand_in_stop(server);
}

/* ----------------------------------------------------------------------- endpoints */

typedef struct endpoint_case {
  const char *region;       /* NULL: none */
  const char *variables[3]; /* "NAME=value" */
  const char *host;
} endpoint_case;

static const endpoint_case endpoints[] = {
    {"eu-west-1", {NULL}, "sts.eu-west-1.amazonaws.com"},
    {"cn-north-1", {NULL}, "sts.cn-north-1.amazonaws.com.cn"},
    {NULL, {NULL}, "sts.amazonaws.com"},
    {"eu-west-1", {"AWS_STS_REGIONAL_ENDPOINTS=legacy"}, "sts.amazonaws.com"},
    {"eu-south-1", {"AWS_STS_REGIONAL_ENDPOINTS=legacy"}, "sts.eu-south-1.amazonaws.com"},
    {"us-east-2", {"AWS_USE_FIPS_ENDPOINT=true"}, "sts-fips.us-east-2.amazonaws.com"},
    {"us-east-2",
     {"AWS_USE_FIPS_ENDPOINT=true", "AWS_STS_REGIONAL_ENDPOINTS=legacy"},
     "sts-fips.us-east-2.amazonaws.com"},
    {"us-gov-west-1", {"AWS_USE_FIPS_ENDPOINT=true"}, "sts.us-gov-west-1.amazonaws.com"},
    {"eu-west-1", {"AWS_USE_DUALSTACK_ENDPOINT=true"}, "sts.eu-west-1.api.aws"},
    {"us-west-2",
     {"AWS_USE_DUALSTACK_ENDPOINT=true", "AWS_USE_FIPS_ENDPOINT=true"},
     "sts-fips.us-west-2.api.aws"},
};

/* A proxy that is told where to connect to, and does not. */
static void sts_has_many_hosts(void **state) {
  (void)state;
  sts s = {.status = 403, .body = ""};
  stand_in *server = start_sts(&s, NULL);
  for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
    char wanted[128];
    cspan_aws_config *config = NULL;
    home_set(
        "[default]\nrole_arn = " ROLE("a") "\nsource_profile = base\n[profile base]\n" KEYS("AK"),
        NULL);
    setenv("AWS_MAX_ATTEMPTS", "1", 1);
    for (size_t k = 0; k < 3 && endpoints[i].variables[k]; k++) {
      const char *equals = strchr(endpoints[i].variables[k], '=');
      char name[64];
      snprintf(name, sizeof name, "%.*s", (int)(equals - endpoints[i].variables[k]),
               endpoints[i].variables[k]);
      setenv(name, equals + 1, 1);
    }
    const cspan_aws_options options = {.region = endpoints[i].region,
                                       .proxy = stand_in_url(server)};
    assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
    assert_int_equal(cspan_aws_config_check_credentials(config, NULL, NULL), CSPAN_ERR_CREDENTIALS);
    cspan_aws_config_free(config);
    snprintf(wanted, sizeof wanted, "CONNECT %s:443\n", endpoints[i].host);
    chain_expect_log(server, wanted);
  }
  stand_in_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sts_has_many_hosts),
      cmocka_unit_test(a_role_is_assumed),
      cmocka_unit_test(roles_are_chained),
      cmocka_unit_test(a_profile_may_be_its_own_source),
      cmocka_unit_test(the_environment_may_be_the_source),
      cmocka_unit_test(an_option_does_not_divert_sts),
      cmocka_unit_test(eight_threads_assume_once),
      cmocka_unit_test(sts_may_fail_for_a_while),
      cmocka_unit_test(mistakes_are_explained),
      cmocka_unit_test(answers_are_checked),
      cmocka_unit_test(a_token_stands_for_keys),
      cmocka_unit_test(eight_threads_with_a_token),
  };
  return cmocka_run_group_tests(tests, chain_setup, home_remove);
}
