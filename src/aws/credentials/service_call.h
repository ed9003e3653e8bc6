/* SPDX-License-Identifier: Apache-2.0 */
/* The calls to AWS that credentials are got by: made by a client of their own, which has the
 * settings of the config (CA bundle, proxy, timeouts, endpoint URLs), its retries, but not its
 * middlewares. */
#ifndef AWS_CREDENTIALS_SERVICE_CALL_H
#define AWS_CREDENTIALS_SERVICE_CALL_H

#include "aws/client.h"
#include "aws/credentials/hunt.h"

enum { CSPAN_SERVICE_URL_MAX = 512 };

typedef struct cspan_credential_call {
  const char *service_id;   /* "STS": for endpoint settings */
  const char *signing_name; /* "sts" */
  const char *prefix;       /* of the host: "sts", "portal.sso" */
  const char *region;
  const char *url; /* where there is no endpoint URL in the settings; NULL: by the prefix */
  cspan_identity *signed_by; /* NULL: not signed. Borrowed */
  const cspan_operation *operation;
  const void *input;
} cspan_credential_call;

/* Runs it to its end, within the hunt's context. */
cspan_status cspan_credential_call_run(const cspan_hunt *hunt, const cspan_credential_call *call,
                                       cspan_error **error);
/* The URL that such a call goes to, without path: what the settings say, else `call->url`, else
 * by the prefix. */
cspan_status cspan_credential_call_url(const cspan_hunt *hunt, const cspan_credential_call *call,
                                       char out[CSPAN_SERVICE_URL_MAX], cspan_error **error);

/* A buffer with secrets: overwritten and freed. */
void cspan_credential_forget(cspan_buf *buf);
/* A cspan_operation's read_failure for the services that answer in JSON. */
cspan_status cspan_credential_json_failure(struct cspan_call *call, cspan_arena *arena,
                                           cspan_service_error *out, cspan_error **error);
/* `json` (a json_t) as text, into a buffer that is allocated at once. */
cspan_status cspan_credential_write_json(const void *json, cspan_buf *out);

/* A request in JSON or without a body, and where its answer goes. */
typedef struct cspan_json_exchange {
  const char *path;       /* "/token" */
  const char *query[4];   /* name, value, ... */
  const char *headers[4]; /* name, value, ... */
  const char *body;       /* JSON; NULL: a GET without one */
  cspan_buf *answer;      /* gets the answer's body */
} cspan_json_exchange;

/* Operations whose input is a cspan_json_exchange. */
extern const cspan_operation cspan_json_get;
extern const cspan_operation cspan_json_post;

#endif
