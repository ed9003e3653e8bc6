/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK made of a configuration file, inside. */
#ifndef TELEMETRY_CONFIG_SDK_H
#define TELEMETRY_CONFIG_SDK_H

#include <cloudspan/configuration.h>

/* As cspan_configuration_create(), with a service name and version for a resource that names
 * none; both may be NULL. */
cspan_status cspan_sdk_create(const cspan_configuration *configuration, const char *service_name,
                              const char *service_version, cspan_sdk **out, cspan_error **error);

/* The tracer provider becomes the caller's. The SDK goes on owning what is needed as long as
 * that lives, and is freed with it. */
cspan_tracer_provider *cspan_sdk_hand_over(cspan_sdk *sdk);

#endif
