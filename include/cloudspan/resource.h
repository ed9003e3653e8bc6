/* SPDX-License-Identifier: Apache-2.0 */
/**
 * resource.h: resources as values, and detectors that find out what the program runs on.
 *
 * Source of the rules: OpenTelemetry specification, resource/sdk, and the semantic conventions for
 * resources. A detector of one's own is written against ext/resource.h.
 */
#ifndef CLOUDSPAN_RESOURCE_H
#define CLOUDSPAN_RESOURCE_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

/** Attributes and the URL of the schema that their names follow. It is never changed once made.
 * NULL is taken as an empty one everywhere. */
typedef struct cspan_resource cspan_resource;

/**
 * Copies the attributes; of two with the same key the later one counts. `count` may be 0: an empty
 * resource. `schema_url` may be NULL. CSPAN_ERR_INVALID for a key that is empty or not UTF-8,
 * CSPAN_ERR_LIMIT over 1,024 attributes or a mebibyte.
 */
CSPAN_API cspan_status cspan_resource_create(const cspan_attr *attributes, size_t count,
                                             const char *schema_url, cspan_resource **out,
                                             cspan_error **error);
/**
 * All attributes of both; where both have a key, the value of `updating` is taken, even if it is
 * empty. The schema URL is that of the one that has one. Where both have one and the two differ,
 * the result has none, and that is logged as a warning. Both stay the caller's.
 */
CSPAN_API cspan_status cspan_resource_merge(const cspan_resource *old,
                                            const cspan_resource *updating, cspan_resource **out,
                                            cspan_error **error);
CSPAN_API void cspan_resource_free(cspan_resource *resource);

/** Borrowed; as many as *count says, and *count may be 0. They can be given to a provider as they
 * are: cspan_provider_options.resource. */
CSPAN_API const cspan_attr *cspan_resource_attributes(const cspan_resource *resource,
                                                      size_t *count);
/** "" for none; borrowed. */
CSPAN_API const char *cspan_resource_schema_url(const cspan_resource *resource);

/**
 * Runs detectors now, on this thread, and merges what they find in their order; what the
 * environment says ("env") wins over all others, wherever it is named. `names` is a list as in
 * cspan_provider_options.detectors; NULL: what OTEL_C_RESOURCE_DETECTORS says, else
 * "env,process,host,os".
 *
 * - env: OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME
 * - process: process.pid, .parent_pid, .executable.name, .executable.path, .owner, .runtime.*
 * - process_command: process.command and .command_args, which may hold secrets; only by its name
 * - host: host.name, .arch, .id (of the machine)
 * - os: os.type, .name, .version, .description
 * - container: container.id, of the control groups
 * - lambda: faas.* and cloud.*, by the variables that AWS Lambda sets
 * - ec2, ecs, eks: cloud.*, host.*, aws.*, container.*, k8s.cluster.name, from the metadata
 *   services of AWS and Kubernetes: addresses of the machine's own network. Each request is given
 *   up after a second, all of them together after two, or at the deadline of `context`.
 *   AWS_EC2_METADATA_DISABLED=true switches ec2 off.
 * - those that were registered (ext/resource.h)
 *
 * "all" stands for all but process_command, "none" for none. What cannot be found out is left out;
 * a detector that fails is logged. CSPAN_ERR_CONFIG for an unknown name, which in the variable is
 * only a warning.
 */
CSPAN_API cspan_status cspan_resource_detect(const char *names, const cspan_context *context,
                                             cspan_resource **out, cspan_error **error);

CSPAN_END_DECLS

#endif
