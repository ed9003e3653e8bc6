/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/config_table.h"

#include "base/sys.h"

#define MS_PER_DAY   (INT64_C(24) * 3600 * 1000)
#define COMPRESS_MAX 10485760

static const cspan_setting_choice retry_modes[] = {{"standard", CSPAN_RETRY_STANDARD},
                                                   {"legacy", CSPAN_RETRY_STANDARD},
                                                   {"adaptive", CSPAN_RETRY_ADAPTIVE},
                                                   {"off", CSPAN_RETRY_OFF},
                                                   {NULL, 0}};
static const cspan_setting_choice defaults_modes[] = {{"legacy", CSPAN_DEFAULTS_LEGACY},
                                                      {"standard", CSPAN_DEFAULTS_STANDARD},
                                                      {"in-region", CSPAN_DEFAULTS_IN_REGION},
                                                      {"cross-region", CSPAN_DEFAULTS_CROSS_REGION},
                                                      {"mobile", CSPAN_DEFAULTS_MOBILE},
                                                      {"auto", CSPAN_DEFAULTS_AUTO},
                                                      {NULL, 0}};
static const cspan_setting_choice addressing_styles[] = {{"auto", CSPAN_ADDRESSING_AUTO},
                                                         {"virtual", CSPAN_ADDRESSING_VIRTUAL},
                                                         {"path", CSPAN_ADDRESSING_PATH},
                                                         {NULL, 0}};
static const cspan_setting_choice payload_signing[] = {
    {"true", CSPAN_PAYLOAD_SIGNED}, {"false", CSPAN_PAYLOAD_UNSIGNED}, {NULL, 0}};
static const cspan_setting_choice checksum_modes[] = {
    {"when_supported", CSPAN_CHECKSUM_WHEN_SUPPORTED},
    {"when_required", CSPAN_CHECKSUM_WHEN_REQUIRED},
    {NULL, 0}};
static const cspan_setting_choice regional_modes[] = {
    {"regional", CSPAN_REGIONAL}, {"legacy", CSPAN_REGIONAL_LEGACY}, {NULL, 0}};
static const cspan_setting_choice account_modes[] = {{"preferred", CSPAN_ACCOUNT_ID_PREFERRED},
                                                     {"disabled", CSPAN_ACCOUNT_ID_DISABLED},
                                                     {"required", CSPAN_ACCOUNT_ID_REQUIRED},
                                                     {NULL, 0}};
static const cspan_setting_choice discovery_modes[] = {{"auto", CSPAN_DISCOVERY_AUTO},
                                                       {"true", CSPAN_DISCOVERY_ON},
                                                       {"false", CSPAN_DISCOVERY_OFF},
                                                       {NULL, 0}};
static const cspan_setting_choice ip_modes[] = {{"IPv4", 4}, {"IPv6", 6}, {NULL, 0}};
static const cspan_setting_choice truths[] = {{"true", 1}, {"false", 0}, {NULL, 0}};

/* name, option, env, older env, parent, key, default */
#define TEXT(...)         __VA_ARGS__, CSPAN_KIND_TEXT, 0, 0, NULL, NULL
#define FLAG(...)         __VA_ARGS__, CSPAN_KIND_FLAG, 0, 0, truths, "true or false"
#define CHOICE(list, ...) __VA_ARGS__, CSPAN_KIND_CHOICE, 0, 0, list
#define NUMBER(a, b, ...) __VA_ARGS__, CSPAN_KIND_NUMBER, a, b, NULL

