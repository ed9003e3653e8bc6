/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints and headers of the environment. The first byte chooses how an endpoint is meant; a
 * line of it, then the headers, then an endpoint of a service. */
#include <stdlib.h>
#include <string.h>

#include "aws/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "telemetry/env_otlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 1 << 20 };

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

static void require_printable(const char *text) {
  for (; *text; text++) {
    require(*text >= 0x20 && *text < 0x7f);
  }
}

static void check_otlp(unsigned mode, const char *endpoint, const char *headers) {
  cspan_otlp_settings settings = {.arena = cspan_arena_create(ARENA_MAX), .grpc = (mode & 4) != 0};
  require(settings.arena != NULL);
  if (!cspan_otlp_endpoint(&settings, endpoint, (cspan_endpoint_source)(mode & 3))) {
    require(settings.url && strstr(settings.url, "://") && settings.origin);
    require_printable(settings.url);
  }
  if (!cspan_otlp_headers(&settings, headers)) {
    require(settings.header_count <= CSPAN_OTLP_MAX_HEADERS);
    for (size_t i = 0; i < settings.header_count; i++) {
      require(settings.headers[i].name[0]);
      require_printable(settings.headers[i].name);
      require_printable(settings.headers[i].value);
    }
  }
  cspan_arena_free(settings.arena);
}

static void check_service(const char *url) {
  cspan_base_url base;
  cspan_endpoint endpoint;
  cspan_error *error = NULL;
  if (cspan_base_url_parse(url, "URL", &base, &error) == CSPAN_OK) {
    require(base.host[0] && base.port > 0 && base.port < 65536);
    const cspan_endpoint_params params = {
        .region = "us-east-1", .endpoint_prefix = "s3", .bucket = "bucket", .custom = &base};
    require_printable(base.host);
    require_printable(base.path);
    if (cspan_endpoint_resolve(&params, &endpoint, NULL) == CSPAN_OK) {
      require_printable(endpoint.host_header);
      require_printable(endpoint.prefix);
    }
  } else {
    require(error != NULL);
  }
  cspan_error_free(error);
}

/* The next line of a text that is cut at its line ends. */
static char *next_line(char **at) {
  char *line = *at;
  char *end = strchr(line, '\n');
  *at = end ? end + 1 : line + strlen(line);
  if (end) {
    *end = '\0';
  }
  return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  char *text = cspan_strndup((const char *)data + 1, size - 1);
  char *at = text;
  if (!text) {
    return 0;
  }
  char *endpoint = next_line(&at);
  char *headers = next_line(&at);
  check_otlp(data[0], endpoint, headers);
  check_service(next_line(&at));
  cspan_free(text);
  return 0;
}
