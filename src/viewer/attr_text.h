/* SPDX-License-Identifier: Apache-2.0 */
/* Reading attributes of a span for display. */
#ifndef VIEWER_ATTR_TEXT_H
#define VIEWER_ATTR_TEXT_H

#include <cloudspan/telemetry.h>

#include "viewer/flow.h"

/* The value of a string attribute; {NULL, 0} when absent, empty or of another type. */
cspan_str cspan_attr_text(const cspan_attr *attributes, size_t count, const char *key);
/* The value of an integer attribute (a double is rounded down); false when absent. */
bool cspan_attr_number(const cspan_attr *attributes, size_t count, const char *key, int64_t *out);
bool cspan_attr_real(const cspan_attr *attributes, size_t count, const char *key, double *out);
/* The same of a span. */
cspan_str cspan_view_text(const cspan_span_view *view, const char *key);
bool cspan_view_number(const cspan_span_view *view, const char *key, int64_t *out);

/* Any value as text, arrays as "[a, b]" with the first eight elements. Not escaped;
 * a string is cut to what `out` has room for. */
void cspan_attr_write(cspan_buf *out, const cspan_attr *attribute);

/* Hands the text of `scratch` to the flow as an item and empties it. Text over scratch's
 * cap is lost (it would not fit on a line); a lack of memory is the output's failure. */
void cspan_attr_flow(cspan_flow *flow, cspan_style style, cspan_buf *scratch);

#endif
