/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a folder when the sandbox starts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "sandbox/folder.h"

enum { MAX_DOCUMENT = 16 << 20 };

typedef struct loader {
  sbx_store *store;
  const char *path;
  sbx_pieces pieces;
  sbx_bucket *bucket; /* whose objects are being read */
  sbx_upload *upload; /* whose parts are being read */
  cspan_error **error;
} loader;

/* Called with the name of each entry but those that start with a dot. */
typedef cspan_status (*entry_fn)(loader *l, const char *folder, const char *name);

static int folder_fd(const loader *l) {
  const sbx_folder *folder = l->store->state;
  return folder->fd;
}

static cspan_status damaged(const loader *l, const char *path, const char *why) {
  return cspan_error_set(l->error, CSPAN_ERR_INVALID,
                         "the sandbox's folder %s is damaged: %s %s; remove that file, or the "
                         "folder, and start again",
                         l->path, path, why);
}

static cspan_status no_memory(const loader *l) {
  return cspan_error_set(l->error, CSPAN_ERR_NOMEM, "out of memory while reading the folder %s",
                         l->path);
}

static cspan_status refuse(const loader *l, const char *path, cspan_status status) {
  return status == CSPAN_ERR_NOMEM ? no_memory(l)
                                   : damaged(l, path, "is not a document of this sandbox");
}

