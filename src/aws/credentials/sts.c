/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/sts.h"

#include <stdio.h>
#include <string.h>

#include "aws/credentials/service_call.h"
#include "aws/credentials/sts_answer.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

enum { BODY_MAX = 64 * 1024, ANSWER_ARENA_MAX = 1024 * 1024, SESSION_NAME_MAX = 64 };

typedef struct sts_input {
  const cspan_hunt *hunt;
  const cspan_sts_request *request;
  const char *session_name;
} sts_input;

static void put_field(cspan_buf *body, const char *name, const char *value) {
  if (value) {
    cspan_buf_printf(body, "&%s=", name);
    cspan_uri_encode(body, value, strlen(value), false);
  }
}

static cspan_status serialize(struct cspan_call *call, const void *typed, cspan_error **error) {
  const sts_input *input = typed;
  const cspan_sts_request *request = input->request;
  cspan_buf body;
  cspan_buf_init(&body, BODY_MAX);
  cspan_buf_printf(&body, "Action=%s&Version=2011-06-15",
                   request->web_token ? "AssumeRoleWithWebIdentity" : "AssumeRole");
  put_field(&body, "RoleArn", request->role_arn);
  put_field(&body, "RoleSessionName", input->session_name);
  put_field(&body, "ExternalId", request->external_id);
  put_field(&body, "DurationSeconds", request->duration);
  put_field(&body, "WebIdentityToken", request->web_token);
  cspan_status status = cspan_buf_status(&body);
  if (status == CSPAN_OK) {
    status = cspan_call_set_path(call, "/");
  }
  if (status == CSPAN_OK) {
    status = cspan_call_set_request_header(call, "Content-Type",
                                           "application/x-www-form-urlencoded; charset=utf-8");
  }
  if (status == CSPAN_OK) {
    status = cspan_call_take_body(call, &body);
  }
  cspan_buf_free(&body);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the request to STS is too large");
}

/* Emits at once, so that secrets are nowhere but in the identity. */
static cspan_status deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  const sts_input *input = cspan_call_typed_input(call);
  const cspan_sts_request *request = input->request;
  cspan_credentials credentials;
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  *output = NULL;
  cspan_arena *arena = cspan_arena_create(ANSWER_ARENA_MAX);
  if (!arena) {
    return cspan_hunt_nomem(error);
  }
  cspan_status status = cspan_sts_answer_parse(
      body, len, request->web_token ? "AssumeRoleWithWebIdentityResult" : "AssumeRoleResult", arena,
      &credentials, error);
  if (status == CSPAN_OK) {
    status = cspan_hunt_emit(input->hunt, &credentials, error, "%s", request->origin);
    cspan_sts_answer_wipe(&credentials);
  }
  if (body) {
    cspan_memzero((char *)body, len);
  }
  cspan_arena_free(arena);
  return status;
}

static const cspan_operation assume_role = {
    .name = "AssumeRole", .method = "POST", .serialize = serialize, .deserialize = deserialize};

/* The regions that are older than the setting: with "legacy" the global endpoint stands for them.
 * Source: the guide's "AWS STS Regional endpoints". */
static bool is_legacy_region(const char *region) {
  static const char *const legacy[] = {
      "ap-northeast-1", "ap-south-1",   "ap-southeast-1", "ap-southeast-2",
      "aws-global",     "ca-central-1", "eu-central-1",   "eu-north-1",
      "eu-west-1",      "eu-west-2",    "eu-west-3",      "sa-east-1",
      "us-east-1",      "us-east-2",    "us-west-1",      "us-west-2"};
  for (size_t i = 0; i < sizeof legacy / sizeof legacy[0]; i++) {
    if (strcmp(region, legacy[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* Without a region, and for old ones where asked for, it is the global endpoint. */
static void choose_endpoint(const cspan_aws_config *config, cspan_credential_call *call) {
  bool special = cspan_aws_config_flag(config, CSPAN_SETTING_USE_FIPS) ||
                 cspan_aws_config_flag(config, CSPAN_SETTING_USE_DUALSTACK);
  bool legacy =
      cspan_aws_config_number(config, CSPAN_SETTING_STS_REGIONAL) == CSPAN_REGIONAL_LEGACY;
  call->region = cspan_aws_config_text(config, CSPAN_SETTING_REGION);
  if (!call->region || (legacy && !special && is_legacy_region(call->region))) {
    call->region = "us-east-1";
    call->url = special ? NULL : "https://sts.amazonaws.com";
  }
}

cspan_status cspan_sts_assume(const cspan_hunt *hunt, const cspan_sts_request *request,
                              cspan_error **error) {
  char session_name[SESSION_NAME_MAX];
  cspan_error *cause = NULL;
  snprintf(session_name, sizeof session_name, "cloudspan-%lld",
           (long long)(cspan_unix_ns() / 1000000000));
  const sts_input input = {.hunt = hunt,
                           .request = request,
                           .session_name =
                               request->session_name ? request->session_name : session_name};
  cspan_credential_call call = {.service_id = "STS",
                                .signing_name = "sts",
                                .prefix = "sts",
                                .signed_by = request->web_token ? NULL : request->source,
                                .operation = &assume_role,
                                .input = &input};
  choose_endpoint(hunt->base, &call);
  if (cspan_credential_call_run(hunt, &call, &cause) == CSPAN_OK) {
    return CSPAN_OK;
  }
  return cspan_hunt_fail(hunt, error, cause, "%s: the role %.128s could not be assumed",
                         request->origin, request->role_arn);
}
