/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of settings: what each is called in the environment, in a profile and in the
 * options, what it may be, and what it means. The code reads by it, docs/configuration.md is made
 * of it. Source: AWS SDKs and Tools Reference Guide, "Settings reference". */
#ifndef AWS_CONFIG_TABLE_H
#define AWS_CONFIG_TABLE_H

#include "aws/config.h"

typedef enum cspan_setting_kind {
  CSPAN_KIND_TEXT,
  CSPAN_KIND_FLAG,   /* true or false, in any case */
  CSPAN_KIND_NUMBER, /* from least to most */
  CSPAN_KIND_CHOICE  /* one of the choices, in any case */
} cspan_setting_kind;

typedef struct cspan_setting_choice {
  const char *text; /* NULL: the end */
  int value;
} cspan_setting_choice;

typedef struct cspan_setting_rule {
  const char *name;         /* for cspan_aws_config_get() and messages */
  const char *option;       /* the field of cspan_aws_options; NULL: none */
  const char *env;          /* NULL: none */
  const char *env_fallback; /* an older name; NULL: none */
  const char *parent;       /* of the profile's setting; NULL: it is a plain one */
  const char *key;          /* NULL: not in a profile */
  const char *fallback;     /* NULL: not set */
  cspan_setting_kind kind;
  int64_t least; /* of a number */
  int64_t most;
  const cspan_setting_choice *choices;
  const char *wanted; /* "a number from 1 to 1000"; NULL for text */
  const char *meaning;
} cspan_setting_rule;

extern const cspan_setting_rule cspan_setting_rules[CSPAN_SETTING_COUNT];

/* What credentials are found by: not settings of a config, because each attempt to find them
 * reads anew, and because some are secret. */
typedef enum cspan_credential_name {
  CSPAN_CREDENTIAL_ACCESS_KEY_ID,
  CSPAN_CREDENTIAL_SECRET_ACCESS_KEY,
  CSPAN_CREDENTIAL_SESSION_TOKEN,
  CSPAN_CREDENTIAL_ACCOUNT_ID,
  CSPAN_CREDENTIAL_EXPIRATION,
  CSPAN_CREDENTIAL_ROLE_ARN,
  CSPAN_CREDENTIAL_ROLE_SESSION_NAME,
  CSPAN_CREDENTIAL_SOURCE_PROFILE,
  CSPAN_CREDENTIAL_SOURCE,
  CSPAN_CREDENTIAL_EXTERNAL_ID,
  CSPAN_CREDENTIAL_DURATION_SECONDS,
  CSPAN_CREDENTIAL_MFA_SERIAL,
  CSPAN_CREDENTIAL_WEB_IDENTITY_TOKEN_FILE,
  CSPAN_CREDENTIAL_SSO_SESSION,
  CSPAN_CREDENTIAL_SSO_START_URL,
  CSPAN_CREDENTIAL_SSO_REGION,
  CSPAN_CREDENTIAL_SSO_ACCOUNT_ID,
  CSPAN_CREDENTIAL_SSO_ROLE_NAME,
  CSPAN_CREDENTIAL_LOGIN_SESSION,
  CSPAN_CREDENTIAL_LOGIN_CACHE,
  CSPAN_CREDENTIAL_PROCESS,
  CSPAN_CREDENTIAL_CONTAINER_RELATIVE_URI,
  CSPAN_CREDENTIAL_CONTAINER_FULL_URI,
  CSPAN_CREDENTIAL_CONTAINER_TOKEN,
  CSPAN_CREDENTIAL_CONTAINER_TOKEN_FILE,
  CSPAN_CREDENTIAL_COUNT
} cspan_credential_name;

typedef struct cspan_credential_rule {
  const char *env; /* NULL: none */
  const char *key; /* in a profile; NULL: none */
  const char *meaning;
} cspan_credential_rule;

extern const cspan_credential_rule cspan_credential_rules[CSPAN_CREDENTIAL_COUNT];

/* The variable's value, or NULL. */
const char *cspan_credential_env(cspan_credential_name name);
/* What the profile has; value NULL: nothing. */
cspan_profile_value cspan_credential_key(const cspan_profile *profile, cspan_credential_name name);

#endif
