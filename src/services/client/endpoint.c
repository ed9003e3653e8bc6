/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call by a model goes, by the rules of its service. */
#include <stdio.h>
#include <string.h>

#include "aws/config.h"
#include "base/error.h"
#include "services/client/client.h"

enum { URL_MAX = CSPAN_HOST_MAX + CSPAN_PREFIX_MAX + 32 };

static const char *const account_id_modes[] = {[CSPAN_ACCOUNT_ID_PREFERRED] = "preferred",
                                               [CSPAN_ACCOUNT_ID_DISABLED] = "disabled",
                                               [CSPAN_ACCOUNT_ID_REQUIRED] = "required"};

/* The endpoint_url as the rules take it. */
static const char *url_of(const cspan_base_url *custom, char out[URL_MAX]) {
  if (custom == NULL) {
    return NULL;
  }
  bool is_default = custom->port == (custom->https ? 443 : 80);
  const char *scheme = custom->https ? "https" : "http";
  if (is_default) {
    snprintf(out, URL_MAX, "%s://%s%s", scheme, custom->host, custom->path);
  } else {
    snprintf(out, URL_MAX, "%s://%s:%d%s", scheme, custom->host, custom->port, custom->path);
  }
  return out;
}

static bool forces_path_style(const cspan_aws_config *config, const cspan_base_url *custom) {
  if (config->addressing_style == CSPAN_ADDRESSING_PATH) {
    return true;
  }
  return config->addressing_style != CSPAN_ADDRESSING_VIRTUAL && custom != NULL && custom->is_local;
}

static cspan_choice choice_of(const cspan_aws_config *config, cspan_setting_id id) {
  if (!cspan_aws_config_is_set(config, id)) {
    return CSPAN_CHOICE_UNSET;
  }
  return cspan_aws_config_flag(config, id) ? CSPAN_CHOICE_YES : CSPAN_CHOICE_NO;
}

/* Where the bucket of a call asks for another host than the settings do. */
static void fill_s3_settings(const cspan_invocation *invocation, const cspan_aws_config *config,
                             cspan_endpoint_settings *out) {
  const cspan_value *bucket = cspan_value_get(invocation->request.input, "Bucket");
  size_t len = 0;
  const char *name = cspan_value_text(bucket, &len);
  out->use_dualstack =
      out->use_dualstack || cspan_aws_config_flag(config, CSPAN_SETTING_S3_DUALSTACK);
  if (strcmp(invocation->operation.name, "GetBucketLocation") == 0) {
    out->s3_force_path_style = true; /* any region answers then */
  } else if (name != NULL && len > 4 && memcmp(name, "arn:", 4) == 0) {
    out->s3_force_path_style = false; /* an ARN is never part of a path */
  }
}

static void fill_settings(struct cspan_call *call, const cspan_invocation *invocation,
                          const cspan_base_url *custom, const char *url,
                          cspan_endpoint_settings *out) {
  const cspan_client *client = invocation->client;
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  const char *region = cspan_call_region(call);
  int64_t mode = cspan_aws_config_number(config, CSPAN_SETTING_ACCOUNT_ID_ENDPOINT_MODE);
  *out = (cspan_endpoint_settings){
      .region = region[0] != '\0' ? region : NULL,
      .endpoint_url = url,
      .use_fips = cspan_aws_config_flag(config, CSPAN_SETTING_USE_FIPS),
      .use_dualstack = cspan_aws_config_flag(config, CSPAN_SETTING_USE_DUALSTACK),
      .account_id_mode = account_id_modes[mode],
      .s3_accelerate = cspan_aws_config_flag(config, CSPAN_SETTING_S3_ACCELERATE),
      .s3_force_path_style = forces_path_style(config, custom),
      .s3_use_global_endpoint =
          cspan_aws_config_number(config, CSPAN_SETTING_S3_US_EAST_1) == CSPAN_REGIONAL_LEGACY,
      .s3_disable_mrap = cspan_aws_config_flag(config, CSPAN_SETTING_S3_DISABLE_MRAP),
      .s3_disable_express_session = cspan_aws_config_flag(config, CSPAN_SETTING_S3_DISABLE_EXPRESS),
      .s3_use_arn_region = choice_of(config, CSPAN_SETTING_S3_USE_ARN_REGION),
      .sts_use_global_endpoint =
          cspan_aws_config_number(config, CSPAN_SETTING_STS_REGIONAL) == CSPAN_REGIONAL_LEGACY,
      .client_params = cspan_document_value(client->endpoint_parameters),
  };
  if (client->is_s3) {
    fill_s3_settings(invocation, config, out);
  }
  if (client->uses_account && mode != CSPAN_ACCOUNT_ID_DISABLED) {
    out->account_id = cspan_call_account_id(call);
  }
}

