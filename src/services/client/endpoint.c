/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call by a model goes, by the rules of its service. */
#include <string.h>

#include "aws/config.h"
#include "base/error.h"
#include "services/client/client.h"
#include "services/client/endpoint_settings.h"

static void fill_settings(struct cspan_call *call, const cspan_invocation *invocation,
                          const cspan_base_url *custom, cspan_endpoint_settings *out) {
  const cspan_client *client = invocation->client;
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  int64_t mode = cspan_aws_config_number(config, CSPAN_SETTING_ACCOUNT_ID_ENDPOINT_MODE);
  cspan_endpoint_settings_fill(call, config, custom, out);
  out->client_params = cspan_document_value(client->endpoint_parameters);
  if (client->is_s3) {
    const cspan_value *bucket = cspan_value_get(invocation->request.input, "Bucket");
    cspan_endpoint_settings_fill_s3(config, invocation->operation.name,
                                    cspan_value_text(bucket, NULL), out);
  }
  if (client->uses_account && mode != CSPAN_ACCOUNT_ID_DISABLED) {
    out->account_id = cspan_call_account_id(call);
  }
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
  cspan_status status = cspan_endpoint_add_headers(call, result, error);
  return status == CSPAN_OK ? cspan_client_choose_auth(call, invocation, result, error) : status;
}

static cspan_status refuse_without_region(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CONFIG,
                         "no region is set: give it in the options, in AWS_REGION, or as region "
                         "in the profile");
}

/* Services with one endpoint for all regions have rules for this one; those of the others make a
 * host name of it that does not exist. For S3 a region that was forgotten is the more likely. */
static cspan_status resolve_globally(const cspan_client_endpoint_result **result,
                                     struct cspan_call *call, const cspan_invocation *invocation,
                                     const cspan_endpoint_settings *settings, cspan_error **error) {
  static const char global[] = "aws-global";
  cspan_endpoint_settings with = *settings;
  cspan_error *failure = NULL;
  cspan_status status = CSPAN_ERR_CONFIG;
  with.region = global;
  if (!invocation->client->is_s3) {
    status = cspan_endpoint_resolver_get(invocation->client->resolver, &with, invocation->model,
                                         invocation->request.input, cspan_call_scratch(call),
                                         result, &failure);
  }
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, failure);
  }
  cspan_error_free(failure);
  if (status == CSPAN_OK && strstr((*result)->url, global) == NULL) {
    return CSPAN_OK;
  }
  cspan_client_endpoint_release(*result);
  *result = NULL;
  return refuse_without_region(error);
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
  return resolve_globally(result, call, invocation, settings, error);
}

/* What was asked for must not go to an endpoint of another kind instead. */
static cspan_status check_without_rules(const struct cspan_call *call, const cspan_client *client,
                                        cspan_error **error) {
  bool uses_fips = cspan_call_uses_fips(call);
  if (!uses_fips &&
      !cspan_aws_config_flag(cspan_aws_client_config(client->aws), CSPAN_SETTING_USE_DUALSTACK)) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                         "%s needs the endpoint rules of the service, which its model is without: "
                         "use a newer model, or give the endpoint's URL",
                         uses_fips ? "use_fips_endpoint" : "use_dualstack_endpoint");
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
  cspan_status status =
      custom == NULL ? check_without_rules(call, invocation->client, error) : CSPAN_OK;
  if (status == CSPAN_OK) {
    status = cspan_endpoint_resolve(&params, &result.endpoint, error);
  }
  return status == CSPAN_OK ? take_result(call, invocation, &result, error) : status;
}

cspan_status cspan_client_resolve_endpoint(struct cspan_call *call, cspan_error **error) {
  const cspan_invocation *invocation = cspan_call_typed_input(call);
  const cspan_client *client = invocation->client;
  const cspan_base_url *custom = cspan_call_custom_endpoint(call);
  if (client->resolver == NULL) {
    return resolve_plainly(call, invocation, custom, error);
  }
  cspan_endpoint_settings settings;
  const cspan_client_endpoint_result *result = NULL;
  fill_settings(call, invocation, custom, &settings);
  cspan_status status = resolve_by_rules(&result, call, invocation, &settings, error);
  if (status == CSPAN_OK) {
    status = take_result(call, invocation, result, error);
  }
  cspan_client_endpoint_release(result);
  return status;
}
