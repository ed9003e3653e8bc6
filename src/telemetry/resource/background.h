/* SPDX-License-Identifier: Apache-2.0 */
/* Slow detectors of a provider, on a thread of their own. */
#ifndef TELEMETRY_RESOURCE_BACKGROUND_H
#define TELEMETRY_RESOURCE_BACKGROUND_H

#include "telemetry/core.h"
#include "telemetry/resource/plan.h"

/* Takes the plan. When the detectors are done, or time is up, or it is ended, the provider is given
 * the final resource, once, whatever happens. NULL when that was done at once, as no thread could
 * be had. */
cspan_background *cspan_background_start(cspan_tracer_provider *provider,
                                         const cspan_resource_plan *plan);
/* Waits a quarter of a second at most, gives up what is then still under way, and joins the thread.
 * NULL is fine. */
void cspan_background_end(cspan_background *background);

#endif
