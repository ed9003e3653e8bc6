/* SPDX-License-Identifier: Apache-2.0 */
/* What the SQS loop takes from a config: spans of processing as that is traced. */
#ifndef INSTRUMENT_CONSUMER_H
#define INSTRUMENT_CONSUMER_H

#include <cloudspan/aws.h>
#include <cloudspan/messaging.h>

/* A consumer with the provider, propagator and metrics of a config's tracing, which it borrows;
 * *out is NULL where the config is not traced. Of the options, destination, system and parent
 * count. */
cspan_status cspan_consumer_of_config(const cspan_aws_config *config,
                                      const cspan_consumer_options *options, cspan_consumer **out,
                                      cspan_error **error);

#endif
