/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/loss.h"

#include "base/error.h"
#include "base/log.h"

#define LOG_EVERY_NS INT64_C(30000000000)

void cspan_loss_free(cspan_loss *loss) {
  cspan_error_free(loss->last_error);
  loss->last_error = NULL;
}

void cspan_loss_stats(const cspan_loss *loss, cspan_telemetry_stats *add_to) {
  add_to->spans_ended += loss->ended;
  add_to->spans_exported += loss->exported;
  add_to->spans_dropped_queue_full += loss->queue_full;
  add_to->spans_dropped_export_failed += loss->failed + loss->rejected + loss->late;
}

static void keep_error(cspan_loss *loss, cspan_status status, cspan_error *failure) {
  if (failure == NULL) {
    cspan_error_set(&failure, status, "the exporter failed: %s", cspan_status_name(status));
  }
  cspan_error_free(loss->last_error);
  loss->last_error = failure;
}

void cspan_loss_exported(cspan_loss *loss, size_t spans, size_t rejected, cspan_status status,
                         cspan_error *failure) {
  if (status != CSPAN_OK) {
    loss->failed += spans;
    keep_error(loss, status, failure);
    return;
  }
  cspan_error_free(failure);
  rejected = rejected < spans ? rejected : spans;
  loss->rejected += rejected;
  loss->exported += spans - rejected;
  if (rejected == 0) {
    loss->failure_logged_ns = 0;
  }
}

void cspan_loss_flushed(cspan_loss *loss, cspan_status status, cspan_error *failure) {
  if (status != CSPAN_OK) {
    loss->flush_failures++;
    keep_error(loss, status, failure);
  } else {
    cspan_error_free(failure);
  }
}

cspan_status cspan_loss_tell(cspan_loss *loss, const cspan_loss_mark *since, cspan_error **error) {
  unsigned long long failed = loss->failed - since->failed;
  unsigned long long rejected = loss->rejected - since->rejected;
  unsigned long long full = loss->queue_full - since->queue_full;
  bool flush_failed = loss->flush_failures != since->flush_failures;
  loss->told =
      (cspan_loss_mark){loss->queue_full, loss->failed, loss->rejected, loss->flush_failures};
  if (failed > 0 || flush_failed) {
    cspan_error *copy = cspan_error_dup(loss->last_error);
    if (failed > 0) {
      cspan_error_prefix(copy, "%llu span%s %s not exported", failed, cspan_plural(failed),
                         cspan_was_were(failed));
    }
    cspan_error_move(error, copy);
    return cspan_error_status(loss->last_error);
  }
  if (rejected > 0) {
    return cspan_error_set(error, CSPAN_ERR_PARTIAL,
                           "the receiver accepted the request but refused %llu span%s", rejected,
                           cspan_plural(rejected));
  }
  if (full > 0) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "%llu span%s %s dropped because the queue was full; raise "
                           "OTEL_BSP_MAX_QUEUE_SIZE or look at the receiver",
                           full, cspan_plural(full), cspan_was_were(full));
  }
  return CSPAN_OK;
}

uint64_t cspan_loss_full_due(cspan_loss *loss, bool at_end) {
  uint64_t count = loss->queue_full - loss->full_logged;
  if (count == 0) {
    return 0;
  }
  int64_t now = cspan_now_ns();
  if (!at_end && loss->full_logged_ns != 0 && now - loss->full_logged_ns < LOG_EVERY_NS) {
    return 0;
  }
  loss->full_logged_ns = now;
  loss->full_logged = loss->queue_full;
  return count;
}

bool cspan_loss_failure_due(cspan_loss *loss) {
  int64_t now = cspan_now_ns();
  if (loss->failure_logged_ns != 0 && now - loss->failure_logged_ns < LOG_EVERY_NS) {
    return false;
  }
  loss->failure_logged_ns = now;
  return true;
}
