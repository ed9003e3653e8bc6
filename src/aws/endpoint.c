/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443, LABEL_MAX = 63, BUCKET_MIN = 3, BUCKET_MAX = 255 };

static bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c) {
  return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* ---------------------------------------------------------------- base url */

static bool is_ip(const char *host) {
  struct in6_addr address;
  char bare[CSPAN_HOST_MAX];
  if (inet_pton(AF_INET, host, &address) == 1) {
    return true;
  }
  size_t len = strlen(host);
  if (len < 3 || host[0] != '[' || host[len - 1] != ']') {
    return false;
  }
  memcpy(bare, host + 1, len - 2);
  bare[len - 2] = '\0';
  return inet_pton(AF_INET6, bare, &address) == 1;
}

static bool is_localhost(const char *host) {
  size_t len = strlen(host);
  return cspan_ieq(host, "localhost") || (len > 10 && cspan_ieq(host + len - 10, ".localhost"));
}

bool cspan_is_loopback(const char *host) {
  struct in_addr address;
  return cspan_ieq(host, "localhost") || strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0 ||
         (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

static bool is_host_text(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (!is_alnum(text[i]) && !strchr("-._[]:", text[i])) {
      return false;
    }
  }
  return len > 0;
}

/* "host", "host:port", "[::1]:port" */
static bool parse_authority(const char *text, size_t len, cspan_base_url *out) {
  char port[6] = "";
  size_t host_len = len;
  const char *close = memchr(text, ']', len);
  const char *colon =
      close ? memchr(close, ':', len - (size_t)(close - text)) : memchr(text, ':', len);
  if (colon) {
    host_len = (size_t)(colon - text);
    size_t port_len = len - host_len - 1;
    if (port_len == 0 || port_len >= sizeof port) {
      return false;
    }
    memcpy(port, colon + 1, port_len);
    port[port_len] = '\0';
  }
  if (host_len >= sizeof out->host || !is_host_text(text, host_len)) {
    return false;
  }
  memcpy(out->host, text, host_len);
  out->host[host_len] = '\0';
  uint64_t number = 0;
  if (colon && (!cspan_parse_u64(port, &number) || number == 0 || number > 65535)) {
    return false;
  }
  out->port = colon ? (int)number : out->https ? HTTPS_PORT : HTTP_PORT;
  out->is_local = is_ip(out->host) || is_localhost(out->host);
  /* A colon or a bracket is fine in an IPv6 address only. */
  return out->is_local || !strpbrk(out->host, "[]:");
}

static bool parse_path(const char *path, cspan_base_url *out) {
  size_t len = strlen(path);
  while (len > 0 && path[len - 1] == '/') {
    len--;
  }
  if (len >= sizeof out->path) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)path[i];
    if (c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '"' || c == '\\') {
      return false;
    }
  }
  memcpy(out->path, path, len);
  out->path[len] = '\0';
  return true;
}

static void put_url(cspan_base_url *base) {
  const char *scheme = base->https ? "https" : "http";
  if (base->port == (base->https ? HTTPS_PORT : HTTP_PORT)) {
    snprintf(base->url, sizeof base->url, "%s://%s%s", scheme, base->host, base->path);
  } else {
    snprintf(base->url, sizeof base->url, "%s://%s:%d%s", scheme, base->host, base->port,
             base->path);
  }
}

cspan_status cspan_base_url_parse(const char *url, const char *what, cspan_base_url *out,
                                  cspan_error **error) {
  memset(out, 0, sizeof *out);
  const char *rest = NULL;
  if (cspan_starts_with(url, "https://")) {
    out->https = true;
    rest = url + strlen("https://");
  } else if (cspan_starts_with(url, "http://")) {
    rest = url + strlen("http://");
  }
  size_t len = rest ? strcspn(rest, "/?#") : 0;
  if (!rest || !parse_authority(rest, len, out) || !parse_path(rest + len, out)) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "the endpoint URL (%s) must be http://host[:port][/path] or "
                           "https://..., without user name, query or fragment",
                           what);
  }
  put_url(out);
  return CSPAN_OK;
}

/* ------------------------------------------------------------------ region */

static bool is_region_name(cspan_str name) {
  size_t len = name.len;
  bool valid = len > 0 && len <= LABEL_MAX && name.data[0] != '-' && name.data[len - 1] != '-';
  for (size_t i = 0; valid && i < len; i++) {
    valid = is_alnum(name.data[i]) || name.data[i] == '-';
  }
  return valid;
}

/* What is left of one that asks for FIPS must be a region as well. */
cspan_status cspan_region_check(const char *region, const char *source, cspan_error **error) {
  cspan_str whole = {region, region ? strlen(region) : 0};
  cspan_str name = whole;
  if (region) {
    (void)cspan_region_asks_for_fips(region, &name);
  }
  if (!is_region_name(whole) || !is_region_name(name)) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "the region (%s) is no region name: letters, digits and '-', such as "
                           "us-east-1",
                           source);
  }
  return CSPAN_OK;
}

bool cspan_region_asks_for_fips(const char *region, cspan_str *name) {
  static const char before[] = "fips-";
  static const char behind[] = "-fips";
  const size_t cut = strlen(before);
  size_t len = strlen(region);
  bool is_before = cspan_starts_with(region, before);
  *name = (cspan_str){region, len};
  if (len <= cut || (!is_before && strcmp(region + len - cut, behind) != 0)) {
    return false;
  }
  *name = (cspan_str){is_before ? region + cut : region, len - cut};
  return true;
}

