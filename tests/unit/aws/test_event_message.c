/* SPDX-License-Identifier: Apache-2.0 */
/* Events by a model, both ways, and their signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/protocol/event_message.h"
#include "unit/aws/event_model.h"
#include "unit/aws/model_fixture.h"

typedef struct talk {
  model_fixture fixture;
  const cspan_operation_model *operation;
  const cspan_protocol *protocol;
  cspan_arena *arena;
  cspan_event_decoder decoder;
  cspan_event event;
} talk;

static void talk_open(talk *t, const char *protocol) {
  bool is_xml = strcmp(protocol, "rest-xml") == 0;
  memset(t, 0, sizeof *t);
  model_fixture_open(&t->fixture, is_xml ? EVENT_MODEL("rest-xml") : EVENT_MODEL("rest-json"));
  t->operation = cspan_model_operation(&t->fixture.model, "Talk");
  t->protocol = is_xml ? &cspan_protocol_rest_xml : &cspan_protocol_rest_json;
  t->arena = cspan_arena_create(1 << 20);
  cspan_event_decoder_init(&t->decoder);
}

static void talk_close(talk *t) {
  cspan_event_decoder_free(&t->decoder);
  cspan_arena_free(t->arena);
  model_fixture_close(&t->fixture);
}

static cspan_status read_message(talk *t, const cspan_event_message *message) {
  return cspan_event_read(&t->fixture.model, t->operation, t->protocol, message, t->arena,
                          &t->event, NULL);
}

/* The message in a frame, until the decoder is fed anew. */
static cspan_event_message unframe(talk *t, const cspan_buf *frame) {
  cspan_event_message message;
  bool has_message = false;
  assert_int_equal(cspan_event_decoder_feed(&t->decoder, frame->data, frame->len, NULL), CSPAN_OK);
  assert_int_equal(cspan_event_decoder_next(&t->decoder, &message, &has_message, NULL), CSPAN_OK);
  assert_true(has_message);
  return message;
}

static void events_come_back_as_they_were_written(void **state) {
  (void)state;
  static const char *const events[] = {
      "{\"Headers\":{\"s\":\"text\",\"i\":-7,\"l\":5000000000,\"y\":true}}",
      "{\"Headers\":{\"y\":false}}",
      "{\"Text\":{\"line\":\"one line\"}}",
      "{\"Stats\":{\"id\":\"7\",\"details\":{\"bytes\":12}}}",
      "{\"Part\":{\"id\":\"7\",\"name\":\"a<b\",\"size\":3}}",
      "{\"Part\":{\"name\":\"a\"}}",
      "{\"End\":{}}",
  };
  static const char *const protocols[] = {"rest-json", "rest-xml"};
  for (size_t p = 0; p < 2; p++) {
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
      talk t;
      cspan_buf frame;
      cspan_document *event = fixture_value(events[i]);
      talk_open(&t, protocols[p]);
      cspan_buf_init(&frame, 65536);
      assert_int_equal(cspan_event_write(&t.fixture.model, t.operation, t.protocol,
                                         cspan_document_value(event), &frame, NULL),
                       CSPAN_OK);
      cspan_event_message message = unframe(&t, &frame);
      assert_true(cspan_str_eq(cspan_event_text(&message, ":message-type"), "event"));
      assert_int_equal(read_message(&t, &message), CSPAN_OK);
      assert_int_equal(t.event.kind, CSPAN_EVENT_KNOWN);
      assert_value_is(&t.event.value, events[i]);
      cspan_document_free(event);
      cspan_buf_free(&frame);
      talk_close(&t);
    }
  }
}

static void bytes_and_times_come_back_as_they_were_written(void **state) {
  (void)state;
  const cspan_value events[] = {
      CSPAN_MAP(cspan_field("Audio", CSPAN_MAP(cspan_field("chunk", cspan_blob("\0\xff", 2))))),
      CSPAN_MAP(
          cspan_field("Headers", CSPAN_MAP(cspan_field("b", cspan_blob("\xfe\0", 2)),
                                           cspan_field("t", cspan_timestamp(-1, 250000000))))),
  };
  for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
    talk t;
    cspan_buf frame;
    talk_open(&t, "rest-json");
    cspan_buf_init(&frame, 65536);
    assert_int_equal(
        cspan_event_write(&t.fixture.model, t.operation, t.protocol, &events[i], &frame, NULL),
        CSPAN_OK);
    cspan_event_message message = unframe(&t, &frame);
    assert_int_equal(read_message(&t, &message), CSPAN_OK);
    assert_true(cspan_value_equals(&t.event.value, &events[i]));
    cspan_buf_free(&frame);
    talk_close(&t);
  }
}

