/* SPDX-License-Identifier: Apache-2.0 */
#include <cloudspan/base.h>

const char *cspan_version(void) {
  return CSPAN_VERSION;
}
