/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a config: where each comes from, and how its text is understood. */
#ifndef AWS_CONFIG_SETTINGS_H
#define AWS_CONFIG_SETTINGS_H

#include "aws/config.h"

/* Fills settings[]: options, then environment, then the profile (loaded in between, by the
 * settings that name it), then defaults. */
cspan_status cspan_config_collect(cspan_aws_config *config, const cspan_aws_options *options,
                                  cspan_error **error);
/* Parses what settings[] holds into the fields. */
cspan_status cspan_config_parse(cspan_aws_config *config, cspan_error **error);
/* A source for people: of the environment also which of the setting's variables it was. */
void cspan_config_source_text(size_t id, const char *source, char out[CSPAN_SOURCE_TEXT_MAX]);
/* SIZE_MAX when there is no such name. */
size_t cspan_config_find(const char *name);

#endif
