/* SPDX-License-Identifier: Apache-2.0 */
/* Clients for a server that is not ours; tests/peers/services_peer.sh says where it is. */
#ifndef INTEGRATION_SERVICES_PEER_H
#define INTEGRATION_SERVICES_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/cloudspan.h>

typedef struct peer {
  cspan_aws_config *config;
  const char *models; /* NULL: those of the system */
  int round;          /* of the models, for names that are not there yet */
  bool is_moto;
} peer;

static inline void peer_check(cspan_status status, const cspan_error *error) {
  if (status != CSPAN_OK) {
    fail_msg("%s: %s: %s", cspan_status_name(status), cspan_error_code(error),
             cspan_error_message(error));
  }
}

/* The error is looked at after the call. */
#define must(call, error)                                                                          \
  do {                                                                                             \
    cspan_status must_status = (call);                                                             \
    peer_check(must_status, error);                                                                \
  } while (0)

static inline cspan_client *peer_client(const peer *p, const char *service) {
  cspan_client_options options = {.size = sizeof options, .models = p->models};
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  must(cspan_client_create(p->config, service, &options, &client, &error), error);
  return client;
}

static inline void peer_call(cspan_client *client, const char *operation, cspan_value input,
                             cspan_document **output) {
  cspan_error *error = NULL;
  must(cspan_call(NULL, client, operation, &input, output, &error), error);
}

static inline const char *text_at(const cspan_value *map, const char *name) {
  const char *text = cspan_value_text(cspan_value_get(map, name), NULL);
  return text != NULL ? text : "";
}

/* Runs the tests with the system's models, and with newer ones where there are any. */
static inline int peer_run(peer *p, int (*run)(void)) {
  const char *endpoint = getenv("CLOUDSPAN_PEER_ENDPOINT");
  const char *name = getenv("CLOUDSPAN_PEER");
  const char *newer = getenv("CLOUDSPAN_PEER_MODELS");
  if (endpoint == NULL || name == NULL) {
    fprintf(stderr, "this program is started by tests/peers/services_peer.sh\n");
    return 2;
  }
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .endpoint_url = endpoint,
                           .access_key_id = "testing",
                           .secret_access_key = "testing"};
  if (cspan_aws_config_load(&aws, &p->config, NULL) != CSPAN_OK) {
    return 1;
  }
  p->is_moto = strcmp(name, "moto") == 0;
  int failures = run();
  if (newer != NULL) {
    p->models = newer;
    p->round = 1;
    failures += run();
  }
  cspan_aws_config_free(p->config);
  return failures;
}

#endif
