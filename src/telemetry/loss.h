/* SPDX-License-Identifier: Apache-2.0 */
/* The account of a processor: what became of its spans, what of that a flush has
 * not told yet, and when it was last logged. Under the processor's lock, but for
 * the logging itself. */
#ifndef TELEMETRY_LOSS_H
#define TELEMETRY_LOSS_H

#include <cloudspan/ext/exporter.h>

typedef struct cspan_loss {
  uint64_t ended;
  uint64_t exported;
  uint64_t queue_full; /* dropped for want of room */
  uint64_t failed;     /* given to an exporter that failed, or never given to it */
  uint64_t rejected;   /* refused by the receiver of a request that was accepted */
  uint64_t late;       /* ended when the shutdown had begun, which does not answer for them */
  uint64_t flush_failures;
  cspan_error *last_error; /* of the exporter; NULL: none */
  /* What was told up to now. */
  struct cspan_loss_mark {
    uint64_t queue_full;
    uint64_t failed;
    uint64_t rejected;
    uint64_t flush_failures;
  } told;
  int64_t full_logged_ns;
  uint64_t full_logged;
  int64_t failure_logged_ns;
} cspan_loss;

typedef struct cspan_loss_mark cspan_loss_mark;

void cspan_loss_free(cspan_loss *loss);
void cspan_loss_stats(const cspan_loss *loss, cspan_telemetry_stats *add_to);

/* The outcome of one export; takes `failure`. */
void cspan_loss_exported(cspan_loss *loss, size_t spans, size_t rejected, cspan_status status,
                         cspan_error *failure);
/* The outcome of the exporter's own flush; takes `failure`. */
void cspan_loss_flushed(cspan_loss *loss, cspan_status status, cspan_error *failure);

/* Result of a flush that began at `since`: CSPAN_OK only when nothing was lost
 * after that. */
cspan_status cspan_loss_tell(cspan_loss *loss, const cspan_loss_mark *since, cspan_error **error);

/* Spans to be logged as dropped now, 0 when that was done less than 30 s ago. */
uint64_t cspan_loss_full_due(cspan_loss *loss, bool at_end);
/* Whether to log a failed export now. */
bool cspan_loss_failure_due(cspan_loss *loss);

#endif
