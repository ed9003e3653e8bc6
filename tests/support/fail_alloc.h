/* SPDX-License-Identifier: Apache-2.0 */
/* An allocator whose n-th allocation on this thread fails, for replays: run a scenario with
 * n = 1, 2, 3... until it runs through without meeting the failure. */
#ifndef SUPPORT_FAIL_ALLOC_H
#define SUPPORT_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Puts the allocator in place; nothing fails yet. */
void fail_alloc_install(void);
void fail_alloc_uninstall(void);

/* From now on this thread's n-th allocation (from 1) fails, once, or from there on all of them. */
void fail_alloc_arm(size_t n, bool all_that_follow);
/* Ends it; true when a failure was met. */
bool fail_alloc_disarm(void);
/* Blocks handed out and not yet freed, of all threads. */
long fail_alloc_outstanding(void);
/* Blocks handed out to this thread less those that it freed: what a server in the same process
 * holds at the moment does not count. */
long fail_alloc_outstanding_here(void);

#endif
