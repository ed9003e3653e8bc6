/* SPDX-License-Identifier: Apache-2.0 */
/* The whole spans of calls to a server that is not ours, held against the files of a folder. */
#include <dirent.h>

#include "integration/services_peer.h"
#include "support/span_cases.h"

static int run_folder(const span_cases *cases, const char *folder) {
  struct dirent **names = NULL;
  int count = scandir(folder, &names, NULL, alphasort);
  int failed = count <= 2;
  for (int i = 0; i < count; i++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
    if (strstr(names[i]->d_name, ".json") != NULL) {
      int faults = span_cases_run(cases, path);
      printf("%s: %s\n", names[i]->d_name, faults == 0 ? "ok" : faults < 0 ? "no model" : "FAILED");
      failed += faults > 0;
    }
    free(names[i]);
  }
  free(names);
  return failed;
}

int main(int argc, char **argv) {
  const char *endpoint = getenv("CLOUDSPAN_PEER_ENDPOINT");
  const char *newer = getenv("CLOUDSPAN_PEER_MODELS");
  if (endpoint == NULL || argc != 2) {
    fprintf(stderr, "this program is started by tests/peers/services_peer.sh with a folder\n");
    return 2;
  }
  span_cases cases = {.endpoint = endpoint, .port = atoi(strrchr(endpoint, ':') + 1), .round = 0};
  int failed = run_folder(&cases, argv[1]);
  if (newer != NULL) {
    cases.models = newer;
    cases.round = 1;
    failed += run_folder(&cases, argv[1]);
  }
  return failed != 0;
}
