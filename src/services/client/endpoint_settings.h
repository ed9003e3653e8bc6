/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint rules for a call: what they look at of a config, and what becomes of their result. For
 * the clients by a model and for the typed calls of S3, so that both go to the same place. */
#ifndef SERVICES_CLIENT_ENDPOINT_SETTINGS_H
#define SERVICES_CLIENT_ENDPOINT_SETTINGS_H

#include "aws/client.h"
#include "aws/rules/client_endpoint.h"

/* All but the account and the parameters of a client. *out refers to `call`, `config`
 * and `custom` (NULL: the service's own endpoint). */
void cspan_endpoint_settings_fill(const struct cspan_call *call, const cspan_aws_config *config,
                                  const cspan_base_url *custom, cspan_endpoint_settings *out);
/* Then, for S3: where the bucket or the operation asks for another host than the settings do.
 * `bucket` may be NULL. */
void cspan_endpoint_settings_fill_s3(const cspan_aws_config *config, const char *operation,
                                     const char *bucket, cspan_endpoint_settings *out);

/* The headers that the rules ask for. CSPAN_ERR_NOMEM. */
cspan_status cspan_endpoint_add_headers(struct cspan_call *call,
                                        const cspan_client_endpoint_result *result,
                                        cspan_error **error);
/* auth.c: the first of auth_scheme_preference that the endpoint offers, else its own first. False
 * where it offers none. */
bool cspan_endpoint_preferred_auth(const cspan_aws_config *config,
                                   const cspan_client_endpoint_result *endpoint, cspan_auth *out);
/* auth.c: with the config's regions where SigV4a has none. CSPAN_ERR_NOMEM. */
cspan_status cspan_endpoint_set_auth(struct cspan_call *call, const cspan_aws_config *config,
                                     const cspan_auth *auth, cspan_error **error);

#endif
