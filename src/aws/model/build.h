/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the model compiler share. Texts must be known before they can be laid out,
 * and laid out before a record can refer to them: everything is walked twice, and what the
 * first walk writes is thrown away.
 */
#ifndef AWS_MODEL_BUILD_H
#define AWS_MODEL_BUILD_H

#include <jansson.h>

#include "aws/model/compile.h"
#include "aws/model/pool.h"
#include "aws/model/section.h"
#include "base/arena.h"

typedef struct cspan_builder {
  const char *key;
  bool laid_out; /* the second walk */
  bool with_documentation;
  cspan_buf parts[CSPAN_PART_COUNT];
  cspan_pool texts;
  cspan_pool documents;  /* documentation that is in already */
  cspan_pool shapes;     /* to their indices */
  cspan_pool operations; /* the same, by name */
  cspan_pool bounds;     /* of shapes; the texts are the records */
  json_t *shape_models;
  json_t *operation_models;
  cspan_arena *arena;  /* texts that the JSON does not hold as such */
  cspan_buf block;     /* documentation that is not compressed yet */
  uint32_t documented; /* bytes of documentation in blocks before it */
  const char *kind;    /* what is being worked on: "shape"; NULL: the service */
  const char *name;
  cspan_status status; /* sticky */
  cspan_error **error;
} cspan_builder;

/* The first fault counts. The message begins with where it is. */
void cspan_build_fail(cspan_builder *build, const char *fmt, ...) CSPAN_PRINTF(2, 3);
void cspan_build_no_memory(cspan_builder *build);
bool cspan_build_ok(const cspan_builder *build);

/* Members of a JSON object; NULL, false or `otherwise` where there is none, and where it is of
 * another type, which fails. `from` may be NULL. */
json_t *cspan_build_object(cspan_builder *build, json_t *from, const char *key);
json_t *cspan_build_list(cspan_builder *build, json_t *from, const char *key);
const char *cspan_build_string(cspan_builder *build, json_t *from, const char *key);
bool cspan_build_flag(cspan_builder *build, json_t *from, const char *key);
uint32_t cspan_build_count(cspan_builder *build, json_t *from, const char *key, uint32_t max);

/* References to texts; NULL is none. */
cspan_text_ref cspan_build_text(cspan_builder *build, const char *text);
cspan_near_ref cspan_build_near(cspan_builder *build, const char *text);
/* The same for the text that is a member of a JSON object. */
cspan_text_ref cspan_build_text_of(cspan_builder *build, json_t *from, const char *key);
cspan_near_ref cspan_build_near_of(cspan_builder *build, json_t *from, const char *key);
/* The texts that are a list, or one text alone. */
cspan_table_range cspan_build_texts_of(cspan_builder *build, json_t *from, const char *key);

/* Appends a record; gives its index. */
uint16_t cspan_build_record(cspan_builder *build, cspan_section_part part, const void *record);
uint16_t cspan_build_next(const cspan_builder *build, cspan_section_part part);
/* From where it was to where the part is now. */
cspan_table_range cspan_build_range(const cspan_builder *build, cspan_section_part part,
                                    uint16_t first);
void cspan_build_ref(cspan_builder *build, uint32_t value);
void cspan_build_pair(cspan_builder *build, const char *name, const char *value);
/* JSON as a text that the arena holds. */
const char *cspan_build_json(cspan_builder *build, json_t *value);

/* "uri" of an xmlNamespace, which may be a text alone, and its prefix. */
const char *cspan_build_namespace(cspan_builder *build, json_t *from, const char **prefix);
/* The index of the shape that `from` refers to by "shape", and its model. */
uint16_t cspan_build_shape_ref(cspan_builder *build, json_t *from, json_t **shape);

/* Calls `visit` with each member of `all` (NULL: none), which must be objects, as what is being
 * worked on; until there is a fault. */
void cspan_build_each(cspan_builder *build, const char *kind, json_t *all,
                      void (*visit)(cspan_builder *build, json_t *from));

/* A handle of the "documentation" of `from`. */
uint32_t cspan_build_documentation(cspan_builder *build, json_t *from);
/* Ends the last block. */
void cspan_build_documentation_end(cspan_builder *build);

/* The parts, each in a file of its own. */
void cspan_build_shapes(cspan_builder *build);
void cspan_build_operations(cspan_builder *build);
void cspan_build_service(cspan_builder *build, json_t *service);
void cspan_build_paginators(cspan_builder *build, json_t *paginators);
void cspan_build_waiters(cspan_builder *build, json_t *waiters);

/* Appends the section that the parts make. */
cspan_status cspan_section_write(const cspan_buf parts[CSPAN_PART_COUNT], cspan_buf *out);

#endif
