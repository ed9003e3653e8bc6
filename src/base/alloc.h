/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of the library goes through here, so that a user's
 * allocator and the failing allocator of the tests see it. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <cloudspan/base.h>

void *cspan_malloc(size_t size);
void *cspan_calloc(size_t count, size_t size); /* checks for overflow */
void *cspan_realloc(void *ptr, size_t size);
char *cspan_strdup(const char *text); /* NULL for NULL */
char *cspan_strndup(const char *text, size_t length);
/* printf into new memory; NULL when out of memory. */
char *cspan_asprintf(const char *fmt, ...) CSPAN_PRINTF(1, 2);
/* Overwrites before freeing: for secrets. NULL is fine. */
void cspan_free_secret(char *text);
void cspan_memzero(void *ptr, size_t size); /* never optimised away */

#endif
