/* SPDX-License-Identifier: Apache-2.0 */
/* Signature Version 2, which SimpleDB and Import/Export still want: of forms that are posted. Pure.
 *
 * Source: AWS General Reference, "Signature Version 2 signing process". */
#ifndef AWS_SIGV2_H
#define AWS_SIGV2_H

#include <cloudspan/ext/credentials.h>
#include <time.h>

#include "base/buf.h"

typedef struct cspan_sigv2_request {
  const char *host; /* as the header has it */
  const char *path; /* percent-encoded */
  const char *form; /* percent-encoded fields; what a former signature added is replaced */
  size_t form_size;
} cspan_sigv2_request;

/* The form with its signature, fields in order. LIMIT for more than 65,536 fields, NOMEM. */
cspan_status cspan_sigv2_sign(const cspan_sigv2_request *request,
                              const cspan_credentials *credentials, time_t time, cspan_buf *out);

#endif
