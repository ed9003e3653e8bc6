/* SPDX-License-Identifier: Apache-2.0 */
/* An EC2 instance, by its metadata service: version 2, which wants a token first. */
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "telemetry/resource/json_fields.h"
#include "telemetry/resource/metadata.h"

enum { URL_BYTES = 512, TOKEN_BYTES = 512, NAME_BYTES = 256 };

static const char default_endpoint[] = "http://169.254.169.254";

bool cspan_ec2_parse(cspan_str json, cspan_resource *out) {
  json_t *root = cspan_json_object(json);
  const char *instance = cspan_json_text(root, "instanceId");
  if (instance == NULL || instance[0] == '\0') {
    json_decref(root);
    return false;
  }
  cspan_resource_put_text(out, "cloud.provider", "aws");
  cspan_resource_put_text(out, "cloud.platform", "aws_ec2");
  cspan_json_put(out, "cloud.account.id", root, "accountId");
  cspan_json_put(out, "cloud.region", root, "region");
  cspan_json_put(out, "cloud.availability_zone", root, "availabilityZone");
  cspan_resource_put_text(out, "host.id", instance);
  cspan_json_put(out, "host.type", root, "instanceType");
  cspan_json_put(out, "host.image.id", root, "imageId");
  json_decref(root);
  return true;
}

static bool get(const cspan_detection *at, cspan_http_client *client, const char *endpoint,
                const char *path, const char *token, cspan_buf *answer) {
  char url[URL_BYTES];
  const cspan_http_header header = {.name = "X-aws-ec2-metadata-token", .value = token};
  snprintf(url, sizeof url, "%s%s", endpoint, path);
  const cspan_metadata_request request = {.url = url, .headers = &header, .header_count = 1};
  return cspan_metadata_fetch(at, client, &request, answer);
}

/* Printable, as what goes into a header must be. */
static bool take_token(const cspan_buf *answer, char out[TOKEN_BYTES]) {
  if (answer->len == 0 || answer->len >= TOKEN_BYTES) {
    return false;
  }
  for (size_t i = 0; i < answer->len; i++) {
    if (answer->data[i] <= ' ' || answer->data[i] > '~') {
      return false;
    }
  }
  memcpy(out, answer->data, answer->len);
  out[answer->len] = '\0';
  return true;
}

static void ask(const cspan_detection *at, cspan_http_client *client, const char *endpoint,
                cspan_buf *answer, cspan_resource *out) {
  static const cspan_http_header lifetime = {.name = "X-aws-ec2-metadata-token-ttl-seconds",
                                             .value = "60"};
  char url[URL_BYTES];
  char token[TOKEN_BYTES];
  snprintf(url, sizeof url, "%s/latest/api/token", endpoint);
  const cspan_metadata_request request = {
      .method = "PUT", .url = url, .headers = &lifetime, .header_count = 1};
  if (!cspan_metadata_fetch(at, client, &request, answer) || !take_token(answer, token) ||
      !get(at, client, endpoint, "/latest/dynamic/instance-identity/document", token, answer) ||
      !cspan_ec2_parse((cspan_str){cspan_buf_text(answer), answer->len}, out)) {
    return;
  }
  if (get(at, client, endpoint, "/latest/meta-data/hostname", token, answer)) {
    cspan_str name = cspan_str_trim((cspan_str){cspan_buf_text(answer), answer->len});
    cspan_resource_put_text_n(out, "host.name", name.data,
                              name.len < NAME_BYTES ? name.len : NAME_BYTES);
  }
}

void cspan_detect_ec2(const cspan_detection *at, cspan_resource *out) {
  const char *disabled = cspan_env("AWS_EC2_METADATA_DISABLED");
  const char *endpoint = cspan_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  char own[URL_BYTES / 2];
  bool is_disabled = false;
  if (disabled != NULL && cspan_parse_bool(disabled, &is_disabled) && is_disabled) {
    return;
  }
  size_t len = endpoint != NULL ? strlen(endpoint) : 0;
  while (len > 0 && endpoint[len - 1] == '/') {
    len--;
  }
  if (len >= sizeof own) {
    return;
  }
  memcpy(own, endpoint != NULL ? endpoint : "", len);
  own[len] = '\0';
  cspan_buf answer;
  cspan_buf_init(&answer, CSPAN_METADATA_ANSWER_MAX);
  cspan_http_client *client = cspan_metadata_client(NULL);
  ask(at, client, len > 0 ? own : default_endpoint, &answer, out);
  cspan_http_client_free(client);
  cspan_buf_free(&answer);
}
