/* SPDX-License-Identifier: Apache-2.0 */
/* A service that does not exist, as a folder of model files, and a client for it. */
#ifndef INTEGRATION_CLIENT_MODEL_H
#define INTEGRATION_CLIENT_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cloudspan/cloudspan.h>

static const char client_service_json[] =
    "{\"version\": \"2.0\", \"metadata\": {\"apiVersion\": \"2024-01-01\", \"endpointPrefix\": "
    "\"larder\", \"jsonVersion\": \"1.1\", \"protocol\": \"json\", \"serviceFullName\": \"A "
    "Larder\", \"serviceId\": \"Larder\", \"signatureVersion\": \"v4\", \"targetPrefix\": "
    "\"Larder_20240101\", \"uid\": \"larder-2024-01-01\"},"
    "\"operations\": {"
    "\"PutJar\": {\"name\": \"PutJar\", \"http\": {\"method\": \"POST\", \"requestUri\": \"/\"}, "
    "\"input\": {\"shape\": \"PutJarInput\"}, \"output\": {\"shape\": \"PutJarOutput\"}, "
    "\"errors\": [{\"shape\": \"ShelfFull\"}]},"
    "\"GetJar\": {\"name\": \"GetJar\", \"http\": {\"method\": \"POST\", \"requestUri\": \"/\"}, "
    "\"input\": {\"shape\": \"GetJarInput\"}, \"output\": {\"shape\": \"GetJarOutput\"}},"
    "\"ListJars\": {\"name\": \"ListJars\", \"http\": {\"method\": \"POST\", \"requestUri\": "
    "\"/\"}, \"input\": {\"shape\": \"ListJarsInput\"}, \"output\": {\"shape\": "
    "\"ListJarsOutput\"}},"
    "\"ListShelf\": {\"name\": \"ListShelf\", \"http\": {\"method\": \"POST\", \"requestUri\": "
    "\"/\"}, \"input\": {\"shape\": \"ListShelfInput\"}, \"output\": {\"shape\": "
    "\"ListShelfOutput\"}}},"
    "\"shapes\": {"
    "\"ListShelfInput\": {\"type\": \"structure\", \"members\": {\"Limit\": {\"shape\": "
    "\"String\"}, \"Token\": {\"shape\": \"String\"}}},"
    "\"Shelf\": {\"type\": \"structure\", \"members\": {\"Jars\": {\"shape\": \"Jars\"}, "
    "\"Room\": {\"shape\": \"String\"}, \"Wood\": {\"shape\": \"String\"}}},"
    "\"ListShelfOutput\": {\"type\": \"structure\", \"members\": {\"Shelf\": {\"shape\": "
    "\"Shelf\"}, \"Owner\": {\"shape\": \"String\"}, \"NextToken\": {\"shape\": \"String\"}}},"
    "\"String\": {\"type\": \"string\"}, \"Integer\": {\"type\": \"integer\"}, \"Name\": "
    "{\"type\": \"string\", \"min\": 1}, \"When\": {\"type\": \"timestamp\"},"
    "\"Tags\": {\"type\": \"map\", \"key\": {\"shape\": \"String\"}, \"value\": {\"shape\": "
    "\"String\"}},"
    "\"Jar\": {\"type\": \"structure\", \"members\": {\"Name\": {\"shape\": \"Name\"}, "
    "\"Grams\": {\"shape\": \"Integer\"}, \"Filled\": {\"shape\": \"When\"}, \"Tags\": "
    "{\"shape\": \"Tags\"}}},"
    "\"Jars\": {\"type\": \"list\", \"member\": {\"shape\": \"Jar\"}},"
    "\"PutJarInput\": {\"type\": \"structure\", \"required\": [\"Jar\"], \"members\": {\"Jar\": "
    "{\"shape\": \"Jar\"}, \"ClientToken\": {\"shape\": \"String\", \"idempotencyToken\": "
    "true}}},"
    "\"PutJarOutput\": {\"type\": \"structure\", \"members\": {\"Place\": {\"shape\": "
    "\"Integer\"}}},"
    "\"GetJarInput\": {\"type\": \"structure\", \"required\": [\"Name\"], \"members\": {\"Name\": "
    "{\"shape\": \"Name\"}}},"
    "\"GetJarOutput\": {\"type\": \"structure\", \"members\": {\"Jar\": {\"shape\": \"Jar\"}, "
    "\"State\": {\"shape\": \"String\"}}},"
    "\"ListJarsInput\": {\"type\": \"structure\", \"members\": {\"Shelf\": {\"shape\": "
    "\"String\"}, \"Limit\": {\"shape\": \"Integer\"}, \"Token\": {\"shape\": \"String\"}}},"
    "\"ListJarsOutput\": {\"type\": \"structure\", \"members\": {\"Jars\": {\"shape\": \"Jars\"}, "
    "\"Count\": {\"shape\": \"Integer\"}, \"NextToken\": {\"shape\": \"String\"}}},"
    "\"ShelfFull\": {\"type\": \"structure\", \"members\": {\"message\": {\"shape\": \"String\"}, "
    "\"Shelf\": {\"shape\": \"String\"}, \"Places\": {\"shape\": \"Integer\"}}, \"exception\": "
    "true}}}";

