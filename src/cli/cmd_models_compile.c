/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "aws/model/file.h"
#include "base/error.h"
#include "base/sys.h"
#include "cli/cmd_models.h"
#include "cli/text.h"

#define FOLDERS_MAX 64

typedef struct compile_values {
  const char *output;
  bool no_documentation;
} compile_values;

static const compile_values defaults = {.output = "models.csm"};

static const cspan_cli_option options[] = {
    {"output", 'o', CSPAN_CLI_STRING, offsetof(compile_values, output), "FILE",
     "where to write (default models.csm)", 0, 0},
    {"no-documentation", 0, CSPAN_CLI_FLAG, offsetof(compile_values, no_documentation), NULL,
     "leave the documentation out", 0, 0},
};

/* Without arguments: where the library looks for JSON. */
static size_t default_folders(const cspan_model_store *store, const char **folders) {
  size_t count = 0;
  const char *path = NULL;
  while (count < FOLDERS_MAX && (path = cspan_model_store_place(store, count)) != NULL) {
    folders[count++] = path;
  }
  return count;
}

static void report(const cspan_cli_run *run, const cspan_models_compiled *done, const char *path) {
  char size[16];
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "file", path);
    cspan_cli_json_int(&json, "services", (int64_t)done->services);
    cspan_cli_json_int(&json, "size_bytes", (int64_t)done->bytes);
    (void)cspan_cli_json_end(&json, stdout);
  } else if (!run->globals->quiet) {
    cspan_cli_format_size((int64_t)done->bytes, size);
    cspan_cli_put_text(stdout, path);
    (void)printf(": %zu service%s, %s\n", done->services, done->services == 1 ? "" : "s", size);
  }
}

/* One that was mistyped must not be missed without a word. */
static cspan_status check_folders(const char *const *folders, size_t count, cspan_error **error) {
  struct stat info;
  char why[128];
  for (size_t i = 0; i < count; i++) {
    errno = ENOTDIR;
    if (stat(folders[i], &info) != 0 || !S_ISDIR(info.st_mode)) {
      return cspan_error_set(error, CSPAN_ERR_IO, "the folder %s cannot be read: %s", folders[i],
                             cspan_errno_text(errno, why, sizeof why));
    }
  }
  return CSPAN_OK;
}

static int run_compile(const cspan_cli_run *run) {
  const compile_values *values = run->values;
  const char *found[FOLDERS_MAX];
  const char *const *folders = run->args;
  size_t count = run->arg_count;
  cspan_model_store *store = NULL;
  cspan_models_compiled done;
  cspan_error *error = NULL;
  cspan_status status = check_folders(folders, count, &error);
  int code = CSPAN_EXIT_OK;
  if (count == 0) {
    cspan_model_store_options with = {.only_folders = true};
    status = cspan_cli_models_find(run->globals->profile, &with, &store, &error);
    count = status == CSPAN_OK ? default_folders(store, found) : 0;
    folders = found;
  }
  if (status == CSPAN_OK) {
    status = cspan_models_compile(folders, count, values->no_documentation, values->output, &done,
                                  &error);
  }
  if (status == CSPAN_OK) {
    report(run, &done, values->output);
  } else {
    code = cspan_cli_fail(run, error);
  }
  cspan_error_free(error);
  cspan_model_store_free(store);
  return code;
}

const cspan_cli_command cspan_cmd_models_compile = {
    .name = "compile",
    .arguments = "[FOLDER...]",
    .summary = "compile models to one file that is read without parsing",
    .description =
        "Compiles the newest API version of each service in the folders (as botocore's data\n"
        "folder: SERVICE/VERSION/service-2.json, plain or gzipped) to one file. Without a FOLDER\n"
        "those of AWS_DATA_PATH (or of the profile's data_path), ~/.aws/models and Debian's\n"
        "packages are taken. The file is written whole or not at all; CLOUDSPAN_MODELS names it\n"
        "to those that are to use it.\n",
    .examples = "  cloudspan models compile\n"
                "  cloudspan models compile -o /usr/share/cloudspan/models.csm ./data\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(compile_values),
    .defaults = &defaults,
    .max_args = FOLDERS_MAX,
    .run = run_compile,
};
