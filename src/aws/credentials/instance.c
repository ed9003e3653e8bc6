/* SPDX-License-Identifier: Apache-2.0 */
/* The role of an EC2 instance, from its metadata service (IMDS): a token first (version 2), and
 * without one (version 1) only where that is allowed and the service has none to give.
 *
 * Credentials outlive their service: where it gives expired ones, or none any more, those that
 * are there are used on, because EC2 goes on taking them while its own services are impaired.
 * Source: AWS SDKs and Tools Reference Guide, "IMDS credential provider". */
#include <stdio.h>
#include <string.h>

#include "aws/config_settings.h"
#include "aws/credentials/metadata_json.h"
#include "aws/credentials/nearby.h"
#include "aws/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

#define ROLES_PATH "/latest/meta-data/iam/security-credentials/"

enum {
  TOKEN_MAX = 4096,
  ROLE_MAX = 4096,
  URL_MAX = 1024,
  EXTENSION_LEAST_S = 5 * 60,
  EXTENSION_RANGE_S = 5 * 60,
  HTTP_OK = 200,
  HTTP_BAD_REQUEST = 400,
  HTTP_NOT_FOUND = 404
};

static const char what[] = "the EC2 metadata service";
static const int64_t ns_per_s = 1000000000;

typedef struct visit {
  const cspan_hunt *hunt;
  cspan_http_client *client;
  const char *endpoint;
  int64_t timeout_ms;
  cspan_context limited; /* the end of the attempt */
  cspan_buf token;       /* "" for version 1 */
  cspan_buf role;
  cspan_buf answer;
  bool absent; /* it says that the instance has no role */
} visit;

/* ---------------------------------------------------------------- asking */

static cspan_status get(visit *v, const char *path, const char *tail, cspan_buf *answer,
                        int *http_status, cspan_error **error) {
  cspan_buf url;
  cspan_buf_init(&url, URL_MAX + ROLE_MAX);
  cspan_buf_printf(&url, "%s%s%s", v->endpoint, path, tail);
  cspan_status status = cspan_buf_status(&url);
  if (status == CSPAN_OK) {
    status = cspan_nearby_fetch(v->client, &v->limited, "GET", url.data,
                                v->token.len > 0 ? "x-aws-ec2-metadata-token" : NULL,
                                cspan_buf_text(&v->token), answer, http_status, error);
  } else {
    cspan_error_set(error, status, "the URL is too long");
  }
  cspan_buf_free(&url);
  return status;
}

static bool is_header_text(const cspan_buf *text) {
  for (size_t i = 0; i < text->len; i++) {
    if ((unsigned char)text->data[i] <= ' ' || (unsigned char)text->data[i] >= 0x7f) {
      return false;
    }
  }
  return text->len > 0;
}

/* A token that does not come leaves half of the time for version 1: a container behind too few
 * hops never gets an answer to this. */
static cspan_status get_token(visit *v, cspan_error **error) {
  char url[URL_MAX + 32];
  const bool v1_allowed =
      !cspan_aws_config_flag(v->hunt->base, CSPAN_SETTING_EC2_METADATA_V1_DISABLED);
  const cspan_context limited =
      cspan_context_with_timeout(&v->limited, v1_allowed ? v->timeout_ms / 2 : v->timeout_ms);
  cspan_error *cause = NULL;
  int http_status = 0;
  size_t len = strlen(v->endpoint);
  memcpy(url, v->endpoint, len);
  memcpy(url + len, "/latest/api/token", sizeof "/latest/api/token");
  cspan_status status =
      cspan_nearby_fetch(v->client, &limited, "PUT", url, "x-aws-ec2-metadata-token-ttl-seconds",
                         "21600", &v->token, &http_status, &cause);
  if (status == CSPAN_OK && http_status == HTTP_OK && is_header_text(&v->token)) {
    return CSPAN_OK;
  }
  cspan_buf_clear(&v->token);
  bool cannot = status == CSPAN_ERR_CONNECT || status == CSPAN_ERR_NOMEM ||
                cspan_context_status(&v->limited) != CSPAN_OK;
  if (status != CSPAN_OK && (cannot || !v1_allowed)) {
    return cspan_error_move(error, cause);
  }
  cspan_error_free(cause);
  if (v1_allowed && http_status != HTTP_BAD_REQUEST) {
    return CSPAN_OK;
  }
  return cspan_metadata_json_failure("", 0, http_status, what, error);
}

