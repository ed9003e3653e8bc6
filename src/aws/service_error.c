/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/service_error.h"

#include <string.h>

#include "aws/xml.h"
#include "base/error.h"
#include "base/text.h"

enum { TEXT_MAX = 1024 };

const char *cspan_service_text(cspan_arena *arena, const char *text) {
  cspan_str trimmed = cspan_str_trim(cspan_str_of(text));
  if (!trimmed.data || trimmed.len == 0) {
    return NULL;
  }
  size_t len = trimmed.len < TEXT_MAX ? trimmed.len : TEXT_MAX;
  while (len < trimmed.len && len > 0 && ((unsigned char)trimmed.data[len] & 0xc0) == 0x80) {
    len--; /* not in the middle of a character */
  }
  char *copy = cspan_arena_strndup(arena, trimmed.data, len);
  for (char *c = copy; c && *c; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) {
      *c = ' ';
    }
  }
  return copy;
}

bool cspan_service_error_parse(const char *body, size_t len, cspan_arena *arena,
                               cspan_service_error *out) {
  memset(out, 0, sizeof *out);
  while (len > 0 && strchr(" \t\r\n", body[0])) {
    body++;
    len--;
  }
  cspan_xml_node *root = NULL;
  if (len == 0 || body[0] == '\0' || cspan_xml_parse(body, len, arena, &root, NULL) != CSPAN_OK) {
    return false;
  }
  const cspan_xml_node *error = root;
  if (strcmp(root->name, "ErrorResponse") == 0) {
    error = cspan_xml_child(root, "Error");
  }
  if (!error || strcmp(error->name, "Error") != 0) {
    return false;
  }
  const char *request_id = cspan_xml_text(error, "RequestId");
  out->code = cspan_service_text(arena, cspan_xml_text(error, "Code"));
  out->message = cspan_service_text(arena, cspan_xml_text(error, "Message"));
  out->request_id =
      cspan_service_text(arena, request_id ? request_id : cspan_xml_text(root, "RequestId"));
  out->host_id = cspan_service_text(arena, cspan_xml_text(error, "HostId"));
  out->region = cspan_service_text(arena, cspan_xml_text(error, "Region"));
  return out->code != NULL;
}

static bool starts_with(const char *at, const char *end, const char *prefix) {
  size_t len = strlen(prefix);
  return (size_t)(end - at) >= len && memcmp(at, prefix, len) == 0;
}

static const char *skip_blanks(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
    at++;
  }
  return at;
}

bool cspan_is_error_document(const char *body, size_t len) {
  const char *end = body + len;
  const char *at = skip_blanks(body, end);
  if (starts_with(at, end, "<?xml")) {
    const char *close = memchr(at, '>', (size_t)(end - at));
    at = close ? skip_blanks(close + 1, end) : end;
  }
  static const char *const roots[] = {"<Error", "<ErrorResponse"};
  for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
    if (starts_with(at, end, roots[i])) {
      const char *after = at + strlen(roots[i]);
      if (after < end && strchr(" \t\r\n>/", *after)) {
        return true;
      }
    }
  }
  return false;
}

const char *cspan_http_error_code(int http_status) {
  static const struct {
    int status;
    const char *code;
  } codes[] = {
      {301, "MovedPermanently"},
      {302, "Found"},
      {304, "NotModified"},
      {307, "TemporaryRedirect"},
      {308, "PermanentRedirect"},
      {400, "BadRequest"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "NotFound"},
      {405, "MethodNotAllowed"},
      {408, "RequestTimeout"},
      {409, "Conflict"},
      {411, "MissingContentLength"},
      {412, "PreconditionFailed"},
      {413, "EntityTooLarge"},
      {416, "InvalidRange"},
      {429, "TooManyRequests"},
      {500, "InternalError"},
      {501, "NotImplemented"},
      {502, "BadGateway"},
      {503, "ServiceUnavailable"},
      {504, "GatewayTimeout"},
  };
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    if (codes[i].status == http_status) {
      return codes[i].code;
    }
  }
  return http_status >= 500 ? "ServerError" : http_status >= 400 ? "ClientError" : "Redirect";
}
