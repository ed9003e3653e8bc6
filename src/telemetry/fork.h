/* SPDX-License-Identifier: Apache-2.0 */
/* What a fork must not find half done. Handlers run inside fork(): `prepare`
 * takes the object's lock, `parent` gives it back, `child` makes the object new.
 * Those added last prepare first and come back last, as with pthread_atfork(): an object
 * is added after those that it calls. No thread may hold the lock of one while it takes
 * the lock of one that was added later. */
#ifndef TELEMETRY_FORK_H
#define TELEMETRY_FORK_H

typedef struct cspan_fork_hook {
  struct cspan_fork_hook *next;
  struct cspan_fork_hook *before;
  void *self;
  void (*prepare)(void *self);
  void (*parent)(void *self);
  void (*child)(void *self);
} cspan_fork_hook;

void cspan_fork_add(cspan_fork_hook *hook);
/* Does nothing where it was not added. */
void cspan_fork_remove(cspan_fork_hook *hook);

#endif