/* The name of the instance's role: the first line. */
static cspan_status get_role(visit *v, cspan_error **error) {
  const char *given = cspan_aws_config_text(v->hunt->base, CSPAN_SETTING_EC2_INSTANCE_PROFILE);
  int http_status = 0;
  if (given) {
    return cspan_buf_str(&v->role, given);
  }
  cspan_status status = get(v, ROLES_PATH, "", &v->role, &http_status, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (http_status == HTTP_NOT_FOUND) {
    v->absent = true;
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "the EC2 instance has no role");
  }
  if (http_status != HTTP_OK) {
    return cspan_metadata_json_failure("", 0, http_status, what, error);
  }
  size_t len = strcspn(cspan_buf_text(&v->role), "\r\n");
  if (len == 0) {
    v->absent = true;
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "the EC2 instance has no role");
  }
  v->role.data[len] = '\0';
  v->role.len = len;
  return CSPAN_OK;
}

/* ---------------------------------------------------------------- emitting */

static int64_t extended_s(void) {
  return cspan_unix_ns() / ns_per_s + EXTENSION_LEAST_S +
         (int64_t)(cspan_random_unit() * EXTENSION_RANGE_S);
}

static cspan_status emit_instance(void *sink, const cspan_credentials *credentials,
                                  cspan_error **error) {
  const visit *v = sink;
  cspan_credentials with = *credentials;
  cspan_identity *kept = NULL;
  if (with.expiration_unix_s != 0 && with.expiration_unix_s <= cspan_unix_ns() / ns_per_s) {
    cspan_log(CSPAN_LOG_WARN,
              "the EC2 metadata service gave credentials that have expired; they are used on, and "
              "new ones asked for in some minutes");
    with.expiration_unix_s = extended_s();
  }
  cspan_status status = cspan_hunt_take(&kept, &with, error);
  if (status == CSPAN_OK) {
    status = cspan_hunt_emit(v->hunt, &with, error, "EC2 instance metadata");
  }
  if (status == CSPAN_OK) {
    cspan_identity_free(*v->hunt->instance);
    *v->hunt->instance = kept;
  } else {
    cspan_identity_free(kept);
  }
  return status;
}

static cspan_status emit_kept(const cspan_hunt *hunt, cspan_error *cause, cspan_error **error) {
  cspan_credentials with = *cspan_identity_get(*hunt->instance);
  cspan_log(CSPAN_LOG_WARN, "the credentials of the EC2 instance are used on: %s",
            cspan_error_message(cause));
  cspan_error_free(cause);
  with.expiration_unix_s = extended_s();
  return cspan_hunt_emit(hunt, &with, error, "EC2 instance metadata");
}

/* ---------------------------------------------------------------- attempts */

static cspan_status ask(visit *v, cspan_error **error) {
  cspan_buf name;
  int http_status = 0;
  cspan_status status = get_token(v, error);
  if (status == CSPAN_OK) {
    status = get_role(v, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf_init(&name, (size_t)3 * ROLE_MAX);
  cspan_uri_encode(&name, v->role.data, v->role.len, false);
  status = cspan_buf_status(&name);
  if (status == CSPAN_OK) {
    status = get(v, ROLES_PATH, name.data, &v->answer, &http_status, error);
  }
  cspan_buf_free(&name);
  if (status != CSPAN_OK) {
    return status;
  }
  if (http_status != HTTP_OK) {
    return cspan_metadata_json_failure(cspan_buf_text(&v->answer), v->answer.len, http_status, what,
                                       error);
  }
  return cspan_metadata_json(cspan_buf_text(&v->answer), v->answer.len, what, emit_instance, v,
                             error);
}

static cspan_status attempt(visit *v, cspan_error **error) {
  cspan_error *cause = NULL;
  cspan_buf_init(&v->token, TOKEN_MAX);
  cspan_buf_init(&v->role, ROLE_MAX);
  cspan_buf_init(&v->answer, CSPAN_NEARBY_ANSWER_MAX);
  v->limited = cspan_context_with_timeout(v->hunt->context, v->timeout_ms);
  cspan_status status = ask(v, &cause);
  cspan_credential_forget(&v->token);
  cspan_buf_free(&v->role);
  cspan_credential_forget(&v->answer);
  if (status == CSPAN_ERR_TIMEOUT && cspan_context_status(v->hunt->context) == CSPAN_OK) {
    cspan_error_free(cause);
    return cspan_error_set(error, status,
                           "%s did not answer within the %lld s of metadata_service_timeout", what,
                           (long long)(v->timeout_ms / 1000));
  }
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, cause);
}

static cspan_status attempts(visit *v, cspan_error **error) {
  int64_t most = cspan_aws_config_number(v->hunt->base, CSPAN_SETTING_METADATA_ATTEMPTS);
  cspan_error *failure = NULL;
  cspan_status status = CSPAN_ERR_CREDENTIALS;
  for (int64_t i = 0; i < most && status != CSPAN_OK; i++) {
    cspan_error_free(failure);
    failure = NULL;
    status = attempt(v, &failure);
    if (status == CSPAN_ERR_NOMEM || v->absent ||
        cspan_context_status(v->hunt->context) != CSPAN_OK) {
      break;
    }
  }
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, failure);
}

