/* SPDX-License-Identifier: Apache-2.0 */
/* A pod of EKS: known by the issuer of its service account's token, else by a config map that only
 * EKS has. The cluster's name is in the config map of CloudWatch's agent. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sys.h"
#include "telemetry/resource/json_fields.h"
#include "telemetry/resource/metadata.h"

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"

enum { URL_BYTES = 1024, PATH_BYTES = 1024, TOKEN_BYTES = 16384, NAME_BYTES = 256 };

/* ----------------------------------------------------------------------- parsing */

/* The middle part of a JSON Web Token, in base64 for URLs, without padding. */
static bool decode_payload(cspan_str token, cspan_buf *out) {
  char text[TOKEN_BYTES + 4];
  const char *first = token.len > 0 ? memchr(token.data, '.', token.len) : NULL;
  if (first == NULL) {
    return false;
  }
  cspan_str payload = {first + 1, (size_t)(token.data + token.len - first - 1)};
  const char *second = memchr(payload.data, '.', payload.len);
  size_t len = second != NULL ? (size_t)(second - payload.data) : payload.len;
  if (len > TOKEN_BYTES) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    char c = payload.data[i];
    text[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
  }
  while (len % 4 != 0) {
    text[len++] = '=';
  }
  return cspan_base64_decode(text, len, out);
}

bool cspan_eks_parse_token(cspan_str token) {
  cspan_buf payload;
  cspan_buf_init(&payload, TOKEN_BYTES);
  bool is_eks = false;
  if (decode_payload(cspan_str_trim(token), &payload)) {
    json_t *root = cspan_json_object((cspan_str){cspan_buf_text(&payload), payload.len});
    const char *issuer = cspan_json_text(root, "iss");
    is_eks = issuer != NULL && strncmp(issuer, "https://oidc.eks.", 17) == 0;
    json_decref(root);
  }
  cspan_memzero(payload.data, payload.len);
  cspan_buf_free(&payload);
  return is_eks;
}

bool cspan_eks_parse_cluster(cspan_str json, cspan_resource *out) {
  json_t *root = cspan_json_object(json);
  const char *name = cspan_json_text(json_object_get(root, "data"), "cluster.name");
  bool is_found = name != NULL && name[0] != '\0' && strlen(name) < NAME_BYTES;
  if (is_found) {
    cspan_resource_put_text(out, "k8s.cluster.name", name);
  }
  json_decref(root);
  return is_found;
}

/* ------------------------------------------------------------------------ asking */

typedef struct cluster {
  const cspan_detection *at;
  cspan_http_client *client;
  const char *url;
  const char *authorization;
  cspan_buf *answer;
} cluster;

static bool get(const cluster *c, const char *path) {
  char url[URL_BYTES];
  const cspan_http_header header = {.name = "Authorization", .value = c->authorization};
  const cspan_metadata_request request = {.url = url, .headers = &header, .header_count = 1};
  int len = snprintf(url, sizeof url, "%s%s", c->url, path);
  return len > 0 && (size_t)len < sizeof url &&
         cspan_metadata_fetch(c->at, c->client, &request, c->answer);
}

static void ask(const cluster *c, bool is_eks, cspan_resource *out) {
  if (!is_eks && !get(c, "/api/v1/namespaces/kube-system/configmaps/aws-auth")) {
    return;
  }
  cspan_resource_put_text(out, "cloud.provider", "aws");
  cspan_resource_put_text(out, "cloud.platform", "aws_eks");
  cspan_detect_container(c->at, out);
  if (get(c, "/api/v1/namespaces/amazon-cloudwatch/configmaps/cluster-info")) {
    cspan_eks_parse_cluster((cspan_str){cspan_buf_text(c->answer), c->answer->len}, out);
  }
}

/* "https://host:port" of the API server. */
static bool server_url(const cspan_detection *at, char out[URL_BYTES / 2]) {
  const char *host = cspan_env("KUBERNETES_SERVICE_HOST");
  const char *port = cspan_env("KUBERNETES_SERVICE_PORT");
  int len;
  if (at->kubernetes_url != NULL) {
    len = snprintf(out, URL_BYTES / 2, "%s", at->kubernetes_url);
  } else if (host == NULL || strpbrk(host, "/@?#% ") != NULL ||
             (port != NULL && strspn(port, "0123456789") != strlen(port))) {
    return false;
  } else {
    bool is_ip6 = strchr(host, ':') != NULL;
    len = snprintf(out, URL_BYTES / 2, "https://%s%s%s:%s", is_ip6 ? "[" : "", host,
                   is_ip6 ? "]" : "", port != NULL ? port : "443");
  }
  return len > 0 && len < URL_BYTES / 2;
}

void cspan_detect_eks(const cspan_detection *at, cspan_resource *out) {
  char url[URL_BYTES / 2];
  char authority[PATH_BYTES];
  cspan_buf token;
  cspan_buf header;
  cspan_buf answer;
  if (!server_url(at, url)) {
    return;
  }
  cspan_buf_init(&token, TOKEN_BYTES);
  cspan_buf_init(&header, TOKEN_BYTES + sizeof "Bearer ");
  cspan_buf_init(&answer, CSPAN_METADATA_ANSWER_MAX);
  int len = snprintf(authority, sizeof authority, "%s" ACCOUNT "ca.crt", at->root);
  if (cspan_detection_read(at, ACCOUNT "token", TOKEN_BYTES, &token) && len > 0 &&
      (size_t)len < sizeof authority) {
    cspan_str text = cspan_str_trim((cspan_str){cspan_buf_text(&token), token.len});
    cspan_buf_reserve(&header, sizeof "Bearer " + text.len); /* no copies are left behind */
    cspan_buf_str(&header, "Bearer ");
    cspan_buf_append(&header, text.data, text.len);
    cluster c = {.at = at, .url = url, .answer = &answer};
    c.client = cspan_metadata_client(authority);
    c.authorization = cspan_buf_text(&header);
    if (cspan_buf_status(&header) == CSPAN_OK && strpbrk(c.authorization, "\r\n") == NULL) {
      ask(&c, cspan_eks_parse_token(text), out);
    }
    cspan_http_client_free(c.client);
  }
  cspan_memzero(token.data, token.len);
  cspan_memzero(header.data, header.len);
  cspan_buf_free(&token);
  cspan_buf_free(&header);
  cspan_buf_free(&answer);
}
