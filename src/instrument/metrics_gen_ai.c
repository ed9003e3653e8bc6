/* SPDX-License-Identifier: Apache-2.0 */
/* Source: semantic conventions for generative AI, gen-ai-metrics and aws-bedrock. */
#include "instrument/metrics_gen_ai.h"

#include "base/text.h"
#include "instrument/bedrock.h"

/* One more is the type of a token, or of an error. */
enum { MAX_ATTRS = 6 };

static const double ns_per_s = 1e9;

static size_t attributes_of(const cspan_measured *m, const char *provider,
                            cspan_attr out[MAX_ATTRS]) {
  const char *host = cspan_call_host(m->call);
  size_t n = 0;
  out[n++] = cspan_attr_string("gen_ai.provider.name", provider);
  out[n++] =
      cspan_attr_string("gen_ai.operation.name",
                        cspan_bedrock_operation(m->plan->operation, m->subject, m->subject_size));
  if (m->subject != NULL && m->subject_size > 0) {
    out[n++] = cspan_attr_string_n(CSPAN_GEN_AI_MODEL, m->subject, m->subject_size);
  }
  if (host != NULL && *host != '\0') {
    out[n++] = cspan_attr_string("server.address", host);
    out[n++] = cspan_attr_int64("server.port", cspan_call_port(m->call));
  }
  return n;
}

/* As the answer has them: in a header, or in the output. */
static bool find_tokens(const cspan_measured *m, const char *header, const char *member,
                        int64_t *tokens) {
  const char *text = cspan_call_response_header(m->call, header);
  if (text != NULL) {
    return cspan_parse_i64(text, tokens) && *tokens >= 0;
  }
  const cspan_value *usage = cspan_value_get(cspan_call_output_document(m->call), "usage");
  *tokens = cspan_value_int(cspan_value_get(usage, member), -1);
  return *tokens >= 0;
}

void cspan_metrics_record_gen_ai(const cspan_metric_set *set, const cspan_measured *m,
                                 const char *provider) {
  static const struct {
    const char *type;
    const char *header;
    const char *member;
  } kinds[] = {
      {"input", CSPAN_BEDROCK_INPUT_TOKENS, "inputTokens"},
      {"output", CSPAN_BEDROCK_OUTPUT_TOKENS, "outputTokens"},
  };
  cspan_attr attrs[MAX_ATTRS];
  const cspan_error *error = cspan_call_error(m->call);
  size_t n = attributes_of(m, provider, attrs);
  size_t with_error = n;
  if (error != NULL) {
    attrs[with_error++] = cspan_attr_string("error.type", cspan_error_code(error));
  }
  cspan_record_double(set->of[CSPAN_METRIC_GEN_AI], m->context, (double)m->duration_ns / ns_per_s,
                      attrs, with_error);
  for (size_t i = 0; error == NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
    int64_t tokens = 0;
    if (find_tokens(m, kinds[i].header, kinds[i].member, &tokens)) {
      attrs[n] = cspan_attr_string("gen_ai.token.type", kinds[i].type);
      cspan_record_int64(set->of[CSPAN_METRIC_TOKENS], m->context, tokens, attrs, n + 1);
    }
  }
}
