/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that renews credentials while calls go on with the old ones. There is one only while
 * there is something to do; it is ended with its owner, and at the end of the process before the
 * libraries it uses are. A forked child has none. */
#ifndef AWS_CREDENTIALS_REFRESHER_H
#define AWS_CREDENTIALS_REFRESHER_H

#include <cloudspan/base.h>

typedef struct cspan_refresher cspan_refresher;

/* `context` is cancelled when the thread is to end, and has a deadline. */
typedef void (*cspan_refresh_fn)(void *user, const cspan_context *context);

/* NULL when out of memory. */
cspan_refresher *cspan_refresher_create(void);
/* Runs `fn` on the thread. One at a time: the last one has ended, or is about to return. False
 * where no thread can be started. */
bool cspan_refresher_start(cspan_refresher *refresher, cspan_refresh_fn fn, void *user);
/* Cancels what runs and waits for its end. NULL is fine. */
void cspan_refresher_free(cspan_refresher *refresher);

#endif
