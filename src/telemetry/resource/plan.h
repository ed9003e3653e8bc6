/* SPDX-License-Identifier: Apache-2.0 */
/* The resource of a provider, in layers by rising precedence: what is known at once, what slow
 * detectors find, what was said by the environment and the options. */
#ifndef TELEMETRY_RESOURCE_PLAN_H
#define TELEMETRY_RESOURCE_PLAN_H

#include "telemetry/resource/detect.h"

typedef struct cspan_resource_plan {
  cspan_resource *base;
  cspan_resource *top;
  cspan_detector_list detectors;
} cspan_resource_plan;

/* Runs the detectors that are not slow. */
cspan_status cspan_resource_plan_make(const cspan_provider_options *options,
                                      cspan_resource_plan *out, cspan_error **error);
void cspan_resource_plan_free(cspan_resource_plan *plan);
/* All layers together; `found` may be NULL. */
cspan_status cspan_resource_plan_join(const cspan_resource_plan *plan, const cspan_resource *found,
                                      cspan_resource **out, cspan_error **error);

/* What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say. */
cspan_status cspan_resource_from_env(cspan_resource *out);
/* The error of a resource that could not be put together. */
cspan_status cspan_resource_fail(cspan_status status, cspan_error **error);

#endif
