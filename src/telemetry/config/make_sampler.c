/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers of a configuration file. */
#include <string.h>

#include "telemetry/config/make_sampling.h"

typedef cspan_status (*make_fn)(cspan_maker *maker, const cspan_config_node *named,
                                cspan_sampler **out, cspan_error **error);

static cspan_status made(const cspan_config_node *named, const cspan_sampler *sampler,
                         cspan_error **error) {
  return sampler != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}

/* A sampler below `key`; NULL where there is none. */
static cspan_status make_member(cspan_maker *maker, const cspan_config_node *named, const char *key,
                                cspan_sampler **out, cspan_error **error) {
  const cspan_config_node *choice = cspan_config_node_get(named, key);
  *out = NULL;
  return choice != NULL ? cspan_make_sampler(maker, choice, out, error) : CSPAN_OK;
}

/* ------------------------------------------------------------------ of the schema */

static cspan_status make_always_on(cspan_maker *maker, const cspan_config_node *named,
                                   cspan_sampler **out, cspan_error **error) {
  (void)maker;
  *out = cspan_sampler_always_on();
  return made(named, *out, error);
}

static cspan_status make_always_off(cspan_maker *maker, const cspan_config_node *named,
                                    cspan_sampler **out, cspan_error **error) {
  (void)maker;
  *out = cspan_sampler_always_off();
  return made(named, *out, error);
}

static cspan_status make_ratio(cspan_maker *maker, const cspan_config_node *named,
                               cspan_sampler **out, cspan_error **error) {
  (void)maker;
  *out = cspan_sampler_trace_id_ratio(cspan_config_real(named, "ratio", 1));
  return made(named, *out, error);
}

static cspan_status make_probability(cspan_maker *maker, const cspan_config_node *named,
                                     cspan_sampler **out, cspan_error **error) {
  (void)maker;
  *out =
      cspan_sampler_composite(cspan_composable_probability(cspan_config_real(named, "ratio", 1)));
  return made(named, *out, error);
}

static cspan_status make_composite(cspan_maker *maker, const cspan_config_node *named,
                                   cspan_sampler **out, cspan_error **error) {
  cspan_composable_sampler *composable;
  cspan_status status = cspan_make_composable(maker, named, &composable, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_sampler_composite(composable);
  return made(named, *out, error);
}

static cspan_status make_parent_based(cspan_maker *maker, const cspan_config_node *named,
                                      cspan_sampler **out, cspan_error **error) {
  cspan_by_parent_options options = {.size = sizeof options};
  const struct {
    const char *key;
    cspan_sampler **sampler;
  } members[] = {{"root", &options.root},
                 {"remote_parent_sampled", &options.remote_parent_sampled},
                 {"remote_parent_not_sampled", &options.remote_parent_not_sampled},
                 {"local_parent_sampled", &options.local_parent_sampled},
                 {"local_parent_not_sampled", &options.local_parent_not_sampled}};
  const size_t count = sizeof members / sizeof members[0];
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = make_member(maker, named, members[i].key, members[i].sampler, error);
  }
  if (status != CSPAN_OK) {
    for (size_t i = 0; i < count; i++) {
      cspan_sampler_free(*members[i].sampler);
    }
    return status;
  }
  if (options.root == NULL) {
    options.root = cspan_sampler_always_on();
  }
  *out = cspan_sampler_by_parent(&options);
  return made(named, *out, error);
}

static cspan_status make_jaeger(cspan_maker *maker, const cspan_config_node *named,
                                cspan_sampler **out, cspan_error **error) {
  cspan_jaeger_remote_options options = {
      .size = sizeof options,
      .service_name = maker->service_name != NULL ? maker->service_name : "unknown_service",
      .endpoint = cspan_config_text(named, "endpoint", NULL),
      .polling_interval_ms = cspan_config_whole(named, "interval", 60000)};
  cspan_error *failure = NULL;
  if (named->type == CSPAN_CONFIG_NULL) {
    return cspan_config_fail(named, error, "needs \"endpoint\" and \"initial_sampler\"");
  }
  cspan_status status = make_member(maker, named, "initial_sampler", &options.initial, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = cspan_sampler_jaeger_remote(&options, out, &failure);
  return status == CSPAN_OK ? CSPAN_OK : cspan_config_wrap(named, error, failure);
}

/* ------------------------------------------------------------------- of cloudspan */

static cspan_status make_record(cspan_maker *maker, const cspan_config_node *named,
                                cspan_sampler **out, cspan_error **error) {
  cspan_sampler *root;
  cspan_status status = make_member(maker, named, "root", &root, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_sampler_always_record(root);
  return made(named, *out, error);
}

static cspan_status make_rate(cspan_maker *maker, const cspan_config_node *named,
                              cspan_sampler **out, cspan_error **error) {
  (void)maker;
  *out = cspan_sampler_rate_limited(cspan_config_real(named, "per_second", 0),
                                    cspan_config_real(named, "burst", 0));
  return made(named, *out, error);
}

static void free_rules(const cspan_sampling_rule *rules, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_sampler_free(rules[i].sampler);
  }
}

static cspan_status make_rules(cspan_maker *maker, const cspan_config_node *named,
                               cspan_sampler **out, cspan_error **error) {
  const cspan_config_node *list = cspan_config_node_get(named, "rules");
  cspan_sampling_rule *rules = cspan_arena_array(maker->arena, list->count, sizeof *rules);
  cspan_rules_options options = {.size = sizeof options,
                                 .rules = rules,
                                 .rule_attribute =
                                     cspan_config_text(named, "rule_attribute", NULL)};
  cspan_status status = rules != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
  for (const cspan_config_node *rule = list->first; rule != NULL && status == CSPAN_OK;
       rule = rule->next) {
    cspan_sampling_rule *made_rule = &rules[options.rule_count];
    status = cspan_make_span_match(maker, rule, &made_rule->match, error);
    if (status == CSPAN_OK) {
      status = make_member(maker, rule, "sampler", &made_rule->sampler, error);
      options.rule_count += status == CSPAN_OK;
    }
  }
  if (status == CSPAN_OK) {
    status = make_member(maker, named, "fallback", &options.fallback, error);
  }
  if (status != CSPAN_OK) {
    free_rules(rules, options.rule_count);
    return status;
  }
  if (options.fallback == NULL) {
    options.fallback = cspan_sampler_always_on();
  }
  *out = cspan_sampler_rules(&options);
  return made(named, *out, error);
}

cspan_status cspan_make_sampler(cspan_maker *maker, const cspan_config_node *choice,
                                cspan_sampler **out, cspan_error **error) {
  static const struct {
    const char *name;
    make_fn make;
  } built_in[] = {{"always_on", make_always_on},
                  {"always_off", make_always_off},
                  {"trace_id_ratio_based", make_ratio},
                  {"parent_based", make_parent_based},
                  {"probability/development", make_probability},
                  {"composite/development", make_composite},
                  {"jaeger_remote/development", make_jaeger},
                  {"always_record/development", make_record},
                  {"rate_limiting/development", make_rate},
                  {"rules/development", make_rules}};
  const cspan_config_node *named = choice->first;
  *out = NULL;
  for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
    if (strcmp(named->key, built_in[i].name) == 0) {
      return built_in[i].make(maker, named, out, error);
    }
  }
  cspan_component component = {.sampler = NULL};
  cspan_status status = cspan_component_make(CSPAN_COMPONENT_SAMPLER, choice, &component, error);
  *out = status == CSPAN_OK ? component.sampler : NULL;
  return status;
}
