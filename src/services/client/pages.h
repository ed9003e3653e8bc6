/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of paginators share. */
#ifndef SERVICES_CLIENT_PAGES_H
#define SERVICES_CLIENT_PAGES_H

#include "services/client/client.h"

const cspan_paginator_model *cspan_pages_model(const cspan_pages *pages);
/* The index-th text of a range of the model's references. */
const char *cspan_pages_text(const cspan_pages *pages, cspan_table_range range, size_t index);

#endif
