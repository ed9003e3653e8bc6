/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "aws/call.h"
#include "aws/user_agent.h"
#include "base/alloc.h"
#include "base/error.h"

static cspan_status make_http(cspan_aws_client *client, cspan_error **error) {
  const cspan_aws_config *config = client->config;
  cspan_http_client_options options = {
      .connect_timeout_ms = config->connect_timeout_ms,
      .low_speed_timeout_ms = config->read_timeout_ms,
      .ca_bundle = config->settings[CSPAN_SETTING_CA_BUNDLE].value,
      .proxy = config->settings[CSPAN_SETTING_PROXY].value,
  };
  cspan_status status = cspan_http_client_create(&options, &client->http, error);
  if (status == CSPAN_OK && client->service->uses_http2) {
    options.version = CSPAN_HTTP_VERSION_2;
    status = cspan_http_client_create(&options, &client->http2, error);
  }
  return status;
}

static cspan_status take_endpoint(cspan_aws_client *client, cspan_error **error) {
  const char *source = NULL;
  const char *url = cspan_aws_config_endpoint(client->config, client->service->id, &source);
  client->has_base_url = url != NULL;
  if (!url) {
    return CSPAN_OK;
  }
  char from[CSPAN_SOURCE_TEXT_MAX];
  cspan_aws_config_endpoint_source(client->service->id, source, from);
  return cspan_base_url_parse(url, from, &client->base_url, error);
}

/* What is configured wins over what is usual for the service. */
static void take_retries(cspan_aws_client *client) {
  const cspan_aws_config *config = client->config;
  client->retry_policy = cspan_retry_policy_of(
      cspan_aws_config_flag(config, CSPAN_SETTING_NEW_RETRIES) ? CSPAN_RETRY_REVISION_2_1
                                                               : CSPAN_RETRY_REVISION_2_0,
      client->service->id);
  client->max_attempts = cspan_aws_config_is_set(config, CSPAN_SETTING_MAX_ATTEMPTS)
                             ? config->max_attempts
                             : client->retry_policy->max_attempts;
}

static cspan_status set_up(cspan_aws_client *client, cspan_error **error) {
  const cspan_aws_config *config = client->config;
  cspan_status status = take_endpoint(client, error);
  if (status != CSPAN_OK) {
    return status;
  }
  client->is_in_lambda = getenv("AWS_LAMBDA_FUNCTION_NAME") != NULL;
  client->user_agent =
      cspan_user_agent(client->service->id, config->settings[CSPAN_SETTING_APP_ID].value);
  if (!client->user_agent) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the client was not made");
  }
  cspan_error *failure = NULL;
  client->chain =
      cspan_chain_compose(config->middlewares, config->middleware_count, NULL, 0, &failure);
  return client->chain ? make_http(client, error) : cspan_error_move(error, failure);
}

cspan_status cspan_aws_client_create(const cspan_aws_config *config, const cspan_service *service,
                                     cspan_aws_client **out, cspan_error **error) {
  *out = NULL;
  cspan_aws_client *client = cspan_calloc(1, sizeof *client);
  if (!client) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the client was not made");
  }
  client->config = cspan_aws_config_ref(config);
  client->service = service;
  cspan_retry_bucket_init(&client->bucket);
  atomic_init(&client->clock_offset_s, 0);
  pthread_mutex_init(&client->rate_mutex, NULL);
  cspan_bucket_regions_init(&client->bucket_regions);
  cspan_rate_limiter_init(&client->rate, (double)cspan_now_ns() / 1e9);
  cspan_token_cache_init(&client->tokens);
  cspan_express_init(&client->express);
  cspan_spare_calls_init(&client->spares);
  take_retries(client);
  cspan_status status = set_up(client, error);
  if (status != CSPAN_OK) {
    cspan_aws_client_free(client);
    return status;
  }
  *out = client;
  return CSPAN_OK;
}

void cspan_aws_client_free(cspan_aws_client *client) {
  if (client) {
    cspan_http_client_free(client->http);
    cspan_http_client_free(client->http2);
    cspan_express_free(&client->express);
    cspan_token_cache_free(&client->tokens);
    pthread_mutex_destroy(&client->rate_mutex);
    cspan_bucket_regions_free(&client->bucket_regions);
    cspan_spare_calls_free(&client->spares);
    cspan_free(client->chain);
    cspan_free(client->user_agent);
    cspan_aws_config_free(client->config);
    cspan_free(client);
  }
}

const cspan_aws_config *cspan_aws_client_config(const cspan_aws_client *client) {
  return client->config;
}

cspan_loop *cspan_aws_client_acquire_loop(cspan_aws_client *client) {
  return cspan_http_client_acquire(client->http);
}

void cspan_aws_client_release_loop(cspan_aws_client *client, cspan_loop *loop) {
  cspan_http_client_release(client->http, loop);
}
