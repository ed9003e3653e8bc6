/* SPDX-License-Identifier: Apache-2.0 */
/* What calls of Bedrock's models are, for their spans and metrics. */
#ifndef INSTRUMENT_BEDROCK_H
#define INSTRUMENT_BEDROCK_H

#include <stddef.h>

/* Headers of an answer of InvokeModel. */
#define CSPAN_BEDROCK_INPUT_TOKENS  "x-amzn-bedrock-input-token-count"
#define CSPAN_BEDROCK_OUTPUT_TOKENS "x-amzn-bedrock-output-token-count"

/* gen_ai.operation.name: "chat", or what an invocation of the model does by its id. */
const char *cspan_bedrock_operation(const char *operation, const char *model, size_t size);

#endif
