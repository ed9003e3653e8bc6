/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/service_call.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "aws/credentials/sso_answer.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

enum { CALL_TIMEOUT_MS = 60 * 1000, PREFIX_MAX = 40 };

/* Regions whose partition has other names for dual-stack hosts, or none. */
static bool is_aws_partition(const char *region) {
  static const char *const others[] = {"cn-", "us-iso", "eu-iso", "eusc-"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    if (cspan_starts_with(region, others[i])) {
      return false;
    }
  }
  return true;
}

/* "sts" or "sts-fips". In GovCloud the plain hosts are those of FIPS. */
static void host_prefix(const cspan_aws_config *config, const cspan_credential_call *call,
                        char out[PREFIX_MAX]) {
  bool fips = cspan_aws_config_flag(config, CSPAN_SETTING_USE_FIPS) &&
              !cspan_starts_with(call->region, "us-gov-");
  snprintf(out, PREFIX_MAX, "%s%s", call->prefix, fips ? "-fips" : "");
}

/* Where the call goes when no setting says so; "" where region and prefix are enough. */
static void default_url(const cspan_aws_config *config, const cspan_credential_call *call,
                        char out[CSPAN_SERVICE_URL_MAX]) {
  char prefix[PREFIX_MAX];
  out[0] = '\0';
  if (call->url) {
    snprintf(out, CSPAN_SERVICE_URL_MAX, "%s", call->url);
  } else if (cspan_aws_config_flag(config, CSPAN_SETTING_USE_DUALSTACK) &&
             is_aws_partition(call->region)) {
    host_prefix(config, call, prefix);
    snprintf(out, CSPAN_SERVICE_URL_MAX, "https://%s.%s.api.aws", prefix, call->region);
  }
}

cspan_status cspan_credential_call_run(const cspan_hunt *hunt, const cspan_credential_call *call,
                                       cspan_error **error) {
  char prefix[PREFIX_MAX];
  char url[CSPAN_SERVICE_URL_MAX] = "";
  const char *source = NULL;
  cspan_credentials_provider *provider = NULL;
  cspan_aws_client *client = NULL;
  if (call->signed_by) {
    provider = cspan_credentials_static(cspan_identity_get(call->signed_by));
    if (!provider) {
      return cspan_hunt_nomem(error);
    }
  }
  cspan_aws_config *config = cspan_aws_config_derive(hunt->base, provider, call->region);
  if (!config) {
    return cspan_hunt_nomem(error);
  }
  host_prefix(config, call, prefix);
  const cspan_service service = {
      .id = call->service_id, .signing_name = call->signing_name, .endpoint_prefix = prefix};
  if (!cspan_aws_config_endpoint(config, call->service_id, &source)) {
    default_url(config, call, url);
  }
  cspan_status status = cspan_aws_client_create(config, &service, &client, error);
  if (status == CSPAN_OK) {
    const cspan_call_options options = {
        .size = sizeof options, .timeout_ms = CALL_TIMEOUT_MS, .endpoint_url = url[0] ? url : NULL};
    const cspan_call_start start = {.operation = call->operation,
                                    .input = call->input,
                                    .context = hunt->context,
                                    .options = &options};
    status = cspan_aws_call(client, &start, error);
  }
  cspan_aws_client_free(client);
  cspan_aws_config_free(config);
  return status;
}

static cspan_status regional_url(const cspan_aws_config *config, const cspan_credential_call *call,
                                 char out[CSPAN_SERVICE_URL_MAX], cspan_error **error) {
  char prefix[PREFIX_MAX];
  cspan_endpoint endpoint;
  host_prefix(config, call, prefix);
  const cspan_endpoint_params params = {.region = call->region, .endpoint_prefix = prefix};
  cspan_status status = cspan_endpoint_resolve(&params, &endpoint, error);
  if (status == CSPAN_OK) {
    snprintf(out, CSPAN_SERVICE_URL_MAX, "https://%s", endpoint.host);
  }
  return status;
}

