/* SPDX-License-Identifier: Apache-2.0 */
/* Bedrock beside its runtime: semantic conventions, aws.bedrock.* (aws/registry), and gen_ai.* of
 * agents. */
#include "instrument/rules_table.h"

#define GUARDRAIL      "aws.bedrock.guardrail.id"
#define KNOWLEDGE_BASE "aws.bedrock.knowledge_base.id"
#define OF_GENERATION  "retrieveAndGenerateConfiguration.knowledgeBaseConfiguration."

static const cspan_attribute_rule bedrock[] = {
    {"Bedrock", NULL, CSPAN_FROM_INPUT, "guardrailIdentifier", GUARDRAIL, CSPAN_AS_LAST_PART, 0},
    {"Bedrock", "CreateGuardrail", CSPAN_FROM_OUTPUT, "guardrailId", GUARDRAIL, CSPAN_AS_STRING, 0},
};

const cspan_service_rules cspan_rules_bedrock = {
    .service = "Bedrock",
    .rules = bedrock,
    .rule_count = sizeof bedrock / sizeof bedrock[0],
};

static const cspan_attribute_rule agent[] = {
    {"Bedrock Agent", NULL, CSPAN_FROM_INPUT, "knowledgeBaseId", KNOWLEDGE_BASE, CSPAN_AS_STRING,
     0},
    {"Bedrock Agent", "CreateKnowledgeBase", CSPAN_FROM_OUTPUT, "knowledgeBase.knowledgeBaseId",
     KNOWLEDGE_BASE, CSPAN_AS_STRING, 0},
    {"Bedrock Agent", NULL, CSPAN_FROM_INPUT, "agentId", "gen_ai.agent.id", CSPAN_AS_STRING, 0},
};

const cspan_service_rules cspan_rules_bedrock_agent = {
    .service = "Bedrock Agent",
    .rules = agent,
    .rule_count = sizeof agent / sizeof agent[0],
};

#define RUNTIME "Bedrock Agent Runtime"

static const cspan_attribute_rule agent_runtime[] = {
    {RUNTIME, NULL, CSPAN_FROM_INPUT, "knowledgeBaseId", KNOWLEDGE_BASE, CSPAN_AS_STRING, 0},
    {RUNTIME, "RetrieveAndGenerate*", CSPAN_FROM_INPUT, OF_GENERATION "knowledgeBaseId",
     KNOWLEDGE_BASE, CSPAN_AS_STRING, 0},
    {RUNTIME, "Retrieve", CSPAN_FROM_INPUT, "guardrailConfiguration.guardrailId", GUARDRAIL,
     CSPAN_AS_LAST_PART, 0},
    {RUNTIME, "RetrieveAndGenerate*", CSPAN_FROM_INPUT,
     OF_GENERATION "generationConfiguration.guardrailConfiguration.guardrailId", GUARDRAIL,
     CSPAN_AS_LAST_PART, 0},
    {RUNTIME, "RetrieveAndGenerate*", CSPAN_FROM_INPUT, OF_GENERATION "modelArn",
     "gen_ai.request.model", CSPAN_AS_STRING, 0},
    {RUNTIME, NULL, CSPAN_FROM_INPUT, "agentId", "gen_ai.agent.id", CSPAN_AS_STRING, 0},
    {RUNTIME, "InvokeAgent,InvokeInlineAgent", CSPAN_FROM_INPUT, "sessionId",
     "gen_ai.conversation.id", CSPAN_AS_STRING, 0},
};

static const cspan_fixed_attribute of_agents[] = {
    {"InvokeAgent,InvokeInlineAgent,RetrieveAndGenerate*", "gen_ai.provider.name", "aws.bedrock"},
    {"InvokeAgent,InvokeInlineAgent", "gen_ai.operation.name", "invoke_agent"},
    {"RetrieveAndGenerate*", "gen_ai.operation.name", "chat"},
};

const cspan_service_rules cspan_rules_bedrock_agent_runtime = {
    .service = RUNTIME,
    .rules = agent_runtime,
    .rule_count = sizeof agent_runtime / sizeof agent_runtime[0],
    .fixed = of_agents,
    .fixed_count = sizeof of_agents / sizeof of_agents[0],
};
