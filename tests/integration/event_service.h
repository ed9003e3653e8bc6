/* SPDX-License-Identifier: Apache-2.0 */
/* A choir that does not exist: it answers with events, and is sent events. Made as rest-json and
 * as json, whose calls begin with the rest of the input and output as events. */
#ifndef INTEGRATION_EVENT_SERVICE_H
#define INTEGRATION_EVENT_SERVICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cloudspan/cloudspan.h>

#include "support/model_folder.h"

#define EVENT_SECRET "planted-secret"

static const char event_model_json[] =
    "{'version': '2.0', 'metadata': {'apiVersion': '2024-01-01', 'endpointPrefix': 'choir', "
    "'jsonVersion': '1.1', 'protocol': '%s', 'protocolSettings': {'h2': '%s'}, "
    "'serviceFullName': 'A Choir', 'serviceId': '%s', 'signatureVersion': 'v4', "
    "'signingName': 'choir', 'targetPrefix': 'Choir', 'uid': '%s-2024-01-01'},"
    "'operations': {"
    "'Listen': {'name': 'Listen', 'http': {'method': 'POST', 'requestUri': '/listen'}, 'input': "
    "{'shape': 'ListenInput'}, 'output': {'shape': 'ListenOutput'}, 'errors': [{'shape': "
    "'OutOfTune'}, {'shape': 'Hoarse'}]},"
    "'Sing': {'name': 'Sing', 'http': {'method': 'POST', 'requestUri': '/sing'}, 'input': "
    "{'shape': 'SingInput'}, 'output': {'shape': 'ListenOutput'}},"
    "'Hum': {'name': 'Hum', 'http': {'method': 'POST', 'requestUri': '/hum'}, 'input': "
    "{'shape': 'SingInput'}, 'output': {'shape': 'ListenOutput'}, 'authtype': 'none'},"
    "'Pause': {'name': 'Pause', 'http': {'method': 'POST', 'requestUri': '/pause'}}},"
    "'shapes': {"
    "'String': {'type': 'string'},"
    "'ListenInput': {'type': 'structure', 'members': {'Song': {'shape': 'String'}}},"
    "'SingInput': {'type': 'structure', 'members': {'Song': {'shape': 'String', %s}, "
    "'Notes': {'shape': 'Notes'}}, 'required': ['Notes'], 'payload': 'Notes'},"
    "'ListenOutput': {'type': 'structure', 'members': {'Hall': {'shape': 'String', %s}, "
    "'Notes': {'shape': 'Notes'}}, 'payload': 'Notes'},"
    "'Notes': {'type': 'structure', 'eventstream': true, 'members': {'Note': {'shape': 'Note'}, "
    "'Rest': {'shape': 'Rest'}, 'OutOfTune': {'shape': 'OutOfTune'}, 'Hoarse': {'shape': "
    "'Hoarse'}}},"
    "'Note': {'type': 'structure', 'event': true, 'members': {'Key': {'shape': 'String'}}},"
    "'Rest': {'type': 'structure', 'event': true, 'members': {}},"
    "'OutOfTune': {'type': 'structure', 'exception': true, 'members': {'message': {'shape': "
    "'String'}, 'Key': {'shape': 'String'}}},"
    "'Hoarse': {'type': 'structure', 'exception': true, 'retryable': {'throttling': false}, "
    "'members': {'message': {'shape': 'String'}}}}}";

static inline void event_service_put(const char *root, const char *name, const char *protocol,
                                     const char *h2, const char *location) {
  char json[8192];
  char path[128];
  (void)snprintf(json, sizeof json, event_model_json, protocol, h2, name, name, location, location);
  (void)snprintf(path, sizeof path, "%s/2024-01-01/service-2.json", name);
  model_folder_put_json(model_folder_path(root, path), json);
}

/* The services "choir" (rest-json), "solo" (the same, over HTTP/1.1) and "band" (json). */
static inline void event_service_models(char root[64]) {
  static const char in_header[] = "'location': 'header', 'locationName': 'x-name'";
  model_folder_make(root);
  event_service_put(root, "choir", "rest-json", "eventstream", in_header);
  event_service_put(root, "solo", "rest-json", "optional", in_header);
  event_service_put(root, "band", "json", "eventstream", "'min': 0");
}

static inline cspan_client *event_service_client(const char *root, const char *service,
                                                 const char *url, int max_attempts) {
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "eu-central-1",
                           .endpoint_url = url,
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = EVENT_SECRET,
                           .max_attempts = max_attempts};
  cspan_client_options options = {.size = sizeof options, .models = root};
  if (cspan_aws_config_load(&aws, &config, &error) != CSPAN_OK ||
      cspan_client_create(config, service, &options, &client, &error) != CSPAN_OK) {
    (void)fprintf(stderr, "%s\n", cspan_error_message(error));
    abort();
  }
  cspan_aws_config_free(config);
  return client;
}

#endif
