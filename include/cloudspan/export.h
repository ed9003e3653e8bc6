/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUDSPAN_EXPORT_H
#define CLOUDSPAN_EXPORT_H

/* Everything is hidden by default; CSPAN_API marks what a user may link to. */
#if defined(__GNUC__) || defined(__clang__)
#define CSPAN_API                __attribute__((visibility("default")))
#define CSPAN_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define CSPAN_API
#define CSPAN_PRINTF(fmt, first)
#endif

#ifdef __cplusplus
#define CSPAN_BEGIN_DECLS extern "C" {
#define CSPAN_END_DECLS   }
#else
#define CSPAN_BEGIN_DECLS
#define CSPAN_END_DECLS
#endif

#endif
