/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/model/folder.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

#define NAMES_MAX 100000

void cspan_name_list_free(cspan_name_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    cspan_free(list->names[i]);
  }
  cspan_free(list->names);
  *list = (cspan_name_list){0};
}

static int compare(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Doubles at each power of two. */
static cspan_status add(cspan_name_list *list, const char *name, cspan_error **error) {
  if (list->count >= NAMES_MAX) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "too many entries in a folder of models");
  }
  if ((list->count & (list->count - 1)) == 0) {
    size_t cap = list->count ? list->count * 2 : 1;
    char **names = cspan_realloc(list->names, cap * sizeof *names);
    if (!names) {
      return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
    }
    list->names = names;
  }
  char *copy = cspan_strdup(name);
  if (!copy) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  list->names[list->count++] = copy;
  return CSPAN_OK;
}

typedef bool (*entry_filter)(const char *folder, const struct dirent *entry);

/* The names in a folder that pass, in order. What cannot be opened has none. */
static cspan_status list_folder(const char *folder, entry_filter passes, cspan_name_list *out,
                                cspan_error **error) {
  *out = (cspan_name_list){0};
  DIR *dir = opendir(folder);
  if (!dir) {
    char text[128];
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES
               ? CSPAN_OK
               : cspan_error_set(error, CSPAN_ERR_IO, "%s: %s", folder,
                                 cspan_errno_text(errno, text, sizeof text));
  }
  cspan_status status = CSPAN_OK;
  const struct dirent *entry = NULL;
  while (status == CSPAN_OK && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.' && passes(folder, entry)) {
      status = add(out, entry->d_name, error);
    }
  }
  (void)closedir(dir);
  if (status != CSPAN_OK) {
    cspan_name_list_free(out);
  } else if (out->count) {
    qsort(out->names, out->count, sizeof *out->names, compare);
  }
  return status;
}

static bool may_be_service(const char *folder, const struct dirent *entry) {
  (void)folder;
  return entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
}

static bool has_model(const char *folder, const struct dirent *entry) {
  static const char *const endings[] = {"json", "json.gz"};
  char path[4096];
  for (size_t i = 0; i < 2; i++) {
    int len = snprintf(path, sizeof path, "%s/%s/service-2.%s", folder, entry->d_name, endings[i]);
    if (len > 0 && (size_t)len < sizeof path && access(path, R_OK) == 0) {
      return true;
    }
  }
  return false;
}

cspan_status cspan_folder_services(const char *folder, cspan_name_list *out, cspan_error **error) {
  return list_folder(folder, may_be_service, out, error);
}

cspan_status cspan_folder_versions(const char *folder, const char *service, cspan_name_list *out,
                                   cspan_error **error) {
  *out = (cspan_name_list){0};
  /* A name is never a path. */
  if (service[0] == '\0' || service[0] == '.' || strchr(service, '/')) {
    return CSPAN_OK;
  }
  char *path = cspan_asprintf("%s/%s", folder, service);
  if (!path) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_status status = list_folder(path, has_model, out, error);
  cspan_free(path);
  return status;
}
