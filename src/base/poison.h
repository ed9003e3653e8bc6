/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is kept, but that nobody may touch meanwhile: AddressSanitizer tells of whoever does.
 * Without it, nothing. */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define CSPAN_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CSPAN_HAS_ASAN 1
#endif
#endif

#ifdef CSPAN_HAS_ASAN
#include <sanitizer/asan_interface.h>
#define cspan_poison(memory, size)   __asan_poison_memory_region(memory, size)
#define cspan_unpoison(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define cspan_poison(memory, size)   ((void)(memory), (void)(size))
#define cspan_unpoison(memory, size) ((void)(memory), (void)(size))
#endif

#endif
