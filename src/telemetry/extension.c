/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing the objects behind the vtables of ext/. */
#include "base/alloc.h"
#include "telemetry/core.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses here */

/* All are a vtable and a self, and share their life: self goes where the
 * object cannot be made. */
#define DEFINE_CREATE(type, vtable_type, name)                                                     \
  type *name(const vtable_type *vtable, void *self) {                                              \
    type *object = cspan_malloc(sizeof *object);                                                   \
    if (object == NULL) {                                                                          \
      if (vtable->free != NULL) {                                                                  \
        vtable->free(self);                                                                        \
      }                                                                                            \
      return NULL;                                                                                 \
    }                                                                                              \
    object->vtable = vtable;                                                                       \
    object->self = self;                                                                           \
    return object;                                                                                 \
  }

#define DEFINE_FREE(type, name)                                                                    \
  void name(type *object) {                                                                        \
    if (object != NULL) {                                                                          \
      if (object->vtable->free != NULL) {                                                          \
        object->vtable->free(object->self);                                                        \
      }                                                                                            \
      cspan_free(object);                                                                          \
    }                                                                                              \
  }

/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_CREATE(cspan_sampler, cspan_sampler_vtable, cspan_sampler_create)
DEFINE_FREE(cspan_sampler, cspan_sampler_free)
DEFINE_CREATE(cspan_composable_sampler, cspan_composable_vtable, cspan_composable_create)
DEFINE_FREE(cspan_composable_sampler, cspan_composable_sampler_free)
DEFINE_CREATE(cspan_id_generator, cspan_id_generator_vtable, cspan_id_generator_create)
DEFINE_FREE(cspan_id_generator, cspan_id_generator_free)
DEFINE_CREATE(cspan_span_processor, cspan_processor_vtable, cspan_processor_create)
DEFINE_FREE(cspan_span_processor, cspan_processor_free)
DEFINE_CREATE(cspan_span_exporter, cspan_exporter_vtable, cspan_exporter_create)
DEFINE_FREE(cspan_span_exporter, cspan_exporter_free)
