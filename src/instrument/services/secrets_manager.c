/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets Manager: semantic conventions, aws.secretsmanager.* (aws/registry). A secret's friendly
 * name alone is not told, nor anything of its value. */
#include "instrument/rules_table.h"

static const cspan_attribute_rule rules[] = {
    {"Secrets Manager", NULL, CSPAN_FROM_INPUT, "SecretId", "aws.secretsmanager.secret.arn",
     CSPAN_AS_ARN, 0},
    {"Secrets Manager", NULL, CSPAN_FROM_OUTPUT, "ARN", "aws.secretsmanager.secret.arn",
     CSPAN_AS_ARN, 0},
};

static const cspan_batch_rule batches[] = {
    {"BatchGetSecretValue", "Errors", "ErrorCode", "SecretIdList", false},
};

const cspan_service_rules cspan_rules_secrets_manager = {
    .service = "Secrets Manager",
    .data = "SecretString,SecretBinary",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
};
