/* SPDX-License-Identifier: Apache-2.0 */
/* What the console exporters of all signals print alike. */
#ifndef TELEMETRY_CONSOLE_TEXT_H
#define TELEMETRY_CONSOLE_TEXT_H

#include <cloudspan/telemetry.h>

#include "base/buf.h"

/* As it is, or quoted and escaped where that would disturb a terminal. */
void cspan_console_name(cspan_buf *out, const char *name);
/* " key=value" for each. */
void cspan_console_attributes(cspan_buf *out, const cspan_attr *attributes, size_t count);
/* Writes the text to a descriptor; `what` it is goes into the error. */
cspan_status cspan_console_write(int fd, const cspan_buf *text, const char *what,
                                 cspan_error **error);

#endif
