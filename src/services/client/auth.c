/* SPDX-License-Identifier: Apache-2.0 */
/* How a call by a model is signed: as its endpoint says, else its operation, else its service. */
#include <string.h>

#include "aws/auth.h"
#include "aws/config.h"
#include "aws/token.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"
#include "services/client/endpoint_settings.h"

typedef struct scheme {
  const char *name;    /* of models */
  const char *shorter; /* of endpoints, and of auth_scheme_preference */
  cspan_auth_kind kind;
} scheme;

static const scheme schemes[] = {
    {"aws.auth#sigv4", "sigv4", CSPAN_AUTH_V4},
    {"aws.auth#sigv4a", "sigv4a", CSPAN_AUTH_V4A},
    {"aws.auth#sigv4s3express", "sigv4-s3express", CSPAN_AUTH_S3EXPRESS},
    {"smithy.api#httpBearerAuth", "httpBearerAuth", CSPAN_AUTH_BEARER},
    {"smithy.api#httpBearerAuth", "bearer", CSPAN_AUTH_BEARER},
    {"smithy.api#noAuth", "noAuth", CSPAN_AUTH_NONE},
    {"smithy.api#noAuth", "none", CSPAN_AUTH_NONE},
    /* signatureVersion of older models */
    {"v4", "v4", CSPAN_AUTH_V4},
    {"s3v4", "s3v4", CSPAN_AUTH_V4},
    {"s3", "s3", CSPAN_AUTH_V4},
    {"v4a", "v4a", CSPAN_AUTH_V4A},
    {"v2", "v2", CSPAN_AUTH_V2},
};

static const scheme *find_scheme(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    const scheme *s = &schemes[i];
    if ((strlen(s->name) == len && memcmp(s->name, name, len) == 0) ||
        (strlen(s->shorter) == len && memcmp(s->shorter, name, len) == 0)) {
      return s;
    }
  }
  return NULL;
}

/* ------------------------------------------------------------- preferences */

/* Takes the next word of "sigv4a, sigv4". */
static bool next_word(const char **rest, cspan_str *word) {
  const char *at = *rest + strspn(*rest, ", \t");
  size_t len = strcspn(at, ", \t");
  *word = (cspan_str){.data = at, .len = len};
  *rest = at + len;
  return len > 0;
}

/* Whether the endpoint offers the kind; its parameters come with it. */
static const cspan_auth *offered(const cspan_client_endpoint_result *endpoint,
                                 cspan_auth_kind kind) {
  for (size_t i = 0; i < endpoint->auth_count; i++) {
    if (endpoint->auth[i].auth.kind == kind) {
      return &endpoint->auth[i].auth;
    }
  }
  return NULL;
}

static bool model_offers(const cspan_service_model *model, cspan_table_range list,
                         cspan_auth_kind kind) {
  for (uint32_t i = 0; i < list.count; i++) {
    const char *name = cspan_model_text(model, model->refs[list.first + i]);
    const scheme *s = find_scheme(name, strlen(name));
    if (s != NULL && s->kind == kind) {
      return true;
    }
  }
  return false;
}

static cspan_table_range model_list(const cspan_invocation *invocation) {
  cspan_table_range list = invocation->model->auth;
  return list.count > 0 ? list : invocation->client->model->info->auth;
}

bool cspan_endpoint_preferred_auth(const cspan_aws_config *config,
                                   const cspan_client_endpoint_result *endpoint, cspan_auth *out) {
  const char *rest = cspan_aws_config_text(config, CSPAN_SETTING_AUTH_SCHEME_PREFERENCE);
  cspan_str word;
  while (rest != NULL && next_word(&rest, &word)) {
    const scheme *s = find_scheme(word.data, word.len);
    const cspan_auth *of_endpoint = s != NULL ? offered(endpoint, s->kind) : NULL;
    if (of_endpoint != NULL) {
      *out = *of_endpoint;
      return true;
    }
  }
  if (endpoint->auth_count > 0) {
    *out = endpoint->auth[0].auth;
  }
  return endpoint->auth_count > 0;
}

