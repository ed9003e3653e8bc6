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

/* A function that the caller's compiler may take into its own code, and that is exported as well.
 * Where CSPAN_NO_INLINE is defined all functions are declared only, as generators of bindings
 * want them. */
#ifdef CSPAN_NO_INLINE
#define CSPAN_INLINE CSPAN_API
#else
#define CSPAN_INLINE CSPAN_API inline
#endif

#ifdef __cplusplus
#define CSPAN_BEGIN_DECLS extern "C" {
#define CSPAN_END_DECLS   }
#else
#define CSPAN_BEGIN_DECLS
#define CSPAN_END_DECLS
#endif

#endif
