/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

struct cspan_blob {
  atomic_size_t references;
  void *data;
  size_t size;
  bool mapped;
};

static cspan_blob *make(void *data, size_t size, bool mapped) {
  cspan_blob *blob = cspan_calloc(1, sizeof *blob);
  if (blob) {
    atomic_init(&blob->references, 1);
    blob->data = data;
    blob->size = size;
    blob->mapped = mapped;
  }
  return blob;
}

cspan_blob *cspan_blob_of(cspan_buf *buf) {
  size_t size = 0;
  char *data = cspan_buf_take(buf, &size);
  cspan_blob *blob = data ? make(data, size, false) : NULL;
  if (!blob) {
    cspan_free(data);
  }
  return blob;
}

static cspan_status io_error(cspan_error **error, const char *path, int code) {
  char text[128];
  return cspan_error_set(error, CSPAN_ERR_IO, "%s: %s", path,
                         cspan_errno_text(code, text, sizeof text));
}

static cspan_status map_open(int fd, const char *path, cspan_blob **out, cspan_error **error) {
  struct stat status;
  if (fstat(fd, &status) != 0) {
    return io_error(error, path, errno);
  }
  if (!S_ISREG(status.st_mode) || status.st_size <= 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: is empty or no regular file", path);
  }
  size_t size = (size_t)status.st_size;
  void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) {
    return io_error(error, path, errno);
  }
  *out = make(data, size, true);
  if (!*out) {
    (void)munmap(data, size);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  return CSPAN_OK;
}

cspan_status cspan_blob_map(const char *path, cspan_blob **out, cspan_error **error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return io_error(error, path, errno);
  }
  cspan_status status = map_open(fd, path, out, error);
  (void)close(fd);
  return status;
}

cspan_blob *cspan_blob_retain(cspan_blob *blob) {
  if (blob) {
    (void)atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
  }
  return blob;
}

void cspan_blob_release(cspan_blob *blob) {
  if (!blob || atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  if (blob->mapped) {
    (void)munmap(blob->data, blob->size);
  } else {
    cspan_free(blob->data);
  }
  cspan_free(blob);
}

const void *cspan_blob_data(const cspan_blob *blob) {
  return blob->data;
}

size_t cspan_blob_size(const cspan_blob *blob) {
  return blob->size;
}
