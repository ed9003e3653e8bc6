/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/resource/detect.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/settings.h"

enum { REGISTERED_MAX = 32, PATH_BYTES = 1024, NAME_SHOWN = 64 };

#define DEFAULT_NAMES "env,process,host,os"

/* In the order of "all": what is told by the narrower place comes later, and wins. */
static const cspan_detector built_in[] = {
    {.name = "process", .built_in = cspan_detect_process},
    {.name = "host", .built_in = cspan_detect_host},
    {.name = "os", .built_in = cspan_detect_os},
    {.name = "container", .built_in = cspan_detect_container},
    {.name = "ec2", .is_slow = true, .built_in = cspan_detect_ec2},
    {.name = "ecs", .is_slow = true, .built_in = cspan_detect_ecs},
    {.name = "eks", .is_slow = true, .built_in = cspan_detect_eks},
    {.name = "lambda", .built_in = cspan_detect_lambda},
    {.name = "process_command", .built_in = cspan_detect_process_command},
};
enum { BUILT_IN = sizeof built_in / sizeof built_in[0], OF_ALL = BUILT_IN - 1 };

/* -------------------------------------------------------------------- registering */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cspan_detector registered[REGISTERED_MAX];
static size_t registered_count;

static bool is_name(const char *name) {
  static const char reserved[][5] = {"env", "all", "none"};
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
    if (strcmp(name, reserved[i]) == 0) {
      return false;
    }
  }
  for (size_t i = 0; i < BUILT_IN; i++) {
    if (strcmp(name, built_in[i].name) == 0) {
      return false;
    }
  }
  return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

static const cspan_detector *find_registered(cspan_str name) {
  for (size_t i = 0; i < registered_count; i++) {
    if (cspan_str_eq(name, registered[i].name)) {
      return &registered[i];
    }
  }
  return NULL;
}

cspan_status cspan_resource_detector_register(const cspan_resource_detector *detector,
                                              cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (detector->name == NULL || !is_name(detector->name) || detector->detect == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a resource detector needs a function, and a name of letters, digits, "
                           "'.', '_' and '-' that is not a built-in one's");
  }
  pthread_mutex_lock(&lock);
  if (find_registered(cspan_str_of(detector->name)) != NULL) {
    status = cspan_error_set(error, CSPAN_ERR_INVALID,
                             "there is a resource detector \"%s\" already", detector->name);
  } else if (registered_count == REGISTERED_MAX) {
    status =
        cspan_error_set(error, CSPAN_ERR_LIMIT,
                        "%d resource detectors were registered, which is the most", REGISTERED_MAX);
  } else {
    registered[registered_count++] =
        (cspan_detector){.name = detector->name, .is_slow = detector->is_slow, .own = *detector};
  }
  pthread_mutex_unlock(&lock);
  return status;
}

/* ------------------------------------------------------------------------- lists */

static void add(cspan_detector_list *list, const cspan_detector *detector) {
  for (size_t i = 0; i < list->count; i++) {
    if (strcmp(list->items[i].name, detector->name) == 0) {
      return;
    }
  }
  list->items[list->count++] = *detector; /* there are not more names than places */
}

static void add_all(cspan_detector_list *list) {
  list->has_env = true;
  for (size_t i = 0; i < OF_ALL; i++) {
    add(list, &built_in[i]);
  }
  for (size_t i = 0; i < registered_count; i++) {
    add(list, &registered[i]);
  }
}

/* False: there is none of that name. */
static bool add_named(cspan_detector_list *list, cspan_str name) {
  if (cspan_str_eq(name, "all")) {
    add_all(list);
    return true;
  }
  if (cspan_str_eq(name, "env")) {
    list->has_env = true;
    return true;
  }
  for (size_t i = 0; i < BUILT_IN; i++) {
    if (cspan_str_eq(name, built_in[i].name)) {
      add(list, &built_in[i]);
      return true;
    }
  }
  const cspan_detector *own = find_registered(name);
  if (own != NULL) {
    add(list, own);
  }
  return own != NULL || name.len == 0 || cspan_str_eq(name, "none");
}

