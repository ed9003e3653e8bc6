/* SPDX-License-Identifier: Apache-2.0 */
/* Values for people and for shells. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <cloudspan/value.h>

#include "base/buf.h"

/* As the AWS CLI's --output text: scalars of a map in the order of their names
 * on one line between tabs, after the name of the list that they are in; then
 * what is nested. */
void cspan_cli_put_value_text(cspan_buf *out, const cspan_value *value);
/* Tables: one of names and values for a map, one with a column a name for a
 * list of maps. */
void cspan_cli_put_value_table(cspan_buf *out, const char *title, const cspan_value *value);

/* A scalar as people read it, without what would act on a terminal: "None" for
 * null. */
void cspan_cli_put_scalar(cspan_buf *out, const cspan_value *value);
bool cspan_cli_is_scalar(const cspan_value *value);

#endif
