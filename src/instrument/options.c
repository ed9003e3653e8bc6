/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/options.h"

#include <string.h>

#include "base/sys.h"
#include "instrument/cost.h"
#include "instrument/expected.h"
#include "instrument/extract.h"
#include "instrument/options_schema.h"
#include "telemetry/config/make.h"
#include "telemetry/settings.h"

/* The tree has passed the schema, so that types need no check. */

/* ------------------------------------------------------------------- values */

/* The index of the word that a member has; -1: it is absent. */
static int word_of(const cspan_config_node *node, const char *const *words) {
  const char *text = NULL;
  if (!cspan_config_node_string(node, &text)) {
    return -1;
  }
  int index = 0;
  while (words[index] != NULL && !cspan_ieq(words[index], text)) {
    index++;
  }
  return words[index] != NULL ? index : -1;
}

/* The value of an enumeration whose first word stands for `first`; `given` where the member is
 * absent or the program has chosen. */
static unsigned choose(const cspan_config_node *map, const char *key, const char *const *words,
                       unsigned first, unsigned given) {
  int index = word_of(cspan_config_node_get(map, key), words);
  return given == 0 && index >= 0 ? first + (unsigned)index : given;
}

static cspan_switch choose_switch(const cspan_config_node *map, const char *key,
                                  cspan_switch given) {
  bool is_on = false;
  if (given != CSPAN_SWITCH_DEFAULT ||
      !cspan_config_node_bool(cspan_config_node_get(map, key), &is_on)) {
    return given;
  }
  return is_on ? CSPAN_SWITCH_ON : CSPAN_SWITCH_OFF;
}

static void choose_carriers(const cspan_config_node *list, cspan_trace_options *options) {
  if (list == NULL || options->carriers != CSPAN_CARRIERS_DEFAULT) {
    return;
  }
  unsigned bits = CSPAN_CARRIERS_NONE;
  for (size_t i = 0; i < cspan_config_node_count(list); i++) {
    int index = word_of(cspan_config_node_at(list, i, NULL), cspan_option_carriers);
    bits |= index >= 0 ? (unsigned)CSPAN_CARRIER_SQS << (unsigned)index : 0;
  }
  options->carriers =
      (cspan_context_carriers)(bits > CSPAN_CARRIERS_NONE ? bits & ~(unsigned)CSPAN_CARRIERS_NONE
                                                          : bits);
}

/* -------------------------------------------------------------------- lists */

/* A list as a NULL-terminated array, which is *out where that was NULL. */
static cspan_status choose_texts(cspan_arena *arena, const cspan_config_node *list,
                                 const char *const **out, cspan_error **error) {
  size_t count = cspan_config_node_count(list);
  if (cspan_config_node_type(list) != CSPAN_CONFIG_LIST || *out != NULL) {
    return CSPAN_OK;
  }
  const char **texts = cspan_arena_array(arena, count + 1, sizeof *texts);
  if (texts == NULL) {
    return cspan_config_no_memory(list, error);
  }
  for (size_t i = 0; i < count; i++) {
    cspan_config_node_string(cspan_config_node_at(list, i, NULL), &texts[i]);
  }
  *out = texts;
  return CSPAN_OK;
}

/* Each by itself, so that the message has the place of the one that is wrong. */
static cspan_status check_outcomes(const cspan_config_node *list, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_config_node_count(list) && status == CSPAN_OK; i++) {
    const cspan_config_node *node = cspan_config_node_at(list, i, NULL);
    const char *one[] = {NULL, NULL};
    cspan_expected_list parsed = {0};
    cspan_error *why = NULL;
    cspan_config_node_string(node, &one[0]);
    status = cspan_expected_parse(one, &parsed, &why);
    cspan_expected_free(&parsed);
    if (status != CSPAN_OK) {
      status = cspan_config_wrap(node, error, why);
    }
  }
  return status;
}

/* -------------------------------------------------------------------- rules */