static void the_type_of_the_content_is_told(void **state) {
  (void)state;
  static const struct {
    const char *event;
    const char *type;
  } table[] = {
      {"{\"Text\":{\"line\":\"x\"}}", "text/plain"},
      {"{\"Audio\":{\"chunk\":\"x\"}}", "application/octet-stream"},
      {"{\"Stats\":{\"details\":{}}}", "application/json"},
      {"{\"Part\":{}}", "application/json"},
      {"{\"End\":{}}", ""},
      {"{\"Text\":{}}", ""},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    talk t;
    cspan_buf frame;
    cspan_document *event = fixture_value(table[i].event);
    talk_open(&t, "rest-json");
    cspan_buf_init(&frame, 65536);
    assert_int_equal(cspan_event_write(&t.fixture.model, t.operation, t.protocol,
                                       cspan_document_value(event), &frame, NULL),
                     CSPAN_OK);
    cspan_event_message message = unframe(&t, &frame);
    cspan_str type = cspan_event_text(&message, ":content-type");
    assert_true(table[i].type[0] == '\0' ? type.data == NULL : cspan_str_eq(type, table[i].type));
    cspan_document_free(event);
    cspan_buf_free(&frame);
    talk_close(&t);
  }
}

static void events_that_are_wrong_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *operation;
    const char *event;
    const char *message; /* part of it */
  } table[] = {
      {"Talk", "{}", "one member"},
      {"Talk", "[]", "one member"},
      {"Talk", "{\"End\":{},\"Text\":{}}", "one member"},
      {"Talk", "{\"Begin\":{}}", "'Begin'"},
      {"Talk", "{\"End\":[]}", "End: expected a map"},
      {"Talk", "{\"Text\":{\"word\":\"x\"}}", "word"},
      {"Talk", "{\"Text\":{\"line\":5}}", "line"},
      {"Talk", "{\"Headers\":{\"i\":\"x\"}}", "i: cannot"},
      {"Talk", "{\"Headers\":{\"i\":3000000000}}", "i: cannot"},
      {"Talk", "{\"Headers\":{\"y\":32}}", "y: cannot"},
      {"Talk", "{\"Headers\":{\"t\":\"noon\"}}", "t: cannot"},
      {"Mute", "{\"End\":{}}", "Mute is not sent events"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    talk t;
    cspan_buf frame;
    cspan_error *error = NULL;
    cspan_document *event = fixture_value(table[i].event);
    talk_open(&t, "rest-json");
    cspan_buf_init(&frame, 65536);
    assert_int_equal(cspan_event_write(&t.fixture.model,
                                       cspan_model_operation(&t.fixture.model, table[i].operation),
                                       t.protocol, cspan_document_value(event), &frame, &error),
                     CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), table[i].message));
    assert_int_equal(frame.len, 0);
    cspan_error_free(error);
    cspan_document_free(event);
    cspan_buf_free(&frame);
    talk_close(&t);
  }
}

/* A message with texts as headers: names and values in turn. */
typedef struct made_message {
  const char *headers[8];
  const char *payload;
} made_message;

static cspan_status read_made(talk *t, const made_message *made) {
  cspan_event_header headers[4];
  size_t count = 0;
  for (; made->headers[2 * count]; count++) {
    headers[count] = cspan_event_string(made->headers[2 * count], made->headers[2 * count + 1]);
  }
  cspan_event_message message = {headers, count, made->payload, strlen(made->payload)};
  return read_message(t, &message);
}

