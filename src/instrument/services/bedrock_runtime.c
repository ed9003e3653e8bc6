/* SPDX-License-Identifier: Apache-2.0 */
/* Bedrock Runtime: semantic conventions, gen_ai.* (gen-ai/aws-bedrock) and aws.bedrock.*. Prompts
 * and completions are never told: of bodies, which are as each model wants them, only how many
 * tokens were used and why the model ended. */
#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "base/text.h"
#include "instrument/bedrock.h"
#include "instrument/emitted.h"
#include "instrument/extract.h"
#include "instrument/rules_table.h"
#include "instrument/tracing.h"

enum { MAX_BODY_BYTES = 1024 * 1024 };

#define SERVICE       "Bedrock Runtime"
#define CONVERSATIONS "Converse,ConverseStream"
#define INVOCATIONS   "InvokeModel,InvokeModelWithResponseStream,InvokeModelWithBidirectionalStream"
#define MODELS        CONVERSATIONS "," INVOCATIONS
#define INPUT_TOKENS  "gen_ai.usage.input_tokens"
#define OUTPUT_TOKENS "gen_ai.usage.output_tokens"
#define REASONS       "gen_ai.response.finish_reasons"

static const cspan_attribute_rule rules[] = {
    {SERVICE, MODELS ",CountTokens", CSPAN_FROM_INPUT, "modelId", "gen_ai.request.model",
     CSPAN_AS_STRING, 0},
    {SERVICE, CONVERSATIONS, CSPAN_FROM_INPUT, "inferenceConfig.maxTokens",
     "gen_ai.request.max_tokens", CSPAN_AS_INT, 0},
    {SERVICE, CONVERSATIONS, CSPAN_FROM_INPUT, "inferenceConfig.temperature",
     "gen_ai.request.temperature", CSPAN_AS_DOUBLE, 0},
    {SERVICE, CONVERSATIONS, CSPAN_FROM_INPUT, "inferenceConfig.topP", "gen_ai.request.top_p",
     CSPAN_AS_DOUBLE, 0},
    {SERVICE, CONVERSATIONS, CSPAN_FROM_INPUT, "inferenceConfig.stopSequences",
     "gen_ai.request.stop_sequences", CSPAN_AS_STRINGS, 0},
    {SERVICE, CONVERSATIONS, CSPAN_FROM_INPUT, "guardrailConfig.guardrailIdentifier",
     "aws.bedrock.guardrail.id", CSPAN_AS_LAST_PART, 0},
    {SERVICE, NULL, CSPAN_FROM_INPUT, "guardrailIdentifier", "aws.bedrock.guardrail.id",
     CSPAN_AS_LAST_PART, 0},
    {SERVICE, "Converse", CSPAN_FROM_OUTPUT, "usage.inputTokens", INPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, "Converse", CSPAN_FROM_OUTPUT, "usage.outputTokens", OUTPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, "Converse", CSPAN_FROM_OUTPUT, "usage.cacheReadInputTokens",
     "gen_ai.usage.cache_read.input_tokens", CSPAN_AS_INT, 0},
    {SERVICE, "Converse", CSPAN_FROM_OUTPUT, "usage.cacheWriteInputTokens",
     "gen_ai.usage.cache_creation.input_tokens", CSPAN_AS_INT, 0},
    {SERVICE, "Converse", CSPAN_FROM_OUTPUT, "stopReason", REASONS, CSPAN_AS_STRINGS, 0},
};

static const cspan_fixed_attribute fixed[] = {
    {MODELS, "gen_ai.provider.name", "aws.bedrock"},
    {CONVERSATIONS, "gen_ai.operation.name", "chat"},
};

static const cspan_emitted emitted[] = {
    {"call", "gen_ai.operation.name", "string",
     "Bedrock Runtime.InvokeModel*: by the model's id embeddings or generate_content, else chat"},
    {"call", INPUT_TOKENS, "int", "Bedrock Runtime.InvokeModel: by a header, else by the body"},
    {"call", OUTPUT_TOKENS, "int", "Bedrock Runtime.InvokeModel: by a header, else by the body"},
    {"call", REASONS, "string[]", "Bedrock Runtime.InvokeModel: by the body"},
};

