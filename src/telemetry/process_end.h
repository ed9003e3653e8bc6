/* SPDX-License-Identifier: Apache-2.0 */
/* The providers whose spans are not to be lost when the process ends. */
#ifndef TELEMETRY_PROCESS_END_H
#define TELEMETRY_PROCESS_END_H

#include <cloudspan/telemetry.h>

/* Two may be at work at a time, but only one of a kind. */
typedef enum cspan_end_kind { CSPAN_END_EXIT, CSPAN_END_SIGNAL, CSPAN_END_KINDS } cspan_end_kind;

/* A provider's place in the list. */
typedef struct cspan_end_entry {
  struct cspan_end_entry *next;
  cspan_tracer_provider *provider;
  int64_t timeout_ms;
  unsigned users; /* threads that are inside the provider now */
  bool is_listed;
  bool is_seen[CSPAN_END_KINDS]; /* by the round under way */
} cspan_end_entry;

/* Before a provider is freed: takes it off the list, and waits for who uses it. */
void cspan_end_remove(cspan_end_entry *entry);
/* Flushes all that are listed, each within `timeout_ms`; logs what goes wrong. */
void cspan_end_flush_all(int64_t timeout_ms);

/* signal_flush.c: an export thread is about to start, so that there is something to
 * flush: in a forked child too the signals are watched from now on. */
void cspan_signal_watch(void);

#endif
