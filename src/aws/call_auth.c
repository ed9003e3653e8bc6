/* SPDX-License-Identifier: Apache-2.0 */
/* How a call proves who makes it: by kind, what is needed for it, how the request is made to hold
 * it, and what is thrown away when the service says that it has expired. */
#include <string.h>

#include "aws/call.h"
#include "aws/sigv2.h"
#include "base/alloc.h"
#include "base/error.h"

static cspan_status copy(struct cspan_call *call, const char **text) {
  if (*text) {
    *text = cspan_arena_strdup(call->scratch, *text);
    return *text ? CSPAN_OK : CSPAN_ERR_NOMEM;
  }
  return CSPAN_OK;
}

cspan_status cspan_call_set_auth(struct cspan_call *call, const cspan_auth *auth) {
  cspan_auth own = *auth;
  const char **texts[] = {&own.signing_name, &own.region, &own.region_set, &own.bucket};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (copy(call, texts[i]) != CSPAN_OK) {
      return CSPAN_ERR_NOMEM;
    }
  }
  call->auth = own;
  return CSPAN_OK;
}

const char *cspan_call_signing_name(const struct cspan_call *call) {
  return call->auth.signing_name ? call->auth.signing_name : call->client->service->signing_name;
}

const char *cspan_call_signing_region(const struct cspan_call *call) {
  return call->auth.region ? call->auth.region : call->region;
}

const char *cspan_call_account_id(struct cspan_call *call) {
  cspan_credentials_provider *provider = call->client->config->credentials;
  cspan_identity *identity = NULL;
  cspan_error *unused = NULL;
  const char *account = NULL;
  if (provider &&
      cspan_credentials_provider_get(provider, &call->context, &identity, &unused) == CSPAN_OK) {
    account = cspan_arena_strdup(call->scratch, cspan_identity_get(identity)->account_id);
  }
  cspan_error_free(unused);
  cspan_identity_free(identity);
  return account;
}

/* --------------------------------------------------------------- resolving */

static cspan_status resolve_keys(struct cspan_call *call, cspan_error **error) {
  return cspan_credentials_provider_get(call->client->config->credentials, &call->context,
                                        &call->identity, error);
}

static cspan_status resolve_token(struct cspan_call *call, cspan_error **error) {
  static const char scheme[] = "Bearer ";
  cspan_buf_clear(&call->bearer);
  if (cspan_buf_str(&call->bearer, scheme) != CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while taking a token");
  }
  return cspan_token_cache_get(&call->client->tokens, call->client->config,
                               cspan_call_signing_name(call), &call->context, &call->bearer, error);
}

static cspan_status resolve_nothing(struct cspan_call *call, cspan_error **error) {
  (void)call;
  (void)error;
  return CSPAN_OK;
}

/* ----------------------------------------------------------------- signing */

/* Not signed, but the service must know how the body is encoded. */
static cspan_status announce_chunks(struct cspan_call *call, cspan_error **error) {
  if (!call->request.is_chunked) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_header_list_put(&call->request.headers, call->scratch,
                                              "x-amz-content-sha256", CSPAN_SIGV4_UNSIGNED_TRAILER);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the request has too many headers");
}

/* Who reads a token on its way can use it for all that its owner may do. */
static cspan_status sign_with_token(struct cspan_call *call, cspan_error **error) {
  const cspan_endpoint *endpoint = &call->request.endpoint;
  if (!endpoint->https && !cspan_is_loopback(endpoint->host)) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "the bearer token was not sent to %s: its endpoint URL begins with "
                           "http, and a token is only sent over TLS; use one with https",
                           endpoint->host);
  }
  cspan_status status = cspan_header_list_put(&call->request.headers, call->scratch,
                                              "Authorization", cspan_buf_text(&call->bearer));
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "out of memory: the token was not added");
  }
  return announce_chunks(call, error);
}

/* The signature is part of the body, which is made anew for each attempt. */
static cspan_status sign_form(struct cspan_call *call, cspan_error **error) {
  cspan_call_request *request = &call->request;
  const cspan_sigv2_request form = {.host = request->endpoint.host_header,
                                    .path = request->wire_path[0] ? request->wire_path : "/",
                                    .form = request->body.data,
                                    .form_size = (size_t)request->body.size};
  cspan_buf body;
  if (request->body.kind != CSPAN_SOURCE_MEMORY || strcmp(request->method, "POST") != 0) {
    return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED,
                           "Signature Version 2 is for forms that are posted; %s is none",
                           call->operation->name);
  }
  cspan_buf_init(&body, 64U << 20);
  cspan_status status =
      cspan_sigv2_sign(&form, cspan_identity_get(call->identity), cspan_call_time(call), &body);
  if (status == CSPAN_OK) {
    status = cspan_call_take_body(call, &body);
  }
  cspan_buf_free(&body);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the request could not be signed (%s)",
                                              cspan_status_name(status));
}

/* ---------------------------------------------------------------- refusing */

static bool refuse_keys(struct cspan_call *call) {
  if (!call->identity) {
    return false;
  }
  cspan_credentials_provider_refuse(call->client->config->credentials, call->identity);
  return true;
}

static bool refuse_token(struct cspan_call *call) {
  cspan_token_cache_refuse(&call->client->tokens);
  return true;
}

static bool refuse_nothing(struct cspan_call *call) {
  (void)call;
  return false;
}

/* ------------------------------------------------------------------- table */

typedef struct auth_scheme {
  cspan_status (*resolve)(struct cspan_call *call, cspan_error **error);
  cspan_status (*sign)(struct cspan_call *call, cspan_error **error);
  bool (*refuse)(struct cspan_call *call); /* false: there is nothing to get anew */
  bool is_signed;                          /* the request, so that its payload may be as well */
} auth_scheme;

static const auth_scheme schemes[CSPAN_AUTH_COUNT] = {
    [CSPAN_AUTH_V4] = {resolve_keys, cspan_call_sign_v4, refuse_keys, true},
    [CSPAN_AUTH_V4A] = {resolve_keys, cspan_call_sign_v4, refuse_keys, true},
    [CSPAN_AUTH_S3EXPRESS] = {cspan_express_resolve, cspan_call_sign_v4, cspan_express_refuse,
                              true},
    [CSPAN_AUTH_BEARER] = {resolve_token, sign_with_token, refuse_token, false},
    [CSPAN_AUTH_V2] = {resolve_keys, sign_form, refuse_keys, false},
    [CSPAN_AUTH_NONE] = {resolve_nothing, announce_chunks, refuse_nothing, false},
};

cspan_auth_kind cspan_call_auth_kind(const struct cspan_call *call) {
  return call->client->config->credentials ? call->auth.kind : CSPAN_AUTH_NONE;
}

bool cspan_call_is_signed(const struct cspan_call *call) {
  return schemes[cspan_call_auth_kind(call)].is_signed;
}

cspan_status cspan_call_resolve_identity(struct cspan_call *call, cspan_error **error) {
  cspan_identity_free(call->identity);
  call->identity = NULL;
  return schemes[cspan_call_auth_kind(call)].resolve(call, error);
}

cspan_status cspan_call_sign(struct cspan_call *call, cspan_error **error) {
  return schemes[cspan_call_auth_kind(call)].sign(call, error);
}

bool cspan_call_refuse_identity(struct cspan_call *call) {
  return schemes[cspan_call_auth_kind(call)].refuse(call);
}
