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
  CSPAN_SETTING_RETRY_MODE,
  CSPAN_SETTING_MAX_ATTEMPTS,
  CSPAN_SETTING_ADDRESSING_STYLE,
  CSPAN_SETTING_PAYLOAD_SIGNING,
  CSPAN_SETTING_REQUEST_CHECKSUMS,
  CSPAN_SETTING_RESPONSE_CHECKSUMS,
  CSPAN_SETTING_CA_BUNDLE,
  CSPAN_SETTING_PROXY,
  CSPAN_SETTING_CONNECT_TIMEOUT_MS,
  CSPAN_SETTING_READ_TIMEOUT_MS,
  CSPAN_SETTING_CALL_TIMEOUT_MS,
  CSPAN_SETTING_APP_ID,
  CSPAN_SETTING_COUNT
} cspan_setting_id;

/* Texts of the arena; value NULL: not set. */
typedef struct cspan_setting {
  const char *value;
  const char *source;
} cspan_setting;

struct cspan_aws_config {
  atomic_int refs;
  cspan_arena *arena;
  cspan_setting settings[CSPAN_SETTING_COUNT];
  cspan_profile *profile; /* what the files said */
  bool profile_explicit;  /* the profile was given as an option: it wins over the environment */

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

/* Shared by clients; freed with the last cspan_aws_config_free. */
cspan_aws_config *cspan_aws_config_ref(const cspan_aws_config *config);
/* For a service id ("S3"): its own endpoint URL, else the global one, else NULL. `source` is
 * set to where it came from. Memory of the config. */
const char *cspan_aws_config_endpoint(const cspan_aws_config *config, const char *service_id,
                                      const char **source);
/* Whether a middleware of that name was added (not one of the library's own). */
bool cspan_aws_config_has_middleware(const cspan_aws_config *config, const char *name);

#endif
