/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_ATTRS_H
#define TELEMETRY_ATTRS_H

#include <cloudspan/telemetry.h>

/* An element of an array as an attribute of its own, so that one function writes both. */
cspan_attr cspan_attr_element(const cspan_attr *array, size_t i);

#endif
