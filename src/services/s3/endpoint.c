/* SPDX-License-Identifier: Apache-2.0 */
#include "services/s3/endpoint.h"

#include <string.h>

#include "aws/config.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/endpoint_settings.h"
#include "services/s3/client.h"

void cspan_s3_rules_init(cspan_s3_rules *rules) {
  pthread_mutex_init(&rules->mutex, NULL);
}

void cspan_s3_rules_clear(cspan_s3_rules *rules) {
  cspan_endpoint_resolver_free(rules->resolver);
  cspan_service_model_release(rules->model);
  pthread_mutex_destroy(&rules->mutex);
}

static cspan_status open_rules(cspan_s3_rules *rules, const cspan_aws_config *config,
                               cspan_error **error) {
  const cspan_model_store_options places = {
      .data_path = cspan_aws_config_text(config, CSPAN_SETTING_DATA_PATH)};
  cspan_model_store *store = NULL;
  cspan_status status = cspan_model_store_open(&places, &store, error);
  if (status == CSPAN_OK) {
    status = cspan_model_store_service(store, "s3", NULL, &rules->model, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_endpoint_resolver_create(rules->model, &rules->resolver, error);
  }
  if (status != CSPAN_OK) {
    cspan_service_model_release(rules->model);
    rules->model = NULL;
  }
  cspan_model_store_free(store);
  return status;
}

/* Looks once: what is missing then stays missing. *out is NULL where there is no model. */
static cspan_status rules_of(cspan_s3 *client, cspan_endpoint_resolver **out, cspan_error **error) {
  cspan_s3_rules *rules = &client->rules;
  cspan_error *fault = NULL;
  cspan_status status = CSPAN_OK;
  pthread_mutex_lock(&rules->mutex);
  if (!rules->looked) {
    status = open_rules(rules, cspan_aws_client_config(client->aws), &fault);
    rules->looked = status != CSPAN_ERR_NOMEM;
  }
  *out = rules->resolver;
  pthread_mutex_unlock(&rules->mutex);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, fault);
  }
  cspan_error_free(fault);
  return CSPAN_OK;
}

static bool ends_with(const char *text, const char *end) {
  size_t len = strlen(text);
  size_t end_len = strlen(end);
  return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* A name with a meaning: of a directory bucket, of an alias on an outpost, an ARN. And names that
 * fit before a host only by the rules' notion of it. */
static bool is_special_bucket(const char *bucket, cspan_addressing_style style,
                              const cspan_base_url *custom) {
  if (cspan_starts_with(bucket, "arn:") || ends_with(bucket, "-s3")) {
    return true;
  }
  return style == CSPAN_ADDRESSING_VIRTUAL &&
         (strchr(bucket, '.') != NULL || (custom != NULL && custom->is_local));
}

/* The setting that only the rules know; NULL: none. */
static const char *setting_of_rules(const struct cspan_call *call, const cspan_aws_config *config) {
  if (cspan_call_uses_fips(call)) {
    return "use_fips_endpoint";
  }
  if (cspan_aws_config_flag(config, CSPAN_SETTING_USE_DUALSTACK) ||
      cspan_aws_config_flag(config, CSPAN_SETTING_S3_DUALSTACK)) {
    return "use_dualstack_endpoint";
  }
  return cspan_aws_config_flag(config, CSPAN_SETTING_S3_ACCELERATE) ? "use_accelerate_endpoint"
                                                                    : NULL;
}

/* Whether the rules may come to something else than cspan_endpoint_resolve() does;
 * tests/conformance/test_endpoint_s3.c compares the two for what is left. */
static bool needs_rules(const struct cspan_call *call, const cspan_aws_config *config,
                        const cspan_endpoint_params *params) {
  return setting_of_rules(call, config) != NULL ||
         cspan_aws_config_number(config, CSPAN_SETTING_S3_US_EAST_1) == CSPAN_REGIONAL_LEGACY ||
         cspan_starts_with(params->region, "aws-") ||
         (params->bucket != NULL &&
          is_special_bucket(params->bucket, params->addressing, params->custom));
}

/* What was asked for must not go to an endpoint of another kind instead. */
static cspan_status check_settings(const struct cspan_call *call, const cspan_aws_config *config,
                                   const cspan_endpoint_params *params, cspan_error **error) {
  const char *setting = setting_of_rules(call, config);
  if (setting == NULL || params->custom != NULL) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                         "%s needs the endpoint rules of S3, and no model of S3 was found: install "
                         "python3-botocore, or name a file or folder of models in CLOUDSPAN_MODELS",
                         setting);
}

static cspan_status take_result(struct cspan_call *call, const cspan_aws_config *config,
                                const cspan_client_endpoint_result *result, cspan_error **error) {
  cspan_auth auth = {.kind = CSPAN_AUTH_V4};
  cspan_call_set_endpoint(call, &result->endpoint);
  (void)cspan_endpoint_preferred_auth(config, result, &auth);
  cspan_status status = cspan_endpoint_add_headers(call, result, error);
  return status == CSPAN_OK ? cspan_endpoint_set_auth(call, config, &auth, error) : status;
}

static cspan_status by_rules(struct cspan_call *call, cspan_s3 *client,
                             cspan_endpoint_resolver *resolver, const cspan_endpoint_params *params,
                             cspan_error **error) {
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  const char *name = cspan_call_operation(call);
  cspan_value input = CSPAN_MAP(cspan_field("Bucket", cspan_string(params->bucket)));
  cspan_endpoint_settings settings;
  const cspan_client_endpoint_result *result = NULL;
  const cspan_operation_model *operation = cspan_model_operation(client->rules.model, name);
  if (operation == NULL) { /* the rules would not learn of the bucket */
    return cspan_error_set(
        error, CSPAN_ERR_UNSUPPORTED,
        "the model of S3 that was found has no operation %s; install a whole one", name);
  }
  cspan_endpoint_settings_fill(call, config, params->custom, &settings);
  cspan_endpoint_settings_fill_s3(config, name, params->bucket, &settings);
  cspan_status status = cspan_endpoint_resolver_get(resolver, &settings, operation, &input,
                                                    cspan_call_scratch(call), &result, error);
  if (status == CSPAN_OK) {
    status = take_result(call, config, result, error);
  }
  cspan_client_endpoint_release(result);
  return status;
}

cspan_status cspan_s3_resolve_endpoint(struct cspan_call *call, cspan_error **error) {
  cspan_s3 *client = cspan_call_owner(call);
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  const cspan_endpoint_params params = {.region = cspan_call_region(call),
                                        .endpoint_prefix = client->service.endpoint_prefix,
                                        .bucket = cspan_call_bucket(call),
                                        .addressing = config->addressing_style,
                                        .custom = cspan_call_custom_endpoint(call)};
  bool is_arn = params.bucket != NULL && cspan_starts_with(params.bucket, "arn:");
  cspan_endpoint_resolver *resolver = NULL;
  cspan_endpoint plain;
  cspan_status status = CSPAN_OK;
  if (needs_rules(call, config, &params)) {
    status = rules_of(client, &resolver, error);
  }
  /* What is no name of a bucket is refused here: the rules would put it into a path. */
  if (status == CSPAN_OK && (resolver == NULL || !is_arn)) {
    status = cspan_endpoint_resolve(&params, &plain, error);
  }
  if (status == CSPAN_OK && resolver == NULL) {
    status = check_settings(call, config, &params, error);
  }
  if (status == CSPAN_OK && resolver != NULL) {
    return by_rules(call, client, resolver, &params, error);
  }
  if (status == CSPAN_OK) {
    cspan_call_set_endpoint(call, &plain);
  }
  return status;
}
