/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/value.h"

struct cspan_error {
  /* Frees it, with the allocator of the library that made it: libcloudspan-sandbox has its own
   * copy of this layer, but not of the public getters. NULL: static. */
  void (*release)(cspan_error *error);
  cspan_status status;
  int http_status;
  bool retryable;
  int64_t retry_after_ms;
  char *message;
  cspan_document *fields; /* NULL: none */
  /* These point into `text`. */
  const char *code;
  const char *request_id;
  const char *extended_request_id;
  char text[];
};

/* Const in effect: every function that changes an error skips it. */
static cspan_error out_of_memory = {
    .status = CSPAN_ERR_NOMEM,
    .message = (char *)"out of memory: an allocation failed",
    .code = "out_of_memory",
    .request_id = "",
    .extended_request_id = "",
};

typedef struct status_names {
  const char *name;
  const char *code;
} status_names;

static const status_names names[] = {
    [CSPAN_OK] = {"ok", ""},
    [CSPAN_ERR_INVALID] = {"invalid", "invalid_argument"},
    [CSPAN_ERR_NOMEM] = {"out_of_memory", "out_of_memory"},
    [CSPAN_ERR_LIMIT] = {"limit", "limit"},
    [CSPAN_ERR_IO] = {"io", "io_error"},
    [CSPAN_ERR_TIMEOUT] = {"timeout", "timeout"},
    [CSPAN_ERR_CANCELLED] = {"cancelled", "cancelled"},
    [CSPAN_ERR_CONNECT] = {"connect", "connection_error"},
    [CSPAN_ERR_TLS] = {"tls", "tls_error"},
    [CSPAN_ERR_PROTOCOL] = {"protocol", "protocol_error"},
    [CSPAN_ERR_SERVICE] = {"service", "service_error"},
    [CSPAN_ERR_CONFIG] = {"config", "config_error"},
    [CSPAN_ERR_CREDENTIALS] = {"credentials", "credentials_error"},
    [CSPAN_ERR_CHECKSUM] = {"checksum", "checksum_mismatch"},
    [CSPAN_ERR_SHUTDOWN] = {"shutdown", "shutdown"},
    [CSPAN_ERR_PARTIAL] = {"partial", "partial_failure"},
    [CSPAN_ERR_UNSUPPORTED] = {"unsupported", "unsupported"},
};

static const status_names *names_of(cspan_status status) {
  static const status_names unknown = {"unknown", "unknown"};
  size_t index = (size_t)status;
  return index < sizeof names / sizeof names[0] ? &names[index] : &unknown;
}

const char *cspan_status_name(cspan_status status) {
  return names_of(status)->name;
}

const char *cspan_status_code(cspan_status status) {
  return names_of(status)->code;
}

/* Copies `text` to *at, moves *at past it, and gives the copy. */
static const char *place(char **at, const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = *at;
  memcpy(copy, text, size);
  *at += size;
  return copy;
}

static void error_release(cspan_error *error) {
  cspan_document_free(error->fields);
  cspan_free(error->message);
  cspan_free(error);
}

static cspan_document *copy_fields(const cspan_value *fields) {
  cspan_document *copy = NULL;
  if (fields != NULL) {
    (void)cspan_document_copy(fields, &copy, NULL);
  }
  return copy;
}

/* Takes `message`, which may be NULL for out of memory. */
static cspan_error *error_new(const cspan_error_info *info, char *message) {
  const char *code = info->code ? info->code : names_of(info->status)->code;
  const char *request_id = info->request_id ? info->request_id : "";
  const char *extended = info->extended_request_id ? info->extended_request_id : "";
  size_t size = strlen(code) + strlen(request_id) + strlen(extended) + 3;
  cspan_error *error = message ? cspan_malloc(sizeof *error + size) : NULL;
  if (!error) {
    cspan_free(message);
    return &out_of_memory;
  }
  char *at = error->text;
  error->release = error_release;
  error->status = info->status;
  error->http_status = info->http_status;
  error->retryable = info->retryable;
  error->retry_after_ms = info->retry_after_ms;
  error->message = message;
  error->fields = copy_fields(info->fields);
  error->code = place(&at, code);
  error->request_id = place(&at, request_id);
  error->extended_request_id = place(&at, extended);
  return error;
}

