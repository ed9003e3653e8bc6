/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the services, each in a file of its own. */
#ifndef INSTRUMENT_RULES_TABLE_H
#define INSTRUMENT_RULES_TABLE_H

#include "instrument/rules.h"

extern const cspan_service_rules cspan_rules_bedrock;
extern const cspan_service_rules cspan_rules_bedrock_agent;
extern const cspan_service_rules cspan_rules_bedrock_agent_runtime;
extern const cspan_service_rules cspan_rules_bedrock_runtime;
extern const cspan_service_rules cspan_rules_dynamodb;
extern const cspan_service_rules cspan_rules_eventbridge;
extern const cspan_service_rules cspan_rules_kinesis;
extern const cspan_service_rules cspan_rules_lambda;
extern const cspan_service_rules cspan_rules_s3;
extern const cspan_service_rules cspan_rules_secrets_manager;
extern const cspan_service_rules cspan_rules_sfn;
extern const cspan_service_rules cspan_rules_sns;
extern const cspan_service_rules cspan_rules_sqs;

#endif