static const char client_paginators_json[] =
    "{\"pagination\": {\"ListJars\": {\"input_token\": \"Token\", \"output_token\": "
    "\"NextToken\", \"limit_key\": \"Limit\", \"result_key\": [\"Jars\", \"Count\"]},"
    "\"ListShelf\": {\"input_token\": \"Token\", \"output_token\": \"NextToken\", "
    "\"limit_key\": \"Limit\", \"result_key\": \"Shelf.Jars\", \"non_aggregate_keys\": "
    "[\"Shelf.Room\", \"Shelf.Wood\", \"Owner\"]}}}";

static const char client_waiters_json[] =
    "{\"version\": 2, \"waiters\": {\"JarFilled\": {\"operation\": \"GetJar\", \"delay\": 1, "
    "\"maxAttempts\": 5, \"acceptors\": ["
    "{\"matcher\": \"path\", \"argument\": \"State\", \"expected\": \"full\", \"state\": "
    "\"success\"},"
    "{\"matcher\": \"path\", \"argument\": \"State\", \"expected\": \"broken\", \"state\": "
    "\"failure\"},"
    "{\"matcher\": \"error\", \"expected\": \"NoSuchJar\", \"state\": \"retry\"}]},"
    "\"JarsAlike\": {\"operation\": \"ListJars\", \"delay\": 1, \"maxAttempts\": 3, \"acceptors\": "
    "["
    "{\"matcher\": \"pathAll\", \"argument\": \"Jars[].Name\", \"expected\": \"a\", \"state\": "
    "\"success\"},"
    "{\"matcher\": \"pathAny\", \"argument\": \"Jars[].Name\", \"expected\": \"z\", \"state\": "
    "\"failure\"}]},"
    "\"JarGone\": {\"operation\": \"GetJar\", \"delay\": 1, \"maxAttempts\": 3, \"acceptors\": ["
    "{\"matcher\": \"error\", \"expected\": \"NoSuchJar\", \"state\": \"success\"},"
    "{\"matcher\": \"status\", \"expected\": 200, \"state\": \"retry\"}]},"
    "\"JarThere\": {\"operation\": \"GetJar\", \"delay\": 1, \"maxAttempts\": 3, \"acceptors\": ["
    "{\"matcher\": \"error\", \"expected\": \"NoSuchJar\", \"state\": \"retry\"},"
    "{\"matcher\": \"error\", \"expected\": false, \"state\": \"success\"}]}}}";

typedef struct client_models {
  char folder[64];
} client_models;

static inline void client_write_file(const char *folder, const char *name, const char *text) {
  char path[192];
  snprintf(path, sizeof path, "%s/larder/2024-01-01/%s", folder, name);
  FILE *file = fopen(path, "w");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

static inline void client_models_make(client_models *m) {
  char path[128];
  snprintf(m->folder, sizeof m->folder, "/tmp/cspan-models-XXXXXX");
  if (!mkdtemp(m->folder)) {
    perror(m->folder);
    exit(1);
  }
  snprintf(path, sizeof path, "%s/larder", m->folder);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/larder/2024-01-01", m->folder);
  mkdir(path, 0700);
  client_write_file(m->folder, "service-2.json", client_service_json);
  client_write_file(m->folder, "paginators-1.json", client_paginators_json);
  client_write_file(m->folder, "waiters-2.json", client_waiters_json);
}

static inline void client_models_remove(client_models *m) {
  static const char *const names[] = {"larder/2024-01-01/service-2.json",
                                      "larder/2024-01-01/paginators-1.json",
                                      "larder/2024-01-01/waiters-2.json",
                                      "larder/2024-01-01",
                                      "larder",
                                      ""};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[192];
    snprintf(path, sizeof path, "%s/%s", m->folder, names[i]);
    remove(path);
  }
}

#endif
