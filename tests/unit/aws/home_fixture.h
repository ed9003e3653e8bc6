/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with config and credentials files of a test, and a clean environment. */
#ifndef UNIT_AWS_HOME_FIXTURE_H
#define UNIT_AWS_HOME_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static char home_folder[64];
static char config_path[96];
static char credentials_path[96];

static void home_write(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
    abort();
  }
}

/* No AWS variable but the one that keeps the search for credentials on this machine, HOME in a new
 * folder, the files as given (NULL: absent). */
static void home_set(const char *config, const char *credentials) {
  for (size_t i = 0; environ[i];) {
    char name[128];
    size_t len = strcspn(environ[i], "=");
    if (strncmp(environ[i], "AWS_", 4) != 0 || len >= sizeof name) {
      i++;
      continue;
    }
    memcpy(name, environ[i], len);
    name[len] = '\0';
    unsetenv(name);
  }
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  unlink(config_path);
  unlink(credentials_path);
  if (config) {
    home_write(config_path, config);
  }
  if (credentials) {
    home_write(credentials_path, credentials);
  }
}

static int home_make(void **state) {
  char aws[80];
  char make[128];
  (void)state;
  snprintf(home_folder, sizeof home_folder, "/tmp/cspan-home-XXXXXX");
  if (!mkdtemp(home_folder)) {
    return -1;
  }
  snprintf(aws, sizeof aws, "%s/.aws", home_folder);
  snprintf(make, sizeof make, "mkdir %s", aws);
  snprintf(config_path, sizeof config_path, "%s/config", aws);
  snprintf(credentials_path, sizeof credentials_path, "%s/credentials", aws);
  setenv("HOME", home_folder, 1);
  return system(make);
}

static int home_remove(void **state) {
  char aws[80];
  (void)state;
  unlink(config_path);
  unlink(credentials_path);
  snprintf(aws, sizeof aws, "%s/.aws", home_folder);
  return rmdir(aws) == 0 && rmdir(home_folder) == 0 ? 0 : -1;
}

#endif
