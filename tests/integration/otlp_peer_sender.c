/* SPDX-License-Identifier: Apache-2.0 */
/* Emits spans that use every field of OTLP, for a receiver that is not ours:
 *   otlp_peer_sender grpc|http|json ENDPOINT none|gzip [CA_FILE [CLIENT_CERT CLIENT_KEY]]
 * Ids and times are fixed, so that the receiver can expect every byte. Exits with 0
 * when the receiver accepted everything, with the status of the failure otherwise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cloudspan/ext/sampler.h>
#include <cloudspan/telemetry.h>

#define START        INT64_C(1700000000000000001)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ------------------------------------------------------------ counting ids */

/* It says that they are random, or roots would get randomness that cannot be expected. */

typedef struct counter {
  uint8_t traces;
  uint8_t spans;
} counter;

static void next_trace_id(void *self, uint8_t out[16]) {
  counter *ids = self;
  memset(out, 0xaa, 16);
  out[15] = ++ids->traces;
}

static void next_span_id(void *self, uint8_t out[8]) {
  counter *ids = self;
  memset(out, 0xbb, 8);
  out[7] = ++ids->spans;
}

static const cspan_id_generator_vtable counting = {
    .size = sizeof counting, .trace_id = next_trace_id, .span_id = next_span_id, .is_random = true};

/* ------------------------------------------------------------------- spans */

static const char *const words[] = {"one", "", "dr\xc3\xa9i"};
static const bool flags[] = {true, false, true};
static const int64_t numbers[] = {0, -1, INT64_MAX, INT64_MIN};
static const double reals[] = {0.0, -0.5, 1e300};

static cspan_span_context remote_context(uint8_t last, const char *trace_state) {
  cspan_span_context context = {
      .trace_flags = CSPAN_TRACE_FLAG_SAMPLED, .is_remote = true, .trace_state = trace_state};
  memset(context.trace_id, 0xcc, sizeof context.trace_id);
  memset(context.span_id, 0xdd, sizeof context.span_id);
  context.trace_id[15] = last;
  context.span_id[7] = last;
  return context;
}

static void set_every_type(cspan_span span) {
  cspan_span_set_string(span, "string", "text");
  cspan_span_set_string(span, "string.empty", "");
  cspan_span_set_string(span, "string.unicode",
                        "gr\xc3\xbc\xc3\x9f \xe4\xb8\x96\xe7\x95\x8c \xf0\x9f\x8c\x8d");
  cspan_span_set_string(span, "string.invalid",
                        "a\xff"
                        "b\xc3");
  cspan_span_set(span, cspan_attr_string_n("string.nul", "a\0b", 3));
  cspan_span_set_bool(span, "bool.true", true);
  cspan_span_set_bool(span, "bool.false", false);
  cspan_span_set_int64(span, "int", 42);
  cspan_span_set_int64(span, "int.negative", -42);
  cspan_span_set_int64(span, "int.max", INT64_MAX);
  cspan_span_set_int64(span, "int.min", INT64_MIN);
  cspan_span_set_double(span, "double", 0.1);
  cspan_span_set_double(span, "double.negative_zero", -0.0);
  cspan_span_set_double(span, "double.infinity", (double)INFINITY);
  cspan_span_set(span, cspan_attr_strings("strings", words, COUNT(words)));
  cspan_span_set(span, cspan_attr_bools("bools", flags, COUNT(flags)));
  cspan_span_set(span, cspan_attr_int64s("ints", numbers, COUNT(numbers)));
  cspan_span_set(span, cspan_attr_doubles("doubles", reals, COUNT(reals)));
  cspan_span_set(span, cspan_attr_strings("strings.none", NULL, 0));
  cspan_span_set_string(span, "overwritten", "first");
  cspan_span_set_int64(span, "overwritten", 2);
}

static void add_events_and_links(cspan_span span) {
  const cspan_attr attributes[] = {cspan_attr_string("why", "503"), cspan_attr_int64("attempt", 1),
                                   cspan_attr_bools("flags", flags, COUNT(flags))};
  cspan_span_add_event(span, "bare", START + 1, NULL, 0);
  cspan_span_add_event(span, "retry \xe2\x86\xbb", START + 2, attributes, COUNT(attributes));
  const cspan_attr rel[] = {cspan_attr_string("rel", "cause")};
  const cspan_link link = {
      .context = remote_context(9, "l=1,m=2"), .attributes = rel, .attribute_count = COUNT(rel)};
  cspan_span_add_link(span, &link);
}

/* With a parent from elsewhere; returns the span, still open. */
static cspan_span everything(cspan_tracer *tracer) {
  const cspan_span_context parent_context = remote_context(1, "vendor=value,other=1");
  cspan_span parent = cspan_span_from_context(&parent_context);
  const cspan_context context = {.span = parent};
  const cspan_attr first[] = {cspan_attr_string("at.start", "yes")};
  const cspan_link link = {.context = remote_context(8, NULL)};
  const cspan_span_options options = {.kind = CSPAN_SPAN_CLIENT,
                                      .attributes = first,
                                      .attribute_count = COUNT(first),
                                      .links = &link,
                                      .link_count = 1,
                                      .start_time_unix_ns = START};
  cspan_span span = cspan_span_start(tracer, &context, "first name", &options);
  cspan_span_end(parent);
  cspan_span_update_name(span, "everything \xe2\x9c\x93");
  set_every_type(span);
  add_events_and_links(span);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "it broke: \xc3\xa9");
  return span;
}

static void child_of(cspan_tracer *tracer, cspan_span parent) {
  const cspan_context context = {.span = parent};
  const cspan_span_options options = {.start_time_unix_ns = START + 10};
  cspan_span span = cspan_span_start(tracer, &context, "child", &options);
  cspan_span_set_status(span, CSPAN_SPAN_OK, "not kept");
  cspan_span_end_at(span, START + 20);
}

