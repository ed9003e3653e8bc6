/* SPDX-License-Identifier: Apache-2.0 */
/* A service that does not exist, for tests of the command: values, pages, a waiter, and files that
 * are streamed. */
#ifndef INTEGRATION_ATTIC_MODEL_H
#define INTEGRATION_ATTIC_MODEL_H

#include "support/model_folder.h"

/* ' stands for ". */
static const char attic_service[] =
    "{'version': '2.0', 'metadata': {'apiVersion': '2024-05-05', 'endpointPrefix': 'attic',"
    " 'protocol': 'rest-json', 'serviceFullName': 'An Attic', 'serviceId': 'Attic',"
    " 'signatureVersion': 'v4', 'uid': 'attic-2024-05-05'},"
    "'operations': {"
    "'PutBox': {'name': 'PutBox', 'http': {'method': 'PUT', 'requestUri': '/boxes/{Name}'},"
    " 'input': {'shape': 'PutBoxInput'}, 'output': {'shape': 'Box'}},"
    "'GetBox': {'name': 'GetBox', 'http': {'method': 'GET', 'requestUri': '/boxes/{Name}'},"
    " 'input': {'shape': 'GetBoxInput'}, 'output': {'shape': 'Box'}},"
    "'ListBoxes': {'name': 'ListBoxes', 'http': {'method': 'GET', 'requestUri': '/boxes'},"
    " 'input': {'shape': 'ListBoxesInput'}, 'output': {'shape': 'ListBoxesOutput'}},"
    "'ListMVPBoxes': {'name': 'ListMVPBoxes', 'http': {'method': 'GET', 'requestUri': '/mvp'}},"
    "'StoreFile': {'name': 'StoreFile', 'http': {'method': 'PUT', 'requestUri': '/files/{Name}'},"
    " 'input': {'shape': 'StoreFileInput'}},"
    "'SealBox': {'name': 'SealBox', 'http': {'method': 'POST', 'requestUri': '/seals/{Name}'},"
    " 'input': {'shape': 'SealBoxInput'}, 'output': {'shape': 'SealBoxOutput'}},"
    "'FetchFile': {'name': 'FetchFile', 'http': {'method': 'GET', 'requestUri': '/files/{Name}'},"
    " 'input': {'shape': 'GetBoxInput'}, 'output': {'shape': 'FetchFileOutput'}}},"
    "'shapes': {"
    "'String': {'type': 'string'}, 'Integer': {'type': 'integer'}, 'Double': {'type': 'double'},"
    "'Boolean': {'type': 'boolean'}, 'Blob': {'type': 'blob'}, 'When': {'type': 'timestamp'},"
    "'Stream': {'type': 'blob', 'streaming': true}, 'Secret': {'type': 'string',"
    " 'sensitive': true}, 'State': {'type': 'string', 'enum': ['packing', 'ready', 'broken']},"
    "'Tags': {'type': 'list', 'member': {'shape': 'String'}},"
    "'Pieces': {'type': 'list', 'member': {'shape': 'Blob'}},"
    "'Box': {'type': 'structure', 'members': {'Name': {'shape': 'String'},"
    " 'Count': {'shape': 'Integer'}, 'Weight': {'shape': 'Double'}, 'Open': {'shape': 'Boolean'},"
    " 'Packed': {'shape': 'When'}, 'State': {'shape': 'State'}, 'Tags': {'shape': 'Tags'},"
    " 'Inner': {'shape': 'Boxes'}}},"
    "'Boxes': {'type': 'list', 'member': {'shape': 'Box'}},"
    "'PutBoxInput': {'type': 'structure', 'required': ['Name'], 'members': {"
    " 'Name': {'shape': 'String', 'location': 'uri', 'locationName': 'Name'},"
    " 'Count': {'shape': 'Integer'}, 'Packed': {'shape': 'When'}, 'State': {'shape': 'State'},"
    " 'Content': {'shape': 'Blob'}, 'Key': {'shape': 'Secret'}, 'Tags': {'shape': 'Tags'},"
    " 'Pieces': {'shape': 'Pieces'}}},"
    "'GetBoxInput': {'type': 'structure', 'required': ['Name'], 'members': {"
    " 'Name': {'shape': 'String', 'location': 'uri', 'locationName': 'Name'}}},"
    "'ListBoxesInput': {'type': 'structure', 'members': {"
    " 'Limit': {'shape': 'Integer', 'location': 'querystring', 'locationName': 'limit'},"
    " 'Token': {'shape': 'String', 'location': 'querystring', 'locationName': 'token'}}},"
    "'ListBoxesOutput': {'type': 'structure', 'members': {'Boxes': {'shape': 'Boxes'},"
    " 'Next': {'shape': 'String'}}},"
    "'StoreFileInput': {'type': 'structure', 'required': ['Name'], 'payload': 'Body', 'members': {"
    " 'Name': {'shape': 'String', 'location': 'uri', 'locationName': 'Name'},"
    " 'Body': {'shape': 'Stream'}}},"
    "'SealBoxInput': {'type': 'structure', 'required': ['Name', 'Wax'], 'payload': 'Wax',"
    " 'members': {'Name': {'shape': 'String', 'location': 'uri', 'locationName': 'Name'},"
    " 'Kind': {'shape': 'String', 'location': 'header', 'locationName': 'Content-Type'},"
    " 'Wax': {'shape': 'Blob'}}},"
    "'SealBoxOutput': {'type': 'structure', 'payload': 'Seal', 'members': {"
    " 'Kind': {'shape': 'String', 'location': 'header', 'locationName': 'Content-Type'},"
    " 'Seal': {'shape': 'Blob'}}},"
    "'FetchFileOutput': {'type': 'structure', 'payload': 'Body', 'members': {"
    " 'Kind': {'shape': 'String', 'location': 'header', 'locationName': 'Content-Type'},"
    " 'Body': {'shape': 'Stream'}}}}}";

static const char attic_paginators[] =
    "{'pagination': {'ListBoxes': {'input_token': 'Token', 'output_token': 'Next',"
    " 'limit_key': 'Limit', 'result_key': 'Boxes'}}}";

static const char attic_waiters[] =
    "{'version': 2, 'waiters': {'BoxReady': {'operation': 'GetBox', 'delay': 1, 'maxAttempts': 5,"
    " 'acceptors': [{'matcher': 'path', 'argument': 'State', 'expected': 'ready', 'state':"
    " 'success'}, {'matcher': 'path', 'argument': 'State', 'expected': 'broken', 'state':"
    " 'failure'}]}}}";

/* A new folder with the service "attic" in it; model_folder_remove() ends it. */
static inline void attic_make(char root[64]) {
  model_folder_make(root);
  model_folder_put_json(model_folder_path(root, "attic/2024-05-05/service-2.json"), attic_service);
  model_folder_put_json(model_folder_path(root, "attic/2024-05-05/paginators-1.json"),
                        attic_paginators);
  model_folder_put_json(model_folder_path(root, "attic/2024-05-05/waiters-2.json"), attic_waiters);
}

#endif
