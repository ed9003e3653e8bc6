/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers and tail sampling of a configuration file: what their files share. */
#ifndef TELEMETRY_CONFIG_MAKE_SAMPLING_H
#define TELEMETRY_CONFIG_MAKE_SAMPLING_H

#include <cloudspan/sampling.h>

#include "telemetry/config/make.h"

/* `span_kinds` and `parent` of a rule. */
void cspan_make_places(const cspan_config_node *map, cspan_span_match *out);
/* `key`, `value`, `included` and `excluded`. Texts are the tree's, arrays in the arena. */
cspan_status cspan_make_attr_match(cspan_maker *maker, const cspan_config_node *map,
                                   cspan_attr_match *out, cspan_error **error);
/* `span_name`, `span_kinds`, `parent` and `attributes`. */
cspan_status cspan_make_span_match(cspan_maker *maker, const cspan_config_node *map,
                                   cspan_span_match *out, cspan_error **error);

/* Of `composite/development` and all that is below. */
cspan_status cspan_make_composable(cspan_maker *maker, const cspan_config_node *choice,
                                   cspan_composable_sampler **out, cspan_error **error);

/* `tail_sampling/development`. */
cspan_status cspan_make_tail_sampling(cspan_maker *maker, const cspan_config_node *named,
                                      cspan_span_processor **out, cspan_error **error);

#endif
