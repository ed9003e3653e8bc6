/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/errors.h"

typedef struct row {
  const char *code;
  int status;
  const char *message;
} row;

static const row rows[SBX_ERROR_COUNT] = {[SBX_OK] = {"", 200, ""},
#define SBX_ERROR_ROW(name, code, status, message) [SBX_##name] = {code, status, message},
                                          SBX_ERRORS(SBX_ERROR_ROW)
#undef SBX_ERROR_ROW
};

const char *cspan_sbx_error_code(sbx_error error) {
  return rows[error].code;
}

int cspan_sbx_error_status(sbx_error error) {
  return rows[error].status;
}

const char *cspan_sbx_error_message(sbx_error error) {
  return rows[error].message;
}

sbx_error cspan_sbx_error_of(cspan_status status) {
  return status == CSPAN_OK ? SBX_OK : SBX_INTERNAL_ERROR;
}

const char *cspan_sbx_default_code(int http_status) {
  static const struct {
    int status;
    const char *code;
  } codes[] = {
      {400, "InvalidRequest"},   {401, "Unauthorized"},         {403, "AccessDenied"},
      {404, "NoSuchKey"},        {405, "MethodNotAllowed"},     {408, "RequestTimeout"},
      {409, "OperationAborted"}, {411, "MissingContentLength"}, {412, "PreconditionFailed"},
      {416, "InvalidRange"},     {429, "TooManyRequests"},      {501, "NotImplemented"},
      {503, "SlowDown"},
  };
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    if (codes[i].status == http_status) {
      return codes[i].code;
    }
  }
  return "InternalError";
}
