/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/rules.h"

#include <ctype.h>
#include <string.h>

#include "instrument/rules_table.h"

static const cspan_service_rules *const tables[] = {
    &cspan_rules_s3,
    &cspan_rules_dynamodb,
    &cspan_rules_sqs,
    &cspan_rules_sns,
    &cspan_rules_lambda,
    &cspan_rules_kinesis,
    &cspan_rules_eventbridge,
    &cspan_rules_sfn,
    &cspan_rules_secrets_manager,
    &cspan_rules_bedrock,
    &cspan_rules_bedrock_runtime,
    &cspan_rules_bedrock_agent,
    &cspan_rules_bedrock_agent_runtime,
};

enum { TABLES = sizeof tables / sizeof tables[0] };

const cspan_service_rules *cspan_rules_at(size_t index) {
  return index < TABLES ? tables[index] : NULL;
}

const cspan_service_rules *cspan_rules_of(const char *service) {
  for (size_t i = 0; i < TABLES; i++) {
    if (strcmp(tables[i]->service, service) == 0) {
      return tables[i];
    }
  }
  return NULL;
}

static const char *skip_blanks(const char *at) {
  return at + strspn(at, " -");
}

bool cspan_is_service(const char *name, const char *service_id) {
  name = skip_blanks(name);
  service_id = skip_blanks(service_id);
  while (*name != '\0' && tolower((unsigned char)*name) == tolower((unsigned char)*service_id)) {
    name = skip_blanks(name + 1);
    service_id = skip_blanks(service_id + 1);
  }
  return *name == '\0' && *service_id == '\0';
}

static bool name_matches(const char *pattern, size_t len, const char *name) {
  if (len > 0 && pattern[len - 1] == '*') {
    return strncmp(pattern, name, len - 1) == 0;
  }
  return strlen(name) == len && memcmp(pattern, name, len) == 0;
}

bool cspan_operation_matches(const char *pattern, const char *operation) {
  if (pattern == NULL) {
    return true;
  }
  for (const char *at = pattern; *at != '\0';) {
    size_t len = strcspn(at, ",");
    if (name_matches(at, len, operation)) {
      return true;
    }
    at += len + (at[len] == ',');
  }
  return false;
}
