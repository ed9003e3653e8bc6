/* SPDX-License-Identifier: Apache-2.0 */
/* From disk to the receiver: the files of this process and those that others left behind, the
 * oldest first. A file is read in one go, what was added since in another. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "telemetry/spool/spool.h"

enum { MOST_UNCLEAR = 5 };
#define SCAN_EVERY_NS INT64_C(30000000000)
/* What a file can be: small records up to 4 MiB, or a single one. More is not of a spool. */
#define FILE_MAX (CSPAN_SPOOL_REQUEST_MAX + CSPAN_SPOOL_FILE_HEADER + CSPAN_SPOOL_RECORD_HEADER)

void cspan_spool_drain_reset(cspan_spool *s) {
  cspan_spool_drain *d = &s->drain;
  cspan_free(d->data);
  if (d->segment != NULL) {
    cspan_spool_unref(d->segment);
  }
  *d = (cspan_spool_drain){.is_active = d->is_active};
}

/* --------------------------------------------------------------------- when */

bool cspan_spool_drain_is_due(const cspan_spool *s, int64_t *due_ns) {
  int64_t now = cspan_now_ns();
  *due_ns = 0;
  if (s->drain.is_active || s->left_flying > 0 || s->is_stopping) {
    return false;
  }
  bool is_asked = s->flushing > 0 && s->last_failed <= s->flush_since && now >= s->asked_until_ns;
  if (s->is_down && now < s->next_try_ns && !is_asked) {
    *due_ns = s->next_try_ns;
    return false;
  }
  if (s->adopted != NULL || cspan_spool_has_own(s) || now >= s->next_scan_ns) {
    return true;
  }
  *due_ns = s->next_scan_ns;
  return false;
}

/* ------------------------------------------------------------------- reading */

/* A failure that says nothing of the receiver; the next try comes after a wait as well. */
static void note_trouble(cspan_spool *s, cspan_status status, const char *message) {
  cspan_spool_outcome outcome = {
      .verdict = CSPAN_SPOOL_AWAY, .status = status, .attempt = ++s->attempts};
  cspan_error_set(&outcome.error, status, "%s", message);
  cspan_spool_note(s, &outcome);
  cspan_error_free(outcome.error);
}

static uint64_t end_of(const cspan_spool_segment *segment) {
  return segment->size < FILE_MAX ? segment->size : FILE_MAX;
}

static void damaged(cspan_spool *s, cspan_spool_segment *segment, uint64_t spans,
                    const char *what) {
  char why[CSPAN_SPOOL_NAME_ROOM + 96];
  snprintf(why, sizeof why, "%s %s", segment->name, what);
  s->stats.damaged_places++;
  cspan_spool_lost(s, &s->stats.damaged, spans, CSPAN_ERR_CHECKSUM, why);
}

/* Reads what is there behind what was read; the lock is not held while it does. Where the file
 * cannot be read on, it ends. */
static cspan_status read_on(cspan_spool *s) {
  cspan_spool_drain *d = &s->drain;
  cspan_spool_segment *segment = d->segment;
  cspan_error *error = NULL;
  uint64_t start = d->base + d->len;
  size_t len = (size_t)(end_of(segment) - start);
  cspan_free(d->data);
  d->base = start;
  d->len = 0;
  d->at = 0;
  d->data = cspan_malloc(len);
  if (d->data == NULL) {
    note_trouble(s, CSPAN_ERR_NOMEM, "out of memory while reading a spool file");
    return CSPAN_ERR_NOMEM;
  }
  size_t done;
  cspan_spool_unlock(s);
  cspan_status status =
      cspan_spool_segment_read(&s->folder, segment, start, d->data, len, &done, &error);
  pthread_mutex_lock(&s->lock);
  d->len = done;
  if (status != CSPAN_OK) {
    damaged(s, segment, 0, cspan_error_message(error));
    segment->is_closed = true;
    segment->size = start + done;
  }
  cspan_error_free(error);
  return CSPAN_OK;
}

