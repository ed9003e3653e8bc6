/* SPDX-License-Identifier: Apache-2.0 */
/* What test_dlclose.c finds in its modules. */
#ifndef TESTS_MODULE_H
#define TESTS_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#define MODULE_FUNCTION __attribute__((visibility("default")))

/* Makes spans with a provider of its own, exports them by HTTP, and frees all. How many arrived. */
typedef size_t module_use_fn(const char *endpoint, size_t spans);
MODULE_FUNCTION module_use_fn module_use;

/* Makes spans with the global provider, which goes on. */
typedef bool module_leave_running_fn(size_t spans);
MODULE_FUNCTION module_leave_running_fn module_leave_running;

#endif
