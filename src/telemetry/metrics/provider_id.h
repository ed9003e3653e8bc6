/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the process's meter providers one is: what is kept of a provider that may be freed is
 * known by it, as the next one may have the same address. */
#ifndef TELEMETRY_METRICS_PROVIDER_ID_H
#define TELEMETRY_METRICS_PROVIDER_ID_H

#include <cloudspan/metrics.h>

/* Never 0, and never given twice. */
uint64_t cspan_meter_provider_id(const cspan_meter_provider *provider);

#endif
