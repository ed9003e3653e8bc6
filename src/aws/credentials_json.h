/* SPDX-License-Identifier: Apache-2.0 */
/* What a credential_process prints. No I/O. */
#ifndef AWS_CREDENTIALS_JSON_H
#define AWS_CREDENTIALS_JSON_H

#include "aws/credentials.h"

/* Emits the credentials of a JSON object with "Version": 1. CSPAN_ERR_CREDENTIALS names what is
 * wrong with it, never a value. `origin` ("profile NAME in FILE") is for messages. */
cspan_status cspan_credentials_json(const char *text, size_t len, const char *origin,
                                    cspan_credentials_emit_fn emit, void *sink,
                                    cspan_error **error);

#endif
