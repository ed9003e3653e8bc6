/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/text.h"

static void put_message(const cspan_cli_run *run, const char *fmt, va_list args) {
  char text[2048];
  (void)vsnprintf(text, sizeof text, fmt, args);
  (void)fflush(stdout);
  (void)fprintf(stderr, "%s: ", run->name);
  cspan_cli_put_text(stderr, text);
  (void)fputc('\n', stderr);
}

void cspan_cli_message(const cspan_cli_run *run, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  put_message(run, fmt, args);
  va_end(args);
}

int cspan_cli_usage(const cspan_cli_run *run, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  put_message(run, fmt, args);
  va_end(args);
  (void)fprintf(stderr, "Run '%s --help' to see what it takes.\n", run->name);
  return CSPAN_EXIT_USAGE;
}

bool cspan_cli_is_not_found(const cspan_error *error) {
  return cspan_error_http_status(error) == 404;
}

/* Services that always answer with HTTP 400 say it by the code alone. */
static bool says_not_found(const cspan_error *error) {
  static const char *const words[] = {"NotFound", "NoSuch", "DoesNotExist", "NonExistent"};
  bool says = cspan_cli_is_not_found(error);
  for (size_t i = 0; i < sizeof words / sizeof words[0] && cspan_error_http_status(error); i++) {
    says = says || strstr(cspan_error_code(error), words[i]);
  }
  return says;
}

int cspan_cli_exit_code(cspan_status status, const cspan_error *error) {
  if (says_not_found(error)) {
    return CSPAN_EXIT_NOT_FOUND;
  }
  switch (status) {
  case CSPAN_OK:
    return CSPAN_EXIT_OK;
  case CSPAN_ERR_INVALID:
  case CSPAN_ERR_CONFIG:
  case CSPAN_ERR_CREDENTIALS:
    return CSPAN_EXIT_USAGE;
  case CSPAN_ERR_PARTIAL:
    return CSPAN_EXIT_PARTIAL;
  default:
    return CSPAN_EXIT_FAILED;
  }
}

int cspan_cli_fail(const cspan_cli_run *run, const cspan_error *error) {
  char details[256] = "";
  int http_status = cspan_error_http_status(error);
  const char *request_id = cspan_error_request_id(error);
  const char *message = cspan_error_message(error);
  if (strstr(message, "HTTP status") && request_id[0]) {
    (void)snprintf(details, sizeof details, " (request id %s)", request_id);
  } else if (http_status && !strstr(message, "HTTP status")) {
    (void)snprintf(details, sizeof details, " (%s, HTTP %d%s%s)", cspan_error_code(error),
                   http_status, request_id[0] ? ", request id " : "", request_id);
  }
  cspan_cli_message(run, "%s%s", message, details);
  return cspan_cli_exit_code(cspan_error_status(error), error);
}
