/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/model/build.h"

/* The order in which botocore prefers them where a model offers several. */
static const char *const protocols[] = {"json",  "rest-json", "rest-xml", "smithy-rpc-v2-cbor",
                                        "query", "ec2"};

static bool offers(json_t *list, const char *protocol) {
  size_t i = 0;
  json_t *item = NULL;
  json_array_foreach(list, i, item) {
    if (json_is_string(item) && strcmp(json_string_value(item), protocol) == 0) {
      return true;
    }
  }
  return false;
}

static const char *choose_protocol(cspan_builder *build, json_t *metadata) {
  const char *only = cspan_build_string(build, metadata, "protocol");
  json_t *list = cspan_build_list(build, metadata, "protocols");
  for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
    if (list ? offers(list, protocols[i]) : only && strcmp(only, protocols[i]) == 0) {
      return protocols[i];
    }
  }
  if (!list && !only) {
    cspan_build_fail(build, "its metadata name no protocol");
  } else {
    cspan_build_fail(build,
                     "its protocol%s%s is not one of json, rest-json, rest-xml, query, ec2 "
                     "and smithy-rpc-v2-cbor",
                     only ? " " : "", only ? only : "");
  }
  return NULL;
}

/* {"Accelerate": {"type": "boolean"}} */
static cspan_table_range client_params(cspan_builder *build, json_t *service) {
  json_t *params = cspan_build_object(build, service, "clientContextParams");
  uint16_t first = cspan_build_next(build, CSPAN_PART_PAIRS);
  const char *name = NULL;
  json_t *param = NULL;
  json_object_foreach(params, name, param) {
    cspan_build_pair(build, name, cspan_build_string(build, param, "type"));
  }
  return cspan_build_range(build, CSPAN_PART_PAIRS, first);
}

static uint32_t service_flags(cspan_builder *build, json_t *metadata) {
  json_t *settings = cspan_build_object(build, metadata, "protocolSettings");
  const char *h2 = cspan_build_string(build, settings, "h2");
  uint32_t flags = 0;
  if (json_object_get(metadata, "awsQueryCompatible")) {
    flags |= CSPAN_SERVICE_QUERY_COMPATIBLE;
  }
  if (h2 && strcmp(h2, "optional") != 0) {
    flags |= CSPAN_SERVICE_HTTP2;
  }
  return flags;
}

void cspan_build_service(cspan_builder *build, json_t *service) {
  json_t *metadata = cspan_build_object(build, service, "metadata");
  const char *endpoint_prefix = cspan_build_string(build, metadata, "endpointPrefix");
  const char *signing_name = cspan_build_string(build, metadata, "signingName");
  const char *prefix = NULL;
  if (!metadata) {
    cspan_build_fail(build, "has no metadata");
    return;
  }
  if (!signing_name || !signing_name[0]) {
    signing_name = endpoint_prefix && endpoint_prefix[0] ? endpoint_prefix : build->key;
  }
  cspan_service_record record = {
      .key = cspan_build_text(build, build->key),
      .service_id = cspan_build_text_of(build, metadata, "serviceId"),
      .api_version = cspan_build_text_of(build, metadata, "apiVersion"),
      .full_name = cspan_build_text_of(build, metadata, "serviceFullName"),
      .abbreviation = cspan_build_text_of(build, metadata, "serviceAbbreviation"),
      .endpoint_prefix = cspan_build_text(build, endpoint_prefix),
      .signing_name = cspan_build_text(build, signing_name),
      .signature_version = cspan_build_text_of(build, metadata, "signatureVersion"),
      .global_endpoint = cspan_build_text_of(build, metadata, "globalEndpoint"),
      .protocol = cspan_build_text(build, choose_protocol(build, metadata)),
      .json_version = cspan_build_text_of(build, metadata, "jsonVersion"),
      .target_prefix = cspan_build_text_of(build, metadata, "targetPrefix"),
      .xml_uri = cspan_build_text(build, cspan_build_namespace(build, metadata, &prefix)),
      .checksum_format = cspan_build_text_of(build, metadata, "checksumFormat"),
      .flags = service_flags(build, metadata),
      .documentation = cspan_build_documentation(build, service),
      .auth = cspan_build_texts_of(build, metadata, "auth"),
      .client_params = client_params(build, service),
  };
  (void)cspan_build_record(build, CSPAN_PART_SERVICE, &record);
}
