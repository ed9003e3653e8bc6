/* SPDX-License-Identifier: Apache-2.0 */
/* All that comes out of the library in a test, in one heap: log lines, what is exported, error
 * texts. For tests that plant what must not come out. One in each program, for all threads. */
#ifndef SUPPORT_CAME_OUT_H
#define SUPPORT_CAME_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/ext/metrics.h>

/* Exporters, without a state of their own, and a log function. */
extern const cspan_exporter_vtable came_out_spans;
extern const cspan_metric_exporter_vtable came_out_metrics;
void came_out_log(void *user, cspan_log_level level, const char *message);
/* Code and message. Frees the error, which must be there. */
void came_out_error(cspan_error *error);

/* Exports of spans. */
size_t came_out_batches(void);
bool came_out_anything(void);
bool came_out_has(const char *text);
/* Fails the test, with what is around the text, where it came out; `when` is for that message. */
void came_out_must_not_have(const char *text, const char *when);
/* Empties the heap. */
void came_out_clear(void);
/* Frees it, too, and counts exports from 0. */
void came_out_forget(void);

#endif
