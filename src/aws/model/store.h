/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where models come from: compiled files that are mapped, and folders of JSON files that are
 * compiled when a service is opened. Newer API versions win; for the same version the place that
 * comes first: a folder or file of the options, AWS_DATA_PATH, ~/.aws/models, the compiled
 * file that was installed with the library (or that CLOUDSPAN_MODELS names), Debian's packages.
 */
#ifndef AWS_MODEL_STORE_H
#define AWS_MODEL_STORE_H

#include "aws/model/model.h"

typedef struct cspan_model_store cspan_model_store;

typedef struct cspan_model_store_options {
  const char *models;    /* a folder or a compiled file; NULL: none */
  const char *data_path; /* what AWS_DATA_PATH or the profile says: folders, ':' between; NULL */
  bool only_models;      /* look nowhere else: for tests */
  bool only_folders;     /* not in compiled files, `models` does not count: for compiling */
} cspan_model_store_options;

/* Opens no service yet. */
cspan_status cspan_model_store_open(const cspan_model_store_options *options,
                                    cspan_model_store **out, cspan_error **error);
void cspan_model_store_free(cspan_model_store *store);

/* By folder name ("dynamodb") or service id ("DynamoDB", any case, blanks and '-' alike), and
 * API version (NULL: the newest). The error names what comes nearest and where it was looked.
 * The model is reference-counted and may outlive the store. */
cspan_status cspan_model_store_service(cspan_model_store *store, const char *service,
                                       const char *api_version, const cspan_service_model **out,
                                       cspan_error **error);
void cspan_service_model_release(const cspan_service_model *model);

/* All services, by name: key, newest version, where it is. False past the end. */
bool cspan_model_store_at(const cspan_model_store *store, size_t index, const char **key,
                          const char **api_version, const char **origin);

/* Where it looks, in order; NULL past the end. */
const char *cspan_model_store_place(const cspan_model_store *store, size_t index);

/* The documentation (HTML as in the model) of a record; *text is freed with cspan_free(). */
cspan_status cspan_model_documentation(const cspan_service_model *model, uint32_t documentation,
                                       char **text, cspan_error **error);

#endif
