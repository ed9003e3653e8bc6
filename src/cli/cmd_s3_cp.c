/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/cmd_s3.h"
#include "cli/stream.h"
#include "cli/transfer.h"
#include "cli/uri.h"

#define MIB ((int64_t)1 << 20)
#define GIB ((int64_t)1 << 30)

#define CHECKSUMS "CRC32, CRC32C, CRC64NVME, SHA1 or SHA256"

static const cspan_cli_cp_values defaults = {.multipart_threshold = 16 * MIB};

#define VALUE(member) offsetof(cspan_cli_cp_values, member)

static const cspan_cli_option options[] = {
    {"recursive", 'r', CSPAN_CLI_FLAG, VALUE(recursive), NULL,
     "everything below a folder or prefix", 0, 0},
    {"content-type", 0, CSPAN_CLI_STRING, VALUE(content_type), "TYPE", "type of the object", 0, 0},
    {"metadata", 0, CSPAN_CLI_LIST, VALUE(metadata), "NAME=VALUE",
     "user metadata; may be given more than once", 0, 0},
    {"checksum", 0, CSPAN_CLI_STRING, VALUE(checksum), "ALGORITHM", CHECKSUMS, 0, 0},
    {"multipart-threshold", 0, CSPAN_CLI_SIZE, VALUE(multipart_threshold), "SIZE",
     "from this size on in parts (default 16MiB)", 1, 5 * GIB},
    {"part-size", 0, CSPAN_CLI_SIZE, VALUE(part_size), "SIZE", "size of a part (default 10MiB)",
     5 * MIB, 5 * GIB},
    {"concurrency", 0, CSPAN_CLI_INT, VALUE(concurrency), "N",
     "parts under way at once (default 4)", 1, 64},
    {"no-progress", 0, CSPAN_CLI_FLAG, VALUE(no_progress), NULL, "no progress bar", 0, 0},
};

