/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of JSON to one file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/model/compile.h"
#include "aws/model/file.h"
#include "aws/model/folder.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

typedef struct job {
  const char *const *folders;
  size_t folder_count;
  bool without_documentation;
  cspan_model_file_input *inputs; /* their sections and texts are owned */
  size_t count;
  cspan_error **error;
} job;

static cspan_status no_memory(job *work) {
  return cspan_error_set(work->error, CSPAN_ERR_NOMEM, "out of memory");
}

static void job_free(job *work) {
  for (size_t i = 0; i < work->count; i++) {
    cspan_free((void *)(uintptr_t)work->inputs[i].section);
    cspan_free((void *)(uintptr_t)work->inputs[i].api_version);
  }
  cspan_free(work->inputs);
}

/* The folder with the newest version of a service; *version is owned. */
static cspan_status newest(job *work, const char *service, const char **folder, char **version) {
  *version = NULL;
  for (size_t i = 0; i < work->folder_count; i++) {
    cspan_name_list versions;
    cspan_status status = cspan_folder_versions(work->folders[i], service, &versions, work->error);
    if (status != CSPAN_OK) {
      return status;
    }
    char *last = versions.count ? versions.names[versions.count - 1] : NULL;
    if (last && (!*version || strcmp(last, *version) > 0)) {
      cspan_free(*version);
      *version = last;
      *folder = work->folders[i];
      versions.count--;
    }
    cspan_name_list_free(&versions);
  }
  return CSPAN_OK;
}

static bool is_done(const job *work, const char *service) {
  for (size_t i = 0; i < work->count; i++) {
    if (strcmp(work->inputs[i].key, service) == 0) {
      return true;
    }
  }
  return false;
}

/* Takes section and version over. The rest of what the index says lies in the section. */
static cspan_status keep(job *work, cspan_buf *section, char **version) {
  cspan_service_model model;
  size_t size = 0;
  void *data = cspan_buf_take(section, &size);
  if (!data) {
    return no_memory(work);
  }
  cspan_status status = cspan_model_open(data, size, &model, work->error);
  if (status != CSPAN_OK) {
    cspan_free(data);
    return status;
  }
  work->inputs[work->count++] = (cspan_model_file_input){
      .key = cspan_model_text(&model, model.info->key),
      .service_id = cspan_model_text(&model, model.info->service_id),
      .api_version = *version,
      .section = data,
      .size = size,
  };
  *version = NULL;
  return CSPAN_OK;
}

static cspan_status compile_service(job *work, const char *service) {
  const char *folder = NULL;
  char *version = NULL;
  cspan_buf section;
  cspan_buf_init(&section, CSPAN_MODEL_FILE_MAX);
  cspan_status status = newest(work, service, &folder, &version);
  if (status == CSPAN_OK && version) {
    status = cspan_folder_compile(folder, service, version, work->without_documentation, &section,
                                  work->error);
    if (status == CSPAN_OK) {
      status = keep(work, &section, &version);
    }
  }
  cspan_buf_free(&section);
  cspan_free(version);
  return status;
}

static cspan_status compile_folder(job *work, const char *folder) {
  cspan_name_list services;
  cspan_status status = cspan_folder_services(folder, &services, work->error);
  if (status != CSPAN_OK || services.count == 0) {
    return status;
  }
  cspan_model_file_input *inputs =
      cspan_realloc(work->inputs, (work->count + services.count) * sizeof *inputs);
  if (!inputs) {
    cspan_name_list_free(&services);
    return no_memory(work);
  }
  work->inputs = inputs;
  for (size_t i = 0; i < services.count && status == CSPAN_OK; i++) {
    if (!is_done(work, services.names[i])) {
      status = compile_service(work, services.names[i]);
    }
  }
  cspan_name_list_free(&services);
  return status;
}

static cspan_status compile_partitions(job *work, cspan_buf *out) {
  bool found = false;
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < work->folder_count && status == CSPAN_OK && !found; i++) {
    status = cspan_folder_partitions(work->folders[i], out, &found, work->error);
  }
  return status;
}

static bool write_all(int fd, const char *data, size_t len) {
  while (len) {
    ssize_t written = write(fd, data, len);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    if (written > 0) {
      data += written;
      len -= (size_t)written;
    }
  }
  return true;
}

/* Written beside it and renamed: nobody ever maps half a file. */
static cspan_status write_file(job *work, const char *path, const cspan_buf *file) {
  char text[128];
  int code = 0;
  char *temporary = cspan_asprintf("%s.%ld.tmp", path, (long)getpid());
  if (!temporary) {
    return no_memory(work);
  }
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    code = errno;
  } else {
    bool written = write_all(fd, file->data, file->len) && fsync(fd) == 0;
    code = written ? 0 : errno;
    if (close(fd) != 0 && !code) {
      code = errno;
    }
    if (!code && rename(temporary, path) != 0) {
      code = errno;
    }
    if (code) {
      (void)unlink(temporary);
    }
  }
  cspan_free(temporary);
  return code ? cspan_error_set(work->error, CSPAN_ERR_IO, "%s: %s", path,
                                cspan_errno_text(code, text, sizeof text))
              : CSPAN_OK;
}

cspan_status cspan_models_compile(const char *const *folders, size_t count,
                                  bool without_documentation, const char *path,
                                  cspan_models_compiled *done, cspan_error **error) {
  job work = {folders, count, without_documentation, NULL, 0, error};
  cspan_buf partitions;
  cspan_buf file;
  cspan_buf_init(&partitions, 1 << 20);
  cspan_buf_init(&file, CSPAN_MODEL_FILE_MAX);
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = compile_folder(&work, folders[i]);
  }
  if (status == CSPAN_OK && work.count == 0) {
    status = cspan_error_set(error, CSPAN_ERR_CONFIG,
                             "no service model (SERVICE/VERSION/service-2.json) was found");
  }
  if (status == CSPAN_OK) {
    status = compile_partitions(&work, &partitions);
  }
  if (status == CSPAN_OK) {
    status = cspan_model_file_build(work.inputs, work.count, &partitions, &file, error);
  }
  if (status == CSPAN_OK) {
    status = write_file(&work, path, &file);
  }
  *done = (cspan_models_compiled){work.count, file.len};
  cspan_buf_free(&partitions);
  cspan_buf_free(&file);
  job_free(&work);
  return status;
}
