/* SPDX-License-Identifier: Apache-2.0 */
/* A child process that answers every HTTP request with the same small S3 answer, so that a
 * benchmark counts only the client's CPU time. */
#ifndef BENCH_STUB_SERVER_H
#define BENCH_STUB_SERVER_H

#include <stdbool.h>

/* Starts it; *port is where it listens on 127.0.0.1. */
bool stub_server_start(int *port);
void stub_server_stop(void);

#endif
