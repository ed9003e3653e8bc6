/* SPDX-License-Identifier: Apache-2.0 */
/* gen_ai.client.*: what calls of models take, in time and in tokens. */
#ifndef INSTRUMENT_METRICS_GEN_AI_H
#define INSTRUMENT_METRICS_GEN_AI_H

#include "instrument/metric_table.h"
#include "instrument/metrics.h"

/* The attribute of a call's span that has the model. */
#define CSPAN_GEN_AI_MODEL "gen_ai.request.model"

/* Of a call whose service's table has a value for gen_ai.provider.name. `subject` is the model. */
void cspan_metrics_record_gen_ai(const cspan_metric_set *set, const cspan_measured *measured,
                                 const char *provider);

#endif