/* Members of bodies that known families of models answer with, the first that is there. */
static const cspan_attribute_rule of_bodies[] = {
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "usage.input_tokens", INPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "usage.inputTokens", INPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "usage.prompt_tokens", INPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "inputTextTokenCount", INPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "prompt_token_count", INPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "usage.output_tokens", OUTPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "usage.outputTokens", OUTPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "usage.completion_tokens", OUTPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "results[0].tokenCount", OUTPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "generation_token_count", OUTPUT_TOKENS, CSPAN_AS_INT, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "stop_reason", REASONS, CSPAN_AS_STRINGS, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "stopReason", REASONS, CSPAN_AS_STRINGS, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "finish_reason", REASONS, CSPAN_AS_STRINGS, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "results[].completionReason", REASONS, CSPAN_AS_STRINGS, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "generations[].finish_reason", REASONS, CSPAN_AS_STRINGS, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "outputs[].stop_reason", REASONS, CSPAN_AS_STRINGS, 0},
    {SERVICE, NULL, CSPAN_FROM_OUTPUT, "choices[].finish_reason", REASONS, CSPAN_AS_STRINGS, 0},
};

static const struct {
  const char *header;
  const char *key;
} of_headers[] = {
    {CSPAN_BEDROCK_INPUT_TOKENS, INPUT_TOKENS},
    {CSPAN_BEDROCK_OUTPUT_TOKENS, OUTPUT_TOKENS},
};

static bool is_invocation(const char *operation) {
  return strncmp(operation, "InvokeModel", 11) == 0;
}

/* What an invocation does is only known by its model. */
const char *cspan_bedrock_operation(const char *operation, const char *model, size_t size) {
  static const struct {
    const char *word;
    const char *operation;
  } kinds[] = {
      {"embed", "embeddings"},
      {"image", "generate_content"},
      {"stability.", "generate_content"},
      {"canvas", "generate_content"},
  };
  bool is_told = is_invocation(operation) && size > 0;
  for (size_t i = 0; is_told && i < sizeof kinds / sizeof kinds[0]; i++) {
    if (memmem(model, size, kinds[i].word, strlen(kinds[i].word)) != NULL) {
      return kinds[i].operation;
    }
  }
  return "chat";
}

static size_t at_start(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  char model[256] = "";
  const char *operation = cspan_call_operation(call);
  if (capacity == 0) {
    return 0;
  }
  (void)cspan_call_input(call, "modelId", model, sizeof model);
  out[0] = cspan_attr_string("gen_ai.operation.name",
                             cspan_bedrock_operation(operation, model, strlen(model)));
  return 1;
}

static bool has_key(const cspan_attr *attrs, size_t count, const char *key) {
  for (size_t i = 0; i < count; i++) {
    if (attrs[i].key != NULL && strcmp(attrs[i].key, key) == 0) {
      return true;
    }
  }
  return false;
}

static size_t add_of_headers(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  size_t n = 0;
  for (size_t i = 0; i < sizeof of_headers / sizeof of_headers[0] && n < capacity; i++) {
    int64_t tokens = 0;
    const char *text = cspan_call_response_header(call, of_headers[i].header);
    if (text != NULL && cspan_parse_i64(text, &tokens)) {
      out[n++] = cspan_attr_int64(of_headers[i].key, tokens);
    }
  }
  return n;
}

/* Goes on behind `n` attributes that are known. */
static size_t add_of_body(struct cspan_call *call, const cspan_value *body, cspan_attr *out,
                          size_t n, size_t capacity) {
  const cspan_memory memory = cspan_memory_of_call(call);
  for (size_t i = 0; i < sizeof of_bodies / sizeof of_bodies[0] && n < capacity; i++) {
    cspan_path *path = NULL;
    if (!has_key(out, n, of_bodies[i].key) &&
        cspan_path_parse(of_bodies[i].path, &path, NULL) == CSPAN_OK) {
      n += cspan_attribute_make(&memory, &of_bodies[i], path, body, &out[n]);
    }
    cspan_path_free(path);
  }
  return n;
}

static size_t at_end(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  size_t n = add_of_headers(call, out, capacity);
  size_t size = 0;
  const char *text =
      cspan_value_bytes(cspan_value_get(cspan_call_output_document(call), "body"), &size);
  cspan_document *body = NULL;
  if (text != NULL && size <= MAX_BODY_BYTES &&
      cspan_document_parse_json(text, size, &body, NULL) == CSPAN_OK) {
    /* Numbers and copies: nothing refers to the document afterwards. */
    n = add_of_body(call, cspan_document_value(body), out, n, capacity);
    cspan_document_free(body);
  }
  return n;
}

const cspan_service_rules cspan_rules_bedrock_runtime = {
    .service = SERVICE,
    .data = "body,messages,system,prompt,toolConfig,promptVariables,additionalModelRequestFields",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .fixed = fixed,
    .fixed_count = sizeof fixed / sizeof fixed[0],
    .emitted = emitted,
    .emitted_count = sizeof emitted / sizeof emitted[0],
    .at_start = at_start,
    .at_start_of = "InvokeModel*",
    .at_end = at_end,
    .at_end_of = "InvokeModel",
};
