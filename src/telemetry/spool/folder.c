/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/spool/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

enum { MAX_FILES = 65536, BLOCK = 4096, FIRST_ROOM = 64 };

/* -------------------------------------------------------------------- open */

static cspan_status io_error(const char *what, const char *path, cspan_error **error) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot %s the spool folder %s: %s", what, path,
                         cspan_errno_text(code, text, sizeof text));
}

/* Whoever else could write into it could have spans sent in our name, or ours removed. */
static cspan_status check(int fd, const char *path, cspan_error **error) {
  struct stat info;
  if (fstat(fd, &info) != 0) {
    return io_error("examine", path, error);
  }
  if (info.st_uid != geteuid()) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "the spool folder %s belongs to user %lu, not to user %lu who runs "
                           "this: name a folder of your own",
                           path, (unsigned long)info.st_uid, (unsigned long)geteuid());
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "others than its owner may write to the spool folder %s (mode %04o): "
                           "take that away with chmod 700",
                           path, (unsigned)(info.st_mode & 07777));
  }
  return CSPAN_OK;
}

static int open_folder(const char *path) {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static cspan_status open_checked(const char *path, int *fd, cspan_error **error) {
  *fd = open_folder(path);
  if (*fd < 0 && errno == ENOENT) {
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
      return io_error("make", path, error);
    }
    *fd = open_folder(path);
  }
  struct stat info;
  if (*fd < 0 && (errno == ELOOP || errno == ENOTDIR) && lstat(path, &info) == 0) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "the spool folder %s is %s: name a folder",
                           path, S_ISLNK(info.st_mode) ? "a symbolic link" : "no folder");
  }
  return *fd < 0 ? io_error("open", path, error) : check(*fd, path, error);
}

/* A link is seen as one, also with slashes behind it. */
static char *without_slashes(const char *path) {
  size_t len = strlen(path);
  while (len > 1 && path[len - 1] == '/') {
    len--;
  }
  return cspan_strndup(path, len);
}

cspan_status cspan_spool_folder_open(const char *path, cspan_spool_folder *out,
                                     cspan_error **error) {
  *out = (cspan_spool_folder){.fd = -1};
  if (path == NULL || path[0] == '\0') {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a spool needs a folder of its own: there is no default");
  }
  out->path = without_slashes(path);
  if (out->path == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while opening a spool");
  }
  cspan_status status = open_checked(out->path, &out->fd, error);
  if (status != CSPAN_OK) {
    cspan_spool_folder_close(out);
  }
  return status;
}

void cspan_spool_folder_close(cspan_spool_folder *folder) {
  if (folder->fd >= 0) {
    close(folder->fd);
  }
  cspan_free(folder->path);
  *folder = (cspan_spool_folder){.fd = -1};
}

cspan_status cspan_spool_folder_error(const cspan_spool_folder *folder, const char *name,
                                      const char *what, cspan_error **error) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot %s %s/%s: %s", what, folder->path, name,
                         cspan_errno_text(code, text, sizeof text));
}

/* -------------------------------------------------------------------- list */

uint64_t cspan_spool_room(uint64_t size) {
  return size < BLOCK ? BLOCK : size;
}

static int by_name(const void *a, const void *b) {
  const cspan_spool_file *first = a;
  const cspan_spool_file *second = b;
  return strcmp(first->name, second->name);
}

static cspan_status add(cspan_spool_listing *listing, size_t *capacity, const char *name,
                        uint64_t room) {
  if (listing->count == *capacity) {
    size_t more = *capacity > 0 ? *capacity * 2 : FIRST_ROOM;
    cspan_spool_file *files = cspan_realloc(listing->files, more * sizeof *files);
    if (files == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    listing->files = files;
    *capacity = more;
  }
  cspan_spool_file *file = &listing->files[listing->count++];
  memcpy(file->name, name, strlen(name) + 1);
  file->room = room;
  listing->room += room;
  return CSPAN_OK;
}

static cspan_status read_entries(DIR *entries, int fd, cspan_spool_listing *out) {
  cspan_status status = CSPAN_OK;
  size_t capacity = 0;
  const struct dirent *entry;
  while (status == CSPAN_OK && out->count < MAX_FILES && (entry = readdir(entries)) != NULL) {
    struct stat info;
    uint64_t salt;
    if (cspan_spool_name_salt(entry->d_name, &salt) &&
        fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode)) {
      status = add(out, &capacity, entry->d_name, cspan_spool_room((uint64_t)info.st_size));
    }
  }
  return status;
}

cspan_status cspan_spool_folder_list(const cspan_spool_folder *folder, cspan_spool_listing *out,
                                     cspan_error **error) {
  *out = (cspan_spool_listing){0};
  /* Not a copy of the descriptor, whose position a forked process would share. */
  int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
  if (entries == NULL) {
    cspan_status status = io_error("read", folder->path, error);
    if (fd >= 0) {
      close(fd);
    }
    return status;
  }
  cspan_status status = read_entries(entries, fd, out);
  closedir(entries);
  if (status != CSPAN_OK) {
    cspan_spool_listing_free(out);
    return cspan_error_set(error, status, "out of memory while reading the spool folder");
  }
  if (out->count > 1) {
    qsort(out->files, out->count, sizeof *out->files, by_name);
  }
  return CSPAN_OK;
}

void cspan_spool_listing_free(cspan_spool_listing *listing) {
  cspan_free(listing->files);
  *listing = (cspan_spool_listing){0};
}

/* -------------------------------------------------------------------- take */

int cspan_spool_folder_take(const cspan_spool_folder *folder, const char *name, struct stat *info) {
  int fd = openat(folder->fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return -1;
  }
  /* Looked at after the lock: whoever had it may have removed the file. */
  bool is_ours = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, info) == 0 &&
                 S_ISREG(info->st_mode) && info->st_nlink == 1 && info->st_uid == geteuid();
  if (!is_ours) {
    close(fd);
    return -1;
  }
  return fd;
}
