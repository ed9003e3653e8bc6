/* SPDX-License-Identifier: Apache-2.0 */
/* `tail_sampling/development`: rules on whole traces, around another processor. */
#include "telemetry/config/make_sampling.h"

/* A rule without a condition would make all that follow useless. */
static bool has_condition(const cspan_tail_rule *rule) {
  const cspan_span_match *match = &rule->match;
  return match->span_name != NULL || match->kinds != 0 || match->parents != 0 ||
         match->attribute_count > 0 || rule->error || rule->longer_than_ms > 0 ||
         rule->min_retries > 0;
}

static cspan_status make_rule(cspan_maker *maker, const cspan_config_node *map,
                              cspan_tail_rule *out, cspan_error **error) {
  double ratio = cspan_config_real(map, "ratio", 1);
  cspan_status status = cspan_make_span_match(maker, map, &out->match, error);
  if (status != CSPAN_OK) {
    return status;
  }
  out->name = cspan_config_text(map, "name", NULL);
  out->error = cspan_config_flag(map, "error", false);
  out->longer_than_ms = cspan_config_whole(map, "longer_than", 0);
  out->min_retries = cspan_config_whole(map, "min_retries", 0);
  out->drop = cspan_config_flag(map, "drop", false) || !(ratio > 0);
  out->ratio = ratio;
  return has_condition(out)
             ? CSPAN_OK
             : cspan_config_fail(map, error,
                                 "has no condition; base_ratio is for the traces that no rule "
                                 "matches");
}

static cspan_status make_rules(cspan_maker *maker, const cspan_config_node *list,
                               cspan_tail_sampling_options *options, cspan_error **error) {
  static const cspan_tail_rule standard[] = {{.error = true}, {.min_retries = 1}};
  cspan_status status = CSPAN_OK;
  if (list == NULL) {
    options->rules = standard;
    options->rule_count = sizeof standard / sizeof standard[0];
    return CSPAN_OK;
  }
  cspan_tail_rule *rules = cspan_arena_array(maker->arena, list->count, sizeof *rules);
  if (rules == NULL) {
    return cspan_config_no_memory(list, error);
  }
  for (const cspan_config_node *map = list->first; map != NULL && status == CSPAN_OK;
       map = map->next) {
    status = make_rule(maker, map, &rules[map->index], error);
  }
  options->rules = rules;
  options->rule_count = list->count;
  return status;
}

cspan_status cspan_make_tail_sampling(cspan_maker *maker, const cspan_config_node *named,
                                      cspan_span_processor **out, cspan_error **error) {
  cspan_span_processor *next;
  cspan_tail_sampling_options options = {
      .size = sizeof options,
      .base_ratio = cspan_config_real(named, "base_ratio", 0.05),
      .max_wait_ms = cspan_config_whole(named, "max_wait", 0),
      .max_bytes = (size_t)cspan_config_whole(named, "max_bytes", 0),
      .max_spans_per_trace = (size_t)cspan_config_whole(named, "max_spans_per_trace", 0)};
  cspan_status status = make_rules(maker, cspan_config_node_get(named, "rules"), &options, error);
  if (status == CSPAN_OK) {
    status = cspan_make_processor(maker, cspan_config_node_get(named, "processor"), &next, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_processor_tail_sampling(next, &options);
  return *out != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}
