/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a value, kept on the stack of whoever walks down, for errors: "Item.tags[2]". */
#ifndef SERVICES_DYNAMODB_PATH_H
#define SERVICES_DYNAMODB_PATH_H

#include "base/value.h"

enum { CSPAN_DYNAMODB_MAX_DEPTH = 100 }; /* DynamoDB allows 32 */

typedef struct cspan_dynamodb_path {
  const struct cspan_dynamodb_path *up; /* NULL: the start */
  const char *name;                     /* of a member, or the start's; NULL: an item of a list */
  size_t name_size;
  size_t index;
  int depth;
} cspan_dynamodb_path;

cspan_dynamodb_path cspan_dynamodb_path_member(const cspan_dynamodb_path *up, const char *name,
                                               size_t size);
cspan_dynamodb_path cspan_dynamodb_path_item(const cspan_dynamodb_path *up, size_t index);
/* "PATH: TEXT". Returns `status`. */
cspan_status cspan_dynamodb_path_fault(const cspan_dynamodb_path *path, cspan_status status,
                                       const char *text, cspan_error **error);
/* CSPAN_ERR_LIMIT where the path is too long. */
cspan_status cspan_dynamodb_path_check(const cspan_dynamodb_path *path, cspan_error **error);

#endif
