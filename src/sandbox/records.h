/* SPDX-License-Identifier: Apache-2.0 */
/* The last requests that were served. Thread-safe. */
#ifndef SANDBOX_RECORDS_H
#define SANDBOX_RECORDS_H

#include <cloudspan/sandbox.h>

typedef struct sbx_records sbx_records;

sbx_records *cspan_sbx_records_new(void);
void cspan_sbx_records_free(sbx_records *records);
void cspan_sbx_records_add(sbx_records *records, const cspan_sandbox_record *record);
size_t cspan_sbx_records_total(sbx_records *records);
bool cspan_sbx_records_at(sbx_records *records, size_t index, cspan_sandbox_record *out);

#endif
