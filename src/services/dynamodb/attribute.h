/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute values inside of larger documents. Pure. */
#ifndef SERVICES_DYNAMODB_ATTRIBUTE_H
#define SERVICES_DYNAMODB_ATTRIBUTE_H

#include <cloudspan/dynamodb.h>

#include "services/typed.h"

/* Puts a plain map as a map of attribute values, under the name that the maker has. `what` is the
 * start of paths in errors: "Item". Failures of the maker are found when it is finished. */
cspan_status cspan_dynamodb_put_attributes(cspan_maker *maker, const char *what,
                                           const cspan_value *plain, cspan_error **error);
/* Puts a map of attribute values as a plain map. */
cspan_status cspan_dynamodb_put_plain(cspan_maker *maker, const char *what,
                                      const cspan_value *attributes, cspan_error **error);
/* A member of a request: a map of attribute values; left out where `plain` is NULL. */
cspan_status cspan_dynamodb_add(cspan_making *making, const char *name, const cspan_value *plain,
                                cspan_error **error);

#endif
