/* SPDX-License-Identifier: Apache-2.0 */
#include "support/model_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void model_folder_make(char root[64]) {
  (void)snprintf(root, 64, "/tmp/cspan-models-XXXXXX");
  if (!mkdtemp(root)) {
    abort();
  }
}

const char *model_folder_path(const char *root, const char *path) {
  static char rooms[8][256];
  static size_t next;
  char *room = rooms[next++ % 8];
  (void)snprintf(room, sizeof rooms[0], "%s/%s", root, path);
  return room;
}

void model_folder_parents(const char *path) {
  char part[512];
  for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
    (void)mkdir(part, 0755);
  }
}

void model_folder_put(const char *path, const void *data, size_t len) {
  model_folder_parents(path);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0) {
    abort();
  }
}

void model_folder_put_json(const char *path, const char *text) {
  size_t len = strlen(text);
  char *json = malloc(len + 1);
  if (!json) {
    abort();
  }
  for (size_t i = 0; i < len; i++) {
    json[i] = text[i] == '\'' ? '"' : text[i];
  }
  model_folder_put(path, json, len);
  free(json);
}

void model_folder_remove(const char *path) {
  DIR *dir = opendir(path);
  const struct dirent *entry = NULL;
  while (dir && (entry = readdir(dir)) != NULL) {
    char inner[512];
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
      model_folder_remove(inner);
    }
  }
  if (dir) {
    (void)closedir(dir);
  }
  (void)remove(path);
}
