/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing detectors by name, and running them. */
#ifndef TELEMETRY_RESOURCE_DETECT_H
#define TELEMETRY_RESOURCE_DETECT_H

#include <cloudspan/ext/resource.h>

#include "telemetry/resource/detector.h"

enum { CSPAN_DETECTORS_MAX = 48, CSPAN_DETECTION_MS = 2000 };

typedef struct cspan_detector {
  const char *name;
  bool is_slow;
  cspan_detect_fn built_in;    /* NULL: */
  cspan_resource_detector own; /* one that was registered */
} cspan_detector;

typedef struct cspan_detector_list {
  cspan_detector items[CSPAN_DETECTORS_MAX]; /* each once, in their order */
  size_t count;
  bool has_env; /* the environment's, which is not in `items` */
} cspan_detector_list;

/* As cspan_provider_options.detectors says; NULL: the variable, else the default. */
cspan_status cspan_detector_list_parse(const char *names, cspan_detector_list *out,
                                       cspan_error **error);
/* Merges into `out` what those find that are slow, or those that are not. A detector that fails is
 * logged. CSPAN_ERR_NOMEM and CSPAN_ERR_LIMIT. */
cspan_status cspan_detectors_run(const cspan_detector_list *list, bool slow,
                                 const cspan_detection *at, cspan_resource *out);
bool cspan_detector_list_has_slow(const cspan_detector_list *list);

#endif
