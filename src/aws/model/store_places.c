/* SPDX-License-Identifier: Apache-2.0 */
/* Where models may be. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/model/store_internal.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

/* Python packages of Debian: python3-botocore, and awscli with a copy of its own. */
static const char *const packages[] = {
    "/usr/lib/python3/dist-packages/botocore/data",
    "/usr/lib/python3/dist-packages/awscli/botocore/data",
};

/* Beside a program in a build tree; beside the bin folder that it was installed to. */
static const char *const near_program[] = {"models.csm", "../share/cloudspan/models.csm"};

static cspan_status no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
}

static cspan_status open_file(cspan_place *place, cspan_error **error) {
  cspan_error *fault = NULL;
  cspan_status status = cspan_blob_map(place->path, &place->blob, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = cspan_model_file_open(cspan_blob_data(place->blob), cspan_blob_size(place->blob),
                                 &place->file, &fault);
  if (status != CSPAN_OK) {
    cspan_error_prefix(fault, "%s", place->path);
    (void)cspan_error_move(error, fault);
  }
  return status;
}

/* Whether it is there; what is there must be usable. Takes `path` over. */
static cspan_status add_place(cspan_model_store *store, char *path, bool *added,
                              cspan_error **error) {
  struct stat about;
  *added = false;
  if (!path) {
    return no_memory(error);
  }
  if (stat(path, &about) != 0) {
    cspan_free(path);
    return CSPAN_OK;
  }
  cspan_place *places = cspan_realloc(store->places, (store->place_count + 1) * sizeof *places);
  if (!places) {
    cspan_free(path);
    return no_memory(error);
  }
  store->places = places;
  cspan_place *place = &places[store->place_count++];
  *place = (cspan_place){.path = path};
  *added = true;
  return S_ISDIR(about.st_mode) ? CSPAN_OK : open_file(place, error);
}

static cspan_status add_named(cspan_model_store *store, const char *path, const char *named_by,
                              cspan_error **error) {
  bool added = false;
  cspan_status status = add_place(store, cspan_strdup(path), &added, error);
  if (status == CSPAN_OK && !added) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s: there are no models at '%s'", named_by,
                           path);
  }
  return status;
}

static cspan_status add_optional(cspan_model_store *store, char *path, cspan_error **error) {
  bool added = false;
  return add_place(store, path, &added, error);
}

/* "~/" is the home folder. */
static char *expand(const char *path, size_t len) {
  const char *home = cspan_home();
  if (len >= 2 && path[0] == '~' && path[1] == '/' && home) {
    return cspan_asprintf("%s%.*s", home, (int)(len - 1), path + 1);
  }
  return cspan_strndup(path, len);
}

/* Folders with ':' between. */
static cspan_status add_path(cspan_model_store *store, const char *folders, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  while (folders && status == CSPAN_OK) {
    size_t len = strcspn(folders, ":");
    if (len) {
      status = add_optional(store, expand(folders, len), error);
    }
    folders = folders[len] ? folders + len + 1 : NULL;
  }
  return status;
}

/* The one that was compiled with the library; the first that is there. */
static cspan_status add_compiled(cspan_model_store *store, cspan_error **error) {
  const char *named = cspan_env("CLOUDSPAN_MODELS");
  bool added = false;
  cspan_status status = CSPAN_OK;
  if (named) {
    return add_named(store, named, "CLOUDSPAN_MODELS", error);
  }
  for (size_t i = 0; i < sizeof near_program / sizeof near_program[0]; i++) {
    if (status == CSPAN_OK && !added) {
      status = add_place(store, cspan_path_near_program(near_program[i]), &added, error);
    }
  }
  if (status == CSPAN_OK && !added) {
    status = add_optional(store, cspan_strdup(CLOUDSPAN_MODELS_FILE), error);
  }
  return status;
}

static cspan_status add_user(cspan_model_store *store, const char *data_path, cspan_error **error) {
  const char *home = cspan_home();
  cspan_status status = add_path(store, data_path, error);
  if (status == CSPAN_OK && home) {
    status = add_optional(store, cspan_asprintf("%s/.aws/models", home), error);
  }
  return status;
}

static cspan_status add_packages(cspan_model_store *store, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < sizeof packages / sizeof packages[0] && status == CSPAN_OK; i++) {
    status = add_optional(store, cspan_strdup(packages[i]), error);
  }
  return status;
}

cspan_status cspan_store_find_folders(cspan_model_store *store, const char *data_path,
                                      cspan_error **error) {
  cspan_status status = add_user(store, data_path, error);
  return status == CSPAN_OK ? add_packages(store, error) : status;
}

cspan_status cspan_store_find_places(cspan_model_store *store,
                                     const cspan_model_store_options *options,
                                     cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (options->models) {
    status = add_named(store, options->models, "the folder or file of models", error);
  }
  if (options->only_models || status != CSPAN_OK) {
    return status;
  }
  status = add_user(store, options->data_path, error);
  if (status == CSPAN_OK) {
    status = add_compiled(store, error);
  }
  return status == CSPAN_OK ? add_packages(store, error) : status;
}
