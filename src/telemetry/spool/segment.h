/* SPDX-License-Identifier: Apache-2.0 */
/* One file of a spool, open and locked by this process. */
#ifndef TELEMETRY_SPOOL_SEGMENT_H
#define TELEMETRY_SPOOL_SEGMENT_H

#include <cloudspan/ext/exporter.h>

#include "telemetry/spool/folder.h"

typedef struct cspan_spool_segment {
  struct cspan_spool_segment *next; /* newer */
  char name[CSPAN_SPOOL_NAME_ROOM];
  uint64_t salt;
  int fd;
  int64_t stamp; /* in the name of one that was made here */
  uint64_t size; /* of header and whole records */
  /* What waits to be sent, and how much of that is on its way. */
  bool is_counted; /* false: what follows is not known yet */
  uint64_t kept_spans;
  uint64_t kept_batches;
  uint64_t flying_spans;
  uint64_t passed; /* all in front of it is settled, marked or not */
  unsigned users;  /* those who refer to it: it is freed behind them */
  bool is_closed;  /* takes no more records */
  bool is_removed;
} cspan_spool_segment;

/* A new file with its header, whose name sorts behind that of `last`, which may be NULL. */
cspan_status cspan_spool_segment_create(const cspan_spool_folder *folder,
                                        const cspan_spool_segment *last, bool sync,
                                        cspan_spool_segment **out, cspan_error **error);
/* Takes over a file that no one uses; *out is NULL where someone does, or it is gone.
 * CSPAN_ERR_NOMEM only. Its kept_* are not known yet. */
cspan_status cspan_spool_segment_take(const cspan_spool_folder *folder, const char *name,
                                      cspan_spool_segment **out);
/* Closes, which ends the lock, and frees; the file stays as it is. */
void cspan_spool_segment_free(cspan_spool_segment *segment);
/* Removes the file; one that is gone is no failure. */
cspan_status cspan_spool_segment_remove(const cspan_spool_folder *folder,
                                        cspan_spool_segment *segment, cspan_error **error);

/* Appends a record: all of it, or nothing. On failure errno is told in the error. */
cspan_status cspan_spool_segment_append(const cspan_spool_folder *folder,
                                        cspan_spool_segment *segment,
                                        const cspan_export_batch *batch, bool sync, uint64_t *at,
                                        cspan_error **error);
/* Marks the record at `at` as settled. */
cspan_status cspan_spool_segment_mark(const cspan_spool_folder *folder,
                                      const cspan_spool_segment *segment, uint64_t at, bool sync,
                                      cspan_error **error);
/* Reads that, which must be there; *done is how much of it was read, also on failure. */
cspan_status cspan_spool_segment_read(const cspan_spool_folder *folder,
                                      const cspan_spool_segment *segment, uint64_t at, uint8_t *out,
                                      size_t len, size_t *done, cspan_error **error);

#endif
