/* SPDX-License-Identifier: Apache-2.0 */
/* What the exporters that write to a descriptor share. */
#ifndef TELEMETRY_EXPORTER_WRITE_H
#define TELEMETRY_EXPORTER_WRITE_H

#include <cloudspan/telemetry.h>

#include "base/buf.h"

/* Writes all of it; on failure errno tells why and *written how much went out. */
bool cspan_write_all(int fd, const char *data, size_t len, size_t *written);

/* As cspan_exporter_otlp_file(), to a descriptor that stays the caller's; NULL: no memory. */
cspan_span_exporter *cspan_exporter_otlp_stream(int fd);

#endif