/* Everything of a file was looked at: what still counts as kept was in places that could not be
 * read. */
static void end_file(cspan_spool *s) {
  cspan_spool_segment *segment = s->drain.segment;
  if (segment->kept_batches > 0 && !segment->is_removed) {
    s->stats.damaged += segment->kept_spans;
    segment->kept_spans = 0;
    segment->kept_batches = 0;
  }
  bool was_adopted = segment == s->adopted;
  s->removal_failed = false;
  cspan_spool_finish(s, segment);
  if (was_adopted && !s->removal_failed) {
    s->next_scan_ns = 0; /* there may be more of them */
  }
  cspan_spool_drain_reset(s);
}

/* False when the file is at its end, and gone. */
static bool has_data(cspan_spool *s) {
  cspan_spool_drain *d = &s->drain;
  if (d->segment->is_removed) {
    cspan_spool_drain_reset(s);
    return false;
  }
  if (d->at < d->len) {
    return true;
  }
  if (d->base + d->len >= end_of(d->segment)) {
    end_file(s);
    return false;
  }
  return read_on(s) == CSPAN_OK && !d->segment->is_removed;
}

/* ------------------------------------------------------------------ adopting */

/* What waits in an adopted file, all of which has been read. */
static void take_stock(cspan_spool *s) {
  const cspan_spool_drain *d = &s->drain;
  cspan_spool_found found = {0};
  uint64_t spans = 0;
  uint64_t batches = 0;
  for (;;) {
    found = cspan_spool_look(d->data, d->len, found.at + found.size, d->segment->salt);
    if (found.kind == CSPAN_SPOOL_END) {
      break;
    }
    if (!found.is_sent && (found.kind == CSPAN_SPOOL_RECORD || found.spans > 0)) {
      spans += found.spans;
      batches++;
    }
  }
  d->segment->kept_spans = spans;
  d->segment->kept_batches = batches;
  d->segment->is_counted = true;
  cspan_spool_say(s, CSPAN_LOG_INFO, "taking over %s with %" PRIu64 " span%s", d->segment->name,
                  spans, cspan_plural(spans));
}

static bool is_held(const cspan_spool *s, const char *name) {
  for (const cspan_spool_segment *at = s->first; at != NULL; at = at->next) {
    if (strcmp(at->name, name) == 0) {
      return true;
    }
  }
  return false;
}

static cspan_status adopt_first(cspan_spool *s, const cspan_spool_listing *listing) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < listing->count && s->adopted == NULL && status == CSPAN_OK; i++) {
    const cspan_spool_file *file = &listing->files[i];
    if (!is_held(s, file->name)) {
      status = cspan_spool_segment_take(&s->folder, file->name, &s->adopted);
    }
    if (s->adopted != NULL) {
      s->others_room -= file->room < s->others_room ? file->room : s->others_room;
    }
  }
  return status;
}

/* Takes over the oldest file that no process uses. */
static void adopt(cspan_spool *s) {
  uint64_t wanted = s->scans_wanted;
  cspan_error *error = NULL;
  cspan_spool_listing listing;
  s->next_scan_ns = cspan_now_ns() + SCAN_EVERY_NS;
  cspan_spool_unlock(s);
  cspan_status status = cspan_spool_folder_list(&s->folder, &listing, &error);
  pthread_mutex_lock(&s->lock);
  if (status == CSPAN_OK) {
    status = s->is_stopping ? CSPAN_OK : adopt_first(s, &listing);
    cspan_spool_listing_free(&listing);
  }
  if (status != CSPAN_OK) {
    note_trouble(s, status, error ? cspan_error_message(error) : "out of memory");
  } else if (s->adopted == NULL && s->scans_done < wanted) {
    s->scans_done = wanted;
  }
  cspan_error_free(error);
}

/* ------------------------------------------------------------------- sending */

