/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT and SIGTERM: the first sets a flag, the second ends the process. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <cloudspan/base.h>

/* `cancel` is triggered by the first signal; NULL restores the default actions, after which the
 * one before may be freed. SIGPIPE is ignored: a closed pipe is a failed write. */
void cspan_cli_signals_watch(cspan_cancel *cancel);
/* The signal that came, or 0. */
int cspan_cli_signals_received(void);

#endif
