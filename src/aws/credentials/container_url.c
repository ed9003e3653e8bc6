/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/container_url.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

enum { HOST_MAX = 256 };

/* The host of "host[:port][/...]", without brackets; false where it is not of that form. */
static bool take_host(const char *authority, char out[HOST_MAX]) {
  size_t len = strcspn(authority, "/?#");
  const char *start = authority;
  if (memchr(authority, '@', len)) {
    return false; /* "http://169.254.170.2@elsewhere/" */
  }
  if (authority[0] == '[') {
    const char *close = memchr(authority, ']', len);
    if (!close || (close + 1 < authority + len && close[1] != ':')) {
      return false;
    }
    start++;
    len = (size_t)(close - start);
  } else {
    const char *colon = memchr(authority, ':', len);
    len = colon ? (size_t)(colon - authority) : len;
  }
  if (len == 0 || len >= HOST_MAX) {
    return false;
  }
  memcpy(out, start, len);
  out[len] = '\0';
  return true;
}

static bool is_allowed_ipv6(const char *host) {
  struct in6_addr address;
  struct in6_addr eks;
  if (inet_pton(AF_INET6, host, &address) != 1 || inet_pton(AF_INET6, "fd00:ec2::23", &eks) != 1) {
    return false;
  }
  return IN6_IS_ADDR_LOOPBACK(&address) || memcmp(&address, &eks, sizeof eks) == 0;
}

static bool is_allowed_host(const char *host) {
  struct in_addr address;
  if (cspan_ieq(host, "localhost") || strcmp(host, "169.254.170.2") == 0 ||
      strcmp(host, "169.254.170.23") == 0) {
    return true;
  }
  if (inet_pton(AF_INET, host, &address) == 1) {
    return ntohl(address.s_addr) >> 24 == 127;
  }
  return is_allowed_ipv6(host);
}

bool cspan_container_url_allowed(const char *url) {
  static const char secure[] = "https://";
  static const char plain[] = "http://";
  char host[HOST_MAX];
  for (const char *c = url; *c; c++) {
    if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '\\') {
      return false;
    }
  }
  if (cspan_starts_with(url, secure)) {
    return take_host(url + sizeof secure - 1, host);
  }
  return cspan_starts_with(url, plain) && take_host(url + sizeof plain - 1, host) &&
         is_allowed_host(host);
}
