/* SPDX-License-Identifier: Apache-2.0 */
/* Where a typed call goes. A plain bucket needs no model (aws/endpoint.h); what only the endpoint
 * rules of S3's model know goes by them: ARNs, directory buckets, FIPS, dual-stack, accelerate.
 * The model is looked for when the first such call is made, so that other clients do not pay for
 * it. */
#ifndef SERVICES_S3_ENDPOINT_H
#define SERVICES_S3_ENDPOINT_H

#include <pthread.h>

#include "aws/model/store.h"
#include "aws/rules/client_endpoint.h"

typedef struct cspan_s3_rules {
  pthread_mutex_t mutex; /* of the looking */
  bool looked;
  const cspan_service_model *model;
  cspan_endpoint_resolver *resolver; /* NULL: no model has rules */
} cspan_s3_rules;

void cspan_s3_rules_init(cspan_s3_rules *rules);
void cspan_s3_rules_clear(cspan_s3_rules *rules);

/* The hook of the service; its owner is the cspan_s3. */
cspan_status cspan_s3_resolve_endpoint(struct cspan_call *call, cspan_error **error);

#endif
