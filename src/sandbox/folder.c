/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "sandbox/body.h"

enum { NAME_WHOLE = 180, NAME_CUT = 140, HASH_DIGITS = 32 };

static sbx_folder *folder_of(const sbx_store *store) {
  return store->state;
}

/* ------------------------------------------------------------------- names */

cspan_status cspan_sbx_object_path(const char *bucket, const char *key, size_t len,
                                   char out[SBX_PATH_MAX]) {
  cspan_buf name;
  cspan_buf_init(&name, 3 * (size_t)SBX_KEY_MAX);
  cspan_status status = cspan_uri_encode(&name, key, len, false);
  if (status == CSPAN_OK) {
    char hash[2 * CSPAN_SHA256_LEN + 1] = "";
    bool cut = name.len > NAME_WHOLE;
    if (cut) {
      cspan_sha256_hex(key, len, hash);
      hash[HASH_DIGITS] = '\0';
    }
    /* A first dot would make "." and "..", and files that ls hides. */
    const char *text = name.data;
    const char *dot = text[0] == '.' ? "%2E" : "";
    text += text[0] == '.' ? 1 : 0;
    snprintf(out, SBX_PATH_MAX, "objects/%s/%s%.*s%s%s.json", bucket, dot,
             cut ? NAME_CUT : NAME_WHOLE, text, cut ? "~" : "", hash);
  }
  cspan_buf_free(&name);
  return status;
}

static void body_path(const sbx_piece *piece, char out[SBX_PATH_MAX]) {
  snprintf(out, SBX_PATH_MAX, "bodies/%s", piece->name);
}

/* ------------------------------------------------------------------ bodies */

