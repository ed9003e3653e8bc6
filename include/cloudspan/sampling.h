/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sampling.h: samplers beyond those of telemetry.h, and tail sampling: which spans are
 * kept. Head samplers decide at a span's start; tail sampling when its trace's local
 * root has ended.
 */
#ifndef CLOUDSPAN_SAMPLING_H
#define CLOUDSPAN_SAMPLING_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

CSPAN_END_DECLS

#endif
