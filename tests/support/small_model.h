/* SPDX-License-Identifier: Apache-2.0 */
/* A service that does not exist, in every protocol, with each binding and kind of shape once: for
 * tests and fuzz targets of the protocols. */
#ifndef SUPPORT_SMALL_MODEL_H
#define SUPPORT_SMALL_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/model/compile.h"
#include "aws/protocol/protocol.h"

/* Quotes are single here; small_model_open() doubles them. */
static const char small_model_head[] =
    "{'metadata': {'apiVersion': '2024-01-01', 'endpointPrefix': 'pantry', 'jsonVersion': '1.1',"
    " 'protocol': '%s', 'serviceFullName': 'Pantry', 'serviceId': 'Pantry',"
    " 'signatureVersion': 'v4', 'targetPrefix': 'Pantry_20240101', 'uid': 'pantry-2024-01-01'%s},"
    "'operations': {"
    "'Store': {'name': 'Store', 'http': {'method': 'PUT',"
    " 'requestUri': '/shelves/{Shelf}/{Place+}?store'}, 'input': {'shape': 'StoreInput'},"
    " 'output': {'shape': 'StoreOutput'}, 'errors': [{'shape': 'ShelfFull'}],"
    " 'endpoint': {'hostPrefix': '{House}.data.'},"
    " 'requestcompression': {'encodings': ['gzip']}},"
    "'Plain': {'name': 'Plain', 'http': {'method': 'POST', 'requestUri': '/'},"
    " 'input': {'shape': 'Everything'}, 'output': {'shape': 'Everything'},"
    " 'errors': [{'shape': 'ShelfFull'}]},"
    "'Blob': {'name': 'Blob', 'http': {'method': 'POST', 'requestUri': '/blob'},"
    " 'input': {'shape': 'BlobBody'}, 'output': {'shape': 'BlobBody'}},"
    "'Nested': {'name': 'Nested', 'http': {'method': 'POST', 'requestUri': '/nested'},"
    " 'input': {'shape': 'NestedBody'}, 'output': {'shape': 'NestedBody'}},"
    "'Watch': {'name': 'Watch', 'http': {'method': 'POST', 'requestUri': '/watch'},"
    " 'input': {'shape': 'WatchInput'}, 'output': {'shape': 'WatchInput'}},"
    "'Pour': {'name': 'Pour', 'http': {'method': 'POST', 'requestUri': '/pour'},"
    " 'input': {'shape': 'PourInput'}},"
    "'Nothing': {'name': 'Nothing', 'http': {'method': 'GET', 'requestUri': '/nothing'}}},"
    "'shapes': {"
    "'String': {'type': 'string'}, 'Name': {'type': 'string', 'min': 2},"
    "'Integer': {'type': 'integer', 'min': -5}, 'Long': {'type': 'long'},"
    "'Float': {'type': 'float'}, 'Double': {'type': 'double'}, 'Boolean': {'type': 'boolean'},"
    "'Blob': {'type': 'blob'}, 'Time': {'type': 'timestamp'},"
    "'IsoTime': {'type': 'timestamp', 'timestampFormat': 'iso8601'},"
    "'Document': {'type': 'structure', 'members': {}, 'document': true},"
    "'Names': {'type': 'list', 'member': {'shape': 'String'}, 'min': 1},"
    "'Times': {'type': 'list', 'member': {'shape': 'Time'}},"
    "'Map': {'type': 'map', 'key': {'shape': 'String'}, 'value': {'shape': 'String'}},"
    "'ListMap': {'type': 'map', 'key': {'shape': 'String'}, 'value': {'shape': 'Names'}},"
    "'Choice': {'type': 'structure', 'union': true, 'members': {'Text': {'shape': 'String'},"
    " 'Number': {'shape': 'Integer', 'locationName': 'num'}}},"
    "'Everything': {'type': 'structure', 'members': {'String': {'shape': 'String'},"
    " 'Integer': {'shape': 'Integer'}, 'Long': {'shape': 'Long'}, 'Float': {'shape': 'Float'},"
    " 'Double': {'shape': 'Double'}, 'Boolean': {'shape': 'Boolean'}, 'Blob': {'shape': 'Blob'},"
    " 'Time': {'shape': 'Time'}, 'IsoTime': {'shape': 'IsoTime'}, 'Names': {'shape': 'Names'},"
    " 'Map': {'shape': 'Map'}, 'Choice': {'shape': 'Choice'}, 'Document': {'shape': 'Document'},"
    " 'Again': {'shape': 'Everything', 'locationName': 'again'},"
    " 'Agains': {'shape': 'Everythings'}}},"
    "'Everythings': {'type': 'list', 'member': {'shape': 'Everything'}},";
