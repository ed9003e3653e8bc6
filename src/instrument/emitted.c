/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/emitted.h"

#include "instrument/cost.h"
#include "instrument/messaging_span.h"
#include "instrument/rules.h"

#define ALWAYS "always"

static const cspan_emitted all[] = {
    {"call", "rpc.system.name", "string", "always: `aws-api`; not where `semconv` is `legacy`"},
    {"call", "rpc.method", "string",
     "always: `S3/PutObject`; `PutObject` where `semconv` is `legacy`"},
    {"call", "cloud.region", "string",
     "where the call has a region; not where `semconv` is `legacy`"},
    {"call", "rpc.system", "string", "legacy"},
    {"call", "rpc.service", "string", "legacy"},
    {"call", "aws.region", "string", "legacy"},
    {"call", "server.address", "string", "once the endpoint is resolved"},
    {"call", "server.port", "int", "once the endpoint is resolved"},
    {"call", "http.request.method", "string", "once there is a request"},
    {"call", "http.request.body.size", "int", "where it is known"},
    {"call", "http.response.status_code", "int", "of the last attempt, where there was an answer"},
    {"call", "http.response.body.size", "int", "of the last attempt, where there was an answer"},
    {"call", "aws.request_id", "string", "where the response has it, also of an error"},
    {"call", "aws.extended_request_id", "string", "where the response has it, also of an error"},
    {"call", "aws.retry.attempts", "int", "always: how many attempts were made"},
    {"call", "aws.retry.backoff_ms", "int", "where there was a retry: slept in all"},
    {"call", "aws.http.dns_us", "int", "of the last attempt, where the phase happened"},
    {"call", "aws.http.connect_us", "int", "of the last attempt, where the phase happened"},
    {"call", "aws.http.tls_us", "int", "of the last attempt, where the phase happened"},
    {"call", "aws.http.time_to_first_byte_us", "int",
     "of the last attempt, where the phase happened"},
    {"call", "aws.http.transfer_us", "int", "of the last attempt, where the phase happened"},
    {"call", "aws.http.connection_reused", "boolean", "of the last attempt, where it was sent"},
    {"call", "error.type", "string", "on failure: the service's code, or a name of ours"},
    {"attempt", "http.request.method", "string", ALWAYS},
    {"attempt", "url.full", "string", "always; secrets in the query are redacted"},
    {"attempt", "server.address", "string", ALWAYS},
    {"attempt", "server.port", "int", ALWAYS},
    {"attempt", "http.request.resend_count", "int", "from the second attempt"},
    {"attempt", "network.peer.address", "string", "where it was connected"},
    {"attempt", "network.peer.port", "int", "where it was connected"},
    {"attempt", "http.response.status_code", "int", "where there was an answer"},
    {"attempt", "aws.http.dns_us", "int", "where the phase happened"},
    {"attempt", "aws.http.connect_us", "int", "where the phase happened"},
    {"attempt", "aws.http.tls_us", "int", "where the phase happened"},
    {"attempt", "aws.http.time_to_first_byte_us", "int", "where the phase happened"},
    {"attempt", "aws.http.transfer_us", "int", "where the phase happened"},
    {"attempt", "aws.http.connection_reused", "boolean", "where it was sent"},
    {"attempt", "error.type", "string", "on failure"},
    {"aws.retry", "aws.retry.attempt", "int", "always: which attempt failed, from 1"},
    {"aws.retry", "error.type", "string", ALWAYS},
    {"aws.retry", "aws.retry.backoff_ms", "int", "always: the sleep that follows"},
    {"aws.retry", "http.response.status_code", "int", "where there was an answer"},
    {"aws.retry", "aws.request_id", "string", "where the response has it"},
    {"aws.batch.partial_failure", "aws.batch.requested_count", "int", ALWAYS},
    {"aws.batch.partial_failure", "aws.batch.failed_count", "int", ALWAYS},
    {"aws.batch.partial_failure", "aws.batch.error_codes", "string[]",
     "where the service gives codes: each once"},
    {"aws.batch.partial_failure", "aws.batch.error_counts", "int[]",
     "where the service gives codes: how often each"},
};

static const cspan_emitted *own_at(size_t index) {
  return index < sizeof all / sizeof all[0] ? &all[index] : NULL;
}

/* What the functions of services set. */
static const cspan_emitted *service_at(size_t index) {
  for (size_t i = 0; cspan_rules_at(i) != NULL; i++) {
    const cspan_service_rules *rules = cspan_rules_at(i);
    if (index < rules->emitted_count) {
      return &rules->emitted[index];
    }
    index -= rules->emitted_count;
  }
  return NULL;
}

const cspan_emitted *cspan_emitted_at(size_t index) {
  static const cspan_emitted *(*const tables[])(size_t) = {
      own_at, service_at, cspan_emitted_messaging_at, cspan_emitted_cost_at};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    for (size_t row = 0; tables[i](row) != NULL; row++) {
      if (index-- == 0) {
        return tables[i](row);
      }
    }
  }
  return NULL;
}

const char *cspan_emitted_type(cspan_attribute_form form) {
  switch (form) {
  case CSPAN_AS_INT:
  case CSPAN_AS_COUNT:
  case CSPAN_AS_SIZE:
  case CSPAN_AS_BATCH_SIZE:
    return "int";
  case CSPAN_AS_DOUBLE:
    return "double";
  case CSPAN_AS_BOOL:
    return "boolean";
  case CSPAN_AS_STRINGS:
  case CSPAN_AS_JSONS:
    return "string[]";
  case CSPAN_AS_STRING:
  case CSPAN_AS_JSON:
  case CSPAN_AS_LAST_PART:
  case CSPAN_AS_ARN:
  case CSPAN_AS_ONLY_NAME:
    break;
  }
  return "string";
}
