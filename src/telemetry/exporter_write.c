/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/exporter_write.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

bool cspan_write_all(int fd, const char *data, size_t len, size_t *written) {
  *written = 0;
  while (*written < len) {
    ssize_t n = write(fd, data + *written, len - *written);
    if (n >= 0) {
      *written += (size_t)n;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      struct pollfd wait = {.fd = fd, .events = POLLOUT};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}
