/* SPDX-License-Identifier: Apache-2.0 */
/* A child process that answers every HTTP request as S3 would answer one that went well, with as
 * little work as possible, so that a benchmark sees the client's. A GET of a path that ends in
 * zeros-SIZE is answered with so many zero bytes, a POST of "/" as DynamoDB's GetItem with an item
 * of 1 KiB. */
#ifndef BENCH_STUB_SERVER_H
#define BENCH_STUB_SERVER_H

#include <stdbool.h>

/* Before it is started: each answer comes so late that the client is waiting for it already. */
void stub_server_answer_late(int ms);
/* Starts it; *port is where it listens on 127.0.0.1. */
bool stub_server_start(int *port);
void stub_server_stop(void);

#endif