/* Headers that the rules ask for. */
static cspan_status add_headers(struct cspan_call *call, const cspan_value *headers) {
  for (size_t i = 0; i < cspan_value_count(headers); i++) {
    const cspan_value *values = cspan_value_at(headers, i);
    for (size_t k = 0; k < cspan_value_count(values); k++) {
      const char *text = cspan_value_text(cspan_value_at(values, k), NULL);
      if (text != NULL &&
          cspan_call_set_request_header(call, cspan_value_name_at(headers, i), text) != CSPAN_OK) {
        return CSPAN_ERR_NOMEM;
      }
    }
  }
  return CSPAN_OK;
}

static cspan_status take_result(struct cspan_call *call, const cspan_invocation *invocation,
                                const cspan_client_endpoint_result *result, cspan_error **error) {
  const cspan_endpoint_params redirect = {
      .region = cspan_call_region(call), .endpoint_prefix = "", .custom = invocation->redirect};
  cspan_endpoint other;
  cspan_call_set_endpoint(call, &result->endpoint);
  if (invocation->redirect != NULL) {
    cspan_status status = cspan_endpoint_resolve(&redirect, &other, error);
    if (status != CSPAN_OK) {
      return status;
    }
    cspan_call_set_endpoint(call, &other);
  }
  if (add_headers(call, &result->headers) != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_client_choose_auth(call, invocation, result, error);
}

static cspan_status refuse_without_region(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CONFIG,
                         "no region is set: give it in the options, in AWS_REGION, or as region "
                         "in the profile");
}

/* Some rules need no region; what the others say of a missing one tells nobody what to do. */
static cspan_status resolve_by_rules(const cspan_client_endpoint_result **result,
                                     struct cspan_call *call, const cspan_invocation *invocation,
                                     const cspan_endpoint_settings *settings, cspan_error **error) {
  cspan_error *failure = NULL;
  cspan_status status = cspan_endpoint_resolver_get(invocation->client->resolver, settings,
                                                    invocation->model, invocation->request.input,
                                                    cspan_call_scratch(call), result, &failure);
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  if (settings->region != NULL || status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, failure);
  }
  cspan_error_free(failure);
  return refuse_without_region(error);
}

/* A model without rules: by region and prefix. */
static cspan_status resolve_plainly(struct cspan_call *call, const cspan_invocation *invocation,
                                    const cspan_base_url *custom, cspan_error **error) {
  const cspan_endpoint_params params = {.region = cspan_call_region(call),
                                        .endpoint_prefix =
                                            invocation->client->service.endpoint_prefix,
                                        .custom = custom};
  cspan_client_endpoint_result result = {.url = NULL};
  if (params.region[0] == '\0') {
    return refuse_without_region(error);
  }
  cspan_status status = cspan_endpoint_resolve(&params, &result.endpoint, error);
  return status == CSPAN_OK ? take_result(call, invocation, &result, error) : status;
}

cspan_status cspan_client_resolve_endpoint(struct cspan_call *call, cspan_error **error) {
  const cspan_invocation *invocation = cspan_call_typed_input(call);
  const cspan_client *client = invocation->client;
  const cspan_base_url *custom = cspan_call_custom_endpoint(call);
  if (client->resolver == NULL) {
    return resolve_plainly(call, invocation, custom, error);
  }
  char url[URL_MAX];
  cspan_endpoint_settings settings;
  const cspan_client_endpoint_result *result = NULL;
  fill_settings(call, invocation, custom, url_of(custom, url), &settings);
  cspan_status status = resolve_by_rules(&result, call, invocation, &settings, error);
  if (status == CSPAN_OK) {
    status = take_result(call, invocation, result, error);
  }
  cspan_client_endpoint_release(result);
  return status;
}
