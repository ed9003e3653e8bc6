/* SPDX-License-Identifier: Apache-2.0 */
/* The list of faults: which strikes a request. Thread-safe. */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <cloudspan/sandbox.h>

typedef struct sbx_faults sbx_faults;

/* What strikes; a copy, so that the list may change meanwhile. */
typedef struct sbx_strike {
  cspan_fault_kind kind; /* 0: nothing */
  int http_status;
  char code[48];
  int64_t retry_after_ms;
  int64_t delay_ms;
  int64_t after_bytes; /* -1: the default */
  int64_t bytes_per_second;
} sbx_strike;

sbx_faults *cspan_sbx_faults_new(void);
void cspan_sbx_faults_free(sbx_faults *faults);
cspan_status cspan_sbx_faults_add(sbx_faults *faults, const cspan_sandbox_fault *fault,
                                  cspan_error **error);
void cspan_sbx_faults_clear(sbx_faults *faults);

/* `key` is NULL where the request names none. `per_key`: the request is a key
 * inside of DeleteObjects; only a status fault can strike it. */
sbx_strike cspan_sbx_faults_match(sbx_faults *faults, const char *operation, const char *key,
                                  int part_number, bool per_key);

bool cspan_sbx_glob(const char *pattern, const char *text); /* '*' and '?' */

/* From text, as sandbox.h describes it. The strings of *out point into *storage,
 * which is freed with cspan_free(). */
cspan_status cspan_sandbox_parse_fault(const char *text, cspan_sandbox_fault *out, char **storage,
                                       cspan_error **error);

#endif
