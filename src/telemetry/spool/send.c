/* SPDX-License-Identifier: Apache-2.0 */
/* Sends of a spool: what they come to, for the spans and for what is known of the receiver. */
#include "base/error.h"
#include "base/sys.h"
#include "telemetry/spool/spool.h"

/* The inner exporter has its own limit, which is shorter as a rule. */
enum { SEND_TIMEOUT_MS = 30000, NS_PER_MS = 1000000 };
/* The longest time for which a receiver is left alone because it asks for that. */
enum { MOST_ASKED_MS = 600000 };

/* Not retryable, by a receiver that answered or for what is in the batch: it would go the same
 * way again. Whatever else fails says nothing about the spans. */
static cspan_spool_verdict verdict_of(cspan_status status, const cspan_error *error) {
  if (status == CSPAN_OK) {
    return CSPAN_SPOOL_ACCEPTED;
  }
  if (cspan_error_is_retryable(error)) {
    return CSPAN_SPOOL_AWAY;
  }
  switch (status) {
  case CSPAN_ERR_INVALID:
  case CSPAN_ERR_LIMIT:
  case CSPAN_ERR_SERVICE:
  case CSPAN_ERR_PARTIAL:
  case CSPAN_ERR_UNSUPPORTED:
    return CSPAN_SPOOL_REFUSED;
  case CSPAN_ERR_PROTOCOL:
    return CSPAN_SPOOL_UNCLEAR;
  default:
    return CSPAN_SPOOL_AWAY;
  }
}

cspan_spool_outcome cspan_spool_send(cspan_spool *s, const uint8_t *request, size_t size,
                                     size_t spans) {
  cspan_spool_outcome outcome = {.attempt = ++s->attempts};
  cspan_export_batch batch = {.request = request, .request_size_bytes = size, .span_count = spans};
  cspan_spool_unlock(s);
  cspan_context context = {.cancel = s->cancel};
  context = cspan_context_with_timeout(&context, SEND_TIMEOUT_MS);
  outcome.status = s->next->vtable->export_spans(s->next->self, &context, &batch, &outcome.rejected,
                                                 &outcome.error);
  pthread_mutex_lock(&s->lock);
  if (outcome.status != CSPAN_OK && outcome.error == NULL) {
    cspan_error_set(&outcome.error, outcome.status, "the exporter failed: %s",
                    cspan_status_name(outcome.status));
  }
  outcome.rejected = outcome.rejected < spans ? outcome.rejected : spans;
  outcome.verdict = verdict_of(outcome.status, outcome.error);
  return outcome;
}

static void note_success(cspan_spool *s) {
  if (s->is_down) {
    cspan_spool_say(s, CSPAN_LOG_INFO, "the receiver answers again");
  }
  s->is_down = false;
  s->failures = 0;
  s->next_try_ns = 0;
  s->asked_until_ns = 0;
}

void cspan_spool_note(cspan_spool *s, const cspan_spool_outcome *outcome) {
  if (outcome->verdict == CSPAN_SPOOL_ACCEPTED || outcome->verdict == CSPAN_SPOOL_REFUSED) {
    note_success(s);
    return;
  }
  if (!s->is_down && !s->is_stopping) {
    cspan_spool_say(s, CSPAN_LOG_WARN, "spans are kept until the receiver is back: %s",
                    cspan_error_message(outcome->error));
  }
  s->is_down = true;
  s->failures++;
  int64_t asked_ms = cspan_error_retry_after_ms(outcome->error);
  asked_ms = asked_ms < MOST_ASKED_MS ? asked_ms : MOST_ASKED_MS;
  int64_t wait_ms =
      cspan_otlp_retry_delay_ms(&s->settings.retry, s->failures, asked_ms, cspan_random_unit());
  s->next_try_ns = cspan_now_ns() + wait_ms * NS_PER_MS;
  s->asked_until_ns = asked_ms > 0 ? s->next_try_ns : 0;
  s->last_failed = outcome->attempt;
  cspan_error_free(s->failure);
  s->failure = cspan_error_dup(outcome->error);
}

static bool mark(cspan_spool *s, const cspan_spool_segment *segment, uint64_t at) {
  cspan_error *error = NULL;
  bool sync = s->settings.sync == CSPAN_SPOOL_SYNC_BATCH;
  bool is_marked = cspan_spool_segment_mark(&s->folder, segment, at, sync, &error) == CSPAN_OK;
  if (!is_marked) {
    cspan_spool_say(s, CSPAN_LOG_ERROR, "%s; they may be sent a second time",
                    cspan_error_message(error));
  }
  cspan_error_free(error);
  return is_marked;
}

static void count(cspan_spool *s, size_t spans, const cspan_spool_outcome *outcome) {
  bool is_accepted = outcome->verdict == CSPAN_SPOOL_ACCEPTED;
  size_t refused = is_accepted ? outcome->rejected : spans;
  s->stats.sent += spans - refused;
  if (refused > 0) {
    cspan_spool_lost(
        s, &s->stats.refused, refused, is_accepted ? CSPAN_ERR_PARTIAL : outcome->status,
        is_accepted ? "the receiver refused them" : cspan_error_message(outcome->error));
  }
}

void cspan_spool_settle(cspan_spool *s, cspan_spool_segment *segment, uint64_t at, size_t spans,
                        cspan_spool_outcome *outcome) {
  bool is_settled =
      outcome->verdict == CSPAN_SPOOL_ACCEPTED || outcome->verdict == CSPAN_SPOOL_REFUSED;
  if (is_settled) {
    count(s, spans, outcome);
  } else if (segment->is_removed) {
    cspan_spool_lost(s, &s->stats.dropped, spans, CSPAN_ERR_LIMIT,
                     "the folder was full, the oldest were dropped while they were sent");
  }
  /* Without its mark it is still to be sent, unless it was passed. */
  if (is_settled && !segment->is_removed && (mark(s, segment, at) || at < segment->passed)) {
    segment->kept_batches--;
    segment->kept_spans -= spans;
  }
  cspan_error_free(outcome->error);
  outcome->error = NULL;
}
