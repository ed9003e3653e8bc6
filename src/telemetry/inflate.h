/* SPDX-License-Identifier: Apache-2.0 */
/* gzip, the unpacking side, with a limit to what comes out. */
#ifndef TELEMETRY_INFLATE_H
#define TELEMETRY_INFLATE_H

#include "base/buf.h"

/* Appends what the gzip data (one member or several) holds. CSPAN_ERR_PROTOCOL: it is
 * damaged or cut short; CSPAN_ERR_LIMIT: it holds more than `out` may; CSPAN_ERR_NOMEM. */
cspan_status cspan_gunzip(const void *data, size_t len, cspan_buf *out, cspan_error **error);

#endif
