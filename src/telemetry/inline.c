/* SPDX-License-Identifier: Apache-2.0 */
/* The exported copies of the functions that callers' compilers take into their own code. */
#include <cloudspan/telemetry.h>

extern inline cspan_attr cspan_attr_of(const char *key, cspan_attr_type type, size_t count);
extern inline cspan_attr cspan_attr_string(const char *key, const char *value);
extern inline cspan_attr cspan_attr_string_n(const char *key, const char *value, size_t size_bytes);
extern inline cspan_attr cspan_attr_bool(const char *key, bool value);
extern inline cspan_attr cspan_attr_int64(const char *key, int64_t value);
extern inline cspan_attr cspan_attr_double(const char *key, double value);
extern inline cspan_attr cspan_attr_strings(const char *key, const char *const *values,
                                            size_t count);
extern inline cspan_attr cspan_attr_bools(const char *key, const bool *values, size_t count);
extern inline cspan_attr cspan_attr_int64s(const char *key, const int64_t *values, size_t count);
extern inline cspan_attr cspan_attr_doubles(const char *key, const double *values, size_t count);

extern inline cspan_span cspan_span_start(cspan_tracer *tracer, const cspan_context *context,
                                          const char *name, const cspan_span_options *options);
extern inline void cspan_span_set(cspan_span span, cspan_attr attribute);
extern inline void cspan_span_set_string(cspan_span span, const char *key, const char *value);
extern inline void cspan_span_set_bool(cspan_span span, const char *key, bool value);
extern inline void cspan_span_set_int64(cspan_span span, const char *key, int64_t value);
extern inline void cspan_span_set_double(cspan_span span, const char *key, double value);
extern inline void cspan_span_add_event(cspan_span span, const char *name, int64_t time_unix_ns,
                                        const cspan_attr *attributes, size_t attribute_count);
extern inline void cspan_span_set_status(cspan_span span, cspan_span_status status,
                                         const char *description);
extern inline void cspan_span_update_name(cspan_span span, const char *name);
extern inline void cspan_span_end(cspan_span span);
