/* SPDX-License-Identifier: Apache-2.0 */
/* Where to export to. */
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "telemetry/env_otlp.h"

enum { MAX_ENDPOINT = 2048, MAX_PORT = 65535 };
/* Where none is given: HTTP's. */
enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

typedef struct endpoint {
  bool has_scheme;
  bool tls;
  cspan_str authority;
  cspan_str host;
  unsigned port;   /* 0: none given */
  cspan_str path;  /* from the first slash on */
  cspan_str query; /* with its question mark */
} endpoint;

static bool all_printable(cspan_str text) {
  for (size_t i = 0; i < text.len; i++)
    if (text.data[i] <= 0x20 || text.data[i] >= 0x7f)
      return false;
  return true;
}

static bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

/* The length of the host, 0 when it is malformed. */
static size_t host_len(cspan_str authority) {
  size_t i = 0;
  if (authority.data[0] == '[') {
    for (i = 1; i < authority.len && authority.data[i] != ']'; i++)
      if (!strchr("0123456789abcdefABCDEF:.", authority.data[i]))
        return 0;
    return i < authority.len && i > 2 ? i + 1 : 0;
  }
  while (i < authority.len && is_host_char(authority.data[i]))
    i++;
  return i;
}

static bool parse_authority(cspan_str authority, endpoint *out) {
  size_t host = authority.len ? host_len(authority) : 0;
  unsigned port = 0;
  out->authority = authority;
  out->host = authority.len && authority.data[0] == '['
                  ? (cspan_str){authority.data + 1, host ? host - 2 : 0}
                  : (cspan_str){authority.data, host};
  if (host == 0 || host == authority.len)
    return host != 0;
  size_t digits = authority.len - host - 1;
  if (authority.data[host] != ':' || digits == 0 || digits > 5)
    return false;
  for (size_t i = host + 1; i < authority.len; i++) {
    if (authority.data[i] < '0' || authority.data[i] > '9')
      return false;
    port = port * 10 + (unsigned)(authority.data[i] - '0');
  }
  out->port = port;
  return port > 0 && port <= MAX_PORT;
}

static const char *parse_scheme(cspan_str *text, endpoint *out) {
  static const struct {
    const char *text;
    size_t len;
    bool tls;
  } schemes[] = {{"http://", 7, false}, {"https://", 8, true}};
  for (size_t i = 0; i < 2; i++) {
    if (text->len >= schemes[i].len &&
        strncasecmp(text->data, schemes[i].text, schemes[i].len) == 0) {
      out->has_scheme = true;
      out->tls = schemes[i].tls;
      text->data += schemes[i].len;
      text->len -= schemes[i].len;
      return NULL;
    }
  }
  const char *colon = memchr(text->data, ':', text->len);
  if (colon && (size_t)(text->data + text->len - colon) > 2 && memcmp(colon, "://", 3) == 0)
    return "has a scheme other than http and https";
  return NULL;
}

/* NULL, or what is wrong. Nothing of the text is quoted: it may hold a key. */
static const char *parse_endpoint(const char *text, endpoint *out) {
  cspan_str rest = cspan_str_trim(cspan_str_of(text));
  *out = (endpoint){.has_scheme = false};
  if (rest.len == 0 || rest.len > MAX_ENDPOINT || !all_printable(rest))
    return "is not a URL";
  const char *problem = parse_scheme(&rest, out);
  if (problem)
    return problem;
  size_t end = 0;
  while (end < rest.len && !strchr("/?#", rest.data[end]))
    end++;
  cspan_str authority = {rest.data, end};
  size_t path_end = end;
  while (path_end < rest.len && !strchr("?#", rest.data[path_end]))
    path_end++;
  out->path = (cspan_str){rest.data + end, path_end - end};
  out->query = (cspan_str){rest.data + path_end, rest.len - path_end};
  if (memchr(authority.data, '@', authority.len))
    return "holds a user name: give credentials as headers";
  if (!parse_authority(authority, out))
    return "has no valid host and port";
  return memchr(out->query.data, '#', out->query.len) ? "has a fragment" : NULL;
}

