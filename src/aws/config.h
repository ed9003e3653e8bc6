/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded configuration, as the AWS layer sees it. */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include <cloudspan/aws.h>
#include <stdatomic.h>

#include "aws/profile.h"

typedef enum cspan_setting_id {
  CSPAN_SETTING_REGION,
  CSPAN_SETTING_PROFILE,
  CSPAN_SETTING_CONFIG_FILE,
  CSPAN_SETTING_CREDENTIALS_FILE,
  CSPAN_SETTING_ENDPOINT_URL,
  CSPAN_SETTING_IGNORE_ENDPOINT_URLS,
  CSPAN_SETTING_USE_FIPS,                 /* flag */
  CSPAN_SETTING_USE_DUALSTACK,            /* flag */
  CSPAN_SETTING_ACCOUNT_ID_ENDPOINT_MODE, /* cspan_account_id_mode */
  CSPAN_SETTING_STS_REGIONAL,             /* cspan_regional_mode */
  CSPAN_SETTING_ENDPOINT_DISCOVERY,       /* cspan_discovery_mode */
  CSPAN_SETTING_RETRY_MODE,
  CSPAN_SETTING_NEW_RETRIES, /* flag */
  CSPAN_SETTING_MAX_ATTEMPTS,
  CSPAN_SETTING_DEFAULTS_MODE, /* cspan_defaults_mode */
  CSPAN_SETTING_ADDRESSING_STYLE,
  CSPAN_SETTING_PAYLOAD_SIGNING,
  CSPAN_SETTING_S3_ACCELERATE,      /* flag */
  CSPAN_SETTING_S3_DUALSTACK,       /* flag */
  CSPAN_SETTING_S3_USE_ARN_REGION,  /* flag; may be unset */
  CSPAN_SETTING_S3_DISABLE_MRAP,    /* flag */
  CSPAN_SETTING_S3_US_EAST_1,       /* cspan_regional_mode */
  CSPAN_SETTING_S3_DISABLE_EXPRESS, /* flag */
  CSPAN_SETTING_REQUEST_CHECKSUMS,
  CSPAN_SETTING_RESPONSE_CHECKSUMS,
  CSPAN_SETTING_DISABLE_COMPRESSION,    /* flag */
  CSPAN_SETTING_MIN_COMPRESSION_SIZE,   /* bytes */
  CSPAN_SETTING_DISABLE_HOST_PREFIX,    /* flag */
  CSPAN_SETTING_SIGV4A_REGION_SET,      /* text: "us-east-1,us-west-2" */
  CSPAN_SETTING_AUTH_SCHEME_PREFERENCE, /* text: "sigv4, sigv4a" */
  CSPAN_SETTING_CA_BUNDLE,
  CSPAN_SETTING_PROXY,
  CSPAN_SETTING_CONNECT_TIMEOUT_MS,
  CSPAN_SETTING_READ_TIMEOUT_MS,
  CSPAN_SETTING_CALL_TIMEOUT_MS,
  CSPAN_SETTING_APP_ID,
  CSPAN_SETTING_DATA_PATH,                  /* text: folders with ':' between them */
  CSPAN_SETTING_EC2_METADATA_DISABLED,      /* flag */
  CSPAN_SETTING_EC2_METADATA_V1_DISABLED,   /* flag */
  CSPAN_SETTING_EC2_METADATA_ENDPOINT,      /* text */
  CSPAN_SETTING_EC2_METADATA_ENDPOINT_MODE, /* 4 or 6 */
  CSPAN_SETTING_METADATA_TIMEOUT,           /* seconds */
  CSPAN_SETTING_METADATA_ATTEMPTS,
  CSPAN_SETTING_EC2_INSTANCE_PROFILE, /* text */
  CSPAN_SETTING_COUNT
} cspan_setting_id;

