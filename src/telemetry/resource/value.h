/* SPDX-License-Identifier: Apache-2.0 */
/* Resources while they are put together. */
#ifndef TELEMETRY_RESOURCE_VALUE_H
#define TELEMETRY_RESOURCE_VALUE_H

#include <cloudspan/resource.h>

/* Of the semantic conventions that the built-in detectors follow. */
#define CSPAN_RESOURCE_SCHEMA_URL "https://opentelemetry.io/schemas/1.44.0"

enum { CSPAN_RESOURCE_ATTRIBUTES_MAX = 1024, CSPAN_RESOURCE_BYTES_MAX = 1 << 20 };

/* NULL when out of memory. */
cspan_resource *cspan_resource_new(void);
/* Copies an attribute in place of one with the same key. CSPAN_ERR_INVALID, CSPAN_ERR_LIMIT or
 * CSPAN_ERR_NOMEM: nothing changed. */
cspan_status cspan_resource_put(cspan_resource *resource, const cspan_attr *attr);
/* For detectors: a text that is not there (NULL, "") is left out, and so is one that is not valid.
 * What does not fit, or finds no memory, marks the resource as failed. */
void cspan_resource_put_text(cspan_resource *resource, const char *key, const char *value);
void cspan_resource_put_text_n(cspan_resource *resource, const char *key, const char *value,
                               size_t len);
void cspan_resource_put_int(cspan_resource *resource, const char *key, int64_t value);
/* A list of one. */
void cspan_resource_put_list(cspan_resource *resource, const char *key, const char *value);
cspan_status cspan_resource_status(const cspan_resource *resource);
/* "" or NULL: none. */
cspan_status cspan_resource_set_schema_url(cspan_resource *resource, const char *schema_url);
/* Merges in place, as cspan_resource_merge() says. */
cspan_status cspan_resource_update(cspan_resource *resource, const cspan_resource *updating);
/* As an OTLP Resource message. */
cspan_status cspan_resource_write(const cspan_resource *resource, uint8_t **out, size_t *out_len);

#endif
