/* SPDX-License-Identifier: Apache-2.0 */
/* Making a client from a model. */
#include "services/client/client.h"

#include <string.h>

#include "aws/config.h"
#include "base/alloc.h"
#include "base/error.h"
#include "services/client/customize.h"

static cspan_status open_model(cspan_client *client, const cspan_aws_config *config,
                               const char *service, const cspan_client_options *options,
                               cspan_error **error) {
  cspan_model_store_options places = {.models = options->models,
                                      .data_path =
                                          cspan_aws_config_text(config, CSPAN_SETTING_DATA_PATH)};
  cspan_model_store *store = NULL;
  cspan_status status = cspan_model_store_open(&places, &store, error);
  if (status == CSPAN_OK) {
    status = cspan_model_store_service(store, service, options->api_version, &client->model, error);
  }
  cspan_model_store_free(store);
  return status;
}

static cspan_status choose_protocol(cspan_client *client, cspan_error **error) {
  const cspan_service_model *model = client->model;
  const char *name = cspan_model_text(model, model->info->protocol);
  client->protocol = cspan_protocol_find(name);
  if (client->protocol == NULL) {
    return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                           "the service \"%s\" speaks the protocol \"%s\", "
                           "which is not known here",
                           cspan_model_text(model, model->info->service_id), name);
  }
  return CSPAN_OK;
}

static cspan_status open_rules(cspan_client *client, const cspan_client_options *options,
                               cspan_error **error) {
  if (client->model->rules == NULL) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_endpoint_resolver_create(client->model, &client->resolver, error);
  client->uses_account =
      status == CSPAN_OK && cspan_endpoint_resolver_uses_account(client->resolver);
  if (status == CSPAN_OK && options->endpoint_parameters != NULL) {
    status = cspan_document_copy(options->endpoint_parameters, &client->endpoint_parameters, error);
  }
  return status;
}

static void describe_service(cspan_client *client) {
  const cspan_service_model *model = client->model;
  const cspan_service_record *info = model->info;
  const char *id = cspan_model_text(model, info->service_id);
  bool is_s3_like =
      strcmp(id, "S3") == 0 || strcmp(id, "S3 Control") == 0 || strcmp(id, "S3 Outposts") == 0;
  client->is_s3 = strcmp(id, "S3") == 0;
  client->custom = cspan_custom_lines(id);
  client->strips_bucket = client->is_s3 && client->resolver != NULL;
  client->service = (cspan_service){
      .id = id,
      .signing_name = cspan_model_text(model, info->signing_name),
      .endpoint_prefix = cspan_model_text(model, info->endpoint_prefix),
      .single_encode_path = is_s3_like,
      .sign_content_sha256 = is_s3_like,
      .follows_buckets = client->is_s3,
      .uses_http2 = (info->flags & CSPAN_SERVICE_HTTP2) != 0,
      .resolve_endpoint = cspan_client_resolve_endpoint,
  };
}

static cspan_client_options options_of(const cspan_client_options *given) {
  cspan_client_options options = {0};
  if (given != NULL) {
    memcpy(&options, given,
           given->size != 0 && given->size < sizeof options ? given->size : sizeof options);
  }
  return options;
}

cspan_status cspan_client_create(const cspan_aws_config *config, const char *service,
                                 const cspan_client_options *options, cspan_client **out,
                                 cspan_error **error) {
  if (config == NULL || service == NULL || out == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_client_create needs a config, the name of a service and a place "
                           "for the client");
  }
  *out = NULL;
  cspan_client_options wanted = options_of(options);
  cspan_client *client = cspan_calloc(1, sizeof *client);
  if (client == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  pthread_mutex_init(&client->discovery.mutex, NULL);
  cspan_status status = open_model(client, config, service, &wanted, error);
  if (status == CSPAN_OK) {
    status = choose_protocol(client, error);
  }
  if (status == CSPAN_OK) {
    status = open_rules(client, &wanted, error);
  }
  if (status == CSPAN_OK) {
    describe_service(client);
    status = cspan_aws_client_create(config, &client->service, &client->aws, error);
  }
  if (status != CSPAN_OK) {
    cspan_client_free(client);
    return status;
  }
  *out = client;
  return CSPAN_OK;
}

void cspan_client_free(cspan_client *client) {
  if (client != NULL) {
    cspan_aws_client_free(client->aws);
    cspan_endpoint_resolver_free(client->resolver);
    cspan_document_free(client->endpoint_parameters);
    cspan_service_model_release(client->model);
    cspan_free(client->discovery.address);
    cspan_free(client->discovery.region);
    pthread_mutex_destroy(&client->discovery.mutex);
    cspan_free(client);
  }
}

const char *cspan_client_service_id(const cspan_client *client) {
  return client->service.id;
}