typedef enum cspan_defaults_mode {
  CSPAN_DEFAULTS_LEGACY,
  CSPAN_DEFAULTS_STANDARD,
  CSPAN_DEFAULTS_IN_REGION,
  CSPAN_DEFAULTS_CROSS_REGION,
  CSPAN_DEFAULTS_MOBILE,
  CSPAN_DEFAULTS_AUTO
} cspan_defaults_mode;

typedef enum cspan_regional_mode { CSPAN_REGIONAL, CSPAN_REGIONAL_LEGACY } cspan_regional_mode;

typedef enum cspan_discovery_mode {
  CSPAN_DISCOVERY_AUTO, /* where an operation needs it */
  CSPAN_DISCOVERY_ON,   /* wherever it can be had */
  CSPAN_DISCOVERY_OFF
} cspan_discovery_mode;

typedef enum cspan_account_id_mode {
  CSPAN_ACCOUNT_ID_PREFERRED,
  CSPAN_ACCOUNT_ID_DISABLED,
  CSPAN_ACCOUNT_ID_REQUIRED
} cspan_account_id_mode;

enum { CSPAN_SOURCE_TEXT_MAX = 512 };

/* Texts of the arena; value NULL: not set. */
typedef struct cspan_setting {
  const char *value;
  const char *source;
  int64_t number; /* what the value of a flag, number or choice comes to; 0 where not set */
} cspan_setting;

struct cspan_aws_config {
  atomic_int refs; /* first: all that follows is copied by cspan_aws_config_derive() */
  /* The config that this one was derived from, whose profile and texts it uses; NULL: its own. */
  cspan_aws_config *base;
  cspan_arena *arena;
  cspan_setting settings[CSPAN_SETTING_COUNT];
  cspan_profile *profile; /* what the files said */

  const char *proxy_shown; /* the proxy without a user's password; NULL: none */

  /* Parsed from the settings. */
  bool anonymous;
  bool ignore_endpoint_urls;
  cspan_retry_mode retry_mode;
  int max_attempts;
  cspan_addressing_style addressing_style;
  cspan_payload_signing payload_signing;
  cspan_checksum_mode request_checksums; /* DEFAULT: by the endpoint */
  cspan_checksum_mode response_checksums;
  int64_t connect_timeout_ms;
  int64_t read_timeout_ms;
  int64_t call_timeout_ms;

  cspan_credentials_provider *credentials; /* NULL: anonymous */
  cspan_middleware *middlewares;           /* owned, with their self */
  size_t middleware_count;
};

/* What a setting comes to, read and checked when the config was loaded. */
bool cspan_aws_config_flag(const cspan_aws_config *config, cspan_setting_id id);
int64_t cspan_aws_config_number(const cspan_aws_config *config, cspan_setting_id id);
const char *cspan_aws_config_text(const cspan_aws_config *config, cspan_setting_id id);
/* Whether anyone set it: false where the default counts, and where there is none. */
bool cspan_aws_config_is_set(const cspan_aws_config *config, cspan_setting_id id);

/* A config with the settings of `base` but credentials (NULL: anonymous; owned from now on, also
 * on failure) and a region (NULL: the same) of its own, and without the option endpoint_url and
 * the middlewares. It keeps `base` alive. NULL when out of memory. */
cspan_aws_config *cspan_aws_config_derive(const cspan_aws_config *base,
                                          cspan_credentials_provider *credentials,
                                          const char *region);

/* Shared by clients; freed with the last cspan_aws_config_free. */
cspan_aws_config *cspan_aws_config_ref(const cspan_aws_config *config);
/* For a service id ("S3"): its own endpoint URL, else the global one, else NULL. `source` is
 * set to where it came from. Memory of the config. */
const char *cspan_aws_config_endpoint(const cspan_aws_config *config, const char *service_id,
                                      const char **source);
/* That source for people: of the environment also which variable, of the options which. */
void cspan_aws_config_endpoint_source(const char *service_id, const char *source,
                                      char out[CSPAN_SOURCE_TEXT_MAX]);
/* Whether a middleware of that name was added (not one of the library's own). */
bool cspan_aws_config_has_middleware(const cspan_aws_config *config, const char *name);

#endif
