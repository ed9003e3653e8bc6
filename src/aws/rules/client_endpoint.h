/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a call by a model goes: the endpoint parameters of the call (from the settings of the
 * client, the model and the input), the rules, and what they come to.
 *
 * Source: Smithy's specification, "Rules engine parameters", for the order of precedence: static
 * context parameters, context parameters, operation context parameters, client context parameters,
 * built-ins, defaults.
 */
#ifndef AWS_RULES_CLIENT_ENDPOINT_H
#define AWS_RULES_CLIENT_ENDPOINT_H

#include "aws/auth.h"
#include "aws/endpoint.h"
#include "aws/model/model.h"
#include "aws/rules/rules.h"

/* Whether something was asked for, for rules that see the difference. */
typedef enum cspan_choice {
  CSPAN_CHOICE_UNSET = 0,
  CSPAN_CHOICE_NO,
  CSPAN_CHOICE_YES
} cspan_choice;

/* What endpoints depend on, of the configuration and of the options of a call. Borrowed. */
typedef struct cspan_endpoint_settings {
  const char *region;       /* NULL: none */
  const char *endpoint_url; /* NULL: the service's own */
  bool use_fips;
  bool use_dualstack;
  const char *account_id;      /* of the credentials; NULL: not known */
  const char *account_id_mode; /* "required", "disabled"; NULL: "preferred" */
  bool s3_accelerate;
  bool s3_force_path_style;
  bool s3_use_global_endpoint; /* s3.us_east_1_regional_endpoint = legacy */
  bool s3_disable_mrap;        /* multi-region access points */
  bool s3_disable_express_session;
  cspan_choice s3_use_arn_region;
  bool sts_use_global_endpoint; /* sts_regional_endpoints = legacy */
  /* Client context parameters by name, as far as the model has them; they win over the fields
   * above. NULL: none. */
  const cspan_value *client_params;
} cspan_endpoint_settings;

/* One of the ways to authenticate that the endpoint names, by preference. */
typedef struct cspan_endpoint_auth {
  const char *name; /* "sigv4", "sigv4a", "sigv4-s3express", "bearer", "none" */
  cspan_auth auth;
} cspan_endpoint_auth;

typedef struct cspan_client_endpoint_result {
  const char *url;
  cspan_endpoint endpoint;
  cspan_value headers;             /* to be added: map of lists of texts */
  cspan_value properties;          /* map */
  const cspan_endpoint_auth *auth; /* those that are known; none: by the model */
  size_t auth_count;
  bool is_s3express; /* the property "backend" is "S3Express" */
} cspan_client_endpoint_result;

/* The rules of a service, opened, with the results of former calls. Thread-safe. */
typedef struct cspan_endpoint_resolver cspan_endpoint_resolver;

/* `model` outlives it. CSPAN_ERR_UNSUPPORTED: the model has no rules. */
cspan_status cspan_endpoint_resolver_create(const cspan_service_model *model,
                                            cspan_endpoint_resolver **out, cspan_error **error);
void cspan_endpoint_resolver_free(cspan_endpoint_resolver *resolver);
/* Whether the rules look at cspan_endpoint_settings.account_id. */
bool cspan_endpoint_resolver_uses_account(const cspan_endpoint_resolver *resolver);

/* Evaluates the rules; all of *out lives in `arena`. `operation` and
 * `input` may be NULL. CSPAN_ERR_INVALID with the text of the rules where they end in an error;
 * CSPAN_ERR_CONFIG where their URL is none that can be called. */
cspan_status cspan_client_endpoint(const cspan_endpoint_resolver *resolver,
                                   const cspan_endpoint_settings *settings,
                                   const cspan_operation_model *operation, const cspan_value *input,
                                   cspan_arena *arena, cspan_client_endpoint_result *out,
                                   cspan_error **error);

/* What an addressing style comes to for s3_force_path_style. AUTO: no host name can be put before
 * an address of this machine, which the rules do not know of but for IP addresses. `custom`: the
 * endpoint URL; NULL: none. */
bool cspan_endpoint_force_path_style(cspan_addressing_style style, const cspan_base_url *custom);

enum { CSPAN_ENDPOINT_CACHE_SIZE = 64 };

/* The same, or the result of a former call for which everything was the same that the rules look
 * at: up to CSPAN_ENDPOINT_CACHE_SIZE are kept, the one not used for longest gives way. *out is
 * immutable and to be released. `scratch` is for this call only. */
cspan_status cspan_endpoint_resolver_get(cspan_endpoint_resolver *resolver,
                                         const cspan_endpoint_settings *settings,
                                         const cspan_operation_model *operation,
                                         const cspan_value *input, cspan_arena *scratch,
                                         const cspan_client_endpoint_result **out,
                                         cspan_error **error);
void cspan_client_endpoint_release(const cspan_client_endpoint_result *result);

#endif
