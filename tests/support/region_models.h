/* SPDX-License-Identifier: Apache-2.0 */
/* Models of two services with endpoint rules: "almanac" has one endpoint for all regions, as IAM
 * has, "tide" has one in each. */
#ifndef SUPPORT_REGION_MODELS_H
#define SUPPORT_REGION_MODELS_H

#include "support/model_folder.h"

/* Rules read best a rule a line. */
/* clang-format off */

#define REGION_SERVICE(name)                                                                       \
  "{'version': '2.0', 'metadata': {'apiVersion': '2112-06-01', 'endpointPrefix': '" name "', "     \
  "'protocol': 'query', 'serviceFullName': 'X', 'serviceId': '" name "', 'signatureVersion': "     \
  "'v4', 'uid': '" name "-2112-06-01'}, 'operations': {'Look': {'name': 'Look', 'http': "          \
  "{'method': 'POST', 'requestUri': '/'}}}, 'shapes': {}}"

#define PARAMETERS                                                                                 \
  "{'version': '1.0', 'parameters': {"                                                             \
  "'Region': {'builtIn': 'AWS::Region', 'type': 'String', 'required': false}, "                    \
  "'UseFIPS': {'builtIn': 'AWS::UseFIPS', 'type': 'Boolean', 'required': true, 'default': false}"  \
  "}, 'rules': ["
#define REF(name)      "{'ref': '" name "'}"
#define WHEN_FIPS      "{'fn': 'booleanEquals', 'argv': [" REF("UseFIPS") ", true]}"
#define WHEN_REGION    "{'fn': 'isSet', 'argv': [" REF("Region") "]}"
#define WHEN_GLOBAL    "{'fn': 'stringEquals', 'argv': [" REF("Region") ", 'aws-global']}"
#define RULE(conditions, url, properties)                                                          \
  "{'type': 'endpoint', 'conditions': [" conditions "], 'endpoint': {'url': '" url "', "           \
  "'headers': {}, 'properties': {" properties "}}}"
#define SIGNED_IN(region)                                                                          \
  "'authSchemes': [{'name': 'sigv4', 'signingName': 'x', 'signingRegion': '" region "'}]"
#define END            "{'type': 'error', 'conditions': [], 'error': 'a region is missing'}]}"

static const char almanac_rules[] =
    PARAMETERS
    RULE(WHEN_REGION "," WHEN_GLOBAL "," WHEN_FIPS, "https://almanac-fips.example.com",
         SIGNED_IN("us-east-1")) ","
    RULE(WHEN_REGION "," WHEN_GLOBAL, "https://almanac.example.com", SIGNED_IN("us-east-1")) ","
    END;

static const char tide_rules[] =
    PARAMETERS
    RULE(WHEN_REGION "," WHEN_FIPS, "https://tide-fips.{Region}.example.com", "") ","
    RULE(WHEN_REGION, "https://tide.{Region}.example.com", "") ","
    END;

static const char region_partitions[] =
    "{'version': '1.1', 'partitions': [{'id': 'aws', "
    "'regionRegex': '^(us|eu)\\\\-\\\\w+\\\\-\\\\d+$',"
    "'regions': {'us-east-1': {}, 'aws-global': {}}, 'outputs': {'name': 'aws', 'dnsSuffix': "
    "'example.com', 'dualStackDnsSuffix': 'example.com', 'supportsFIPS': true, "
    "'supportsDualStack': true}}]}";

/* clang-format on */

/* Into a new folder. */
static inline void region_models_make(char root[64]) {
  model_folder_make(root);
  model_folder_put_json(model_folder_path(root, "almanac/2112-06-01/service-2.json"),
                        REGION_SERVICE("almanac"));
  model_folder_put_json(model_folder_path(root, "almanac/2112-06-01/endpoint-rule-set-1.json"),
                        almanac_rules);
  model_folder_put_json(model_folder_path(root, "tide/2112-06-01/service-2.json"),
                        REGION_SERVICE("tide"));
  model_folder_put_json(model_folder_path(root, "tide/2112-06-01/endpoint-rule-set-1.json"),
                        tide_rules);
  model_folder_put_json(model_folder_path(root, "partitions.json"), region_partitions);
}

#endif