static cspan_spool_segment *first_own(const cspan_spool *s) {
  cspan_spool_segment *segment = s->first;
  while (segment != NULL && segment->kept_batches == 0) {
    segment = segment->next;
  }
  return segment;
}

static cspan_spool_segment *choose(cspan_spool *s) {
  if (s->adopted == NULL && cspan_now_ns() >= s->next_scan_ns) {
    adopt(s);
  }
  cspan_spool_segment *own = first_own(s);
  if (s->adopted != NULL && (own == NULL || strcmp(s->adopted->name, own->name) < 0)) {
    return s->adopted;
  }
  return own;
}

static void begin_file(cspan_spool *s, cspan_spool_segment *segment) {
  cspan_spool_drain *d = &s->drain;
  cspan_spool_drain_reset(s);
  d->segment = segment;
  d->base = segment->passed > CSPAN_SPOOL_FILE_HEADER ? segment->passed : CSPAN_SPOOL_FILE_HEADER;
  segment->users++;
}

static void pass(cspan_spool_drain *d, const cspan_spool_found *found) {
  d->at += found->size;
  d->segment->passed = d->base + d->at;
}

static void send_record(cspan_spool *s, const cspan_spool_found *found) {
  cspan_spool_drain *d = &s->drain;
  cspan_spool_segment *segment = d->segment;
  uint64_t at = d->base + found->at;
  segment->flying_spans += found->spans;
  cspan_spool_outcome outcome =
      cspan_spool_send(s, found->request, found->request_size, found->spans);
  segment->flying_spans -= found->spans;
  if (outcome.verdict == CSPAN_SPOOL_UNCLEAR && ++d->unclear >= MOST_UNCLEAR) {
    outcome.verdict = CSPAN_SPOOL_REFUSED;
  }
  cspan_spool_note(s, &outcome);
  if (outcome.verdict == CSPAN_SPOOL_ACCEPTED || outcome.verdict == CSPAN_SPOOL_REFUSED) {
    pass(d, found);
    d->unclear = 0;
  }
  cspan_spool_settle(s, segment, at, found->spans, &outcome);
}

/* The next record that is to be sent; what cannot be read before it is counted. */
static bool find_record(cspan_spool *s, cspan_spool_found *found) {
  cspan_spool_drain *d = &s->drain;
  for (;;) {
    *found = cspan_spool_look(d->data, d->len, d->at, d->segment->salt);
    if (found->kind == CSPAN_SPOOL_END) {
      return false;
    }
    if (found->kind == CSPAN_SPOOL_RECORD && !found->is_sent) {
      return true;
    }
    if (found->kind != CSPAN_SPOOL_RECORD && !found->is_sent) {
      bool is_torn = found->kind == CSPAN_SPOOL_TORN;
      damaged(s, d->segment, found->spans, is_torn ? "ends within a batch" : "has a damaged place");
      if (is_torn) { /* its process ended before the export of it had returned */
        s->told += found->spans + 1;
      }
      if (found->spans > 0 && d->segment->kept_batches > 0) {
        d->segment->kept_batches--;
        d->segment->kept_spans -= found->spans;
      }
    }
    pass(d, found);
  }
}

void cspan_spool_drain_step(cspan_spool *s) {
  cspan_spool_drain *d = &s->drain;
  cspan_spool_found found;
  d->is_active = true;
  cspan_spool_segment *segment = choose(s);
  if (s->left_flying > 0) {
    segment = NULL; /* written while the lock was let go of: it is on its way already */
  }
  if (segment != NULL && d->segment != segment) {
    begin_file(s, segment);
  }
  bool has_more = segment != NULL && has_data(s);
  if (has_more && !segment->is_counted) {
    take_stock(s);
  }
  if (has_more && find_record(s, &found)) {
    send_record(s, &found);
  }
  /* At the end of what there is the file goes at once. */
  if (d->segment != NULL && d->at >= d->len && d->base + d->len >= end_of(d->segment)) {
    end_file(s);
  }
  d->is_active = false;
  pthread_cond_broadcast(&s->done);
}
