/* SPDX-License-Identifier: Apache-2.0 */
/**
 * spool.h: keeps spans on disk while the collector is away.
 *
 * An exporter around another one. While the receiver accepts, spans go straight to it and
 * nothing is written. A batch that it has not accepted after `write_after_ms`, or that failed in
 * a way that may pass (no connection, a timeout, a status that OTLP says to retry), is written to
 * a file; later batches go behind it. A thread of the spool's sends them, oldest first, with
 * growing waits while the receiver is away. What a process leaves behind, however it ended, is
 * sent by the next one that uses the folder, or by one that runs at the same time.
 *
 * Spans are at most once on disk and are marked when the receiver has them: after a crash only
 * the batch whose outcome was not known then is sent a second time.
 */
#ifndef CLOUDSPAN_SPOOL_H
#define CLOUDSPAN_SPOOL_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

/** When written spans are forced to the disk. What was written survives the end of the process
 * in any way, kill -9 included; this is about the end of the machine. */
typedef enum cspan_spool_sync {
  CSPAN_SPOOL_SYNC_NEVER = 0, /**< when the system does it, within half a minute usually */
  CSPAN_SPOOL_SYNC_SEGMENT,   /**< when a file is complete (4 MiB, or 1/32 of the whole size) */
  CSPAN_SPOOL_SYNC_BATCH      /**< after each batch, before the export of it returns */
} cspan_spool_sync;

typedef struct cspan_spool_options {
  size_t size;
  /** Where the files are; there is no default. Made with mode 0700 where it is missing, but not
   * the folders above it. Refused when it is a symbolic link, belongs to another user, or can be
   * written to by the group or others. Several processes may share it. */
  const char *folder;
  /** Of all files in the folder; 0: 256 MiB; at least 64 KiB. Where it would be exceeded the
   * oldest file is dropped, and its spans are counted and logged. Processes that write at the same
   * time may go beyond it by one file each: they look at each other's when they begin one. */
  uint64_t max_size_bytes;
  cspan_spool_sync sync;
  /* Times: a day at the most, more counts as a day. */
  /** How long a batch waits for the receiver's answer before it is written; the send goes on.
   * 0: 250. The processor's queue must hold what is ended in that time. */
  int64_t write_after_ms;
  int64_t retry_initial_ms; /**< wait after the first failed send; 0: 1,000 */
  int64_t retry_max_ms;     /**< the longest, to which the waits grow; 0: 30,000 */
} cspan_spool_options;

/**
 * Takes ownership of `next`, also on failure. CSPAN_ERR_INVALID: an option is wrong;
 * CSPAN_ERR_CONFIG: the folder is not safe (above); CSPAN_ERR_IO: it cannot be made or opened.
 * Nothing is sent and no thread is started before the first export or flush.
 *
 * An export returns CSPAN_OK when the receiver has accepted the spans, or they are in a file; its
 * failure when it refused them for good, and CSPAN_ERR_IO or CSPAN_ERR_LIMIT when they cannot be
 * written. A batch processor counts accordingly.
 *
 * A flush sends what is in the folder and returns CSPAN_OK when nothing is left of it. It gives up
 * at the first send that fails, and at its deadline (CSPAN_ERR_TIMEOUT); the error says how many
 * spans are kept where. These are not lost. It also tells, once, what was dropped or refused
 * after an export had returned CSPAN_OK. Files of other processes that run are left to them.
 *
 * A shutdown leaves on disk what was not sent, and logs how much that is.
 *
 * In a forked child it works on with files of its own; those of the parent stay the parent's.
 */
CSPAN_API cspan_status cspan_exporter_spool(const cspan_spool_options *options,
                                            cspan_span_exporter *next, cspan_span_exporter **out,
                                            cspan_error **error);

/** Counts of spans since the start (of a forked child: since the fork). */
typedef struct cspan_spool_stats {
  size_t size;
  uint64_t direct;  /**< accepted by the receiver without having been on disk */
  uint64_t spooled; /**< written to disk */
  uint64_t sent;    /**< from disk and accepted; other processes' included */
  uint64_t refused; /**< from disk, and refused for good by the receiver */
  uint64_t dropped; /**< from disk, the oldest, because the folder was full */
  /** Found unreadable, as far as their number could be read. The batch that a killed process was
   * writing is among them, though its export had not returned. */
  uint64_t damaged;
  uint64_t damaged_places; /**< stretches of files that could not be read */
  /* Now: */
  uint64_t kept_spans; /**< on disk, of this process and the file it took over */
  uint64_t kept_batches;
  uint64_t kept_bytes; /**< files of this process and the one it took over */
} cspan_spool_stats;

/** Fills `out`, whose `size` may be set before (0: the current size). False, and all zero, when
 * `exporter` is not of cspan_exporter_spool(). It is usable as long as its processor lives. */
CSPAN_API bool cspan_spool_stats_get(const cspan_span_exporter *exporter, cspan_spool_stats *out);

CSPAN_END_DECLS

#endif