static cspan_status each_entry(loader *l, const char *folder, entry_fn fn) {
  int fd = openat(folder_fd(l), folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
  if (!list) {
    char text[128];
    int code = errno;
    if (fd >= 0) {
      close(fd);
    }
    return code == ENOENT || code == ENOTDIR
               ? CSPAN_OK
               : cspan_error_set(l->error, CSPAN_ERR_IO, "cannot read %s/%s: %s", l->path, folder,
                                 cspan_errno_text(code, text, sizeof text));
  }
  cspan_status status = CSPAN_OK;
  struct dirent *entry;
  while (status == CSPAN_OK && (entry = readdir(list)) != NULL) {
    if (entry->d_name[0] != '.') {
      status = fn(l, folder, entry->d_name);
    }
  }
  closedir(list);
  return status;
}

/* A document, or NULL with *status OK for what is none: a write that was cut
 * short is removed. */
static json_t *read_document(loader *l, const char *folder, const char *name, char *path,
                             size_t cap, cspan_status *status) {
  size_t len = strlen(name);
  *status = CSPAN_OK;
  if (snprintf(path, cap, "%s/%s", folder, name) >= (int)cap) {
    return NULL;
  }
  if (len > 4 && strcmp(name + len - 4, ".tmp") == 0) {
    unlinkat(folder_fd(l), path, 0);
    return NULL;
  }
  if (len <= 5 || strcmp(name + len - 5, ".json") != 0) {
    return NULL;
  }
  struct stat info;
  int fd = openat(folder_fd(l), path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  json_t *json = NULL;
  if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size <= MAX_DOCUMENT) {
    json = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
  }
  if (fd >= 0) {
    close(fd);
  }
  if (!json) {
    *status = damaged(l, path, "cannot be read as JSON");
  }
  return json;
}

/* ----------------------------------------------------------------- entries */

static cspan_status load_object(loader *l, const char *folder, const char *name) {
  char path[SBX_PATH_MAX];
  char wanted[SBX_PATH_MAX];
  cspan_status status;
  sbx_object *object = NULL;
  json_t *json = read_document(l, folder, name, path, sizeof path, &status);
  if (!json) {
    return status;
  }
  status = cspan_sbx_decode_object(json, &l->pieces, &object);
  json_decref(json);
  if (status == CSPAN_OK) {
    status = cspan_sbx_object_path(l->bucket->name, object->key, object->key_len, wanted);
  }
  if (status == CSPAN_OK && strcmp(wanted, path) != 0) {
    status = CSPAN_ERR_INVALID; /* it would never be replaced or removed */
  }
  if (status == CSPAN_OK) {
    status = cspan_sbx_object_put(l->store, l->bucket, object, false);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_object_free(object);
    return refuse(l, path, status);
  }
  return CSPAN_OK;
}

static cspan_status load_bucket(loader *l, const char *folder, const char *name) {
  char path[SBX_PATH_MAX];
  cspan_status status;
  sbx_bucket *bucket = NULL;
  json_t *json = read_document(l, folder, name, path, sizeof path, &status);
  if (!json) {
    return status;
  }
  status = cspan_sbx_decode_bucket(json, &bucket);
  json_decref(json);
  if (status == CSPAN_OK && cspan_sbx_bucket_find(l->store, bucket->name)) {
    status = CSPAN_ERR_INVALID;
  }
  if (status == CSPAN_OK) {
    status = cspan_sbx_bucket_add(l->store, bucket, false);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_bucket_free(bucket);
    return refuse(l, path, status);
  }
  l->bucket = bucket;
  snprintf(path, sizeof path, "objects/%s", bucket->name);
  return each_entry(l, path, load_object);
}

static cspan_status load_part(loader *l, const char *folder, const char *name) {
  char path[SBX_PATH_MAX];
  cspan_status status;
  sbx_part *part = NULL;
  json_t *json = strcmp(name, "upload.json") == 0
                     ? NULL
                     : read_document(l, folder, name, path, sizeof path, &status);
  if (!json) {
    return strcmp(name, "upload.json") == 0 ? CSPAN_OK : status;
  }
  status = cspan_sbx_decode_part(json, &l->pieces, &part);
  json_decref(json);
  if (status == CSPAN_OK) {
    char wanted[16];
    snprintf(wanted, sizeof wanted, "%05d.json", part->number);
    status = strcmp(wanted, name) == 0 ? CSPAN_OK : CSPAN_ERR_INVALID;
  }
  if (status == CSPAN_OK) {
    status = cspan_sbx_part_put(l->store, l->upload, part, false);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_part_free(part);
    return refuse(l, path, status);
  }
  return CSPAN_OK;
}

static cspan_status remove_entry(loader *l, const char *folder, const char *name) {
  char path[SBX_PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path) {
    unlinkat(folder_fd(l), path, 0);
  }
  return CSPAN_OK;
}

/* The upload document of a folder; one whose upload is gone is cleared away. */
static cspan_status load_upload(loader *l, const char *parent, const char *name) {
  char folder[SBX_PATH_MAX];
  char path[SBX_PATH_MAX];
  cspan_status status;
  const char *bucket_name;
  sbx_upload *upload = NULL;
  snprintf(folder, sizeof folder, "%s/%.64s", parent, name);
  snprintf(path, sizeof path, "%s/%.64s/upload.json", parent, name);
  if (faccessat(folder_fd(l), path, F_OK, 0) != 0) {
    status = each_entry(l, folder, remove_entry);
    unlinkat(folder_fd(l), folder, AT_REMOVEDIR);
    return status;
  }
  json_t *json = read_document(l, folder, "upload.json", path, sizeof path, &status);
  if (!json) {
    return status;
  }
  status = cspan_sbx_decode_upload(json, &bucket_name, &upload);
  l->bucket = status == CSPAN_OK ? cspan_sbx_bucket_find(l->store, bucket_name) : NULL;
  json_decref(json);
  if (status == CSPAN_OK && (!l->bucket || strcmp(upload->id, name) != 0)) {
    status = CSPAN_ERR_INVALID;
  }
  if (status == CSPAN_OK) {
    status = cspan_sbx_upload_add(l->store, l->bucket, upload, false);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_upload_free(upload);
    return refuse(l, path, status);
  }
  l->upload = upload;
  status = each_entry(l, folder, load_part);
  if (status == CSPAN_OK && !upload->checksum_asked && upload->part_count) {
    upload->checksum_kind = upload->parts[0]->checksum.kind;
    upload->checksum_composite = upload->checksum_kind != SBX_CHECKSUM_CRC64NVME;
  }
  return status;
}

/* ------------------------------------------------------------------ bodies */

static cspan_status check_bodies(loader *l) {
  sbx_map_node *node = cspan_sbx_map_first(l->pieces.by_name);
  for (; node; node = cspan_sbx_map_next(node)) {
    const sbx_piece *piece = cspan_sbx_map_value(node);
    char path[SBX_PATH_MAX];
    struct stat info;
    snprintf(path, sizeof path, "bodies/%s", piece->name);
    if (fstatat(folder_fd(l), path, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode) ||
        info.st_size != piece->len) {
      return damaged(l, path, "is missing or has another size than its object says");
    }
  }
  return CSPAN_OK;
}

static cspan_status drop_leftover(loader *l, const char *folder, const char *name) {
  bool used = cspan_sbx_map_get(l->pieces.by_name, name, strlen(name)) != NULL;
  return used ? CSPAN_OK : remove_entry(l, folder, name);
}

cspan_status cspan_sbx_folder_load(sbx_store *store, const char *path, cspan_error **error) {
  loader l = {.store = store, .path = path, .error = error};
  l.pieces = (sbx_pieces){store, cspan_sbx_map_new()};
  /* What is freed on a failure must not take its file along. */
  store->closing = true;
  cspan_status status = l.pieces.by_name ? CSPAN_OK : no_memory(&l);
  status = status == CSPAN_OK ? each_entry(&l, "buckets", load_bucket) : status;
  status = status == CSPAN_OK ? each_entry(&l, "uploads", load_upload) : status;
  status = status == CSPAN_OK ? check_bodies(&l) : status;
  status = status == CSPAN_OK ? each_entry(&l, "bodies", drop_leftover) : status;
  store->closing = false;
  cspan_sbx_map_free(l.pieces.by_name, NULL);
  return status;
}
