/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of the public model files: FOLDER/SERVICE/VERSION/service-2.json, plain or as .json.gz,
 * and partitions.json in FOLDER itself. */
#ifndef AWS_MODEL_FOLDER_H
#define AWS_MODEL_FOLDER_H

#include "base/buf.h"

/* A sorted list of names that are owned. */
typedef struct cspan_name_list {
  char **names;
  size_t count;
} cspan_name_list;

void cspan_name_list_free(cspan_name_list *list);

/* The services of a folder, by name; versions are not looked at. A folder that does not exist
 * has none. */
cspan_status cspan_folder_services(const char *folder, cspan_name_list *out, cspan_error **error);
/* The API versions of a service that have a model, in order. */
cspan_status cspan_folder_versions(const char *folder, const char *service, cspan_name_list *out,
                                   cspan_error **error);
/* Appends the compiled section of a service. */
cspan_status cspan_folder_compile(const char *folder, const char *service, const char *version,
                                  bool without_documentation, cspan_buf *section,
                                  cspan_error **error);
/* Appends the compiled partitions; *found says whether there are any. */
cspan_status cspan_folder_partitions(const char *folder, cspan_buf *out, bool *found,
                                     cspan_error **error);
/* Whether the newest model of the folder's service has this id, as the store compares them; a
 * model that cannot be read has none. */
cspan_status cspan_folder_has_id(const char *folder, const char *service, const char *id, bool *has,
                                 cspan_error **error);

/* Whether two names of a service are one: case, blanks and '-' do not count. */
bool cspan_service_name_eq(const char *a, const char *b);

#endif
