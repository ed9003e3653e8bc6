/* SPDX-License-Identifier: Apache-2.0 */
/* Data that a service repeats where it says what is wrong with it. */
#ifndef INSTRUMENT_CONCEAL_H
#define INSTRUMENT_CONCEAL_H

#include "instrument/rules.h"

/* Puts '*' over each text of the input's data (cspan_service_rules.data) that stands in `text`.
 * Texts of less than three bytes stay: they would take the sentence with them. */
void cspan_conceal_data(const struct cspan_call *call, char *text, size_t len);

#endif
