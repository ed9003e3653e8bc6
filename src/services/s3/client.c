/* SPDX-License-Identifier: Apache-2.0 */
#include "services/s3/client.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

static const cspan_service s3_service = {
    .id = "S3",
    .signing_name = "s3",
    .endpoint_prefix = "s3",
    .single_encode_path = true,
    .sign_content_sha256 = true,
    .follows_buckets = true,
    .resolve_endpoint = cspan_s3_resolve_endpoint,
};

cspan_status cspan_s3_create(const cspan_aws_config *config, cspan_s3 **out, cspan_error **error) {
  if (!config || !out) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_s3_create needs a config and a place for the client");
  }
  *out = NULL;
  cspan_s3 *client = cspan_calloc(1, sizeof *client);
  if (!client) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_s3_rules_init(&client->rules);
  client->service = s3_service;
  client->service.owner = client;
  cspan_status status = cspan_aws_client_create(config, &client->service, &client->aws, error);
  if (status != CSPAN_OK) {
    cspan_s3_free(client);
    return status;
  }
  *out = client;
  return CSPAN_OK;
}

void cspan_s3_free(cspan_s3 *client) {
  if (client) {
    cspan_aws_client_free(client->aws);
    cspan_s3_rules_clear(&client->rules);
    cspan_free(client);
  }
}

void cspan_s3_output_free(void *output) {
  cspan_output_free(output);
}

cspan_status cspan_s3_check_input(const cspan_s3 *client, const char *operation, const void *input,
                                  size_t min_size, cspan_error **error) {
  if (!client || !input) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s needs a client and an input", operation);
  }
  size_t size = 0;
  memcpy(&size, input, sizeof size);
  if (size != 0 && size < min_size) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s: size of the input is %zu, it must be 0 or at least %zu", operation,
                           size, min_size);
  }
  return CSPAN_OK;
}

cspan_status cspan_s3_call(cspan_s3 *client, const cspan_operation *operation,
                           const cspan_context *context, const void *input, size_t min_size,
                           const cspan_call_options *options, void **output, cspan_error **error) {
  if (output) {
    *output = NULL;
  }
  cspan_status status = cspan_s3_check_input(client, operation->name, input, min_size, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_call_start start = {
      .operation = operation,
      .input = input,
      .output = output,
      .context = context,
      .options = options,
  };
  return cspan_aws_call(client->aws, &start, error);
}