static void each_kind(cspan_tracer *tracer) {
  static const struct {
    const char *name;
    cspan_span_kind kind;
  } kinds[] = {{"server", CSPAN_SPAN_SERVER},
               {"producer", CSPAN_SPAN_PRODUCER},
               {"consumer", CSPAN_SPAN_CONSUMER}};
  for (size_t i = 0; i < COUNT(kinds); i++) {
    const cspan_span_options options = {
        .kind = kinds[i].kind, .root = true, .start_time_unix_ns = START + 30};
    cspan_span_end_at(cspan_span_start(tracer, NULL, kinds[i].name, &options), START + 40);
  }
}

/* More than the limits of 128 keep. */
static void too_much(cspan_tracer *tracer) {
  static char keys[130][8];
  cspan_attr attributes[130];
  const cspan_span_options options = {.root = true, .start_time_unix_ns = START + 50};
  cspan_span span = cspan_span_start(tracer, NULL, "too much", &options);
  for (int i = 0; i < 130; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    attributes[i] = cspan_attr_int64(keys[i], i);
    cspan_span_set(span, attributes[i]);
  }
  const cspan_link full = {
      .context = remote_context(7, NULL), .attributes = attributes, .attribute_count = 130};
  cspan_span_add_event(span, "full", START + 51, attributes, 130);
  cspan_span_add_link(span, &full);
  const cspan_link bare = {.context = remote_context(6, NULL)};
  for (int i = 0; i < 130; i++) {
    cspan_span_add_event(span, "more", START + 52, NULL, 0);
    cspan_span_add_link(span, &bare);
  }
  cspan_span_end_at(span, START + 60);
}

/* Of a scope with attributes. */
static void scoped(cspan_tracer_provider *provider) {
  const cspan_attr attributes[] = {cspan_attr_string("scope.string", "s"),
                                   cspan_attr_int64s("scope.ints", numbers, COUNT(numbers))};
  const cspan_scope scope = {.size = sizeof scope,
                             .name = "peer/three",
                             .version = "3",
                             .attributes = attributes,
                             .attribute_count = COUNT(attributes)};
  const cspan_span_options options = {.root = true, .start_time_unix_ns = START + 70};
  cspan_tracer *tracer = cspan_tracer_for_scope(provider, &scope);
  cspan_span_end_at(cspan_span_start(tracer, NULL, "scoped", &options), START + 80);
}

static void emit(cspan_tracer_provider *provider) {
  cspan_tracer *one = cspan_tracer_get(provider, "peer/one", "1.2.3", "https://example.org/schema");
  cspan_tracer *two = cspan_tracer_get(provider, "peer/two", NULL, NULL);
  cspan_span span = everything(one);
  child_of(two, span);
  cspan_span_end_at(span, START + INT64_C(1123456788));
  each_kind(two);
  too_much(one);
  scoped(provider);
}

/* -------------------------------------------------------------------- set-up */

static cspan_otlp_protocol protocol_of(const char *name) {
  return strcmp(name, "grpc") == 0   ? CSPAN_OTLP_GRPC
         : strcmp(name, "json") == 0 ? CSPAN_OTLP_HTTP_JSON
                                     : CSPAN_OTLP_HTTP_PROTOBUF;
}

static cspan_status make_provider(char **argv, int argc, cspan_tracer_provider **out,
                                  cspan_error **error) {
  static counter ids;
  const cspan_otlp_options otlp = {
      .protocol = protocol_of(argv[1]),
      .endpoint = argv[2],
      .compression = argv[3],
      .headers = "X-Peer-Test=a%20b",
      .timeout_ms = 20000,
      .certificate = argc > 4 ? argv[4] : NULL,
      .client_certificate = argc > 6 ? argv[5] : NULL,
      .client_key = argc > 6 ? argv[6] : NULL,
  };
  cspan_span_exporter *exporter = NULL;
  cspan_status status = cspan_exporter_otlp(&otlp, &exporter, error);
  if (status != CSPAN_OK)
    return status;
  const cspan_attr resource[] = {
      cspan_attr_string("peer.string", "\xc3\xa4"),
      cspan_attr_bool("peer.bool", true),
      cspan_attr_int64("peer.int", -7),
      cspan_attr_double("peer.double", 2.5),
      cspan_attr_strings("peer.strings", words, COUNT(words)),
  };
  cspan_span_processor *processor = cspan_processor_batch(exporter, NULL);
  const cspan_provider_options options = {.service_name = "peer-test",
                                          .service_version = "9.8.7",
                                          .resource = resource,
                                          .resource_count = COUNT(resource),
                                          .schema_url = "https://example.org/resource",
                                          .sampler = cspan_sampler_always_on(),
                                          .processors = &processor,
                                          .processor_count = 1,
                                          .id_generator =
                                              cspan_id_generator_create(&counting, &ids)};
  return cspan_tracer_provider_create(&options, out, error);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr,
            "usage: %s grpc|http|json ENDPOINT none|gzip [CA_FILE [CLIENT_CERT CLIENT_KEY]]\n",
            argv[0]);
    return 2;
  }
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  cspan_status status = make_provider(argv, argc, &provider, &error);
  if (status == CSPAN_OK) {
    emit(provider);
    status = cspan_tracer_provider_shutdown(provider, 30000, &error);
  }
  if (status != CSPAN_OK)
    fprintf(stderr, "%s: %s\n", cspan_status_name(status), cspan_error_message(error));
  cspan_error_free(error);
  cspan_tracer_provider_free(provider);
  return (int)status;
}
