/* SPDX-License-Identifier: Apache-2.0 */
/** ext/resource.h: write a resource detector of one's own. */
#ifndef CLOUDSPAN_EXT_RESOURCE_H
#define CLOUDSPAN_EXT_RESOURCE_H

#include <cloudspan/resource.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_resource_detector {
  size_t size;
  const char *name; /**< for lists of detectors: letters, digits, '.', '_', '-' */
  /** Asks something that may not answer at once, such as a server: a provider then runs it on a
   * thread of its own. */
  bool is_slow;
  /**
   * Sets *out to what it found, with the schema URL that its keys follow; the caller frees it.
   * NULL: nothing, which is no error. `context` says until when, and whether it is still wanted.
   * Called by any thread, also by several at once.
   */
  cspan_status (*detect)(void *user, const cspan_context *context, cspan_resource **out,
                         cspan_error **error);
  void *user;
} cspan_resource_detector;

/** Makes it known to providers and cspan_resource_detect() of this process, for good; the struct
 * is copied, the name stays borrowed. CSPAN_ERR_INVALID where the name is not one, or is taken;
 * CSPAN_ERR_LIMIT over 32 detectors. */
CSPAN_API cspan_status cspan_resource_detector_register(const cspan_resource_detector *detector,
                                                        cspan_error **error);

CSPAN_END_DECLS

#endif