static void failures_end_a_stream(void **state) {
  (void)state;
  static const struct {
    made_message message;
    const char *code;
    const char *text;
    const char *fields;
    bool is_modelled;
  } table[] = {
      {{{":message-type", "exception", ":exception-type", "Refusal"},
        "{\"message\":\"no more\",\"reason\":\"tired\"}"},
       "Refusal",
       "no more",
       "{\"reason\":\"tired\"}",
       true},
      {{{":message-type", "exception", ":exception-type", "Refusal"}, "{\"Message"},
       "Refusal",
       NULL,
       "{}",
       true},
      {{{":message-type", "exception", ":exception-type", "Other"}, "{\"message\":\"x\"}"},
       "Other",
       NULL,
       "{}",
       false},
      {{{":message-type", "error", ":error-code", "Busy", ":error-message", "later\nplease"}, ""},
       "Busy",
       "later please",
       "{}",
       false},
      {{{":message-type", "error"}, ""}, NULL, NULL, "{}", false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    talk t;
    talk_open(&t, "rest-json");
    assert_int_equal(read_made(&t, &table[i].message), CSPAN_OK);
    assert_int_equal(t.event.kind, CSPAN_EVENT_FAILURE);
    const cspan_protocol_failure *failure = &t.event.failure;
    assert_string_equal(failure->code ? failure->code : "", table[i].code ? table[i].code : "");
    assert_string_equal(failure->message ? failure->message : "",
                        table[i].text ? table[i].text : "");
    assert_value_is(&failure->fields, table[i].fields);
    assert_int_equal(failure->shape != NULL, table[i].is_modelled);
    talk_close(&t);
  }
}

static void what_begins_and_what_is_unknown_is_told_apart(void **state) {
  (void)state;
  static const struct {
    made_message message;
    cspan_event_kind kind;
    const char *value;
  } table[] = {
      {{{":message-type", "event", ":event-type", "initial-response"}, "{\"Greeting\":\"hi\"}"},
       CSPAN_EVENT_INITIAL,
       "{\"Greeting\":\"hi\"}"},
      {{{":message-type", "event", ":event-type", "initial-response"}, ""},
       CSPAN_EVENT_INITIAL,
       "{}"},
      {{{":message-type", "event", ":event-type", "NewOne"}, "{}"}, CSPAN_EVENT_UNKNOWN, "{}"},
      {{{":message-type", "event"}, "{}"}, CSPAN_EVENT_UNKNOWN, "{}"},
      {{{":event-type", "Part"}, ""}, CSPAN_EVENT_KNOWN, "{\"Part\":{}}"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    talk t;
    talk_open(&t, "rest-json");
    assert_int_equal(read_made(&t, &table[i].message), CSPAN_OK);
    assert_int_equal(t.event.kind, table[i].kind);
    assert_value_is(&t.event.value, table[i].value);
    talk_close(&t);
  }
}

static void a_payload_that_cannot_be_read_is_an_error(void **state) {
  (void)state;
  static const made_message broken = {{":event-type", "Part"}, "{\"name"};
  talk t;
  talk_open(&t, "rest-json");
  assert_int_not_equal(read_made(&t, &broken), CSPAN_OK);
  t.operation = cspan_model_operation(&t.fixture.model, "Mute");
  assert_int_equal(read_made(&t, &broken), CSPAN_ERR_INVALID);
  talk_close(&t);
}

static void the_input_can_be_the_first_event(void **state) {
  (void)state;
  talk t;
  cspan_buf frame;
  talk_open(&t, "rest-json");
  cspan_buf_init(&frame, 4096);
  assert_int_equal(cspan_event_write_initial(t.protocol, "{}", 2, &frame, NULL), CSPAN_OK);
  cspan_event_message message = unframe(&t, &frame);
  assert_true(cspan_str_eq(cspan_event_text(&message, ":event-type"), "initial-request"));
  assert_true(cspan_str_eq(cspan_event_text(&message, ":content-type"), "application/json"));
  assert_int_equal(message.payload_size, 2);
  cspan_buf_free(&frame);
  talk_close(&t);
}

/* The signatures were computed apart from this code. */
static void each_event_is_signed_with_the_signature_before_it(void **state) {
  (void)state;
  static const char frame_hex[] =
      "00000022000000122d9ad2450b3a6576656e742d74797065070003456e645102145b";
  static const char *const signatures[] = {
      "1368c26eff8960b1b762511a3149e509aebc00e438a3abae0e8f4ee94024de06",
      "743529db7ee2e264c3f4403002b072ebd4b5303ccba38f51cd8904d95a1e86c6"};
  char frame[(sizeof frame_hex - 1) / 2];
  char previous[CSPAN_SIGV4_SIGNATURE_MAX + 1];
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  talk t;
  memset(key, 'k', sizeof key);
  memset(previous, '0', 64);
  previous[64] = '\0';
  assert_true(cspan_hex_decode(frame_hex, sizeof frame_hex - 1, frame));
  cspan_sigv4_scope scope = {.region = "us-east-1", .service = "transcribe", .key = key};
  talk_open(&t, "rest-json");
  for (int i = 0; i < 2; i++) {
    cspan_buf out;
    cspan_buf_init(&out, 4096);
    size_t size = i == 0 ? sizeof frame : 0;
    assert_int_equal(cspan_event_sign(&scope, 1422172800, frame, size, previous, &out, NULL),
                     CSPAN_OK);
    assert_string_equal(previous, signatures[i]);
    cspan_event_message message = unframe(&t, &out);
    const cspan_event_header *date = cspan_event_find(&message, ":date");
    const cspan_event_header *signature = cspan_event_find(&message, ":chunk-signature");
    char hex[65];
    assert_int_equal(date->type, CSPAN_EVENT_TIMESTAMP);
    assert_int_equal(date->integer, 1422172800000);
    assert_int_equal(signature->bytes.len, 32);
    cspan_hex_encode(signature->bytes.data, 32, hex);
    assert_string_equal(hex, signatures[i]);
    assert_int_equal(message.payload_size, size);
    assert_memory_equal(message.payload, frame, size);
    cspan_buf_free(&out);
  }
  talk_close(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_come_back_as_they_were_written),
      cmocka_unit_test(bytes_and_times_come_back_as_they_were_written),
      cmocka_unit_test(the_type_of_the_content_is_told),
      cmocka_unit_test(events_that_are_wrong_are_refused),
      cmocka_unit_test(failures_end_a_stream),
      cmocka_unit_test(what_begins_and_what_is_unknown_is_told_apart),
      cmocka_unit_test(a_payload_that_cannot_be_read_is_an_error),
      cmocka_unit_test(the_input_can_be_the_first_event),
      cmocka_unit_test(each_event_is_signed_with_the_signature_before_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
