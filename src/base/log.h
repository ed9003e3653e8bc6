/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <cloudspan/base.h>

/* Never pass a credential, signature, token or a URL with a query. */
void cspan_log(cspan_log_level level, const char *fmt, ...) CSPAN_PRINTF(2, 3);
bool cspan_log_enabled(cspan_log_level level);

#endif
