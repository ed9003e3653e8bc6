/* SPDX-License-Identifier: Apache-2.0 */
/* valgrind takes its time: tests over all of a large set show it a sample. */
#ifndef SUPPORT_VALGRIND_H
#define SUPPORT_VALGRIND_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool under_valgrind(void) {
  const char *preloaded = getenv("LD_PRELOAD");
  return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* Each service, or each seventh. */
static inline size_t service_step(void) {
  return under_valgrind() ? 7 : 1;
}

#endif