static char *format(const char *fmt, va_list args) CSPAN_PRINTF(1, 0);

static char *format(const char *fmt, va_list args) {
  va_list again;
  va_copy(again, args);
  int need = vsnprintf(NULL, 0, fmt, args);
  char *text = need < 0 ? NULL : cspan_malloc((size_t)need + 1);
  if (text) {
    vsnprintf(text, (size_t)need + 1, fmt, again);
  }
  va_end(again);
  return text;
}

cspan_status cspan_error_set(cspan_error **error, cspan_status status, const char *fmt, ...) {
  if (error && !*error) {
    va_list args;
    va_start(args, fmt);
    cspan_error_info info = {.status = status};
    *error = error_new(&info, format(fmt, args));
    va_end(args);
  }
  return status;
}

cspan_status cspan_error_set_code(cspan_error **error, cspan_status status, const char *code,
                                  const char *fmt, ...) {
  if (error && !*error) {
    va_list args;
    va_start(args, fmt);
    cspan_error_info info = {.status = status, .code = code};
    *error = error_new(&info, format(fmt, args));
    va_end(args);
  }
  return status;
}

cspan_status cspan_error_set_info(cspan_error **error, const cspan_error_info *info,
                                  const char *message) {
  if (error && !*error) {
    *error = error_new(info, cspan_strdup(message ? message : ""));
  }
  return info->status;
}

cspan_status cspan_error_move(cspan_error **to, cspan_error *from) {
  cspan_status status = cspan_error_status(from);
  if (to && !*to) {
    *to = from;
  } else {
    cspan_error_free(from);
  }
  return status;
}

cspan_error *cspan_error_dup(const cspan_error *error) {
  if (!error) {
    return NULL;
  }
  if (error == &out_of_memory) {
    return &out_of_memory;
  }
  cspan_error_info info = {
      .status = error->status,
      .code = error->code,
      .http_status = error->http_status,
      .request_id = error->request_id,
      .extended_request_id = error->extended_request_id,
      .retryable = error->retryable,
      .retry_after_ms = error->retry_after_ms,
      .fields = cspan_document_value(error->fields),
  };
  return error_new(&info, cspan_strdup(error->message));
}

void cspan_error_set_retryable(cspan_error *error, bool retryable) {
  if (error && error != &out_of_memory) {
    error->retryable = retryable;
  }
}

void cspan_error_prefix(cspan_error *error, const char *fmt, ...) {
  if (!error || error == &out_of_memory) {
    return;
  }
  va_list args;
  va_start(args, fmt);
  char *prefix = format(fmt, args);
  va_end(args);
  /* Without memory the message stays as it was: still true, only shorter. */
  char *message = prefix ? cspan_asprintf("%s: %s", prefix, error->message) : NULL;
  if (message) {
    cspan_free(error->message);
    error->message = message;
  }
  cspan_free(prefix);
}

cspan_error *cspan_error_nomem(void) {
  return &out_of_memory;
}

void cspan_error_free(cspan_error *error) {
  if (error && error->release) {
    error->release(error);
  }
}

cspan_status cspan_error_status(const cspan_error *error) {
  return error ? error->status : CSPAN_OK;
}

const char *cspan_error_code(const cspan_error *error) {
  return error ? error->code : "";
}

const char *cspan_error_message(const cspan_error *error) {
  return error ? error->message : "";
}

int cspan_error_http_status(const cspan_error *error) {
  return error ? error->http_status : 0;
}

const char *cspan_error_request_id(const cspan_error *error) {
  return error ? error->request_id : "";
}

const char *cspan_error_extended_request_id(const cspan_error *error) {
  return error ? error->extended_request_id : "";
}

const cspan_value *cspan_error_fields(const cspan_error *error) {
  return error ? cspan_document_value(error->fields) : NULL;
}

bool cspan_error_is_retryable(const cspan_error *error) {
  return error && error->retryable;
}

int64_t cspan_error_retry_after_ms(const cspan_error *error) {
  return error ? error->retry_after_ms : 0;
}
