/* SPDX-License-Identifier: Apache-2.0 */
/* The little that is asked of the operating system everywhere. */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <pthread.h>

#include "base/buf.h"

int64_t cspan_unix_ns(void); /* CLOCK_REALTIME */

/* Random numbers: per-thread generator seeded from getrandom(), reseeded in a
 * forked child. Not for keys. */
uint64_t cspan_random_u64(void);
void cspan_random_words(uint64_t *out, size_t count);
double cspan_random_unit(void); /* [0, 1) */
/* A random UUID (version 4) as text. */
void cspan_random_uuid(char out[37]);

/* Reads a file (or a pipe, to its end) of at most max bytes. CSPAN_ERR_IO with errno's text and
 * the path; CSPAN_ERR_LIMIT when larger. */
cspan_status cspan_file_read(const char *path, size_t max, cspan_buf *out, cspan_error **error);

/* What an errno means, in buf or static. */
const char *cspan_errno_text(int code, char *buf, size_t cap);

/* The environment; "" counts as not set, as OpenTelemetry and AWS ask. */
const char *cspan_env(const char *name);

/* The user's home folder (HOME, else the password database) or NULL. Borrowed. */
const char *cspan_home(void);

/* `relative` to the folder of the running program, for cspan_free(); "" where that is not known,
 * NULL when out of memory. */
char *cspan_path_near_program(const char *relative);

/* Keeps the shared object that this code is in, and so its threads and handlers, in memory until
 * the process ends, also where it is a module that the program closes again. */
void cspan_pin_code(void);

/* A condition that is waited on by cspan_now_ns()'s clock, and that wait; it may end early. */
void cspan_cond_init(pthread_cond_t *condition);
void cspan_cond_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t time_ns);

/* A thread that takes no signals, which are the program's: its handlers do not run there, and a
 * write to a closed connection is an error and not SIGPIPE. 0, or an errno. */
int cspan_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* Sleeps until the deadline or a cancellation; returns the context's status. */
cspan_status cspan_context_sleep_ms(const cspan_context *context, int64_t ms);

#endif
