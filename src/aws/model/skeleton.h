/* SPDX-License-Identifier: Apache-2.0 */
/* An input with every member, for people to fill in and for tests. */
#ifndef AWS_MODEL_SKELETON_H
#define AWS_MODEL_SKELETON_H

#include "aws/model/model.h"
#include "base/value.h"

/* A value of the shape that passes its checks: the first of an enumeration, as
 * many items and characters as are asked for at least; one member of a union. A
 * shape within itself is left out. `required_only` leaves out what may be left
 * out. Texts refer to the model, or are in the arena. NOMEM, or LIMIT where the
 * shape asks for more than is sensible. */
cspan_status cspan_model_skeleton(const cspan_service_model *model, const cspan_shape *shape,
                                  bool required_only, cspan_arena *arena, cspan_value *out);

#endif
