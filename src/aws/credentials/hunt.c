/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/hunt.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"

enum { WHAT_MAX = 512, SOURCE_MAX = 256 };

cspan_status cspan_hunt_nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no credentials");
}

cspan_status cspan_hunt_take(void *sink, const cspan_credentials *credentials,
                             cspan_error **error) {
  cspan_identity **out = sink;
  cspan_identity *identity = cspan_identity_new(credentials);
  if (!identity) {
    return cspan_hunt_nomem(error);
  }
  cspan_identity_free(*out);
  *out = identity;
  return CSPAN_OK;
}

cspan_status cspan_hunt_load(const cspan_hunt *hunt, const char *name, cspan_profile **out,
                             cspan_error **error) {
  return cspan_profile_load(cspan_aws_config_text(hunt->base, CSPAN_SETTING_CONFIG_FILE),
                            cspan_aws_config_text(hunt->base, CSPAN_SETTING_CREDENTIALS_FILE), name,
                            true, out, error);
}

cspan_status cspan_hunt_emit(const cspan_hunt *hunt, const cspan_credentials *credentials,
                             cspan_error **error, const char *format, ...) {
  char source[SOURCE_MAX];
  cspan_credentials with = *credentials;
  va_list args;
  va_start(args, format);
  vsnprintf(source, sizeof source, format, args);
  va_end(args);
  with.source = source;
  return hunt->emit(hunt->sink, &with, error);
}

cspan_status cspan_hunt_fail(const cspan_hunt *hunt, cspan_error **error, cspan_error *cause,
                             const char *format, ...) {
  char what[WHAT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  cspan_status status = cspan_error_status(cause);
  cspan_status ended = cspan_context_status(hunt->context);
  if (status == CSPAN_ERR_NOMEM || (ended != CSPAN_OK && status == ended)) {
    cspan_error_prefix(cause, "%s", what);
    return cspan_error_move(error, cause);
  }
  char *message = cspan_asprintf("%s: %s", what, cspan_error_message(cause));
  if (!message) {
    cspan_error_free(cause);
    return cspan_hunt_nomem(error);
  }
  const cspan_error_info info = {.status = CSPAN_ERR_CREDENTIALS,
                                 .code = cspan_error_code(cause),
                                 .request_id = cspan_error_request_id(cause)};
  cspan_error_set_info(error, &info, message);
  cspan_free(message);
  cspan_error_free(cause);
  return CSPAN_ERR_CREDENTIALS;
}
