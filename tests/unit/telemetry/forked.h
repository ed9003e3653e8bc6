/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a function in a forked child and gives its result, -1 when it had none. The
 * child becomes another program at its end, so that no leak checker looks at what
 * it inherited: memory that only the threads knew which it does not have. */
#ifndef UNIT_FORKED_H
#define UNIT_FORKED_H

#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer ends a child that starts a thread. */
#if defined(__SANITIZE_THREAD__)
#define CHILD_MAY_START_THREADS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CHILD_MAY_START_THREADS 0
#endif
#endif
#ifndef CHILD_MAY_START_THREADS
#define CHILD_MAY_START_THREADS 1
#endif

/* AddressSanitizer's allocator stays locked in a child where another thread was inside it. */
#if defined(__SANITIZE_ADDRESS__)
#define FORKS_BESIDE_BUSY_THREADS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FORKS_BESIDE_BUSY_THREADS 0
#endif
#endif
#ifndef FORKS_BESIDE_BUSY_THREADS
#define FORKS_BESIDE_BUSY_THREADS CHILD_MAY_START_THREADS
#endif

static inline int run_forked(int (*function)(void *arg), void *arg) {
  int ends[2];
  int result = -1;
  if (pipe(ends) != 0) {
    return -1;
  }
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    result = function(arg);
    if (write(ends[1], &result, sizeof result) != (ssize_t)sizeof result) {
      _exit(1);
    }
    execl("/bin/true", "true", (char *)NULL);
    _exit(1);
  }
  close(ends[1]);
  if (child > 0) {
    if (read(ends[0], &result, sizeof result) != (ssize_t)sizeof result) {
      result = -1;
    }
    waitpid(child, NULL, 0);
  }
  close(ends[0]);
  return result;
}

#endif
