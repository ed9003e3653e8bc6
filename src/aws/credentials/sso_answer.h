/* SPDX-License-Identifier: Apache-2.0 */
/* What IAM Identity Center answers to GetRoleCredentials, and how the services that speak of
 * tokens tell of errors. No I/O. */
#ifndef AWS_CREDENTIALS_SSO_ANSWER_H
#define AWS_CREDENTIALS_SSO_ANSWER_H

#include "aws/credentials.h"
#include "aws/service_error.h"

/* `account` is put into what is emitted. CSPAN_ERR_PROTOCOL names what is missing. */
cspan_status cspan_sso_answer(const char *json, size_t len, const char *account,
                              cspan_credentials_emit_fn emit, void *sink, cspan_error **error);
/* {"error": "invalid_grant", "error_description": ...} or {"message": ...}. */
cspan_status cspan_token_failure(const char *json, size_t len, cspan_arena *arena,
                                 cspan_service_error *out);

#endif
