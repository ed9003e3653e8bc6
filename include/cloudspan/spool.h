/* SPDX-License-Identifier: Apache-2.0 */
/**
 * spool.h: keeps spans on disk while the collector is away.
 */
#ifndef CLOUDSPAN_SPOOL_H
#define CLOUDSPAN_SPOOL_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

CSPAN_END_DECLS

#endif