static bool insecure_by_environment(cspan_otlp_signal signal) {
  const char *const infixes[] = {cspan_otlp_names(signal)->variables, ""};
  for (size_t i = 0; i < 2; i++) {
    const char *name;
    bool insecure;
    const char *text = cspan_otlp_env(infixes[i], "INSECURE", &name);
    if (!text)
      continue;
    if (cspan_parse_bool(text, &insecure))
      return insecure;
    cspan_log(CSPAN_LOG_WARN, "%s is neither true nor false and is ignored", name);
  }
  return false;
}

static void choose_scheme(cspan_otlp_settings *settings, endpoint *parsed,
                          cspan_endpoint_source source) {
  bool from_variable =
      source == CSPAN_ENDPOINT_VARIABLE || source == CSPAN_ENDPOINT_SIGNAL_VARIABLE;
  settings->tls_assumed = false;
  if (!parsed->has_scheme && settings->grpc && from_variable) {
    parsed->tls = !insecure_by_environment(settings->signal);
    settings->tls_assumed = parsed->tls;
  }
}

static const char *path_for_http(cspan_otlp_signal signal, const endpoint *parsed,
                                 cspan_endpoint_source source, cspan_str *path,
                                 const char **suffix) {
  bool full = source == CSPAN_ENDPOINT_OPTION_FULL || source == CSPAN_ENDPOINT_SIGNAL_VARIABLE;
  *path = parsed->path;
  *suffix = "";
  if (full) {
    if (path->len == 0)
      *path = cspan_str_of("/");
    return NULL;
  }
  if (parsed->query.len)
    return "has a query, behind which no path can be added: give the whole URL with the signal's "
           "own variable (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT for spans)";
  while (path->len && path->data[path->len - 1] == '/')
    path->len--;
  *suffix = cspan_otlp_names(signal)->http_path;
  return NULL;
}

static const char *join(cspan_otlp_settings *settings, const endpoint *parsed, cspan_str path,
                        const char *suffix, cspan_str query) {
  cspan_buf url;
  cspan_buf_init(&url, 2 * MAX_ENDPOINT);
  cspan_buf_str(&url, parsed->tls ? "https://" : "http://");
  cspan_buf_append(&url, parsed->authority.data, parsed->authority.len);
  settings->origin = cspan_arena_strdup(settings->arena, cspan_buf_text(&url));
  settings->host = cspan_arena_strndup(settings->arena, parsed->host.data, parsed->host.len);
  unsigned port = parsed->port ? parsed->port : parsed->tls ? PORT_HTTPS : PORT_HTTP;
  settings->port = (uint16_t)port;
  cspan_buf_append(&url, path.data, path.len);
  cspan_buf_str(&url, suffix);
  cspan_buf_append(&url, query.data, query.len);
  settings->url = cspan_buf_status(&url) == CSPAN_OK
                      ? cspan_arena_strdup(settings->arena, cspan_buf_text(&url))
                      : NULL;
  cspan_buf_free(&url);
  return settings->origin && settings->host && settings->url ? NULL : "";
}

const char *cspan_otlp_endpoint(cspan_otlp_settings *settings, const char *text,
                                cspan_endpoint_source source) {
  endpoint parsed;
  cspan_str path = {"", 0};
  const char *suffix = cspan_otlp_names(settings->signal)->grpc_path;
  cspan_str query = {"", 0};
  const char *problem = parse_endpoint(text, &parsed);
  if (problem)
    return problem;
  if (settings->grpc) {
    if (parsed.path.len > 1 || parsed.query.len)
      cspan_log(CSPAN_LOG_WARN,
                "the path and query of an OTLP endpoint mean nothing to gRPC and are ignored");
  } else {
    problem = path_for_http(settings->signal, &parsed, source, &path, &suffix);
    if (problem)
      return problem;
    query = parsed.query;
  }
  choose_scheme(settings, &parsed, source);
  return join(settings, &parsed, path, suffix, query);
}
