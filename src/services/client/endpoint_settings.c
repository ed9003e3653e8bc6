/* SPDX-License-Identifier: Apache-2.0 */
#include "services/client/endpoint_settings.h"

#include <string.h>

#include "aws/config.h"
#include "base/error.h"
#include "base/text.h"

static const char *const account_id_modes[] = {[CSPAN_ACCOUNT_ID_PREFERRED] = "preferred",
                                               [CSPAN_ACCOUNT_ID_DISABLED] = "disabled",
                                               [CSPAN_ACCOUNT_ID_REQUIRED] = "required"};

static cspan_choice choice_of(const cspan_aws_config *config, cspan_setting_id id) {
  if (!cspan_aws_config_is_set(config, id)) {
    return CSPAN_CHOICE_UNSET;
  }
  return cspan_aws_config_flag(config, id) ? CSPAN_CHOICE_YES : CSPAN_CHOICE_NO;
}

void cspan_endpoint_settings_fill(const struct cspan_call *call, const cspan_aws_config *config,
                                  const cspan_base_url *custom, cspan_endpoint_settings *out) {
  const char *region = cspan_call_region(call);
  int64_t mode = cspan_aws_config_number(config, CSPAN_SETTING_ACCOUNT_ID_ENDPOINT_MODE);
  *out = (cspan_endpoint_settings){
      .region = region[0] != '\0' ? region : NULL,
      .endpoint_url = custom != NULL ? custom->url : NULL,
      .use_fips = cspan_call_uses_fips(call),
      .use_dualstack = cspan_aws_config_flag(config, CSPAN_SETTING_USE_DUALSTACK),
      .account_id_mode = account_id_modes[mode],
      .s3_accelerate = cspan_aws_config_flag(config, CSPAN_SETTING_S3_ACCELERATE),
      .s3_force_path_style = cspan_endpoint_force_path_style(config->addressing_style, custom),
      .s3_use_global_endpoint =
          cspan_aws_config_number(config, CSPAN_SETTING_S3_US_EAST_1) == CSPAN_REGIONAL_LEGACY,
      .s3_disable_mrap = cspan_aws_config_flag(config, CSPAN_SETTING_S3_DISABLE_MRAP),
      .s3_disable_express_session = cspan_aws_config_flag(config, CSPAN_SETTING_S3_DISABLE_EXPRESS),
      .s3_use_arn_region = choice_of(config, CSPAN_SETTING_S3_USE_ARN_REGION),
      .sts_use_global_endpoint =
          cspan_aws_config_number(config, CSPAN_SETTING_STS_REGIONAL) == CSPAN_REGIONAL_LEGACY,
  };
}

void cspan_endpoint_settings_fill_s3(const cspan_aws_config *config, const char *operation,
                                     const char *bucket, cspan_endpoint_settings *out) {
  out->use_dualstack =
      out->use_dualstack || cspan_aws_config_flag(config, CSPAN_SETTING_S3_DUALSTACK);
  if (strcmp(operation, "GetBucketLocation") == 0) {
    out->s3_force_path_style = true; /* any region answers then */
  } else if (bucket != NULL && cspan_starts_with(bucket, "arn:")) {
    out->s3_force_path_style = false; /* an ARN is never part of a path */
  }
}

cspan_status cspan_endpoint_add_headers(struct cspan_call *call,
                                        const cspan_client_endpoint_result *result,
                                        cspan_error **error) {
  const cspan_value *headers = &result->headers;
  for (size_t i = 0; i < cspan_value_count(headers); i++) {
    const cspan_value *values = cspan_value_at(headers, i);
    for (size_t k = 0; k < cspan_value_count(values); k++) {
      const char *text = cspan_value_text(cspan_value_at(values, k), NULL);
      if (text != NULL &&
          cspan_call_set_request_header(call, cspan_value_name_at(headers, i), text) != CSPAN_OK) {
        return cspan_error_move(error, cspan_error_nomem());
      }
    }
  }
  return CSPAN_OK;
}
