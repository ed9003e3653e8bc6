/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of a model for people: as an indented tree, or as JSON. */
#ifndef CLI_SHAPE_TEXT_H
#define CLI_SHAPE_TEXT_H

#include <stdio.h>

#include "aws/model/documentation.h"
#include "cli/text.h"

typedef struct cspan_cli_shapes {
  const cspan_service_model *model;
  cspan_documentation_reader reader;
  size_t width;
  bool whole;         /* the documentation, not just its first sentence */
  uint8_t *seen;      /* of each shape: how far it has been printed */
  cspan_error *error; /* why documentation is missing, the first time */
} cspan_cli_shapes;

/* False: out of memory. */
bool cspan_cli_shapes_open(cspan_cli_shapes *shapes, const cspan_service_model *model);
void cspan_cli_shapes_close(cspan_cli_shapes *shapes);

/* A record's documentation as plain text that is freed with cspan_free(); NULL: there is none, or
 * it cannot be had, see `error`. */
char *cspan_cli_documentation(cspan_cli_shapes *shapes, uint32_t documentation);
/* Prints it, or its first sentence. */
void cspan_cli_put_documentation(cspan_cli_shapes *shapes, uint32_t documentation, size_t indent,
                                 bool whole);

/* "list of string", "map of string to structure AttributeValue". Appends. */
void cspan_cli_type_text(const cspan_service_model *model, const cspan_shape *shape,
                         cspan_buf *out);

/* The members of a structure and what is in them; each structure once. */
void cspan_cli_put_shape_tree(cspan_cli_shapes *shapes, const cspan_shape *shape);

/* A member "shapes": all that can be reached from a shape, by name. */
void cspan_cli_json_shapes(cspan_cli_shapes *shapes, cspan_cli_json *json,
                           const cspan_shape *const *roots, size_t count);

#endif
