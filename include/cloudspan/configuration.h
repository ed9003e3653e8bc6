/* SPDX-License-Identifier: Apache-2.0 */
/**
 * configuration.h: the SDK from a YAML file (OTEL_CONFIG_FILE), by the declarative
 * configuration of the OpenTelemetry specification.
 */
#ifndef CLOUDSPAN_CONFIGURATION_H
#define CLOUDSPAN_CONFIGURATION_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

CSPAN_END_DECLS

#endif
