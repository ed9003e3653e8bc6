/* SPDX-License-Identifier: Apache-2.0 */
/* The span exporter of OTLP, inside. */
#ifndef TELEMETRY_EXPORTER_OTLP_H
#define TELEMETRY_EXPORTER_OTLP_H

#include <cloudspan/ext/exporter.h>

#include "telemetry/otlp_retry.h"

/* With waits other than the standard ones; for tests. */
cspan_status cspan_exporter_otlp_with(const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_span_exporter **out,
                                      cspan_error **error);

#endif