static const char *partition_suffix(const char *region) {
  static const struct {
    const char *prefix;
    const char *suffix;
  } partitions[] = {
      {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
      {"eu-isoe-", "cloud.adc-e.uk"}, {"us-isof-", "csp.hci.ic.gov"}, {"eusc-", "amazonaws.eu"},
  };
  for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
    if (cspan_starts_with(region, partitions[i].prefix)) {
      return partitions[i].suffix;
    }
  }
  return "amazonaws.com";
}

/* ------------------------------------------------------------------ bucket */

/* A bucket's name as part of a host name. */
static bool is_dns_bucket(const char *bucket) {
  size_t len = strlen(bucket);
  if (len < BUCKET_MIN || len > LABEL_MAX || !is_lower_alnum(bucket[0]) ||
      !is_lower_alnum(bucket[len - 1])) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    bool dot = bucket[i] == '.';
    if (!is_lower_alnum(bucket[i]) && bucket[i] != '-' && !dot) {
      return false;
    }
    if (dot && (bucket[i - 1] == '.' || bucket[i - 1] == '-' || bucket[i + 1] == '-')) {
      return false;
    }
  }
  return !is_ip(bucket);
}

static cspan_status check_bucket(const cspan_endpoint_params *params, cspan_error **error) {
  const char *bucket = params->bucket;
  size_t len = strlen(bucket);
  size_t least = params->custom ? 1 : BUCKET_MIN;
  if (cspan_starts_with(bucket, "arn:")) {
    return cspan_error_set(
        error, CSPAN_ERR_UNSUPPORTED,
        "an ARN in place of a bucket's name needs the endpoint rules of the model of "
        "S3, which was not found; install python3-botocore, or name a folder "
        "of models in AWS_DATA_PATH");
  }
  bool valid = len >= least && len <= BUCKET_MAX && is_alnum(bucket[0]);
  for (size_t i = 0; valid && i < len; i++) {
    valid = is_alnum(bucket[i]) || strchr("-._", bucket[i]);
  }
  if (!valid) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "\"%.80s\" is no bucket name: 3 to 63 lower-case letters, digits, '-' "
                           "and '.', starting with a letter or digit",
                           bucket);
  }
  return CSPAN_OK;
}

static bool bucket_goes_into_host(const cspan_endpoint_params *params, bool https) {
  if (!params->bucket || params->addressing == CSPAN_ADDRESSING_PATH) {
    return false;
  }
  if (!is_dns_bucket(params->bucket)) {
    return false;
  }
  if (params->addressing == CSPAN_ADDRESSING_VIRTUAL) {
    return true;
  }
  /* A certificate's wildcard covers one label: a dot would fail the TLS check. */
  if (https && strchr(params->bucket, '.')) {
    return false;
  }
  return !params->custom || !params->custom->is_local;
}

/* Joins up to four texts; each call resolves an endpoint, so that this is not left to printf.
 * Every destination is large enough for the parts that it gets. */
static void join(char *out, size_t capacity, const char *const parts[4]) {
  size_t len = 0;
  for (int i = 0; i < 4 && parts[i]; i++) {
    size_t part = strlen(parts[i]);
    if (part >= capacity - len) {
      part = capacity - len - 1;
    }
    memcpy(out + len, parts[i], part);
    len += part;
  }
  out[len] = '\0';
}

#define JOIN(out, ...) join((out), sizeof(out), (const char *const[4]){__VA_ARGS__})

static void put_hosts(const cspan_endpoint_params *params, bool virtual_host, cspan_endpoint *out) {
  const char *bucket = virtual_host ? params->bucket : "";
  const char *dot = virtual_host ? "." : "";
  char prefix[CSPAN_HOST_MAX];
  char own[CSPAN_HOST_MAX];
  const char *host = own;
  if (params->custom) {
    host = params->custom->host;
  } else {
    JOIN(prefix, params->endpoint_prefix, ".", params->region, ".");
    JOIN(own, prefix, partition_suffix(params->region));
  }
  JOIN(out->host, bucket, dot, host);
  JOIN(out->host_header, out->host);
  if (out->port != (out->https ? HTTPS_PORT : HTTP_PORT)) {
    snprintf(out->host_header, sizeof out->host_header, "%s:%d", out->host, out->port);
  }
}

cspan_status cspan_endpoint_resolve(const cspan_endpoint_params *params, cspan_endpoint *out,
                                    cspan_error **error) {
  const cspan_base_url *custom = params->custom;
  if (!custom && (!params->region || params->region[0] == '\0')) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "no region is set: give it in the options, in AWS_REGION, or as region "
                           "in the profile");
  }
  out->https = custom ? custom->https : true;
  out->port = custom ? custom->port : HTTPS_PORT;
  if (params->bucket) {
    cspan_status status = check_bucket(params, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  bool virtual_host = bucket_goes_into_host(params, out->https);
  bool path_style = params->bucket && !virtual_host;
  put_hosts(params, virtual_host, out);
  JOIN(out->prefix, custom ? custom->path : "", path_style ? "/" : "",
       path_style ? params->bucket : "");
  return CSPAN_OK;
}
