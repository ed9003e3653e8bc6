/* SPDX-License-Identifier: Apache-2.0 */
/* Making and filling error objects. Getters are public, in base.h. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <cloudspan/base.h>

/* Everything that an error may carry; strings are copied, NULL is "". */
typedef struct cspan_error_info {
  cspan_status status;
  const char *code; /* NULL: derived from status ("timeout", "io_error"...) */
  int http_status;
  const char *request_id;
  const char *extended_request_id;
  bool retryable;
  int64_t retry_after_ms; /* before which the peer wants no other try; 0: it does not say */
  /* The members of a modelled error, copied; NULL: none. They are left out where there is no
   * memory for the copy: the error is still true, only shorter. */
  const struct cspan_value *fields;
} cspan_error_info;

/* The code of an error that names none: "timeout", "io_error"... Static. */
const char *cspan_status_code(cspan_status status);

/* Sets *error (when error is not NULL and *error is NULL) to a new object and
 * returns `status`, so that a caller can write `return cspan_error_set(...)`.
 * Out of memory: *error becomes a static object that says so. */
cspan_status cspan_error_set(cspan_error **error, cspan_status status, const char *fmt, ...)
    CSPAN_PRINTF(3, 4);

/* The same with a code of ours ("connection_refused"). */
cspan_status cspan_error_set_code(cspan_error **error, cspan_status status, const char *code,
                                  const char *fmt, ...) CSPAN_PRINTF(4, 5);

/* The same with all fields. `message` is copied whole. */
cspan_status cspan_error_set_info(cspan_error **error, const cspan_error_info *info,
                                  const char *message);

/* Hands `from` over to *to: when `to` is NULL or *to is set, `from` is freed.
 * Returns from's status. */
cspan_status cspan_error_move(cspan_error **to, cspan_error *from);

/* A copy; the static out-of-memory object when there is no memory. */
cspan_error *cspan_error_dup(const cspan_error *error);

void cspan_error_set_retryable(cspan_error *error, bool retryable);
int64_t cspan_error_retry_after_ms(const cspan_error *error);

/* Puts "prefix: " before the message. Keeps the rest. */
void cspan_error_prefix(cspan_error *error, const char *fmt, ...) CSPAN_PRINTF(2, 3);

/* The static out-of-memory object; freeing it does nothing. */
cspan_error *cspan_error_nomem(void);

#endif
