/* SPDX-License-Identifier: Apache-2.0 */
/* What the metadata services of EC2 and of containers answer. No I/O. */
#ifndef AWS_CREDENTIALS_METADATA_JSON_H
#define AWS_CREDENTIALS_METADATA_JSON_H

#include "aws/credentials.h"

/* Emits the credentials of such an object; `what` ("the container's credentials service") is for
 * messages. An object that tells of a failure ("Code", "code", "Message", "message") is
 * CSPAN_ERR_CREDENTIALS with that text. */
cspan_status cspan_metadata_json(const char *text, size_t len, const char *what,
                                 cspan_credentials_emit_fn emit, void *sink, cspan_error **error);
/* The same object of a failure, for an answer that is not 200: the error says the HTTP status and
 * what the object tells. */
cspan_status cspan_metadata_json_failure(const char *text, size_t len, int http_status,
                                         const char *what, cspan_error **error);
/* Overwrites the strings of a json_t object and of the objects in it. */
void cspan_json_wipe(void *json);

#endif