static cspan_status choose_endpoint(visit *v, cspan_base_url *url, char text[URL_MAX],
                                    cspan_error **error) {
  const cspan_aws_config *base = v->hunt->base;
  const cspan_setting *given = &base->settings[CSPAN_SETTING_EC2_METADATA_ENDPOINT];
  bool ipv6 = cspan_aws_config_number(base, CSPAN_SETTING_EC2_METADATA_ENDPOINT_MODE) == 6;
  v->endpoint = ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  if (!given->value) {
    return CSPAN_OK;
  }
  char source[CSPAN_SOURCE_TEXT_MAX];
  char named[CSPAN_SOURCE_TEXT_MAX + 40];
  cspan_config_source_text(CSPAN_SETTING_EC2_METADATA_ENDPOINT, given->source, source);
  (void)snprintf(named, sizeof named, "ec2_metadata_service_endpoint: %s", source);
  cspan_status status = cspan_base_url_parse(given->value, named, url, error);
  size_t len = strlen(given->value);
  if (status != CSPAN_OK || len >= URL_MAX) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "ec2_metadata_service_endpoint is too long");
  }
  while (len > 0 && given->value[len - 1] == '/') {
    len--;
  }
  memcpy(text, given->value, len);
  text[len] = '\0';
  v->endpoint = text;
  return CSPAN_OK;
}

/* A failure is no end of the search, which ends here anyway, but a reason that is told. */
static cspan_status give_up(const cspan_hunt *hunt, bool absent, cspan_error *cause, bool *found,
                            cspan_error **error) {
  cspan_status status = cspan_error_status(cause);
  if (status == CSPAN_ERR_NOMEM || status == CSPAN_ERR_CONFIG ||
      cspan_context_status(hunt->context) != CSPAN_OK) {
    return cspan_error_move(error, cause);
  }
  if (*hunt->instance && !absent) {
    return emit_kept(hunt, cause, error);
  }
  *found = false;
  cspan_buf_printf(hunt->notes, " (%s)", cspan_error_message(cause));
  cspan_error_free(cause);
  return CSPAN_OK;
}

cspan_status cspan_hunt_instance(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                                 cspan_error **error) {
  visit v = {.hunt = hunt};
  cspan_base_url url;
  char text[URL_MAX];
  cspan_error *cause = NULL;
  (void)profile;
  *found = !cspan_aws_config_flag(hunt->base, CSPAN_SETTING_EC2_METADATA_DISABLED);
  if (!*found) {
    cspan_buf_str(hunt->notes, " (AWS_EC2_METADATA_DISABLED is true)");
    return CSPAN_OK;
  }
  v.timeout_ms = cspan_aws_config_number(hunt->base, CSPAN_SETTING_METADATA_TIMEOUT) * 1000;
  cspan_status status = choose_endpoint(&v, &url, text, &cause);
  if (status == CSPAN_OK) {
    status = cspan_nearby_client(hunt, v.timeout_ms, &v.client, &cause);
  }
  if (status == CSPAN_OK) {
    status = attempts(&v, &cause);
    cspan_http_client_free(v.client);
  }
  return status == CSPAN_OK ? CSPAN_OK : give_up(hunt, v.absent, cause, found, error);
}
