/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "cli/transfer.h"

#define MAX_DEPTH 64
#define MAX_PATH  8192
#define MAX_NAMES 1000000

/* The path and the key grow and shrink together during the walk. */
typedef struct walk {
  cspan_cli_transfer *transfer;
  const char *bucket;
  cspan_buf path;
  cspan_buf key;
  int depth;
} walk;

typedef struct names {
  char **items;
  size_t count;
} names;

static void names_free(names *list) {
  for (size_t i = 0; i < list->count; i++) {
    cspan_free(list->items[i]);
  }
  cspan_free(list->items);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static cspan_status names_add(names *list, size_t *room, const char *name) {
  if (list->count == *room) {
    size_t more = *room ? *room * 2 : 32;
    char **items = more <= MAX_NAMES ? cspan_realloc(list->items, more * sizeof *items) : NULL;
    if (!items) {
      return more <= MAX_NAMES ? CSPAN_ERR_NOMEM : CSPAN_ERR_LIMIT;
    }
    list->items = items;
    *room = more;
  }
  list->items[list->count] = cspan_strdup(name);
  if (!list->items[list->count]) {
    return CSPAN_ERR_NOMEM;
  }
  list->count++;
  return CSPAN_OK;
}

/* The names in a folder, sorted, so that a run is repeatable. */
static cspan_status read_folder(const char *path, names *list, cspan_error **error) {
  char text[128];
  size_t room = 0;
  cspan_status status = CSPAN_OK;
  DIR *folder = opendir(path);
  if (!folder) {
    return cspan_error_set(error, CSPAN_ERR_IO, "cannot read the folder '%s': %s", path,
                           cspan_errno_text(errno, text, sizeof text));
  }
  struct dirent *entry;
  while (status == CSPAN_OK && (errno = 0, entry = readdir(folder)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      status = names_add(list, &room, entry->d_name);
    }
  }
  if (status != CSPAN_OK) {
    (void)cspan_error_set(error, status, "the folder '%s' has too many files for the memory", path);
  } else if (errno != 0) {
    status = cspan_error_set(error, CSPAN_ERR_IO, "cannot read the folder '%s': %s", path,
                             cspan_errno_text(errno, text, sizeof text));
  }
  (void)closedir(folder);
  if (list->count) {
    qsort(list->items, list->count, sizeof *list->items, compare_names);
  }
  return status;
}

static bool walk_folder(walk *w);

static void skip(const walk *w, const char *why) {
  cspan_cli_message(w->transfer->session->run, "skipped '%s': %s", cspan_buf_text(&w->path), why);
}

static bool visit(walk *w) {
  struct stat info;
  const char *path = cspan_buf_text(&w->path);
  if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    return walk_folder(w);
  }
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    skip(w, "a symbolic link to a folder is not followed");
  } else if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
    skip(w, "neither a file nor a folder");
  } else {
    (void)cspan_cli_upload_file(w->transfer, path, w->bucket, cspan_buf_text(&w->key));
  }
  return !cspan_cancel_is_triggered(w->transfer->session->run->cancel);
}

static void cut(cspan_buf *buf, size_t len) {
  buf->len = len;
  buf->data[len] = '\0';
}

/* Visits one name of the folder that path and key stand at. */
static bool visit_name(walk *w, const char *name) {
  size_t path_len = w->path.len;
  size_t key_len = w->key.len;
  bool go_on = false;
  (void)cspan_buf_printf(&w->path, "%s%s", w->path.data[path_len - 1] == '/' ? "" : "/", name);
  (void)cspan_buf_printf(&w->key, "%s%s", key_len && w->key.data[key_len - 1] != '/' ? "/" : "",
                         name);
  if (cspan_buf_status(&w->path) == CSPAN_OK && cspan_buf_status(&w->key) == CSPAN_OK) {
    go_on = visit(w);
    cut(&w->path, path_len);
    cut(&w->key, key_len);
  } else {
    cspan_error *error = NULL;
    (void)cspan_error_set(&error, CSPAN_ERR_LIMIT, "the path is too long, or out of memory");
    cspan_cli_upload_failed(w->transfer, name, w->bucket, "", error);
  }
  return go_on;
}

/* False: stop the whole walk. */
static bool walk_folder(walk *w) {
  names list = {NULL, 0};
  cspan_error *error = NULL;
  bool go_on = true;
  if (w->depth == MAX_DEPTH) {
    (void)cspan_error_set(&error, CSPAN_ERR_LIMIT, "more than %d folders deep", MAX_DEPTH);
  } else {
    (void)read_folder(cspan_buf_text(&w->path), &list, &error);
  }
  if (error) {
    cspan_cli_upload_failed(w->transfer, cspan_buf_text(&w->path), w->bucket,
                            cspan_buf_text(&w->key), error);
  } else {
    w->depth++;
    for (size_t i = 0; i < list.count && go_on; i++) {
      go_on = visit_name(w, list.items[i]);
    }
    w->depth--;
  }
  names_free(&list);
  return go_on;
}

bool cspan_cli_upload_tree(cspan_cli_transfer *transfer, const char *folder, const char *bucket,
                           const char *prefix) {
  walk w = {.transfer = transfer, .bucket = bucket};
  cspan_buf_init(&w.path, MAX_PATH);
  cspan_buf_init(&w.key, MAX_PATH);
  bool ok = cspan_buf_str(&w.path, folder) == CSPAN_OK && cspan_buf_str(&w.key, prefix) == CSPAN_OK;
  if (ok) {
    ok = walk_folder(&w);
  } else {
    cspan_error *error = NULL;
    (void)cspan_error_set(&error, CSPAN_ERR_LIMIT, "the path is too long, or out of memory");
    cspan_cli_upload_failed(transfer, folder, bucket, prefix, error);
  }
  cspan_buf_free(&w.path);
  cspan_buf_free(&w.key);
  return ok;
}
