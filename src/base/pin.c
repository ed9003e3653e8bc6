/* SPDX-License-Identifier: Apache-2.0 */
/* The shared library is linked so that it is never unloaded. As a static library, this code can
 * be part of a module that is: a thread of ours, or libcurl's, would be left running where there
 * is nothing any more. */
#include <dlfcn.h>

#include "base/sys.h"

void cspan_pin_code(void) {
#if defined(RTLD_NODELETE) && defined(RTLD_NOLOAD)
  static const char here;
  Dl_info info;
  if (dladdr(&here, &info) != 0 && info.dli_fname != NULL) {
    void *object = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (object != NULL) {
      dlclose(object); /* the flag stays */
    }
  }
#endif
}