static const char small_model_structures[] =
    "'StoreInput': {'type': 'structure', 'required': ['Shelf', 'Place', 'House'], 'members': {"
    " 'House': {'shape': 'String', 'hostLabel': true},"
    " 'Shelf': {'shape': 'String', 'location': 'uri', 'locationName': 'Shelf'},"
    " 'Place': {'shape': 'String', 'location': 'uri', 'locationName': 'Place'},"
    " 'Since': {'shape': 'Time', 'location': 'querystring', 'locationName': 'since'},"
    " 'Tags': {'shape': 'Names', 'location': 'querystring', 'locationName': 'tag'},"
    " 'More': {'shape': 'ListMap', 'location': 'querystring'},"
    " 'Note': {'shape': 'String', 'location': 'header', 'locationName': 'x-note'},"
    " 'Notes': {'shape': 'Names', 'location': 'header', 'locationName': 'x-notes'},"
    " 'Seen': {'shape': 'Times', 'location': 'header', 'locationName': 'x-seen'},"
    " 'Json': {'shape': 'String', 'location': 'header', 'locationName': 'x-json',"
    "  'jsonvalue': true},"
    " 'Meta': {'shape': 'Map', 'location': 'headers', 'locationName': 'x-meta-'},"
    " 'Token': {'shape': 'String', 'idempotencyToken': true},"
    " 'Jar': {'shape': 'Everything', 'locationName': 'jar'}}},"
    "'StoreOutput': {'type': 'structure', 'members': {"
    " 'Status': {'shape': 'Integer', 'location': 'statusCode'},"
    " 'Note': {'shape': 'String', 'location': 'header', 'locationName': 'x-note'},"
    " 'Count': {'shape': 'Integer', 'location': 'header', 'locationName': 'x-count'},"
    " 'Until': {'shape': 'Time', 'location': 'header', 'locationName': 'x-until'},"
    " 'Notes': {'shape': 'Names', 'location': 'header', 'locationName': 'x-notes'},"
    " 'Seen': {'shape': 'Times', 'location': 'header', 'locationName': 'x-seen'},"
    " 'Json': {'shape': 'String', 'location': 'header', 'locationName': 'x-json',"
    "  'jsonvalue': true},"
    " 'Meta': {'shape': 'Map', 'location': 'headers', 'locationName': 'x-meta-'},"
    " 'Jar': {'shape': 'Everything', 'locationName': 'jar'}}},"
    "'BlobBody': {'type': 'structure', 'payload': 'Data', 'members': {'Data': {'shape': 'Blob'},"
    " 'Type': {'shape': 'String', 'location': 'header', 'locationName': 'Content-Type'}}},"
    "'WatchInput': {'type': 'structure', 'required': ['Events'], 'payload': 'Events',"
    " 'members': {'Name': {'shape': 'String', 'location': 'header', 'locationName': 'x-name'},"
    " 'Events': {'shape': 'Events'}}},"
    "'Events': {'type': 'structure', 'eventstream': true, 'members': {"
    " 'Tick': {'shape': 'Tick'}}},"
    "'Tick': {'type': 'structure', 'event': true, 'members': {'At': {'shape': 'Time'}}},"
    "'PourInput': {'type': 'structure', 'required': ['Milk'], 'payload': 'Milk', 'members': {"
    " 'Milk': {'shape': 'Milk'}}}, 'Milk': {'type': 'blob', 'streaming': true},"
    "'NestedBody': {'type': 'structure', 'payload': 'Jar', 'members': {"
    " 'Jar': {'shape': 'Everything', 'locationName': 'Jar'}}},"
    "'ShelfFull': {'type': 'structure', 'exception': true, 'error': {'code': 'Shelf.Full'},"
    " 'members': {'message': {'shape': 'String'}, 'Places': {'shape': 'Integer'},"
    " 'Retry': {'shape': 'Integer', 'location': 'header', 'locationName': 'x-retry'}}}}}";

typedef struct small_model {
  void *section;
  cspan_service_model model;
  const cspan_protocol *protocol;
} small_model;

/* `metadata` is added to that of the service: ", 'awsQueryCompatible': {}". Ends the program where
 * the model does not compile. */
static inline void small_model_open(small_model *out, const char *protocol, const char *metadata) {
  char text[sizeof small_model_head + sizeof small_model_structures + 128];
  cspan_model_source source = {.key = "pantry", .without_documentation = true};
  cspan_error *error = NULL;
  cspan_buf section;
  const char *from = small_model_head;
  const char *const values[] = {protocol, metadata};
  size_t used = 0;
  for (size_t i = 0; *from != '\0';) {
    if (from[0] == '%' && from[1] == 's') {
      used += (size_t)snprintf(text + used, sizeof text - used, "%s", values[i++]);
      from += 2;
    } else {
      text[used++] = *from++;
    }
  }
  memcpy(text + used, small_model_structures, sizeof small_model_structures);
  used += sizeof small_model_structures - 1;
  for (size_t i = 0; i < used; i++) {
    text[i] = text[i] == '\'' ? '"' : text[i];
  }
  source.service = (cspan_str){text, used};
  cspan_buf_init(&section, 1 << 20);
  if (cspan_model_compile(&source, &section, &error) != CSPAN_OK) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    abort();
  }
  out->section = malloc(section.len);
  if (out->section == NULL) {
    abort();
  }
  memcpy(out->section, section.data, section.len);
  if (cspan_model_open(out->section, section.len, &out->model, &error) != CSPAN_OK) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    abort();
  }
  cspan_buf_free(&section);
  out->protocol = cspan_protocol_find(protocol);
}

static inline void small_model_close(small_model *model) {
  free(model->section);
}

static inline cspan_protocol_input small_model_input(const small_model *model,
                                                     const char *operation,
                                                     const cspan_value *value) {
  return (cspan_protocol_input){.model = &model->model,
                                .operation = cspan_model_operation(&model->model, operation),
                                .value = value,
                                .token = "0000-token"};
}

#endif
