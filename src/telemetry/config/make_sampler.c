/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers of a configuration file. */
#include <string.h>

#include "telemetry/config/make.h"

typedef cspan_status (*make_fn)(cspan_maker *maker, const cspan_config_node *named,
                                cspan_sampler **out, cspan_error **error);

static cspan_status made(const cspan_config_node *named, const cspan_sampler *sampler,
                         cspan_error **error) {
  return sampler != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}

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

/* A sampler that may be left out: NULL then, and for one that is empty. */
static cspan_status make_member(cspan_maker *maker, const cspan_config_node *named, const char *key,
                                cspan_sampler **out, cspan_error **error) {
  const cspan_config_node *choice = cspan_config_node_get(named, key);
  *out = NULL;
  return choice != NULL ? cspan_make_sampler(maker, choice, out, error) : CSPAN_OK;
}

static cspan_status make_parent_based(cspan_maker *maker, const cspan_config_node *named,
                                      cspan_sampler **out, cspan_error **error) {
  cspan_sampler *root;
  cspan_status status = make_member(maker, named, "root", &root, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_sampler_parent_based(root != NULL ? root : cspan_sampler_always_on());
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
                  {"parent_based", make_parent_based}};
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