_Static_assert(BUILT_IN + REGISTERED_MAX <= CSPAN_DETECTORS_MAX, "a list has room for all");

cspan_status cspan_detector_list_parse(const char *names, cspan_detector_list *out,
                                       cspan_error **error) {
  static const char advice[] = "use env, process, host, os, container, ec2, ecs, eks, lambda, "
                               "process_command, all or none";
  const char *variable = names == NULL ? cspan_setting_text("OTEL_C_RESOURCE_DETECTORS") : NULL;
  const char *at = names != NULL ? names : variable != NULL ? variable : DEFAULT_NAMES;
  cspan_str unknown = {"", 0};
  *out = (cspan_detector_list){.count = 0};
  pthread_mutex_lock(&lock);
  while (*at != '\0') {
    size_t len = strcspn(at, ",");
    cspan_str name = cspan_str_trim((cspan_str){at, len});
    if (!add_named(out, name)) {
      unknown = name;
    }
    at += len + (at[len] == ',');
  }
  pthread_mutex_unlock(&lock);
  int shown = (int)(unknown.len < NAME_SHOWN ? unknown.len : NAME_SHOWN);
  if (unknown.len > 0 && variable == NULL) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "\"%.*s\" is not a resource detector: %s",
                           shown, unknown.data, advice);
  }
  if (unknown.len > 0) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_C_RESOURCE_DETECTORS: \"%.*s\" is not known and is left out; %s", shown,
              unknown.data, advice);
  }
  return CSPAN_OK;
}

bool cspan_detector_list_has_slow(const cspan_detector_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    if (list->items[i].is_slow) {
      return true;
    }
  }
  return false;
}

/* ----------------------------------------------------------------------- running */

bool cspan_detection_read(const cspan_detection *at, const char *path, size_t max, cspan_buf *out) {
  char whole[PATH_BYTES];
  int len = snprintf(whole, sizeof whole, "%s%s", at->root, path);
  return len > 0 && (size_t)len < sizeof whole &&
         cspan_file_read(whole, max, out, NULL) == CSPAN_OK;
}

static cspan_status run_built_in(const cspan_detector *detector, const cspan_detection *at,
                                 cspan_resource **found) {
  size_t count;
  *found = cspan_resource_new();
  if (*found == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  detector->built_in(at, *found);
  cspan_resource_attributes(*found, &count);
  cspan_status status = cspan_resource_status(*found);
  return status == CSPAN_OK && count > 0
             ? cspan_resource_set_schema_url(*found, CSPAN_RESOURCE_SCHEMA_URL)
             : status;
}

static void run_own(const cspan_detector *detector, const cspan_detection *at,
                    cspan_resource **found) {
  cspan_error *error = NULL;
  cspan_status status = detector->own.detect(detector->own.user, at->context, found, &error);
  if (status != CSPAN_OK) {
    cspan_log(CSPAN_LOG_WARN, "the resource detector \"%s\" failed: %s", detector->name,
              error != NULL ? cspan_error_message(error) : cspan_status_name(status));
    cspan_resource_free(*found);
    *found = NULL;
  }
  cspan_error_free(error);
}

cspan_status cspan_detectors_run(const cspan_detector_list *list, bool slow,
                                 const cspan_detection *at, cspan_resource *out) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < list->count && status == CSPAN_OK; i++) {
    const cspan_detector *detector = &list->items[i];
    cspan_resource *found = NULL;
    if (detector->is_slow != slow) {
      continue;
    }
    if (detector->built_in != NULL) {
      status = run_built_in(detector, at, &found);
    } else {
      run_own(detector, at, &found);
    }
    if (status == CSPAN_OK) {
      status = cspan_resource_update(out, found);
    }
    cspan_resource_free(found);
  }
  return status;
}