static bool is_folder(const char *path) {
  struct stat info;
  size_t len = strlen(path);
  return (len && path[len - 1] == '/') || (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

/* Where a single object or file goes: `name` is added to what names a folder. NULL: out of
 * memory. */
static char *complete(const char *destination, bool folder, const char *name) {
  size_t len = strlen(destination);
  bool slash = len == 0 || destination[len - 1] == '/';
  return folder ? cspan_asprintf("%s%s%s", destination, slash ? "" : "/", name)
                : cspan_strdup(destination);
}

static bool key_names_folder(const char *key) {
  return key[0] == '\0' || key[strlen(key) - 1] == '/';
}

static int no_memory(const cspan_cli_run *run) {
  cspan_cli_message(run, "out of memory");
  return CSPAN_EXIT_FAILED;
}

static int upload(cspan_cli_transfer *t, const char *source, const cspan_cli_uri *to) {
  const cspan_cli_run *run = t->session->run;
  bool from_stdin = strcmp(source, "-") == 0;
  if (t->values->recursive) {
    char *prefix = to->key[0] ? complete(to->key, true, "") : cspan_strdup("");
    if (!prefix) {
      return no_memory(run);
    }
    (void)cspan_cli_upload_tree(t, source, to->bucket, prefix);
    cspan_free(prefix);
    return CSPAN_EXIT_OK;
  }
  char *key = complete(to->key, key_names_folder(to->key), cspan_cli_base_name(source));
  if (!key) {
    return no_memory(run);
  }
  if (from_stdin) {
    (void)cspan_cli_upload_stream(t, STDIN_FILENO, source, to->bucket, key);
  } else {
    (void)cspan_cli_upload_file(t, source, to->bucket, key);
  }
  cspan_free(key);
  return CSPAN_EXIT_OK;
}

/* A device or a pipe is written to; a file appears under its name when it is whole. */
static void download_to_path(cspan_cli_transfer *t, const cspan_cli_uri *from, const char *path) {
  if (!cspan_cli_stream_is_target(path)) {
    (void)cspan_cli_download_file(t, from->bucket, from->key, path);
    return;
  }
  cspan_error *error = NULL;
  int fd = cspan_cli_stream_create(path, t->session->run->cancel, &error);
  if (fd < 0) {
    cspan_cli_fetch_failed(t, "download", from->bucket, from->key, path, error);
    return;
  }
  (void)cspan_cli_download_stream(t, from->bucket, from->key, fd, path);
  (void)close(fd);
}

static int download_to_folder(cspan_cli_transfer *t, const cspan_cli_uri *from,
                              const char *folder) {
  const char *name = cspan_cli_base_name(from->key);
  cspan_error *error = NULL;
  cspan_buf path;
  cspan_buf_init(&path, 8192);
  cspan_status status =
      name[0] ? cspan_cli_local_path(folder, name, &path, &error)
              : cspan_error_set(&error, CSPAN_ERR_INVALID,
                                "a key that ends with '/' gives the file no name: name the file, "
                                "or give --recursive to copy what is below it");
  if (status == CSPAN_OK) {
    status = cspan_cli_make_folders(cspan_buf_text(&path), &error);
  }
  if (status == CSPAN_OK) {
    download_to_path(t, from, cspan_buf_text(&path));
  } else {
    cspan_cli_fetch_failed(t, "download", from->bucket, from->key, folder, error);
  }
  cspan_buf_free(&path);
  return CSPAN_EXIT_OK;
}

static int download(cspan_cli_transfer *t, const cspan_cli_uri *from, const char *destination) {
  if (t->values->recursive) {
    (void)cspan_cli_download_tree(t, from->bucket, from->key, destination);
  } else if (strcmp(destination, "-") == 0) {
    (void)cspan_cli_download_stream(t, from->bucket, from->key, STDOUT_FILENO, "-");
  } else if (is_folder(destination)) {
    return download_to_folder(t, from, destination);
  } else {
    download_to_path(t, from, destination);
  }
  return CSPAN_EXIT_OK;
}

static int copy(cspan_cli_transfer *t, const cspan_cli_uri *from, const cspan_cli_uri *to) {
  if (t->values->recursive) {
    (void)cspan_cli_copy_tree(t, from->bucket, from->key, to->bucket, to->key);
    return CSPAN_EXIT_OK;
  }
  char *key = complete(to->key, key_names_folder(to->key), cspan_cli_base_name(from->key));
  if (!key) {
    return no_memory(t->session->run);
  }
  (void)cspan_cli_copy_object(t, from->bucket, from->key, to->bucket, key);
  cspan_free(key);
  return CSPAN_EXIT_OK;
}

typedef struct endpoints {
  const char *source;
  const char *destination;
  bool from_s3;
  bool to_s3;
  cspan_cli_uri from;
  cspan_cli_uri to;
} endpoints;

/* CSPAN_ERR_INVALID: what is wrong with SRC and DST. */
static cspan_status parse_endpoints(const cspan_cli_run *run, endpoints *e, cspan_error **error) {
  const cspan_cli_cp_values *values = run->values;
  cspan_status status = CSPAN_OK;
  e->source = run->args[0];
  e->destination = run->args[1];
  e->from_s3 = cspan_cli_is_uri(e->source);
  e->to_s3 = cspan_cli_is_uri(e->destination);
  if (!e->from_s3 && !e->to_s3) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "one of '%s' and '%s' must be in S3: write s3://bucket/key", e->source,
                           e->destination);
  }
  if (e->from_s3) {
    status = values->recursive ? cspan_cli_uri_parse(e->source, &e->from, error)
                               : cspan_cli_uri_parse_object(e->source, &e->from, error);
  }
  if (status == CSPAN_OK && e->to_s3) {
    status = cspan_cli_uri_parse(e->destination, &e->to, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  bool streams = strcmp(e->source, "-") == 0 || strcmp(e->destination, "-") == 0;
  if (streams && values->recursive) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "'-' and --recursive do not go together");
  }
  if (strcmp(e->source, "-") == 0 && key_names_folder(e->to.key)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "what comes from the standard input needs a key: write s3://%s/%sNAME",
                           e->to.bucket, e->to.key);
  }
  return CSPAN_OK;
}

/* Splits NAME=VALUE in place: a copy holds the text. */
static cspan_status parse_metadata(const cspan_cli_list *list, cspan_s3_metadata *out, char **texts,
                                   cspan_error **error) {
  for (size_t i = 0; i < list->count; i++) {
    const char *equals = strchr(list->items[i], '=');
    if (!equals || equals == list->items[i]) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "option '--metadata' takes NAME=VALUE, not '%s'", list->items[i]);
    }
    texts[i] = cspan_strndup(list->items[i], (size_t)(equals - list->items[i]));
    if (!texts[i]) {
      return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
    }
    out[i] = (cspan_s3_metadata){texts[i], equals + 1};
  }
  return CSPAN_OK;
}