/* The first of the user's preferences that the model has. */
static bool preferred_by_model(const cspan_invocation *invocation, cspan_auth *out) {
  const cspan_aws_config *config = cspan_aws_client_config(invocation->client->aws);
  const char *rest = cspan_aws_config_text(config, CSPAN_SETTING_AUTH_SCHEME_PREFERENCE);
  cspan_str word;
  while (rest != NULL && next_word(&rest, &word)) {
    const scheme *s = find_scheme(word.data, word.len);
    if (s != NULL && model_offers(invocation->client->model, model_list(invocation), s->kind)) {
      out->kind = s->kind;
      return true;
    }
  }
  return false;
}

/* AWS_BEARER_TOKEN_<SERVICE> is meant for the service, so that it goes before the preferences. */
static bool has_token(const cspan_invocation *invocation,
                      const cspan_client_endpoint_result *endpoint) {
  const cspan_client *client = invocation->client;
  return cspan_token_in_environment(client->service.signing_name) &&
         (offered(endpoint, CSPAN_AUTH_BEARER) != NULL ||
          model_offers(client->model, model_list(invocation), CSPAN_AUTH_BEARER));
}

/* ------------------------------------------------------------------ choice */

cspan_status cspan_endpoint_set_auth(struct cspan_call *call, const cspan_aws_config *config,
                                     const cspan_auth *auth, cspan_error **error) {
  cspan_auth own = *auth;
  if (own.kind == CSPAN_AUTH_V4A && own.region_set == NULL) {
    own.region_set = cspan_aws_config_text(config, CSPAN_SETTING_SIGV4A_REGION_SET);
  }
  return cspan_call_set_auth(call, &own) == CSPAN_OK ? CSPAN_OK
                                                     : cspan_error_move(error, cspan_error_nomem());
}

static cspan_status by_model(const cspan_invocation *invocation, cspan_auth *out,
                             cspan_error **error) {
  const cspan_service_model *model = invocation->client->model;
  cspan_table_range list = model_list(invocation);
  const scheme *found = NULL;
  for (uint32_t i = 0; i < list.count && found == NULL; i++) {
    const char *name = cspan_model_text(model, model->refs[list.first + i]);
    found = find_scheme(name, strlen(name));
  }
  const char *version = cspan_model_text(model, model->info->signature_version);
  if (found == NULL && list.count == 0) {
    found = find_scheme(version, strlen(version));
  }
  if (found == NULL) {
    return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                           "%s is signed by \"%s\", which is not known here",
                           invocation->client->service.id, version);
  }
  out->kind = found->kind;
  return CSPAN_OK;
}

cspan_status cspan_client_choose_auth(struct cspan_call *call, const cspan_invocation *invocation,
                                      const cspan_client_endpoint_result *endpoint,
                                      cspan_error **error) {
  cspan_auth auth = {.kind = CSPAN_AUTH_V4};
  const cspan_aws_config *config = cspan_aws_client_config(invocation->client->aws);
  unsigned flags = invocation->model->flags;
  cspan_status status = CSPAN_OK;
  if ((flags & CSPAN_OPERATION_NO_AUTH) != 0 || cspan_custom_is_unsigned(invocation)) {
    auth.kind = CSPAN_AUTH_NONE;
  } else if (has_token(invocation, endpoint)) {
    auth.kind = CSPAN_AUTH_BEARER;
  } else if (!cspan_endpoint_preferred_auth(config, endpoint, &auth) &&
             !preferred_by_model(invocation, &auth)) {
    status = by_model(invocation, &auth, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  auth.unsigned_payload = auth.unsigned_payload || (flags & CSPAN_OPERATION_UNSIGNED_PAYLOAD) != 0;
  return cspan_endpoint_set_auth(call, config, &auth, error);
}