const cspan_setting_rule cspan_setting_rules[CSPAN_SETTING_COUNT] = {
    [CSPAN_SETTING_REGION] =
        {TEXT("region", "region", "AWS_REGION", "AWS_DEFAULT_REGION", NULL, "region", NULL),
         "The region of the endpoints and of signatures. Without one calls fail, but for those to "
         "an endpoint URL, which take us-east-1, and those of services that have one endpoint for "
         "all regions (IAM, Route 53, CloudFront...). `fips-us-east-1` and `us-east-1-fips` are "
         "us-east-1 with use_fips_endpoint."},
    [CSPAN_SETTING_PROFILE] = {TEXT("profile", "profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
                                    NULL, NULL, "default"),
                               "The profile of the shared files. One that is named must be there."},
    [CSPAN_SETTING_CONFIG_FILE] = {TEXT("config_file", "config_file", "AWS_CONFIG_FILE", NULL, NULL,
                                        NULL, "~/.aws/config"),
                                   "The shared config file; `~/` is the home folder."},
    [CSPAN_SETTING_CREDENTIALS_FILE] =
        {TEXT("credentials_file", "credentials_file", "AWS_SHARED_CREDENTIALS_FILE", NULL, NULL,
              NULL, "~/.aws/credentials"),
         "The shared credentials file; what it says of a profile wins over the config file."},
    [CSPAN_SETTING_ENDPOINT_URL] =
        {TEXT("endpoint_url", "endpoint_url", "AWS_ENDPOINT_URL", NULL, NULL, "endpoint_url", NULL),
         "Where requests go instead of to AWS. For one service: `AWS_ENDPOINT_URL_<SERVICE>`, and "
         "`endpoint_url` in the `[services NAME]` section that the profile names by `services`. "
         "Any "
         "variable wins over any file. The option counts for the calls of its clients, not for "
         "those that look for credentials."},
    [CSPAN_SETTING_IGNORE_ENDPOINT_URLS] = {FLAG("ignore_configured_endpoint_urls",
                                                 "ignore_configured_endpoint_urls",
                                                 "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL, NULL,
                                                 "ignore_configured_endpoint_urls", "false"),
                                            "true: endpoint URLs count as options only."},
    [CSPAN_SETTING_USE_FIPS] = {FLAG("use_fips_endpoint", "use_fips_endpoint",
                                     "AWS_USE_FIPS_ENDPOINT", NULL, NULL, "use_fips_endpoint",
                                     "false"),
                                "true: the endpoints that are validated after FIPS 140."},
    [CSPAN_SETTING_USE_DUALSTACK] = {FLAG("use_dualstack_endpoint", "use_dualstack_endpoint",
                                          "AWS_USE_DUALSTACK_ENDPOINT", NULL, NULL,
                                          "use_dualstack_endpoint", "false"),
                                     "true: the endpoints that have IPv6 addresses, too."},
    [CSPAN_SETTING_ACCOUNT_ID_ENDPOINT_MODE] =
        {CHOICE(account_modes, "account_id_endpoint_mode", NULL, "AWS_ACCOUNT_ID_ENDPOINT_MODE",
                NULL, NULL, "account_id_endpoint_mode", "preferred"),
         "preferred, disabled or required",
         "Whether the account of the credentials goes into endpoints that can have one: "
         "`preferred` (where it is known), `disabled`, `required`."},
    [CSPAN_SETTING_STS_REGIONAL] = {CHOICE(regional_modes, "sts_regional_endpoints", NULL,
                                           "AWS_STS_REGIONAL_ENDPOINTS", NULL, NULL,
                                           "sts_regional_endpoints", "regional"),
                                    "regional or legacy",
                                    "Which STS roles are assumed with: `regional`, or `legacy`: "
                                    "the global one for the regions "
                                    "that are older than this setting."},
    [CSPAN_SETTING_ENDPOINT_DISCOVERY] =
        {CHOICE(discovery_modes, "endpoint_discovery_enabled", NULL,
                "AWS_ENABLE_ENDPOINT_DISCOVERY", "AWS_ENDPOINT_DISCOVERY_ENABLED", NULL,
                "endpoint_discovery_enabled", "auto"),
         "auto, true or false",
         "Whether services are asked which endpoint an account is to use: `auto` where an "
         "operation "
         "needs it (Timestream), `true` wherever it is offered (DynamoDB, too), `false` never, and "
         "then the first fail. Calls to an endpoint URL never ask."},
    [CSPAN_SETTING_RETRY_MODE] = {CHOICE(retry_modes, "retry_mode", "retry_mode", "AWS_RETRY_MODE",
                                         NULL, NULL, "retry_mode", "standard"),
                                  "standard, legacy, adaptive or off",
                                  "`standard`; `adaptive` (it also slows down where a service "
                                  "throttles); `legacy`, which is "
                                  "taken as standard; `off`."},
    [CSPAN_SETTING_NEW_RETRIES] =
        {FLAG("new_retries_2026", NULL, "AWS_NEW_RETRIES_2026", NULL, NULL, "new_retries_2026",
              "true"),
         "false: the modes standard and adaptive by their revision 2.0, which waits longer (from "
         "one second on) and knows no exceptions for services, instead of 2.1."},
    [CSPAN_SETTING_MAX_ATTEMPTS] =
        {NUMBER(1, 1000, "max_attempts", "max_attempts", "AWS_MAX_ATTEMPTS", NULL, NULL,
                "max_attempts", "3"),
         "a number from 1 to 1000",
         "Most attempts of a call, the first one counted. Not set: 4 for DynamoDB "
         "and its streams, 3 for the others."},
    [CSPAN_SETTING_DEFAULTS_MODE] =
        {CHOICE(defaults_modes, "defaults_mode", NULL, "AWS_DEFAULTS_MODE", NULL, NULL,
                "defaults_mode", "legacy"),
         "legacy, standard, in-region, cross-region, mobile or auto",
         "The default of connect_timeout_ms: 1,100 with `in-region`, 30,000 with `mobile`, 3,100 "
         "with the others. `auto` is `in-region` where AWS runs the program (AWS_EXECUTION_ENV is "
         "set, as in Lambda and ECS) in the region that is called, else `standard`; it asks no "
         "metadata service. What else the modes stand for (standard retries, regional endpoints of "
         "STS and S3) is the default here anyway."},
    [CSPAN_SETTING_ADDRESSING_STYLE] =
        {CHOICE(addressing_styles, "addressing_style", "addressing_style", NULL, NULL, "s3",
                "addressing_style", "auto"),
         "auto, virtual or path",
         "Where the name of a bucket goes: `auto`, `virtual` (into the host), `path`."},
    [CSPAN_SETTING_PAYLOAD_SIGNING] =
        {CHOICE(payload_signing, "payload_signing_enabled", "payload_signing", NULL, NULL, "s3",
                "payload_signing_enabled", NULL),
         "true or false", "Whether bodies to S3 are signed; not set: over plain HTTP only."},
    [CSPAN_SETTING_S3_ACCELERATE] = {FLAG("s3_use_accelerate_endpoint", "use_accelerate_endpoint",
                                          NULL, NULL, "s3", "use_accelerate_endpoint", "false"),
                                     "true: S3's Transfer Acceleration endpoints."},
    [CSPAN_SETTING_S3_DUALSTACK] = {FLAG("s3_use_dualstack_endpoint", NULL, NULL, NULL, "s3",
                                         "use_dualstack_endpoint", "false"),
                                    "use_dualstack_endpoint for S3 only."},
    [CSPAN_SETTING_S3_USE_ARN_REGION] =
        {FLAG("s3_use_arn_region", NULL, "AWS_S3_USE_ARN_REGION", NULL, NULL, "s3_use_arn_region",
              NULL),
         "Whether a request goes to the region of an ARN that is given as a bucket; not set: yes."},
    [CSPAN_SETTING_S3_DISABLE_MRAP] = {FLAG("s3_disable_multiregion_access_points", NULL,
                                            "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", NULL, NULL,
                                            "s3_disable_multiregion_access_points", "false"),
                                       "true: Multi-Region Access Points are refused."},
    [CSPAN_SETTING_S3_US_EAST_1] = {CHOICE(regional_modes, "s3_us_east_1_regional_endpoint", NULL,
                                           "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", NULL, NULL,
                                           "s3_us_east_1_regional_endpoint", "regional"),
                                    "regional or legacy",
                                    "`legacy`: us-east-1 is reached by S3's global endpoint."},
    [CSPAN_SETTING_S3_DISABLE_EXPRESS] =
        {FLAG("s3_disable_express_session_auth", NULL, "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", NULL,
              NULL, "s3_disable_express_session_auth", "false"),
         "true: directory buckets of S3 Express are used without a session."},
    [CSPAN_SETTING_REQUEST_CHECKSUMS] =
        {CHOICE(checksum_modes, "request_checksum_calculation", "request_checksums",
                "AWS_REQUEST_CHECKSUM_CALCULATION", NULL, NULL, "request_checksum_calculation",
                NULL),
         "when_supported or when_required",
         "When a request gets a checksum: `when_supported` (the default for AWS), `when_required` "
         "(the default for an endpoint URL)."},
    [CSPAN_SETTING_RESPONSE_CHECKSUMS] = {CHOICE(checksum_modes, "response_checksum_validation",
                                                 "response_checksums",
                                                 "AWS_RESPONSE_CHECKSUM_VALIDATION", NULL, NULL,
                                                 "response_checksum_validation", NULL),
                                          "when_supported or when_required",
                                          "The same for the checksums of responses."},
    [CSPAN_SETTING_DISABLE_COMPRESSION] =
        {FLAG("disable_request_compression", NULL, "AWS_DISABLE_REQUEST_COMPRESSION", NULL, NULL,
              "disable_request_compression", "false"),
         "true: bodies of operations that may be compressed are not."},
    [CSPAN_SETTING_MIN_COMPRESSION_SIZE] =
        {NUMBER(0, COMPRESS_MAX, "request_min_compression_size_bytes", NULL,
                "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", NULL, NULL,
                "request_min_compression_size_bytes", "10240"),
         "a number from 0 to 10485760", "The least size of a body that is compressed, in bytes."},
    [CSPAN_SETTING_DISABLE_HOST_PREFIX] =
        {FLAG("disable_host_prefix_injection", NULL, "AWS_DISABLE_HOST_PREFIX_INJECTION", NULL,
              NULL, "disable_host_prefix_injection", "false"),
         "true: what an operation wants before the host is left out."},
    [CSPAN_SETTING_SIGV4A_REGION_SET] =
        {TEXT("sigv4a_signing_region_set", NULL, "AWS_SIGV4A_SIGNING_REGION_SET", NULL, NULL,
              "sigv4a_signing_region_set", NULL),
         "The regions that SigV4a signatures are good for, with commas between them; `*`: all."},
    [CSPAN_SETTING_AUTH_SCHEME_PREFERENCE] =
        {TEXT("auth_scheme_preference", NULL, "AWS_AUTH_SCHEME_PREFERENCE", NULL, NULL,
              "auth_scheme_preference", NULL),
         "How requests are signed where a service offers several ways, the best one first: "
         "`sigv4, sigv4a`."},
    [CSPAN_SETTING_CA_BUNDLE] =
        {TEXT("ca_bundle", "ca_bundle", "AWS_CA_BUNDLE", NULL, NULL, "ca_bundle", NULL),
         "A file with the certificates to trust, PEM; not set: the system's."},
    [CSPAN_SETTING_PROXY] =
        {TEXT("proxy", "proxy", NULL, NULL, NULL, NULL, NULL),
         "A proxy; not set: http_proxy, https_proxy and no_proxy, as libcurl reads them. Metadata "
         "services are asked without one."},
    [CSPAN_SETTING_CONNECT_TIMEOUT_MS] =
        {NUMBER(1, MS_PER_DAY, "connect_timeout_ms", "connect_timeout_ms", NULL, NULL, NULL, NULL,
                NULL),
         "a number of milliseconds",
         "Most milliseconds that a connection takes to be made. The default is that of "
         "defaults_mode."},
    [CSPAN_SETTING_READ_TIMEOUT_MS] = {NUMBER(1, MS_PER_DAY, "read_timeout_ms", "read_timeout_ms",
                                              NULL, NULL, NULL, NULL, "60000"),
                                       "a number of milliseconds",
                                       "Most milliseconds in which no byte moves."},
    [CSPAN_SETTING_CALL_TIMEOUT_MS] =
        {NUMBER(0, 30 * MS_PER_DAY, "call_timeout_ms", "call_timeout_ms", NULL, NULL, NULL, NULL,
                "0"),
         "a number of milliseconds",
         "Most milliseconds of a whole call, retries included; 0: no limit."},
    [CSPAN_SETTING_APP_ID] = {TEXT("sdk_ua_app_id", "app_id", "AWS_SDK_UA_APP_ID", NULL, NULL,
                                   "sdk_ua_app_id", NULL),
                              "A name of the program, for the user agent."},
    [CSPAN_SETTING_DATA_PATH] = {TEXT("data_path", "data_path", "AWS_DATA_PATH", NULL, NULL,
                                      "data_path", NULL),
                                 "Folders with service models, with colons between them."},
    [CSPAN_SETTING_EC2_METADATA_DISABLED] =
        {FLAG("ec2_metadata_disabled", NULL, "AWS_EC2_METADATA_DISABLED", NULL, NULL, NULL,
              "false"),
         "true: the metadata service of EC2 is not asked for credentials."},
    [CSPAN_SETTING_EC2_METADATA_V1_DISABLED] =
        {FLAG("ec2_metadata_v1_disabled", NULL, "AWS_EC2_METADATA_V1_DISABLED", NULL, NULL,
              "ec2_metadata_v1_disabled", "false"),
         "true: it is asked with a token (IMDSv2) or not at all."},
    [CSPAN_SETTING_EC2_METADATA_ENDPOINT] =
        {TEXT("ec2_metadata_service_endpoint", NULL, "AWS_EC2_METADATA_SERVICE_ENDPOINT", NULL,
              NULL, "ec2_metadata_service_endpoint", NULL),
         "Where it is; wins over ec2_metadata_service_endpoint_mode."},
    [CSPAN_SETTING_EC2_METADATA_ENDPOINT_MODE] =
        {CHOICE(ip_modes, "ec2_metadata_service_endpoint_mode", NULL,
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", NULL, NULL,
                "ec2_metadata_service_endpoint_mode", "IPv4"),
         "IPv4 or IPv6", "`IPv4` (169.254.169.254) or `IPv6` (fd00:ec2::254)."},
    [CSPAN_SETTING_METADATA_TIMEOUT] =
        {NUMBER(1, 3600, "metadata_service_timeout", NULL, "AWS_METADATA_SERVICE_TIMEOUT", NULL,
                NULL, "metadata_service_timeout", "1"),
         "a number of seconds from 1 to 3600",
         "Most seconds of an attempt to get credentials from it, all its requests together."},
    [CSPAN_SETTING_METADATA_ATTEMPTS] = {NUMBER(1, 100, "metadata_service_num_attempts", NULL,
                                                "AWS_METADATA_SERVICE_NUM_ATTEMPTS", NULL, NULL,
                                                "metadata_service_num_attempts", "1"),
                                         "a number from 1 to 100", "Most such attempts."},
    [CSPAN_SETTING_EC2_INSTANCE_PROFILE] = {TEXT("ec2_instance_profile_name", NULL,
                                                 "AWS_EC2_INSTANCE_PROFILE_NAME", NULL, NULL,
                                                 "ec2_instance_profile_name", NULL),
                                            "The role whose credentials are asked for; not set: it "
                                            "is asked for the role's name first."},
};

