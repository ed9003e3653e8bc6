/* SPDX-License-Identifier: Apache-2.0 */
/* `composite/development`: samplers that are combined by their thresholds. */
#include <string.h>

#include "telemetry/config/make_sampling.h"

static cspan_status made(const cspan_config_node *named, const cspan_composable_sampler *sampler,
                         cspan_error **error) {
  return sampler != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}

/* Conditions on attributes are on one key each, and the key is no pattern. */
static cspan_status take_conditions(cspan_maker *maker, const cspan_config_node *rule,
                                    cspan_span_match *out, cspan_error **error) {
  const cspan_config_node *values = cspan_config_node_get(rule, "attribute_values");
  const cspan_config_node *patterns = cspan_config_node_get(rule, "attribute_patterns");
  cspan_attr_match *matches = cspan_arena_array(maker->arena, 2, sizeof *matches);
  cspan_status status = CSPAN_OK;
  if (matches == NULL) {
    return cspan_config_no_memory(rule, error);
  }
  *out = (cspan_span_match){.attributes = matches};
  cspan_make_places(rule, out);
  if (values != NULL) {
    cspan_attr_match *match = &matches[out->attribute_count++];
    match->key = cspan_config_text(values, "key", "");
    match->is_literal = true;
    status = cspan_config_texts(maker, cspan_config_node_get(values, "values"), &match->included,
                                &match->included_count, error);
  }
  if (patterns != NULL && status == CSPAN_OK) {
    status = cspan_make_attr_match(maker, patterns, &matches[out->attribute_count++], error);
  }
  return status;
}

static cspan_status make_rules(cspan_maker *maker, const cspan_config_node *named,
                               cspan_composable_sampler **out, cspan_error **error) {
  const cspan_config_node *list = cspan_config_node_get(named, "rules");
  size_t count = cspan_config_node_count(list);
  cspan_composable_rule *rules =
      cspan_arena_array(maker->arena, count > 0 ? count : 1, sizeof *rules);
  size_t done = 0;
  cspan_status status = rules != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
  for (const cspan_config_node *rule = count > 0 ? list->first : NULL;
       rule != NULL && status == CSPAN_OK; rule = rule->next) {
    status = take_conditions(maker, rule, &rules[done].match, error);
    if (status == CSPAN_OK) {
      status = cspan_make_composable(maker, cspan_config_node_get(rule, "sampler"),
                                     &rules[done].sampler, error);
      done += status == CSPAN_OK;
    }
  }
  if (status != CSPAN_OK) {
    for (size_t i = 0; i < done; i++) {
      cspan_composable_sampler_free(rules[i].sampler);
    }
    return status;
  }
  *out = cspan_composable_rule_based(rules, count);
  return made(named, *out, error);
}

static cspan_status make_threshold(cspan_maker *maker, const cspan_config_node *named,
                                   cspan_composable_sampler **out, cspan_error **error) {
  cspan_composable_sampler *root;
  cspan_status status =
      cspan_make_composable(maker, cspan_config_node_get(named, "root"), &root, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_composable_parent_threshold(root);
  return made(named, *out, error);
}

/* The schema lets through no other name. */
cspan_status cspan_make_composable(cspan_maker *maker, const cspan_config_node *choice,
                                   cspan_composable_sampler **out, cspan_error **error) {
  const cspan_config_node *named = choice->first;
  *out = NULL;
  if (strcmp(named->key, "rule_based") == 0) {
    return make_rules(maker, named, out, error);
  }
  if (strcmp(named->key, "parent_threshold") == 0) {
    return make_threshold(maker, named, out, error);
  }
  *out = strcmp(named->key, "always_on") == 0 ? cspan_composable_always_on()
         : strcmp(named->key, "always_off") == 0
             ? cspan_composable_always_off()
             : cspan_composable_probability(cspan_config_real(named, "ratio", 1));
  return made(named, *out, error);
}
