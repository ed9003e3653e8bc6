/* SPDX-License-Identifier: Apache-2.0 */
/* Lambda: semantic conventions, faas.* of client spans (faas/spans) and aws.lambda.*
 * (aws/registry). */
#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "instrument/carriers/carried.h"
#include "instrument/emitted.h"
#include "instrument/extract.h"
#include "instrument/rules_table.h"
#include "instrument/tracing.h"

#define INVOCATIONS "Invoke,InvokeAsync,InvokeWithResponseStream"

static const cspan_attribute_rule rules[] = {
    {"Lambda", "GetEventSourceMapping,UpdateEventSourceMapping,DeleteEventSourceMapping",
     CSPAN_FROM_INPUT, "UUID", "aws.lambda.resource_mapping.id", CSPAN_AS_STRING, 0},
    {"Lambda", "CreateEventSourceMapping", CSPAN_FROM_OUTPUT, "UUID",
     "aws.lambda.resource_mapping.id", CSPAN_AS_STRING, 0},
};

static const cspan_fixed_attribute fixed[] = {
    {INVOCATIONS, "faas.invoked_provider", "aws"},
};

static const cspan_emitted emitted[] = {
    {"call", "faas.invoked_name", "string",
     "Lambda.Invoke*: the name in FunctionName, which may be an ARN"},
    {"call", "faas.invoked_region", "string",
     "Lambda.Invoke*: the region in FunctionName, else the call's"},
};

typedef struct text {
  const char *at;
  size_t size;
} text;

/* The next part up to ':'. */
static text next_part(text *rest) {
  const char *colon = rest->size != 0 ? memchr(rest->at, ':', rest->size) : NULL;
  text part = {rest->at, colon != NULL ? (size_t)(colon - rest->at) : rest->size};
  size_t used = part.size + (colon != NULL);
  *rest = (text){rest->at + used, rest->size - used};
  return part;
}

static bool is_word(text part, const char *word) {
  return part.size == strlen(word) && memcmp(part.at, word, part.size) == 0;
}

/* "name", "name:alias", "123456789012:function:name", "arn:aws:lambda:REGION:ACCOUNT:function:name"
 * and the last two with ":alias". */
static void read_function(text given, text *name, text *region) {
  text rest = given;
  text before = {NULL, 0};
  *region = before;
  for (size_t i = 0; rest.size != 0; i++) {
    text part = next_part(&rest);
    if (is_word(part, "function") && before.size != 0 && rest.size != 0) {
      *name = next_part(&rest);
      return;
    }
    if (i == 3) {
      *region = part;
    }
    before = part;
  }
  rest = given;
  *region = (text){NULL, 0};
  *name = next_part(&rest);
}

static size_t at_start(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  if (capacity < 2) {
    return 0;
  }
  text given = {NULL, 0};
  text name;
  text region;
  given.at = cspan_value_text(cspan_value_get(cspan_call_input_document(call), "FunctionName"),
                              &given.size);
  if (given.at == NULL) {
    return 0;
  }
  read_function(given, &name, &region);
  if (region.size == 0) {
    region.at = cspan_call_region(call);
    region.size = region.at != NULL ? strlen(region.at) : 0;
  }
  size_t n = 0;
  if (name.size != 0) {
    n += cspan_attribute_text("faas.invoked_name", name.at, name.size, CSPAN_MAX_VALUE_BYTES,
                              &out[n]);
  }
  if (region.size != 0) {
    n += cspan_attribute_text("faas.invoked_region", region.at, region.size, CSPAN_MAX_VALUE_BYTES,
                              &out[n]);
  }
  return n;
}

static const cspan_carrier carriers[] = {
    {"Invoke,InvokeWithResponseStream", CSPAN_CARRIER_LAMBDA, cspan_carry_lambda},
};

const cspan_service_rules cspan_rules_lambda = {
    .service = "Lambda",
    .data = "Payload,ClientContext,Environment",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .fixed = fixed,
    .fixed_count = sizeof fixed / sizeof fixed[0],
    .emitted = emitted,
    .emitted_count = sizeof emitted / sizeof emitted[0],
    .at_start = at_start,
    .at_start_of = "Invoke*",
    .carriers = carriers,
    .carrier_count = sizeof carriers / sizeof carriers[0],
};