const cspan_credential_rule cspan_credential_rules[CSPAN_CREDENTIAL_COUNT] = {
    [CSPAN_CREDENTIAL_ACCESS_KEY_ID] = {"AWS_ACCESS_KEY_ID", "aws_access_key_id",
                                        "The access key; with its secret, or not at all."},
    [CSPAN_CREDENTIAL_SECRET_ACCESS_KEY] = {"AWS_SECRET_ACCESS_KEY", "aws_secret_access_key",
                                            "Its secret."},
    [CSPAN_CREDENTIAL_SESSION_TOKEN] = {"AWS_SESSION_TOKEN", "aws_session_token",
                                        "The token of temporary keys."},
    [CSPAN_CREDENTIAL_ACCOUNT_ID] = {"AWS_ACCOUNT_ID", "aws_account_id",
                                     "The account that the keys belong to."},
    [CSPAN_CREDENTIAL_EXPIRATION] =
        {"AWS_CREDENTIAL_EXPIRATION", NULL,
         "When the keys of the environment expire, ISO 8601; after that they are an error."},
    [CSPAN_CREDENTIAL_ROLE_ARN] =
        {"AWS_ROLE_ARN", "role_arn",
         "A role to assume: in a profile with source_profile, credential_source or "
         "web_identity_token_file; in the environment with AWS_WEB_IDENTITY_TOKEN_FILE."},
    [CSPAN_CREDENTIAL_ROLE_SESSION_NAME] =
        {"AWS_ROLE_SESSION_NAME", "role_session_name",
         "The name of the session; not set: `cloudspan-` and the time."},
    [CSPAN_CREDENTIAL_SOURCE_PROFILE] =
        {NULL, "source_profile",
         "The profile whose credentials the role is assumed with; it may have a role itself."},
    [CSPAN_CREDENTIAL_SOURCE] =
        {NULL, "credential_source",
         "The same from `Environment`, `Ec2InstanceMetadata` or `EcsContainer`."},
    [CSPAN_CREDENTIAL_EXTERNAL_ID] = {NULL, "external_id", "What the owner of the role asks for."},
    [CSPAN_CREDENTIAL_DURATION_SECONDS] =
        {NULL, "duration_seconds",
         "How long the session lasts, from 900 to 43200 seconds; not set: 3600."},
    [CSPAN_CREDENTIAL_MFA_SERIAL] =
        {NULL, "mfa_serial",
         "A role that needs a code of an MFA device is refused: a library cannot ask for one."},
    [CSPAN_CREDENTIAL_WEB_IDENTITY_TOKEN_FILE] =
        {"AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file",
         "A file with an OIDC token, read each time; with a role."},
    [CSPAN_CREDENTIAL_SSO_SESSION] =
        {NULL, "sso_session",
         "The `[sso-session NAME]` section with sso_region and sso_start_url."},
    [CSPAN_CREDENTIAL_SSO_START_URL] =
        {NULL, "sso_start_url",
         "The start URL of IAM Identity Center, in such a section or (older) in the profile."},
    [CSPAN_CREDENTIAL_SSO_REGION] = {NULL, "sso_region", "Its region, in the same place."},
    [CSPAN_CREDENTIAL_SSO_ACCOUNT_ID] = {NULL, "sso_account_id",
                                         "The account to get credentials of."},
    [CSPAN_CREDENTIAL_SSO_ROLE_NAME] = {NULL, "sso_role_name", "The role in that account."},
    [CSPAN_CREDENTIAL_LOGIN_SESSION] = {NULL, "login_session",
                                        "The session of `aws login`, which wrote this line."},
    [CSPAN_CREDENTIAL_LOGIN_CACHE] =
        {"AWS_LOGIN_CACHE_DIRECTORY", NULL,
         "Where `aws login` keeps its tokens; not set: `~/.aws/login/cache`."},
    [CSPAN_CREDENTIAL_PROCESS] =
        {NULL, "credential_process",
         "A program that prints credentials; started without a shell. Those "
         "that have expired are an error."},
    [CSPAN_CREDENTIAL_CONTAINER_RELATIVE_URI] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", NULL,
                                                 "A path at 169.254.170.2, as ECS sets it."},
    [CSPAN_CREDENTIAL_CONTAINER_FULL_URI] =
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI", NULL,
         "A URL, as EKS sets it: https, or http to a loopback address, 169.254.170.2, "
         "169.254.170.23 or fd00:ec2::23."},
    [CSPAN_CREDENTIAL_CONTAINER_TOKEN] = {"AWS_CONTAINER_AUTHORIZATION_TOKEN", NULL,
                                          "What goes into the Authorization header there."},
    [CSPAN_CREDENTIAL_CONTAINER_TOKEN_FILE] =
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", NULL,
         "A file with that, read each time; wins over the variable."},
};

const char *cspan_credential_env(cspan_credential_name name) {
  const char *variable = cspan_credential_rules[name].env;
  return variable ? cspan_env(variable) : NULL;
}

cspan_profile_value cspan_credential_key(const cspan_profile *profile, cspan_credential_name name) {
  return cspan_profile_get(profile, NULL, cspan_credential_rules[name].key);
}