static cspan_attribute_rule rule_of(const cspan_config_node *node) {
  return (cspan_attribute_rule){
      .service = cspan_config_text(node, "service", NULL),
      .operation = cspan_config_text(node, "operation", NULL),
      .source =
          (cspan_attribute_source)choose(node, "source", cspan_option_sources, CSPAN_FROM_INPUT, 0),
      .path = cspan_config_text(node, "path", ""),
      .key = cspan_config_text(node, "key", ""),
      .form = (cspan_attribute_form)choose(node, "form", cspan_option_forms, CSPAN_AS_STRING, 0),
      .max_bytes = (unsigned)cspan_config_whole(node, "max_bytes", 0),
  };
}

/* Of `rules`, which are `count` or none, and `removed`, which may be NULL. */
static cspan_status check_rules(const cspan_config_node *node, const cspan_attribute_rule *rules,
                                size_t count, const char *const *removed, cspan_error **error) {
  const cspan_trace_options some = {.size = sizeof some,
                                    .attribute_rules = rules,
                                    .attribute_rule_count = count,
                                    .removed_attributes = removed};
  cspan_own_rules copied = {0};
  cspan_error *why = NULL;
  cspan_status status = cspan_own_rules_copy(&some, &copied, &why);
  if (status != CSPAN_OK) {
    return cspan_config_wrap(node, error, why);
  }
  cspan_own_rules_free(&copied);
  return CSPAN_OK;
}

