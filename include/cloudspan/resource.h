/* SPDX-License-Identifier: Apache-2.0 */
/**
 * resource.h: resources as values, and detectors that find out what the program runs on.
 */
#ifndef CLOUDSPAN_RESOURCE_H
#define CLOUDSPAN_RESOURCE_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

CSPAN_END_DECLS

#endif