static cspan_status piece_open(sbx_store *store, sbx_piece *piece, int64_t expected) {
  char path[SBX_PATH_MAX];
  (void)expected;
  cspan_sbx_new_id(piece->name);
  body_path(piece, path);
  piece->fd = openat(folder_of(store)->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return piece->fd >= 0 ? CSPAN_OK : CSPAN_ERR_IO;
}

static cspan_status piece_append(sbx_piece *piece, const char *data, size_t len, size_t *taken) {
  *taken = 0;
  while (*taken < len) {
    ssize_t done = write(piece->fd, data + *taken, len - *taken);
    if (done < 0 && errno != EINTR) {
      return CSPAN_ERR_IO;
    }
    *taken += done > 0 ? (size_t)done : 0;
    piece->len += done > 0 ? done : 0;
  }
  return CSPAN_OK;
}

static cspan_status piece_seal(sbx_piece *piece) {
  int failed = close(piece->fd);
  piece->fd = -1;
  return failed ? CSPAN_ERR_IO : CSPAN_OK;
}

static void piece_drop(sbx_piece *piece) {
  if (piece->fd >= 0) {
    close(piece->fd);
  }
  if (!piece->store->closing && piece->name[0]) {
    char path[SBX_PATH_MAX];
    body_path(piece, path);
    unlinkat(folder_of(piece->store)->fd, path, 0);
  }
}

static int reopen(const sbx_piece *piece) {
  char path[SBX_PATH_MAX];
  body_path(piece, path);
  return openat(folder_of(piece->store)->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static cspan_status piece_send(sbx_piece *piece, int64_t at, int64_t len, struct evbuffer *out) {
  int fd = reopen(piece);
  if (fd < 0) {
    return CSPAN_ERR_IO;
  }
  struct evbuffer_file_segment *segment =
      evbuffer_file_segment_new(fd, at, len, EVBUF_FS_CLOSE_ON_FREE);
  if (!segment) {
    close(fd);
    return CSPAN_ERR_IO;
  }
  int failed = evbuffer_add_file_segment(out, segment, 0, len);
  evbuffer_file_segment_free(segment); /* the buffer holds it now */
  return failed ? CSPAN_ERR_IO : CSPAN_OK;
}

static cspan_status piece_read(sbx_piece *piece, int64_t at, char *out, size_t len) {
  int fd = reopen(piece);
  size_t got = 0;
  while (fd >= 0 && got < len) {
    ssize_t n = pread(fd, out + got, len - got, at + (int64_t)got);
    if (n == 0 || (n < 0 && errno != EINTR)) {
      break;
    }
    got += n > 0 ? (size_t)n : 0;
  }
  if (fd >= 0) {
    close(fd);
  }
  return got == len ? CSPAN_OK : CSPAN_ERR_IO;
}

/* --------------------------------------------------------------- documents */

/* Takes the document; NULL counts as out of memory. */
static cspan_status write_document(const sbx_store *store, const char *path, json_t *json) {
  char temporary[SBX_PATH_MAX + 4];
  int folder = folder_of(store)->fd;
  if (!json) {
    return CSPAN_ERR_NOMEM;
  }
  snprintf(temporary, sizeof temporary, "%s.tmp", path);
  int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool ok = fd >= 0 && json_dumpfd(json, fd, JSON_COMPACT) == 0;
  ok = fd >= 0 && close(fd) == 0 && ok;
  ok = ok && renameat(folder, temporary, folder, path) == 0;
  if (!ok && fd >= 0) {
    unlinkat(folder, temporary, 0);
  }
  json_decref(json);
  return ok ? CSPAN_OK : CSPAN_ERR_IO;
}

static cspan_status make_folder(const sbx_store *store, const char *path) {
  bool ok = mkdirat(folder_of(store)->fd, path, 0700) == 0 || errno == EEXIST;
  return ok ? CSPAN_OK : CSPAN_ERR_IO;
}

static cspan_status save_bucket(sbx_store *store, const sbx_bucket *bucket) {
  char path[SBX_PATH_MAX];
  snprintf(path, sizeof path, "objects/%s", bucket->name);
  cspan_status status = make_folder(store, path);
  snprintf(path, sizeof path, "buckets/%s.json", bucket->name);
  return status == CSPAN_OK ? write_document(store, path, cspan_sbx_encode_bucket(bucket)) : status;
}

static void drop_bucket(sbx_store *store, const sbx_bucket *bucket) {
  char path[SBX_PATH_MAX];
  int folder = folder_of(store)->fd;
  snprintf(path, sizeof path, "buckets/%s.json", bucket->name);
  unlinkat(folder, path, 0);
  snprintf(path, sizeof path, "objects/%s", bucket->name);
  unlinkat(folder, path, AT_REMOVEDIR);
}

static cspan_status save_object(sbx_store *store, const sbx_bucket *bucket,
                                const sbx_object *object) {
  char path[SBX_PATH_MAX];
  cspan_status status = cspan_sbx_object_path(bucket->name, object->key, object->key_len, path);
  return status == CSPAN_OK ? write_document(store, path, cspan_sbx_encode_object(object)) : status;
}

static void drop_object(sbx_store *store, const sbx_bucket *bucket, const sbx_object *object) {
  char path[SBX_PATH_MAX];
  if (cspan_sbx_object_path(bucket->name, object->key, object->key_len, path) == CSPAN_OK) {
    unlinkat(folder_of(store)->fd, path, 0);
  }
}

static cspan_status save_upload(sbx_store *store, const sbx_bucket *bucket,
                                const sbx_upload *upload) {
  char path[SBX_PATH_MAX];
  snprintf(path, sizeof path, "uploads/%s", upload->id);
  cspan_status status = make_folder(store, path);
  snprintf(path, sizeof path, "uploads/%s/upload.json", upload->id);
  return status == CSPAN_OK
             ? write_document(store, path, cspan_sbx_encode_upload(bucket->name, upload))
             : status;
}

static void part_path(const sbx_upload *upload, int number, char out[SBX_PATH_MAX]) {
  snprintf(out, SBX_PATH_MAX, "uploads/%s/%05d.json", upload->id, number);
}

static cspan_status save_part(sbx_store *store, const sbx_upload *upload, const sbx_part *part) {
  char path[SBX_PATH_MAX];
  part_path(upload, part->number, path);
  return write_document(store, path, cspan_sbx_encode_part(part));
}

static void drop_upload(sbx_store *store, const sbx_upload *upload) {
  char path[SBX_PATH_MAX];
  int folder = folder_of(store)->fd;
  /* The upload first: parts without one are left-overs. */
  snprintf(path, sizeof path, "uploads/%s/upload.json", upload->id);
  unlinkat(folder, path, 0);
  for (size_t i = 0; i < upload->part_count; i++) {
    part_path(upload, upload->parts[i]->number, path);
    unlinkat(folder, path, 0);
  }
  snprintf(path, sizeof path, "uploads/%s", upload->id);
  unlinkat(folder, path, AT_REMOVEDIR);
}

static void folder_close(sbx_store *store) {
  sbx_folder *folder = folder_of(store);
  close(folder->lock_fd);
  close(folder->fd);
  cspan_free(folder);
}

static const sbx_backing folder_backing = {
    .piece_open = piece_open,
    .piece_append = piece_append,
    .piece_seal = piece_seal,
    .piece_drop = piece_drop,
    .piece_send = piece_send,
    .piece_read = piece_read,
    .save_bucket = save_bucket,
    .drop_bucket = drop_bucket,
    .save_object = save_object,
    .drop_object = drop_object,
    .save_upload = save_upload,
    .save_part = save_part,
    .drop_upload = drop_upload,
    .close = folder_close,
};

/* ----------------------------------------------------------------- opening */

static cspan_status cannot(cspan_error **error, const char *what, const char *path) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "the sandbox cannot %s %s: %s", what, path,
                         cspan_errno_text(code, text, sizeof text));
}

static cspan_status open_folder(const char *path, sbx_folder *folder, cspan_error **error) {
  static const char *const parts[] = {"buckets", "objects", "uploads", "bodies"};
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    return cannot(error, "make the folder", path);
  }
  folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder->fd < 0) {
    return cannot(error, "open the folder", path);
  }
  folder->lock_fd = openat(folder->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (folder->lock_fd < 0) {
    return cannot(error, "write into the folder", path);
  }
  if (flock(folder->lock_fd, LOCK_EX | LOCK_NB) != 0) {
    return cspan_error_set(error, CSPAN_ERR_IO,
                           "the folder %s is used by another sandbox; stop that one, or choose "
                           "another folder",
                           path);
  }
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (mkdirat(folder->fd, parts[i], 0700) != 0 && errno != EEXIST) {
      return cannot(error, "write into the folder", path);
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_sbx_store_folder(const char *path, sbx_store **out, cspan_error **error) {
  sbx_folder *folder = cspan_calloc(1, sizeof *folder);
  sbx_store *store = folder ? cspan_sbx_store_new(&folder_backing, folder) : NULL;
  if (!store) {
    cspan_free(folder);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while opening the folder %s",
                           path);
  }
  folder->fd = folder->lock_fd = -1;
  cspan_status status = open_folder(path, folder, error);
  if (status == CSPAN_OK) {
    status = cspan_sbx_folder_load(store, path, error);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_store_free(store);
    return status;
  }
  *out = store;
  return CSPAN_OK;
}
