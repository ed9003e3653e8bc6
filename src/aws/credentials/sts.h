/* SPDX-License-Identifier: Apache-2.0 */
/* Roles, assumed at STS: signed by other credentials, or by a web identity's token. */
#ifndef AWS_CREDENTIALS_STS_H
#define AWS_CREDENTIALS_STS_H

#include "aws/credentials/hunt.h"

typedef struct cspan_sts_request {
  const char *role_arn;
  const char *session_name; /* NULL: one is made */
  const char *external_id;  /* NULL: none */
  const char *duration;     /* text of a number; NULL: what STS takes */
  const char *web_token;    /* NULL: AssumeRole */
  cspan_identity *source;   /* signs AssumeRole. Borrowed */
  const char *origin;       /* "profile dev: role_arn": what is emitted as source, and for errors */
} cspan_sts_request;

cspan_status cspan_sts_assume(const cspan_hunt *hunt, const cspan_sts_request *request,
                              cspan_error **error);

#endif
