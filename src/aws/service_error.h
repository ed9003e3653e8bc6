/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as services tell them. Pure. */
#ifndef AWS_SERVICE_ERROR_H
#define AWS_SERVICE_ERROR_H

#include "base/arena.h"

/* Texts of the arena; NULL where the document has none. */
typedef struct cspan_service_error {
  bool retryable;  /* the model says so */
  bool throttling; /* and that the service asks for less */
  const char *code;
  const char *message;
  const char *request_id;
  const char *host_id;
  const char *region;               /* where the bucket is */
  const struct cspan_value *fields; /* of a modelled error: a map; NULL: none */
} cspan_service_error;

/* <Error>..., or <ErrorResponse><Error>... False when it is neither. */
bool cspan_service_error_parse(const char *body, size_t len, cspan_arena *arena,
                               cspan_service_error *out);
/* Text from outside as it may end up in logs and on terminals: trimmed, capped, on one line; a
 * copy in the arena. NULL for nothing. */
const char *cspan_service_text(cspan_arena *arena, const char *text);
/* Whether a document starts as an error, after white space (S3 keeps a connection open with it)
 * and the XML declaration. */
bool cspan_is_error_document(const char *body, size_t len);
/* "NotFound" for 404: the code where there is no document. */
const char *cspan_http_error_code(int http_status);

#endif
