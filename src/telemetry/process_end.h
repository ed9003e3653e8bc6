/* SPDX-License-Identifier: Apache-2.0 */
/* The providers whose spans or metrics are not to be lost when the process ends. */
#ifndef TELEMETRY_PROCESS_END_H
#define TELEMETRY_PROCESS_END_H

#include <cloudspan/telemetry.h>

/* Two may be at work at a time, but only one of a kind. */
typedef enum cspan_end_kind { CSPAN_END_EXIT, CSPAN_END_SIGNAL, CSPAN_END_KINDS } cspan_end_kind;

/* What a kind of provider does then. */
typedef struct cspan_end_steps {
  const char *items; /* "spans" */
  cspan_status (*force_flush)(void *provider, int64_t timeout_ms, cspan_error **error);
  cspan_status (*shutdown)(void *provider, int64_t timeout_ms, cspan_error **error);
} cspan_end_steps;

/* A provider's place in the list. */
typedef struct cspan_end_entry {
  struct cspan_end_entry *next;
  void *provider;
  const cspan_end_steps *steps;
  int64_t timeout_ms;
  unsigned users; /* threads that are inside the provider now */
  bool is_listed;
  bool is_seen[CSPAN_END_KINDS]; /* by the round under way */
} cspan_end_entry;

/* Puts it on the list, or sets its timeout (0: 10,000); below 0: takes it off. `steps` stays
 * borrowed. */
cspan_status cspan_end_add(cspan_end_entry *entry, void *provider, const cspan_end_steps *steps,
                           int64_t timeout_ms, cspan_error **error);
/* Before a provider is freed: takes it off the list, and waits for who uses it. */
void cspan_end_remove(cspan_end_entry *entry);
/* Flushes all that are listed, each within `timeout_ms`; logs what goes wrong. */
void cspan_end_flush_all(int64_t timeout_ms);

/* signal_flush.c: an export thread is about to start, so that there is something to
 * flush: in a forked child too the signals are watched from now on. */
void cspan_signal_watch(void);

#endif
