/* SPDX-License-Identifier: Apache-2.0 */
/* The sampler that asks another one by operation. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "telemetry/sampling/match.h"
#include "telemetry/sampling/samplers.h"

enum { DESCRIPTION_MAX = 65536 };

typedef struct rule {
  cspan_span_match match;
  cspan_sampler *sampler;
  cspan_attr told; /* key NULL: nothing is */
  char number[32];
} rule;

typedef struct rules_sampler {
  rule *rules; /* the fallback is the last one */
  size_t count;
  char *attribute;
  char *description;
} rules_sampler;

static void sample_by_rule(void *self, const cspan_sampling_input *input,
                           cspan_sampling_result *result) {
  const rules_sampler *sampler = self;
  const rule *found = sampler->rules;
  while (!cspan_span_match_start(&found->match, input)) {
    found++; /* the last one matches everything */
  }
  cspan_sampler_ask(found->sampler, input, result);
  if (found->told.key != NULL && result->decision != CSPAN_SAMPLING_DROP) {
    cspan_sampler_add_attrs(result, &found->told, 1);
  }
}

static const char *describe(void *self) {
  return ((rules_sampler *)self)->description;
}

static void free_rules(void *self) {
  rules_sampler *sampler = self;
  for (size_t i = 0; i < sampler->count; i++) {
    cspan_span_match_free(&sampler->rules[i].match);
    cspan_sampler_free(sampler->rules[i].sampler);
  }
  cspan_free(sampler->rules);
  cspan_free(sampler->attribute);
  cspan_free(sampler->description);
  cspan_free(sampler);
}

/* The rule's name in attribute and description. */
static const char *name_of(rule *r, size_t index, size_t count) {
  if (index + 1 == count) {
    return "fallback";
  }
  if (r->match.span_name != NULL) {
    return r->match.span_name;
  }
  snprintf(r->number, sizeof r->number, "rule %zu", index + 1);
  return r->number;
}

static bool finish(rules_sampler *sampler, const cspan_rules_options *options) {
  cspan_buf text;
  cspan_buf_init(&text, DESCRIPTION_MAX);
  cspan_buf_str(&text, "RulesSampler{");
  if (options->rule_attribute != NULL) {
    sampler->attribute = cspan_strdup(options->rule_attribute);
  }
  for (size_t i = 0; i < sampler->count; i++) {
    rule *r = &sampler->rules[i];
    const char *name = name_of(r, i, sampler->count);
    cspan_buf_printf(&text, "%s%s:%s", i > 0 ? "," : "", name, cspan_sampler_text(r->sampler));
    if (sampler->attribute != NULL) {
      r->told = cspan_attr_string(sampler->attribute, name);
    }
  }
  cspan_buf_str(&text, "}");
  if (cspan_buf_status(&text) == CSPAN_ERR_LIMIT) { /* too many to be told */
    cspan_buf_clear(&text);
    cspan_buf_printf(&text, "RulesSampler{%zu rules}", sampler->count - 1);
  }
  sampler->description = cspan_buf_take(&text, NULL);
  return sampler->description != NULL &&
         (options->rule_attribute == NULL || sampler->attribute != NULL);
}

static bool take_rules(rules_sampler *sampler, const cspan_rules_options *options) {
  bool ok = true;
  sampler->rules = cspan_calloc(options->rule_count + 1, sizeof *sampler->rules);
  if (sampler->rules == NULL) {
    return false;
  }
  sampler->count = options->rule_count + 1;
  for (size_t i = 0; i < options->rule_count; i++) {
    sampler->rules[i].sampler = options->rules[i].sampler;
    ok = ok && options->rules[i].sampler != NULL &&
         cspan_span_match_copy(&sampler->rules[i].match, &options->rules[i].match);
  }
  sampler->rules[options->rule_count].sampler = options->fallback;
  return ok && options->fallback != NULL;
}

cspan_sampler *cspan_sampler_rules(const cspan_rules_options *options) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_by_rule, describe, free_rules};
  rules_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL || !take_rules(self, options) || !finish(self, options)) {
    if (self == NULL || self->rules == NULL) {
      for (size_t i = 0; i < options->rule_count; i++) {
        cspan_sampler_free(options->rules[i].sampler);
      }
      cspan_sampler_free(options->fallback);
      cspan_free(self);
    } else {
      free_rules(self);
    }
    return NULL;
  }
  return cspan_sampler_create(&vtable, self);
}
