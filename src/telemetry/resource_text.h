/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the resource of a provider as it is exported. */
#ifndef TELEMETRY_RESOURCE_TEXT_H
#define TELEMETRY_RESOURCE_TEXT_H

#include <cloudspan/telemetry.h>

#include "base/text.h"

/* The text of a string attribute of the resource of `tracer`'s provider; borrowed, without a NUL,
 * until the provider ends. False: there is none. */
bool cspan_tracer_resource_text(const cspan_tracer *tracer, const char *key, cspan_str *out);

#endif
