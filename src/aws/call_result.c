/* SPDX-License-Identifier: Apache-2.0 */
/* From a received response to an output or an error. */
#include <stdio.h>
#include <string.h>

#include "aws/call.h"
#include "aws/service_error.h"
#include "base/error.h"
#include "base/text.h"

enum { FIRST_ERROR_STATUS = 300, MESSAGE_MAX = 1536 };

static const size_t error_arena_max = 8 * 1024 * 1024;

/* The region to use instead, where that is what is wrong. */
static const char *other_region(const struct cspan_call *call, const cspan_service_error *told,
                                const char *code) {
  static const char *const codes[] = {
      "PermanentRedirect", "MovedPermanently",
      "TemporaryRedirect", "AuthorizationHeaderMalformed",
      "BadRequest",        "IllegalLocationConstraintException",
  };
  const char *region = cspan_call_response_header(call, "x-amz-bucket-region");
  region = region ? region : told->region;
  if (!region || !call->region || strcmp(region, call->region) == 0 ||
      cspan_region_check(region, "", NULL) != CSPAN_OK) {
    return NULL;
  }
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    if (strcmp(code, codes[i]) == 0) {
      return region;
    }
  }
  return NULL;
}

static void write_message(const struct cspan_call *call, const cspan_service_error *told,
                          const char *code, char out[MESSAGE_MAX]) {
  const char *region = call->told_region;
  size_t len;
  if (told->message) {
    len = (size_t)snprintf(out, MESSAGE_MAX, "%s", told->message);
  } else {
    len = (size_t)snprintf(out, MESSAGE_MAX, "the service answered with HTTP status %d (%s)",
                           call->response.status, code);
  }
  if (region && len < MESSAGE_MAX) {
    snprintf(out + len, MESSAGE_MAX - len,
             " (it is in the region %.64s, the request went to %.64s: set that region)", region,
             call->region);
  }
}

static const char *either(const char *a, const char *b) {
  return a ? a : b;
}

static cspan_status read_failure(struct cspan_call *call, cspan_arena *arena,
                                 cspan_service_error *told) {
  if (call->operation->read_failure) {
    return call->operation->read_failure(call, arena, told, NULL);
  }
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  cspan_service_error_parse(body, len, arena, told);
  return CSPAN_OK;
}

static void set_service_error(struct cspan_call *call) {
  cspan_service_error told = {0};
  cspan_arena *arena = cspan_arena_create(error_arena_max);
  if (!arena || read_failure(call, arena, &told) != CSPAN_OK) {
    cspan_arena_free(arena);
    cspan_call_replace_error(call, cspan_error_nomem());
    return;
  }
  const char *code = told.code ? told.code : cspan_http_error_code(call->response.status);
  const char *amzn_id = cspan_call_response_header(call, "x-amzn-requestid");
  const char *region = other_region(call, &told, code);
  char message[MESSAGE_MAX];
  call->told_region = region ? cspan_arena_strdup(call->scratch, region) : NULL;
  write_message(call, &told, code, message);
  cspan_error_info info = {
      .status = CSPAN_ERR_SERVICE,
      .code = code,
      .http_status = call->response.status,
      .retryable = told.retryable,
      .request_id = either(cspan_call_response_header(call, "x-amz-request-id"),
                           either(amzn_id, told.request_id)),
      .fields = told.fields,
      .extended_request_id = either(cspan_call_response_header(call, "x-amz-id-2"), told.host_id),
  };
  cspan_error *error = NULL;
  cspan_error_set_info(&error, &info, message);
  cspan_call_replace_error(call, error);
  call->is_throttled = told.throttling;
  cspan_arena_free(arena);
}

static bool is_error_in_200(const struct cspan_call *call) {
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  return (call->operation->flags & CSPAN_OP_ERROR_IN_200) && cspan_is_error_document(body, len);
}

void cspan_call_deserialize(struct cspan_call *call) {
  cspan_error *error = NULL;
  if (call->error || call->response.status == 0) {
    return; /* no whole response */
  }
  if (call->response.status >= FIRST_ERROR_STATUS || is_error_in_200(call)) {
    set_service_error(call);
    return;
  }
  cspan_status status = cspan_call_verify_end(call, &error);
  if (status == CSPAN_OK && call->operation->deserialize) {
    void *output = NULL;
    status = call->operation->deserialize(call, &output, &error);
    if (status != CSPAN_OK && !error) {
      cspan_error_set(&error, status, "the response of %s cannot be read", call->operation->name);
    }
  }
  if (status != CSPAN_OK) {
    cspan_call_replace_error(call, error);
  } else {
    cspan_error_free(error);
  }
}
