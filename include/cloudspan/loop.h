/* SPDX-License-Identifier: Apache-2.0 */
/**
 * loop.h: many calls in flight on one thread.
 *
 * A loop is used by one thread at a time. Calls are started on it by giving it
 * in their options (aws.h, cspan_call_options); they make progress, and their
 * `done` functions are called, inside cspan_loop_run_once() and cspan_loop_run().
 */
#ifndef CLOUDSPAN_LOOP_H
#define CLOUDSPAN_LOOP_H

#include <cloudspan/base.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_loop cspan_loop;

/** NULL when out of memory. */
CSPAN_API cspan_loop *cspan_loop_create(void);
/** What is still under way is ended with CSPAN_ERR_CANCELLED first (its done
 * functions are called). */
CSPAN_API void cspan_loop_free(cspan_loop *loop);
/** Waits at most max_wait_ms (0: not at all) for something to happen and handles it. */
CSPAN_API cspan_status cspan_loop_run_once(cspan_loop *loop, int64_t max_wait_ms);
/** Runs until nothing is under way. */
CSPAN_API cspan_status cspan_loop_run(cspan_loop *loop);
/** Exchanges and timers under way. */
CSPAN_API size_t cspan_loop_pending(const cspan_loop *loop);
/** Makes a cspan_loop_run_once() on another thread return. Thread-safe. */
CSPAN_API void cspan_loop_wakeup(cspan_loop *loop);

CSPAN_END_DECLS

#endif
