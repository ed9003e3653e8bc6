/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the instrumentation from a configuration file, where it has a section
 *
 *   instrumentation/development:
 *     c:
 *       cloudspan:
 */
#ifndef INSTRUMENT_OPTIONS_H
#define INSTRUMENT_OPTIONS_H

#include <cloudspan/configuration.h>
#include <cloudspan/trace.h>

#include "base/arena.h"

/* What options that were completed refer to. */
typedef struct cspan_file_options {
  cspan_configuration *configuration;
  cspan_arena *arena;
} cspan_file_options;

/* Puts into `options`, where they leave the default, what their `configuration` says, or else the
 * file that OTEL_CONFIG_FILE names. Texts are borrowed from *memory; options->propagator, which
 * is its owner's as ever, may be made. CSPAN_ERR_CONFIG names the place of what is wrong. *memory is
 * to be freed in any case. */
cspan_status cspan_options_complete(cspan_trace_options *options, cspan_file_options *memory,
                                    cspan_error **error);
void cspan_file_options_free(cspan_file_options *memory);

#endif
