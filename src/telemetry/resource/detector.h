/* SPDX-License-Identifier: Apache-2.0 */
/* The detectors that are built in, and what they are made of. Reading is apart from parsing, which
 * takes bytes and gives attributes. */
#ifndef TELEMETRY_RESOURCE_DETECTOR_H
#define TELEMETRY_RESOURCE_DETECTOR_H

#include "base/text.h"
#include "telemetry/resource/value.h"

/* Where detectors look. */
typedef struct cspan_detection {
  const char *root;             /* before the paths of files; "" but in tests */
  const char *kubernetes_url;   /* NULL: by the variables of a pod */
  const cspan_context *context; /* until when, and whether it is wanted */
} cspan_detection;

/* Adds to `out` what it finds; finding nothing is no error. */
typedef void (*cspan_detect_fn)(const cspan_detection *at, cspan_resource *out);
void cspan_detect_process(const cspan_detection *at, cspan_resource *out);
void cspan_detect_process_command(const cspan_detection *at, cspan_resource *out);
void cspan_detect_host(const cspan_detection *at, cspan_resource *out);
void cspan_detect_os(const cspan_detection *at, cspan_resource *out);
void cspan_detect_container(const cspan_detection *at, cspan_resource *out);
void cspan_detect_lambda(const cspan_detection *at, cspan_resource *out);
void cspan_detect_ec2(const cspan_detection *at, cspan_resource *out);
void cspan_detect_ecs(const cspan_detection *at, cspan_resource *out);
void cspan_detect_eks(const cspan_detection *at, cspan_resource *out);

/* The program's name by its path, "" when that is not known. */
void cspan_executable_name(char *out, size_t size);

/* A small file under the root, at most `max` bytes of it; false when it cannot be read. */
bool cspan_detection_read(const cspan_detection *at, const char *path, size_t max, cspan_buf *out);

/* ----------------------------------------------------------------------- parsing */

enum { CSPAN_CONTAINER_ID_MAX = 64 };

/* /proc/self/cgroup: the last part of a path that is a container's id. False: there is none. */
bool cspan_container_id_v1(cspan_str text, char out[CSPAN_CONTAINER_ID_MAX + 1]);
/* /proc/self/mountinfo: of where a runtime mounted the container's own files from. */
bool cspan_container_id_v2(cspan_str text, char out[CSPAN_CONTAINER_ID_MAX + 1]);
/* os-release(5). */
void cspan_os_release_parse(cspan_str text, cspan_resource *out);
/* machine-id(5): 32 hex digits. */
void cspan_machine_id_parse(cspan_str text, cspan_resource *out);
/* passwd(5): the name of a user. */
void cspan_owner_parse(cspan_str text, uint64_t uid, cspan_resource *out);
/* /proc/self/cmdline. */
void cspan_command_parse(cspan_str text, cspan_resource *out);
/* The instance identity document. False, and nothing added, when it is none. */
bool cspan_ec2_parse(cspan_str json, cspan_resource *out);
/* The task metadata endpoint, version 4: of the container, and of its task. */
bool cspan_ecs_parse_container(cspan_str json, cspan_resource *out);
bool cspan_ecs_parse_task(cspan_str json, cspan_resource *out);
/* Whether a service account's token was issued by EKS. */
bool cspan_eks_parse_token(cspan_str token);
/* The config map that holds the cluster's name. */
bool cspan_eks_parse_cluster(cspan_str json, cspan_resource *out);

#endif
