/* SPDX-License-Identifier: Apache-2.0 */
/** cloudspan.h: everything (but ext/ and the sandbox, which is a library of its own). */
#ifndef CLOUDSPAN_CLOUDSPAN_H
#define CLOUDSPAN_CLOUDSPAN_H

#include <cloudspan/aws.h>
#include <cloudspan/base.h>
#include <cloudspan/client.h>
#include <cloudspan/configuration.h>
#include <cloudspan/dynamodb.h>
#include <cloudspan/lambda.h>
#include <cloudspan/loop.h>
#include <cloudspan/messaging.h>
#include <cloudspan/metrics.h>
#include <cloudspan/resource.h>
#include <cloudspan/s3.h>
#include <cloudspan/sampling.h>
#include <cloudspan/spool.h>
#include <cloudspan/sqs.h>
#include <cloudspan/storage.h>
#include <cloudspan/telemetry.h>
#include <cloudspan/trace.h>
#include <cloudspan/value.h>

#endif
