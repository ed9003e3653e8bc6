/* SPDX-License-Identifier: Apache-2.0 */
/* parseURL and aws.parseArn: texts taken apart. */
#include <arpa/inet.h>

#include "aws/rules/functions.h"
#include "base/text.h"

enum { URL_FIELDS = 5, ARN_FIELDS = 5, ADDRESS_MAX = 64, PORT_MAX = 65535 };

static cspan_value text_of(cspan_str text) {
  return cspan_string_of(text.data, text.len);
}

static size_t index_of(cspan_str text, char c) {
  const char *at = memchr(text.data, c, text.len);
  return at != NULL ? (size_t)(at - text.data) : text.len;
}

static cspan_str after(cspan_str text, size_t skip) {
  return (cspan_str){text.data + skip, text.len - skip};
}

/* ---------------------------------------------------------------------- URL */

static bool is_address(cspan_str host) {
  char text[ADDRESS_MAX];
  struct in6_addr address;
  bool v6 = host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
  if (v6) {
    host = (cspan_str){host.data + 1, host.len - 2};
  }
  if (host.len >= sizeof text || memchr(host.data, '\0', host.len) != NULL) {
    return false;
  }
  memcpy(text, host.data, host.len);
  text[host.len] = '\0';
  return inet_pton(v6 ? AF_INET6 : AF_INET, text, &address) == 1;
}

/* "host" or "host:port"; false when the port is none. */
static bool cut_host(cspan_str authority, cspan_str *host) {
  size_t from = 0;
  if (authority.len > 0 && authority.data[0] == '[') {
    from = index_of(authority, ']');
  }
  size_t colon = from + index_of(after(authority, from), ':');
  *host = (cspan_str){authority.data, colon};
  unsigned port = 0;
  for (size_t i = colon + 1; i < authority.len; i++) {
    char c = authority.data[i];
    if (c < '0' || c > '9' || (port = port * 10 + (unsigned)(c - '0')) > PORT_MAX) {
      return false;
    }
  }
  return true;
}

static bool cut_scheme(cspan_str url, cspan_str *scheme, cspan_str *rest) {
  size_t len = index_of(url, ':');
  *scheme = (cspan_str){url.data, len};
  if ((!cspan_str_eq(*scheme, "http") && !cspan_str_eq(*scheme, "https")) || url.len - len < 3 ||
      memcmp(url.data + len, "://", 3) != 0) {
    return false;
  }
  *rest = after(url, len + 3);
  return true;
}

/* The path between two slashes. */
static bool normalize(cspan_rules_run *run, cspan_str path, cspan_str *out) {
  bool begins = path.len > 0 && path.data[0] == '/';
  bool ends = path.len > 0 && path.data[path.len - 1] == '/';
  *out = path;
  if (begins && ends) {
    return true;
  }
  char *text = cspan_rules_alloc(run, path.len + 2, 1);
  if (text == NULL) {
    return false;
  }
  size_t size = 0;
  if (!begins) {
    text[size++] = '/';
  }
  if (path.len > 0) {
    memcpy(text + size, path.data, path.len);
    size += path.len;
    text[size++] = '/';
  }
  *out = (cspan_str){text, size};
  return true;
}

cspan_value cspan_rules_parse_url(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)count;
  cspan_str scheme;
  cspan_str rest;
  cspan_str host;
  if (args[0].kind != CSPAN_VALUE_STRING) {
    return cspan_null();
  }
  cspan_str url = {args[0].as.text, args[0].size};
  if (!cut_scheme(url, &scheme, &rest) || memchr(rest.data, '?', rest.len) != NULL ||
      memchr(rest.data, '#', rest.len) != NULL) {
    return cspan_null();
  }
  size_t slash = index_of(rest, '/');
  cspan_str path = after(rest, slash);
  cspan_str authority = {rest.data, slash};
  size_t at = index_of(authority, '@');
  if (at < authority.len) { /* what is before it is no part of the address */
    authority = after(authority, at + 1);
  }
  if (!cut_host(authority, &host) || host.len == 0) {
    return cspan_null();
  }
  cspan_str normalized;
  cspan_member *fields = cspan_rules_alloc(run, URL_FIELDS, sizeof *fields);
  if (fields == NULL || !normalize(run, path, &normalized)) {
    return cspan_null();
  }
  fields[0] = cspan_field("scheme", text_of(scheme));
  fields[1] = cspan_field("authority", text_of(authority));
  fields[2] = cspan_field("path", text_of(path));
  fields[3] = cspan_field("normalizedPath", text_of(normalized));
  fields[4] = cspan_field("isIp", cspan_bool(is_address(host)));
  return cspan_map(fields, URL_FIELDS);
}

/* ---------------------------------------------------------------------- ARN */

static bool is_separator(char c) {
  return c == ':' || c == '/';
}

/* The parts of a resource, which ':' and '/' separate. */
static cspan_value resource_parts(cspan_rules_run *run, cspan_str resource) {
  size_t parts = 1;
  for (size_t i = 0; i < resource.len; i++) {
    parts += is_separator(resource.data[i]);
  }
  cspan_value *items = cspan_rules_alloc(run, parts, sizeof *items);
  if (items == NULL) {
    return cspan_null();
  }
  size_t from = 0;
  size_t used = 0;
  for (size_t i = 0; i <= resource.len; i++) {
    if (i == resource.len || is_separator(resource.data[i])) {
      items[used++] = cspan_string_of(resource.data + from, i - from);
      from = i + 1;
    }
  }
  return cspan_list(items, parts);
}

/* "arn:partition:service:region:account:resource" */
cspan_value cspan_rules_parse_arn(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)count;
  enum { PREFIX, PARTITION, SERVICE, REGION, ACCOUNT, PARTS };
  cspan_str parts[PARTS];
  if (args[0].kind != CSPAN_VALUE_STRING) {
    return cspan_null();
  }
  cspan_str rest = {args[0].as.text, args[0].size};
  for (size_t i = 0; i < PARTS; i++) {
    size_t len = index_of(rest, ':');
    if (len == rest.len) {
      return cspan_null();
    }
    parts[i] = (cspan_str){rest.data, len};
    rest = after(rest, len + 1);
  }
  if (!cspan_str_eq(parts[PREFIX], "arn") || parts[PARTITION].len == 0 || parts[SERVICE].len == 0 ||
      rest.len == 0) {
    return cspan_null();
  }
  cspan_member *fields = cspan_rules_alloc(run, ARN_FIELDS, sizeof *fields);
  if (fields == NULL) {
    return cspan_null();
  }
  fields[0] = cspan_field("partition", text_of(parts[PARTITION]));
  fields[1] = cspan_field("service", text_of(parts[SERVICE]));
  fields[2] = cspan_field("region", text_of(parts[REGION]));
  fields[3] = cspan_field("accountId", text_of(parts[ACCOUNT]));
  fields[4] = cspan_field("resourceId", resource_parts(run, rest));
  return cspan_map(fields, ARN_FIELDS);
}
