/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a spool: writing behind the others, within the size that all may have. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "telemetry/spool/spool.h"

#define LOG_EVERY_NS INT64_C(30000000000)

/* ---------------------------------------------------------------------- lists */

static void take_out(cspan_spool *s, const cspan_spool_segment *segment) {
  if (s->adopted == segment) {
    s->adopted = NULL;
    return;
  }
  cspan_spool_segment *before = NULL;
  for (cspan_spool_segment *at = s->first; at != NULL; before = at, at = at->next) {
    if (at != segment) {
      continue;
    }
    *(before != NULL ? &before->next : &s->first) = at->next;
    if (s->last == at) {
      s->last = before;
    }
    return;
  }
}

void cspan_spool_unref(cspan_spool_segment *segment) {
  segment->users--;
  if (segment->users == 0 && segment->is_removed) {
    cspan_spool_segment_free(segment);
  }
}

/* One that cannot be removed is taken for one that was left behind. */
static void discard(cspan_spool *s, cspan_spool_segment *segment) {
  cspan_error *error = NULL;
  take_out(s, segment);
  if (cspan_spool_segment_remove(&s->folder, segment, &error) != CSPAN_OK) {
    cspan_spool_say(s, CSPAN_LOG_ERROR, "%s; its owner must be allowed to write to the folder",
                    cspan_error_message(error));
    s->last_failed = ++s->attempts;
    cspan_error_free(s->failure);
    s->failure = error;
    s->removal_failed = true;
  }
  if (segment->users == 0) {
    cspan_spool_segment_free(segment);
  }
}

void cspan_spool_finish(cspan_spool *s, cspan_spool_segment *segment) {
  if (segment->kept_batches == 0 && !segment->is_removed) {
    discard(s, segment);
  }
}

static uint64_t held_room(const cspan_spool *s) {
  uint64_t room = s->adopted != NULL ? cspan_spool_room(s->adopted->size) : 0;
  for (const cspan_spool_segment *at = s->first; at != NULL; at = at->next) {
    room += cspan_spool_room(at->size);
  }
  return room;
}

static cspan_spool_segment *find(const cspan_spool *s, const char *name) {
  if (s->adopted != NULL && strcmp(s->adopted->name, name) == 0) {
    return s->adopted;
  }
  for (cspan_spool_segment *at = s->first; at != NULL; at = at->next) {
    if (strcmp(at->name, name) == 0) {
      return at;
    }
  }
  return NULL;
}

void cspan_spool_kept(const cspan_spool *s, cspan_spool_stats *out) {
  out->kept_bytes = held_room(s);
  out->kept_spans = s->adopted != NULL ? s->adopted->kept_spans : 0;
  out->kept_batches = s->adopted != NULL ? s->adopted->kept_batches : 0;
  for (const cspan_spool_segment *at = s->first; at != NULL; at = at->next) {
    out->kept_spans += at->kept_spans;
    out->kept_batches += at->kept_batches;
  }
}

bool cspan_spool_has_own(const cspan_spool *s) {
  for (const cspan_spool_segment *at = s->first; at != NULL; at = at->next) {
    if (at->kept_batches > 0) {
      return true;
    }
  }
  return false;
}

void cspan_spool_let_go(cspan_spool *s) {
  cspan_spool_drain_reset(s);
  cspan_spool_segment_free(s->adopted);
  s->adopted = NULL;
  while (s->first != NULL) {
    cspan_spool_segment *segment = s->first;
    s->first = segment->next;
    if (s->settings.sync != CSPAN_SPOOL_SYNC_NEVER && !segment->is_closed) {
      fsync(segment->fd);
    }
    cspan_spool_segment_free(segment);
  }
  s->last = NULL;
}

/* ----------------------------------------------------------------------- loss */

