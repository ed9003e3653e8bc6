/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials of a container: ECS tasks, EKS pod identities, and what speaks like them.
 * Source: AWS SDKs and Tools Reference Guide, "Container credential provider". */
#include <string.h>

#include "aws/credentials/container_url.h"
#include "aws/credentials/metadata_json.h"
#include "aws/credentials/nearby.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

#define ECS_ADDRESS "http://169.254.170.2"

enum { TIMEOUT_MS = 2000, ATTEMPTS = 3, PAUSE_MS = 200, TOKEN_MAX = 32 * 1024 };

static const char what[] = "the container's credentials service";

typedef struct question {
  const cspan_hunt *hunt;
  char *url;
  cspan_buf token; /* of the Authorization header; "" for none. Never shown */
} question;

static cspan_status take_url(question *q, const char *relative, const char *full,
                             cspan_error **error) {
  q->url = relative ? cspan_asprintf("%s%s%s", ECS_ADDRESS, relative[0] == '/' ? "" : "/", relative)
                    : cspan_strdup(full);
  if (!q->url) {
    return cspan_hunt_nomem(error);
  }
  if (cspan_container_url_allowed(q->url)) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                         "%s is refused: credentials are asked for by https, or by http at a "
                         "loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
                         cspan_credential_rules[relative ? CSPAN_CREDENTIAL_CONTAINER_RELATIVE_URI
                                                         : CSPAN_CREDENTIAL_CONTAINER_FULL_URI]
                             .env);
}

/* The file wins, and is read each time: EKS renews it. */
static cspan_status take_token(question *q, cspan_error **error) {
  const char *path = cspan_credential_env(CSPAN_CREDENTIAL_CONTAINER_TOKEN_FILE);
  const char *value = cspan_credential_env(CSPAN_CREDENTIAL_CONTAINER_TOKEN);
  cspan_error *cause = NULL;
  cspan_status status = cspan_buf_reserve(&q->token, TOKEN_MAX);
  if (status != CSPAN_OK) {
    return cspan_hunt_nomem(error);
  }
  if (path) {
    status = cspan_file_read(path, TOKEN_MAX, &q->token, &cause);
  } else if (value) {
    status = cspan_buf_str(&q->token, value);
  }
  if (status != CSPAN_OK) {
    cspan_error_set(&cause, status, "it is larger than 32 KiB");
    return cspan_hunt_fail(q->hunt, error, cause, "the container's authorization token");
  }
  while (q->token.len > 0 && strchr("\r\n", q->token.data[q->token.len - 1])) {
    q->token.data[--q->token.len] = '\0';
  }
  if (strpbrk(cspan_buf_text(&q->token), "\r\n") ||
      strlen(cspan_buf_text(&q->token)) != q->token.len) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the container's authorization token has line ends in it: it cannot go "
                           "into a header");
  }
  return CSPAN_OK;
}

static cspan_status emit_container(void *sink, const cspan_credentials *credentials,
                                   cspan_error **error) {
  return cspan_hunt_emit(sink, credentials, error, "container");
}

/* One attempt; *again where another may do better: not after a timeout, which has cost enough. */
static cspan_status attempt(question *q, cspan_http_client *client, bool *again,
                            cspan_error **error) {
  const cspan_context limited = cspan_context_with_timeout(q->hunt->context, TIMEOUT_MS);
  cspan_buf answer;
  cspan_error *cause = NULL;
  int http_status = 0;
  cspan_buf_init(&answer, CSPAN_NEARBY_ANSWER_MAX);
  cspan_status status =
      cspan_nearby_fetch(client, &limited, "GET", q->url, q->token.len > 0 ? "Authorization" : NULL,
                         cspan_buf_text(&q->token), &answer, &http_status, &cause);
  *again = status == CSPAN_ERR_CONNECT || (status == CSPAN_OK && http_status >= 500);
  if (status == CSPAN_ERR_TIMEOUT && cspan_context_status(q->hunt->context) == CSPAN_OK) {
    cspan_error_free(cause);
    status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "%s did not answer within %d s", what,
                             TIMEOUT_MS / 1000);
  } else if (status != CSPAN_OK) {
    status = cspan_hunt_fail(q->hunt, error, cause, "%s could not be asked", what);
  } else if (http_status != 200) {
    status =
        cspan_metadata_json_failure(cspan_buf_text(&answer), answer.len, http_status, what, error);
  } else {
    status = cspan_metadata_json(cspan_buf_text(&answer), answer.len, what, emit_container,
                                 (void *)q->hunt, error);
  }
  cspan_credential_forget(&answer);
  return status;
}

static cspan_status ask(question *q, cspan_error **error) {
  cspan_http_client *client = NULL;
  cspan_error *failure = NULL;
  bool again = true;
  cspan_status status = cspan_nearby_client(q->hunt, TIMEOUT_MS, &client, error);
  if (status != CSPAN_OK) {
    return status;
  }
  for (int i = 0; i < ATTEMPTS && again; i++) {
    cspan_error_free(failure);
    failure = NULL;
    if (i > 0 && cspan_context_sleep_ms(q->hunt->context, PAUSE_MS) != CSPAN_OK) {
      status = cspan_context_status(q->hunt->context);
      cspan_error_set(&failure, status, "the call ended while it waited for credentials");
      break;
    }
    status = attempt(q, client, &again, &failure);
  }
  cspan_http_client_free(client);
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, failure);
}

cspan_status cspan_hunt_container(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                                  cspan_error **error) {
  const char *relative = cspan_credential_env(CSPAN_CREDENTIAL_CONTAINER_RELATIVE_URI);
  const char *full = cspan_credential_env(CSPAN_CREDENTIAL_CONTAINER_FULL_URI);
  question q = {.hunt = hunt};
  (void)profile;
  *found = relative || full;
  if (!*found) {
    return CSPAN_OK;
  }
  cspan_buf_init(&q.token, TOKEN_MAX);
  cspan_status status = take_url(&q, relative, full, error);
  if (status == CSPAN_OK) {
    status = take_token(&q, error);
  }
  if (status == CSPAN_OK) {
    status = ask(&q, error);
  }
  cspan_credential_forget(&q.token);
  cspan_free(q.url);
  return status;
}