/* The name as S3 spells it, which here may be in any case. */
static cspan_status parse_checksum(const char **name, cspan_error **error) {
  static const char *const names[] = {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"};
  for (size_t i = 0; *name && i < sizeof names / sizeof names[0]; i++) {
    if (cspan_ieq(*name, names[i])) {
      *name = names[i];
      return CSPAN_OK;
    }
  }
  return *name ? cspan_error_set(error, CSPAN_ERR_INVALID,
                                 "option '--checksum' takes " CHECKSUMS ", not '%s'", *name)
               : CSPAN_OK;
}

static int overall(const cspan_cli_transfer *t) {
  if (t->failed == 0) {
    return t->code;
  }
  if (t->values->recursive) {
    cspan_cli_message(t->session->run, "%zu done, %zu failed", t->done, t->failed);
  }
  return t->done ? CSPAN_EXIT_PARTIAL : t->code;
}

static int transfer(const cspan_cli_run *run, const endpoints *e, const cspan_cli_cp_values *values,
                    const cspan_s3_metadata *metadata) {
  cspan_storage_options storage = {
      .part_size_bytes = values->part_size,
      .max_in_flight = (int)values->concurrency,
      .checksum_algorithm = values->checksum,
  };
  cspan_cli_session session;
  int code = CSPAN_EXIT_OK;
  if (!cspan_cli_session_open(&session, run, &storage, &code)) {
    return code;
  }
  cspan_cli_transfer t = {.session = &session,
                          .values = values,
                          .metadata = metadata,
                          .metadata_count = values->metadata.count};
  if (e->from_s3 && e->to_s3) {
    code = copy(&t, &e->from, &e->to);
  } else if (e->to_s3) {
    code = upload(&t, e->source, &e->to);
  } else {
    code = download(&t, &e->from, e->destination);
  }
  code = code == CSPAN_EXIT_OK ? overall(&t) : code;
  if (code == CSPAN_EXIT_OK && cspan_cancel_is_triggered(run->cancel)) {
    code = CSPAN_EXIT_FAILED;
  }
  cspan_cli_session_close(&session);
  return code;
}

static int run_cp(const cspan_cli_run *run) {
  cspan_cli_cp_values values = *(const cspan_cli_cp_values *)run->values;
  size_t count = values.metadata.count;
  cspan_error *error = NULL;
  endpoints e = {.from = {.key = ""}, .to = {.key = ""}};
  cspan_s3_metadata *metadata = cspan_calloc(count + 1, sizeof *metadata);
  char **texts = cspan_calloc(count + 1, sizeof *texts);
  int code = CSPAN_EXIT_OK;
  if (!metadata || !texts) {
    code = no_memory(run);
  } else if (parse_endpoints(run, &e, &error) != CSPAN_OK ||
             parse_checksum(&values.checksum, &error) != CSPAN_OK ||
             parse_metadata(&values.metadata, metadata, texts, &error) != CSPAN_OK) {
    code = cspan_cli_usage(run, "%s", cspan_error_message(error));
  } else {
    code = transfer(run, &e, &values, metadata);
  }
  for (size_t i = 0; texts && i < count; i++) {
    cspan_free(texts[i]);
  }
  cspan_free(texts);
  cspan_free(metadata);
  cspan_error_free(error);
  return code;
}

const cspan_cli_command cspan_cmd_s3_cp = {
    .name = "cp",
    .arguments = "SRC DST",
    .summary = "copy files to, from and within S3",
    .description =
        "Copies a file to S3, an object to a file, or an object to another key or bucket. '-' is\n"
        "the standard input or output. A destination that ends with '/' (or is a folder or a\n"
        "bare bucket) gets the name of the source added. Uploads of 16 MiB and more go in\n"
        "parts, several at once; one that fails or is interrupted is aborted, so that nothing\n"
        "stays on the server. A download is written beside its target and renamed when whole;\n"
        "a target that is a device or a pipe is written to as the standard output is.\n"
        "\n"
        "With --recursive the source is a folder (symbolic links to folders are not followed) or\n"
        "a prefix, taken as one: s3://b/logs is what is below logs/. Keys that as a path would\n"
        "lead out of the destination folder ('..', a leading '/') are refused. What fails is\n"
        "reported, the rest is copied, and the exit code is 3; when nothing was copied, it is\n"
        "that of the failures, or 1.\n",
    .examples =
        "  cloudspan s3 cp report.pdf s3://my-bucket/reports/\n"
        "  cloudspan s3 cp s3://my-bucket/reports/report.pdf .\n"
        "  tar c src | cloudspan s3 cp - s3://my-bucket/src.tar --content-type application/x-tar\n"
        "  cloudspan s3 cp s3://my-bucket/src.tar - | tar t\n"
        "  cloudspan s3 cp --recursive ./site s3://my-bucket/www\n"
        "  cloudspan s3 cp s3://my-bucket/a s3://other-bucket/b --trace\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(cspan_cli_cp_values),
    .defaults = &defaults,
    .min_args = 2,
    .max_args = 2,
    .run = run_cp,
};