static cspan_status choose_rules(cspan_arena *arena, const cspan_config_node *list,
                                 cspan_trace_options *options, cspan_error **error) {
  size_t count = cspan_config_node_count(list);
  if (count == 0 || options->attribute_rules != NULL) {
    return CSPAN_OK;
  }
  cspan_attribute_rule *rules = cspan_arena_array(arena, count, sizeof *rules);
  if (rules == NULL) {
    return cspan_config_no_memory(list, error);
  }
  for (size_t i = 0; i < count; i++) {
    const cspan_config_node *node = cspan_config_node_at(list, i, NULL);
    rules[i] = rule_of(node);
    cspan_status status = check_rules(node, rules, i + 1, NULL, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  options->attribute_rules = rules;
  options->attribute_rule_count = count;
  return CSPAN_OK;
}

static cspan_status choose_removed(cspan_arena *arena, const cspan_config_node *list,
                                   cspan_trace_options *options, cspan_error **error) {
  if (options->removed_attributes != NULL) {
    return CSPAN_OK;
  }
  cspan_status status = choose_texts(arena, list, &options->removed_attributes, error);
  return status == CSPAN_OK ? check_rules(list, NULL, 0, options->removed_attributes, error)
                            : status;
}

static cspan_status choose_tags(cspan_arena *arena, const cspan_config_node *list,
                                cspan_trace_options *options, cspan_error **error) {
  char **copied = NULL;
  cspan_error *why = NULL;
  if (options->allocation_tags != NULL) {
    return CSPAN_OK;
  }
  cspan_status status = choose_texts(arena, list, &options->allocation_tags, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = cspan_allocation_tags_copy(options->allocation_tags, &copied, &why);
  cspan_allocation_tags_free(copied);
  return status == CSPAN_OK ? CSPAN_OK : cspan_config_wrap(list, error, why);
}

/* --------------------------------------------------------------- propagators */

/* Those that the section names, or X-Ray's, which the services understand, and the file's. The
 * environment is not asked where there is a file. */
static cspan_status choose_propagator(const cspan_config_node *root,
                                      const cspan_config_node *section,
                                      cspan_trace_options *options, cspan_error **error) {
  const cspan_config_node *node = cspan_config_node_get(section, "propagators");
  const char *names = NULL;
  cspan_error *why = NULL;
  if (options->propagator != NULL) {
    return CSPAN_OK;
  }
  if (cspan_config_node_string(node, &names)) {
    options->propagator = cspan_propagator_from_names(names, &why);
    return options->propagator != NULL ? CSPAN_OK : cspan_config_wrap(node, error, why);
  }
  cspan_propagator *parts[2] = {cspan_propagator_xray(), NULL};
  if (parts[0] == NULL) {
    return cspan_config_no_memory(root, error);
  }
  cspan_status status =
      cspan_make_propagator(cspan_config_node_get(root, "propagator"), &parts[1], error);
  if (status != CSPAN_OK) {
    cspan_propagator_free(parts[0]);
    return status;
  }
  options->propagator = cspan_propagator_composite(parts, 2);
  return options->propagator != NULL ? CSPAN_OK : cspan_config_no_memory(root, error);
}

/* --------------------------------------------------------------- all of them */

static cspan_status take_lists(cspan_arena *arena, const cspan_config_node *section,
                               cspan_trace_options *options, cspan_error **error) {
  const cspan_config_node *attributes = cspan_config_node_get(section, "attributes");
  const cspan_config_node *outcomes = cspan_config_node_get(section, "expected_outcomes");
  cspan_status status = choose_texts(arena, outcomes, &options->expected_outcomes, error);
  if (status == CSPAN_OK) {
    status = check_outcomes(outcomes, error);
  }
  if (status == CSPAN_OK) {
    status = choose_tags(arena, cspan_config_node_get(section, "allocation_tags"), options, error);
  }
  if (status == CSPAN_OK) {
    status = choose_removed(arena, cspan_config_node_get(attributes, "remove"), options, error);
  }
  return status == CSPAN_OK
             ? choose_rules(arena, cspan_config_node_get(attributes, "add"), options, error)
             : status;
}

static void take_choices(const cspan_config_node *section, cspan_trace_options *options) {
  const cspan_config_node *cost = cspan_config_node_get(section, "cost");
  options->retries = (cspan_retry_tracing)choose(section, "retries", cspan_option_retries,
                                                 CSPAN_RETRY_EVENTS, options->retries);
  options->semconv = (cspan_semconv_mode)choose(section, "semconv", cspan_option_semconv,
                                                CSPAN_SEMCONV_STABLE, options->semconv);
  options->messaging_spans =
      (cspan_messaging_spans)choose(section, "messaging_spans", cspan_option_spans,
                                    CSPAN_MESSAGING_SPANS_CONVENTION, options->messaging_spans);
  choose_carriers(cspan_config_node_get(section, "carriers"), options);
  options->metrics = choose_switch(section, "metrics", options->metrics);
  options->cost = choose_switch(cost, "enabled", options->cost);
  options->cost_transfer_out = choose_switch(cost, "transfer_out", options->cost_transfer_out);
  if (options->price_file == NULL) {
    options->price_file = cspan_config_text(cost, "price_file", NULL);
  }
}

static cspan_status take_all(const cspan_configuration *configuration, cspan_arena *arena,
                             cspan_trace_options *options, cspan_error **error) {
  const cspan_config_node *root = cspan_configuration_root(configuration);
  const cspan_config_node *libraries =
      cspan_config_node_get(cspan_config_node_get(root, "instrumentation/development"), "c");
  const cspan_config_node *section = cspan_config_node_get(libraries, "cloudspan");
  cspan_status status =
      libraries != NULL ? cspan_schema_check(&cspan_libraries_schema, libraries, error) : CSPAN_OK;
  if (status != CSPAN_OK) {
    return status;
  }
  take_choices(section, options);
  status = take_lists(arena, section, options, error);
  return status == CSPAN_OK ? choose_propagator(root, section, options, error) : status;
}

cspan_status cspan_options_complete(cspan_trace_options *options, cspan_file_options *memory,
                                    cspan_error **error) {
  const cspan_configuration *configuration = options->configuration;
  const char *path = configuration == NULL ? cspan_setting_text("OTEL_CONFIG_FILE") : NULL;
  cspan_error *why = NULL;
  cspan_status status = CSPAN_OK;
  *memory = (cspan_file_options){NULL, NULL};
  if (path != NULL) {
    status = cspan_configuration_parse_file(path, &memory->configuration, &why);
    configuration = memory->configuration;
  }
  if (status == CSPAN_OK && configuration != NULL) {
    memory->arena = cspan_arena_create(CSPAN_CONFIG_ARENA_MAX);
    status = memory->arena != NULL ? take_all(configuration, memory->arena, options, &why)
                                   : cspan_error_move(&why, cspan_error_nomem());
  }
  if (status != CSPAN_OK) {
    if (path != NULL) {
      cspan_error_prefix(why, "OTEL_CONFIG_FILE");
    }
    cspan_error_move(error, why);
  }
  return status;
}

void cspan_file_options_free(cspan_file_options *memory) {
  cspan_configuration_free(memory->configuration);
  cspan_arena_free(memory->arena);
}