void cspan_spool_lost(cspan_spool *s, uint64_t *counter, uint64_t spans, cspan_status status,
                      const char *why) {
  *counter += spans;
  cspan_error_free(s->loss);
  s->loss = NULL;
  cspan_error_set(&s->loss, status, "%s", why);
  int64_t now = cspan_now_ns();
  if (s->loss_logged_ns == 0 || now - s->loss_logged_ns > LOG_EVERY_NS) {
    s->loss_logged_ns = now;
    if (spans > 0) {
      cspan_spool_say(s, CSPAN_LOG_WARN, "%llu spans are lost: %s", (unsigned long long)spans, why);
    } else {
      cspan_spool_say(s, CSPAN_LOG_WARN, "spans may be lost: %s", why);
    }
  }
}

/* ----------------------------------------------------------------------- room */

/* Spans of a file that is about to go, as far as they can be read. */
static uint64_t count_spans(const cspan_spool *s, const cspan_spool_segment *segment) {
  uint64_t spans = 0;
  size_t len =
      segment->size < CSPAN_SPOOL_REQUEST_MAX ? (size_t)segment->size : CSPAN_SPOOL_REQUEST_MAX;
  uint8_t *data = len > CSPAN_SPOOL_FILE_HEADER ? cspan_malloc(len) : NULL;
  if (data != NULL) {
    cspan_spool_segment_read(&s->folder, segment, 0, data, len, &len, NULL);
    cspan_spool_found found = {.size = CSPAN_SPOOL_FILE_HEADER};
    do {
      found = cspan_spool_look(data, len, found.at + found.size, segment->salt);
      spans += found.is_sent ? 0 : found.spans;
    } while (found.kind != CSPAN_SPOOL_END);
  }
  cspan_free(data);
  return spans;
}

static void drop(cspan_spool *s, cspan_spool_segment *segment) {
  static const char why[] = "the folder was full, the oldest were dropped; raise max_size_bytes or "
                            "look at the receiver";
  uint64_t spans = segment->kept_spans - segment->flying_spans;
  segment->kept_spans = 0;
  segment->kept_batches = 0;
  s->removal_failed = false;
  discard(s, segment);
  if (!s->removal_failed) {
    cspan_spool_lost(s, &s->stats.dropped, spans, CSPAN_ERR_LIMIT, why);
  }
}

/* The oldest file that no other process uses. */
static bool drop_oldest(cspan_spool *s, const cspan_spool_listing *listing) {
  for (size_t i = 0; i < listing->count; i++) {
    const cspan_spool_file *file = &listing->files[i];
    cspan_spool_segment *segment = find(s, file->name);
    if (segment == NULL) {
      cspan_spool_segment_take(&s->folder, file->name, &segment);
      if (segment == NULL) {
        continue;
      }
      segment->kept_spans = count_spans(s, segment);
      s->others_room -= file->room < s->others_room ? file->room : s->others_room;
    }
    drop(s, segment);
    return true;
  }
  return false;
}

static cspan_status look_around(cspan_spool *s, cspan_spool_listing *listing, cspan_error **error) {
  cspan_status status = cspan_spool_folder_list(&s->folder, listing, error);
  if (status == CSPAN_OK) {
    s->others_room = 0;
    for (size_t i = 0; i < listing->count; i++) {
      s->others_room += find(s, listing->files[i].name) == NULL ? listing->files[i].room : 0;
    }
  }
  return status;
}

static bool has_room(const cspan_spool *s, uint64_t more) {
  return held_room(s) + s->others_room + more <= s->settings.max_size;
}

static cspan_status make_room(cspan_spool *s, uint64_t more, cspan_error **error) {
  if (has_room(s, more)) {
    return CSPAN_OK;
  }
  cspan_spool_listing listing;
  cspan_status status = look_around(s, &listing, error);
  if (status != CSPAN_OK) {
    return status;
  }
  while (!has_room(s, more) && status == CSPAN_OK) {
    /* What is gone is passed over: it can be neither found nor taken. */
    if (!drop_oldest(s, &listing)) {
      status = cspan_error_set(error, CSPAN_ERR_LIMIT,
                               "the spool folder %s is full: %llu bytes, in files that other "
                               "processes are using; raise max_size_bytes",
                               s->folder.path, (unsigned long long)s->others_room);
    } else if (s->removal_failed) {
      status = cspan_error_set(error, CSPAN_ERR_IO, "%s", cspan_error_message(s->failure));
    }
  }
  cspan_spool_listing_free(&listing);
  return status;
}

