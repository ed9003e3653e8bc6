/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK made of a configuration file, inside. */
#ifndef TELEMETRY_CONFIG_SDK_H
#define TELEMETRY_CONFIG_SDK_H

#include <cloudspan/configuration.h>

#include "telemetry/core.h"

/* As cspan_configuration_create(), with a service name and version for a resource that names
 * none; both may be NULL. */
cspan_status cspan_sdk_create(const cspan_configuration *configuration, const char *service_name,
                              const char *service_version, cspan_sdk **out, cspan_error **error);

/* The tracer provider becomes the caller's, with the meter provider as its companion, and the
 * global propagator the library's; the rest is freed. */
cspan_tracer_provider *cspan_sdk_hand_over(cspan_sdk *sdk);

/* The meter provider goes with a tracer provider; NULL: nothing does. */
cspan_companion cspan_companion_of_meters(cspan_meter_provider *meters);

#endif
