/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/spool/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

enum { NAME_TRIES = 16 };

static cspan_spool_segment *segment_new(const char *name, uint64_t salt) {
  cspan_spool_segment *segment = cspan_calloc(1, sizeof *segment);
  if (segment != NULL) {
    memcpy(segment->name, name, strlen(name) + 1);
    segment->salt = salt;
    segment->fd = -1;
  }
  return segment;
}

void cspan_spool_segment_free(cspan_spool_segment *segment) {
  if (segment != NULL) {
    if (segment->fd >= 0) {
      close(segment->fd);
    }
    cspan_free(segment);
  }
}

cspan_status cspan_spool_segment_remove(const cspan_spool_folder *folder,
                                        cspan_spool_segment *segment, cspan_error **error) {
  segment->is_removed = true;
  if (unlinkat(folder->fd, segment->name, 0) != 0 && errno != ENOENT) {
    return cspan_spool_folder_error(folder, segment->name, "remove", error);
  }
  return CSPAN_OK;
}

/* ------------------------------------------------------------------ create */

/* All of the parts at that place; false with errno. */
static bool write_at(int fd, struct iovec *parts, int count, uint64_t at) {
  while (count > 0) {
    ssize_t n = pwritev(fd, parts, count, (off_t)at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      errno = n == 0 ? ENOSPC : errno;
      return false;
    }
    at += (uint64_t)n;
    size_t done = (size_t)n;
    while (count > 0 && done >= parts->iov_len) {
      done -= parts->iov_len;
      parts++;
      count--;
    }
    if (count > 0) {
      parts->iov_base = (char *)parts->iov_base + done;
      parts->iov_len -= done;
    }
  }
  return true;
}

/* Between making the file and its lock another process may take it for one that was left behind,
 * and remove it: then another name is tried. */
static bool make_file(const cspan_spool_folder *folder, const cspan_spool_segment *last,
                      cspan_spool_segment *segment) {
  struct stat info;
  for (int i = 0; i < NAME_TRIES; i++) {
    segment->salt = cspan_random_u64();
    segment->stamp = cspan_unix_ns();
    if (last != NULL && segment->stamp <= last->stamp) { /* the clock was set back */
      segment->stamp = last->stamp + 1;
    }
    cspan_spool_name(segment->name, segment->stamp, (long)getpid(), segment->salt);
    segment->fd = openat(folder->fd, segment->name,
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (segment->fd < 0 && errno != EEXIST) {
      return false;
    }
    if (segment->fd >= 0 && flock(segment->fd, LOCK_EX | LOCK_NB) == 0 &&
        fstat(segment->fd, &info) == 0 && info.st_nlink == 1) {
      return true;
    }
    if (segment->fd >= 0) {
      close(segment->fd);
      segment->fd = -1;
    }
  }
  errno = EBUSY;
  return false;
}

cspan_status cspan_spool_segment_create(const cspan_spool_folder *folder,
                                        const cspan_spool_segment *last, bool sync,
                                        cspan_spool_segment **out, cspan_error **error) {
  uint8_t header[CSPAN_SPOOL_FILE_HEADER];
  struct iovec part = {.iov_base = header, .iov_len = sizeof header};
  *out = NULL;
  cspan_spool_segment *segment = segment_new("", 0);
  if (segment == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making a spool file");
  }
  cspan_spool_file_header(header);
  bool is_made = make_file(folder, last, segment);
  if (!is_made || !write_at(segment->fd, &part, 1, 0) || (sync && fsync(folder->fd) != 0)) {
    cspan_status status = cspan_spool_folder_error(folder, segment->name, "make", error);
    if (is_made) {
      cspan_spool_segment_remove(folder, segment, NULL);
    }
    cspan_spool_segment_free(segment);
    return status;
  }
  segment->size = sizeof header;
  segment->is_counted = true;
  *out = segment;
  return CSPAN_OK;
}

cspan_status cspan_spool_segment_take(const cspan_spool_folder *folder, const char *name,
                                      cspan_spool_segment **out) {
  uint64_t salt;
  struct stat info;
  *out = NULL;
  if (!cspan_spool_name_salt(name, &salt)) {
    return CSPAN_OK;
  }
  cspan_spool_segment *segment = segment_new(name, salt);
  if (segment == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  uint8_t header[CSPAN_SPOOL_FILE_HEADER];
  segment->fd = cspan_spool_folder_take(folder, name, &info);
  if (segment->fd < 0 || (pread(segment->fd, header, sizeof header, 0) == (ssize_t)sizeof header &&
                          cspan_spool_is_other_version(header, sizeof header))) {
    cspan_spool_segment_free(segment);
    return CSPAN_OK;
  }
  segment->size = (uint64_t)info.st_size;
  segment->is_closed = true;
  *out = segment;
  return CSPAN_OK;
}

/* ----------------------------------------------------------------- records */

cspan_status cspan_spool_segment_append(const cspan_spool_folder *folder,
                                        cspan_spool_segment *segment,
                                        const cspan_export_batch *batch, bool sync, uint64_t *at,
                                        cspan_error **error) {
  uint8_t header[CSPAN_SPOOL_RECORD_HEADER];
  cspan_spool_record_header(segment->salt, batch->request, (uint32_t)batch->request_size_bytes,
                            (uint32_t)batch->span_count, header);
  struct iovec parts[] = {
      {.iov_base = header, .iov_len = sizeof header},
      {.iov_base = (void *)(uintptr_t)batch->request, .iov_len = batch->request_size_bytes}};
  if (!write_at(segment->fd, parts, 2, segment->size) || (sync && fdatasync(segment->fd) != 0)) {
    cspan_status status = cspan_spool_folder_error(folder, segment->name, "write to", error);
    /* A part that cannot be taken back must have nothing behind it. */
    segment->is_closed = ftruncate(segment->fd, (off_t)segment->size) != 0;
    return status;
  }
  *at = segment->size;
  segment->size += sizeof header + batch->request_size_bytes;
  segment->kept_batches++;
  segment->kept_spans += batch->span_count;
  return CSPAN_OK;
}

cspan_status cspan_spool_segment_mark(const cspan_spool_folder *folder,
                                      const cspan_spool_segment *segment, uint64_t at, bool sync,
                                      cspan_error **error) {
  uint8_t state = CSPAN_SPOOL_SENT;
  struct iovec part = {.iov_base = &state, .iov_len = 1};
  if (!write_at(segment->fd, &part, 1, at + CSPAN_SPOOL_STATE_AT) ||
      (sync && fdatasync(segment->fd) != 0)) {
    return cspan_spool_folder_error(folder, segment->name, "mark spans as sent in", error);
  }
  return CSPAN_OK;
}

cspan_status cspan_spool_segment_read(const cspan_spool_folder *folder,
                                      const cspan_spool_segment *segment, uint64_t at, uint8_t *out,
                                      size_t len, size_t *done, cspan_error **error) {
  *done = 0;
  while (*done < len) {
    ssize_t n = pread(segment->fd, out + *done, len - *done, (off_t)(at + *done));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      errno = n == 0 ? EIO : errno; /* shorter than it was */
      return cspan_spool_folder_error(folder, segment->name, "read", error);
    }
    *done += (size_t)n;
  }
  return CSPAN_OK;
}
