/* SPDX-License-Identifier: Apache-2.0 */
/* The stub server on its own, for the peers of scripts/bench call: prints its port, ends with its
 * standard input. */
#include <stdio.h>

#include "stub_server.h"

int main(void) {
  char input[256];
  int port = 0;
  if (!stub_server_start(&port)) {
    fprintf(stderr, "bench_stub: no server could be started on the loopback\n");
    return 1;
  }
  printf("%d\n", port);
  fflush(stdout);
  while (fread(input, 1, sizeof input, stdin) > 0) {
  }
  stub_server_stop();
  return 0;
}
