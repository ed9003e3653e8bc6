/* SPDX-License-Identifier: Apache-2.0 */
/* What the exporters that write to a descriptor share. */
#ifndef TELEMETRY_EXPORTER_WRITE_H
#define TELEMETRY_EXPORTER_WRITE_H

#include "base/buf.h"

/* Writes all of it; on failure errno tells why and *written how much went out. */
bool cspan_write_all(int fd, const char *data, size_t len, size_t *written);

#endif