cspan_status cspan_credential_call_url(const cspan_hunt *hunt, const cspan_credential_call *call,
                                       char out[CSPAN_SERVICE_URL_MAX], cspan_error **error) {
  const char *source = NULL;
  cspan_status status = CSPAN_OK;
  cspan_aws_config *config = cspan_aws_config_derive(hunt->base, NULL, call->region);
  if (!config) {
    return cspan_hunt_nomem(error);
  }
  const char *custom = cspan_aws_config_endpoint(config, call->service_id, &source);
  if (custom) {
    size_t len = strlen(custom);
    while (len > 0 && custom[len - 1] == '/') {
      len--;
    }
    snprintf(out, CSPAN_SERVICE_URL_MAX, "%.*s", (int)len, custom);
  } else {
    default_url(config, call, out);
    status = out[0] ? CSPAN_OK : regional_url(config, call, out, error);
  }
  cspan_aws_config_free(config);
  return status;
}

/* ------------------------------------------------------------------- JSON calls */

static cspan_status put_pairs(struct cspan_call *call, const cspan_json_exchange *input) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i + 1 < 4 && input->query[i] && status == CSPAN_OK; i += 2) {
    status = cspan_call_add_query(call, input->query[i], input->query[i + 1]);
  }
  for (size_t i = 0; i + 1 < 4 && input->headers[i] && status == CSPAN_OK; i += 2) {
    status = cspan_call_set_request_header(call, input->headers[i], input->headers[i + 1]);
  }
  return status;
}

static cspan_status serialize_json(struct cspan_call *call, const void *typed,
                                   cspan_error **error) {
  const cspan_json_exchange *input = typed;
  cspan_status status = cspan_call_set_path(call, input->path);
  if (status == CSPAN_OK) {
    status = put_pairs(call, input);
  }
  if (status == CSPAN_OK && input->body) {
    const cspan_body body = {.data = input->body, .size_bytes = (int64_t)strlen(input->body)};
    status = cspan_call_set_request_header(call, "Content-Type", "application/json");
    if (status == CSPAN_OK) {
      status = cspan_call_set_body(call, &body, error);
    }
  }
  return status;
}

static cspan_status take_answer(struct cspan_call *call, void **output, cspan_error **error) {
  const cspan_json_exchange *input = cspan_call_typed_input(call);
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  *output = NULL;
  cspan_buf_clear(input->answer);
  cspan_status status = cspan_buf_append(input->answer, body, len);
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_set(error, status, "the answer is too large");
}

cspan_status cspan_credential_json_failure(struct cspan_call *call, cspan_arena *arena,
                                           cspan_service_error *out, cspan_error **error) {
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  (void)error;
  return cspan_token_failure(body, len, arena, out);
}

const cspan_operation cspan_json_get = {.name = "Get",
                                        .method = "GET",
                                        .serialize = serialize_json,
                                        .deserialize = take_answer,
                                        .read_failure = cspan_credential_json_failure};
const cspan_operation cspan_json_post = {.name = "Post",
                                         .method = "POST",
                                         .serialize = serialize_json,
                                         .deserialize = take_answer,
                                         .read_failure = cspan_credential_json_failure};

static int put_text(const char *data, size_t len, void *user) {
  return cspan_buf_append(user, data, len) == CSPAN_OK ? 0 : -1;
}

cspan_status cspan_credential_write_json(const void *json, cspan_buf *out) {
  if (!json || cspan_buf_reserve(out, out->max) != CSPAN_OK ||
      json_dump_callback(json, put_text, out, JSON_COMPACT) != 0) {
    return CSPAN_ERR_NOMEM;
  }
  return CSPAN_OK;
}

void cspan_credential_forget(cspan_buf *buf) {
  if (buf->data) {
    cspan_memzero(buf->data, buf->cap);
  }
  cspan_buf_free(buf);
}