/* ---------------------------------------------------------------------- write */

static void close_last(cspan_spool *s) {
  cspan_spool_segment *segment = s->last;
  if (segment == NULL || segment->is_closed) {
    return;
  }
  segment->is_closed = true;
  if (s->settings.sync == CSPAN_SPOOL_SYNC_SEGMENT && fsync(segment->fd) != 0) {
    cspan_error *error = NULL;
    cspan_spool_folder_error(&s->folder, segment->name, "sync", &error);
    cspan_spool_say(s, CSPAN_LOG_ERROR, "%s", cspan_error_message(error));
    cspan_error_free(error);
  }
  cspan_spool_finish(s, segment);
}

static cspan_status begin_segment(cspan_spool *s, cspan_error **error) {
  cspan_spool_segment *segment;
  cspan_spool_listing listing;
  close_last(s);
  if (look_around(s, &listing, NULL) == CSPAN_OK) {
    cspan_spool_listing_free(&listing);
  }
  cspan_status status = cspan_spool_segment_create(
      &s->folder, s->last, s->settings.sync != CSPAN_SPOOL_SYNC_NEVER, &segment, error);
  if (status == CSPAN_OK) {
    *(s->last != NULL ? &s->last->next : &s->first) = segment;
    s->last = segment;
  }
  return status;
}

static bool fits(const cspan_spool *s, uint64_t record) {
  return s->last != NULL && !s->last->is_closed &&
         (s->last->size + record <= s->settings.segment_max ||
          s->last->size == CSPAN_SPOOL_FILE_HEADER);
}

static cspan_status write_record(cspan_spool *s, const cspan_export_batch *batch,
                                 cspan_spool_segment **segment, uint64_t *at, cspan_error **error) {
  uint64_t record = CSPAN_SPOOL_RECORD_HEADER + batch->request_size_bytes;
  if (batch->request_size_bytes > CSPAN_SPOOL_REQUEST_MAX || batch->span_count > UINT32_MAX ||
      record + CSPAN_SPOOL_FILE_HEADER > s->settings.max_size) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "a batch of %zu bytes is too large for the spool %s",
                           batch->request_size_bytes, s->folder.path);
  }
  cspan_status status = CSPAN_OK;
  if (!fits(s, record)) {
    status = begin_segment(s, error);
  }
  if (status == CSPAN_OK) {
    status = make_room(s, record, error);
  }
  if (status == CSPAN_OK && !fits(s, record)) { /* the last was dropped for room */
    status = begin_segment(s, error);
  }
  if (status == CSPAN_OK) {
    *segment = s->last;
    status = cspan_spool_segment_append(&s->folder, s->last, batch,
                                        s->settings.sync == CSPAN_SPOOL_SYNC_BATCH, at, error);
  }
  return status;
}

cspan_status cspan_spool_keep(cspan_spool *s, const cspan_export_batch *batch,
                              cspan_spool_segment **segment, uint64_t *at, cspan_error **error) {
  cspan_error *failure = NULL;
  cspan_status status = write_record(s, batch, segment, at, &failure);
  if (status == CSPAN_OK) {
    s->write_failed = false;
    s->stats.spooled += batch->span_count;
    return CSPAN_OK;
  }
  cspan_error_prefix(failure, "%zu span%s cannot be kept on disk", batch->span_count,
                     cspan_plural(batch->span_count));
  if (!s->write_failed) {
    s->write_failed = true;
    cspan_spool_say(s, CSPAN_LOG_ERROR, "%s", cspan_error_message(failure));
  }
  if (s->last != NULL) {
    cspan_spool_finish(s, s->last); /* where nothing is in it */
  }
  return cspan_error_move(error, failure);
}
