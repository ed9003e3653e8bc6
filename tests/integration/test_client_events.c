/* SPDX-License-Identifier: Apache-2.0 */
/* Calls with event streams, against servers that play frames made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "integration/event_service.h"
#include "support/event_frames.h"
#include "support/event_server.h"
#include "support/script_server.h"

enum { MOST_SENT = 5, MOST_ANSWERS = 2, ANSWER_MAX = 8192 };

static char models[64];

/* --------------------------------------------------------- responses with events */

typedef struct sent_event {
  const char *kind;
  const char *name;
  const char *json;
} sent_event;

#define NOTE(key)                                                                                  \
  { "event", "Note", "{\"Key\":\"" key "\"}" }

typedef struct answer {
  sent_event events[MOST_SENT];
  size_t chunk;   /* bytes of a chunk of HTTP; 0: all in one */
  size_t cut;     /* bytes that are missing at the end */
  size_t corrupt; /* the byte from the end that is wrong; 0: none */
} answer;

typedef struct response_case {
  const char *name;
  const char *service;
  answer answers[MOST_ANSWERS]; /* of the attempts */
  bool is_kept;                 /* without on_event */
  cspan_status refusal;         /* what on_event returns */
  cspan_status status;
  const char *code;   /* of the error */
  const char *events; /* what on_event got, as JSON lines; or the output */
  size_t attempts;
} response_case;

static const response_case response_cases[] = {
    {.name = "two frames in one chunk",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), NOTE("b")}}},
     .events = "{\"Note\":{\"Key\":\"a\"}}\n{\"Note\":{\"Key\":\"b\"}}\n",
     .attempts = 1},
    {.name = "a frame over many chunks",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), {"event", "Rest", ""}}, .chunk = 1}},
     .events = "{\"Note\":{\"Key\":\"a\"}}\n{\"Rest\":{}}\n",
     .attempts = 1},
    {.name = "no event at all",
     .service = "choir",
     .answers = {{.chunk = 0}},
     .events = "",
     .attempts = 1},
    {.name = "an event that the model does not know",
     .service = "choir",
     .answers = {{.events = {{"event", "Cough", "{}"}, NOTE("b")}}},
     .events = "{\"Note\":{\"Key\":\"b\"}}\n",
     .attempts = 1},
    {.name = "kept as a list",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), NOTE("b")}, .chunk = 7}},
     .is_kept = true,
     .events = "{\"Hall\":\"large\",\"Notes\":[{\"Note\":{\"Key\":\"a\"}},{\"Note\":{\"Key\":"
               "\"b\"}}]}",
     .attempts = 1},
    {.name = "none are kept",
     .service = "choir",
     .answers = {{.chunk = 0}},
     .is_kept = true,
     .events = "{\"Hall\":\"large\",\"Notes\":[]}",
     .attempts = 1},
    {.name = "the rest of the output in the first event",
     .service = "band",
     .answers = {{.events = {{"event", "initial-response", "{\"Hall\":\"small\"}"}, NOTE("a")}}},
     .is_kept = true,
     .events = "{\"Hall\":\"small\",\"Notes\":[{\"Note\":{\"Key\":\"a\"}}]}",
     .attempts = 1},
    {.name = "an exception after an event",
     .service = "choir",
     .answers = {{.events = {NOTE("a"),
                             {"exception", "OutOfTune",
                              "{\"message\":\"flat\",\"Key\":"
                              "\"h\"}"}}}},
     .status = CSPAN_ERR_SERVICE,
     .code = "OutOfTune",
     .events = "{\"Note\":{\"Key\":\"a\"}}\n",
     .attempts = 1},
    {.name = "an exception that the model lets retry, but after an event",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), {"exception", "Hoarse", "{}"}}}},
     .status = CSPAN_ERR_SERVICE,
     .code = "Hoarse",
     .events = "{\"Note\":{\"Key\":\"a\"}}\n",
     .attempts = 1},
    {.name = "the same before any event",
     .service = "choir",
     .answers = {{.events = {{"exception", "Hoarse", "{}"}}}, {.events = {NOTE("a")}}},
     .events = "{\"Note\":{\"Key\":\"a\"}}\n",
     .attempts = 2},
    {.name = "the same where nothing was handed on",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), {"exception", "Hoarse", "{}"}}}, {.events = {NOTE("b")}}},
     .is_kept = true,
     .events = "{\"Hall\":\"large\",\"Notes\":[{\"Note\":{\"Key\":\"b\"}}]}",
     .attempts = 2},
    {.name = "an error that is no exception",
     .service = "choir",
     .answers = {{.events = {{"error", "Lost", ""}}}},
     .status = CSPAN_ERR_SERVICE,
     .code = "Lost",
     .events = "",
     .attempts = 1},
    {.name = "a wrong checksum",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), NOTE("b")}, .corrupt = 6}},
     .status = CSPAN_ERR_PROTOCOL,
     .code = "protocol_error",
     .events = "{\"Note\":{\"Key\":\"a\"}}\n",
     .attempts = 1},
    {.name = "cut off after an event",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), NOTE("b")}, .cut = 5}},
     .status = CSPAN_ERR_PROTOCOL,
     .code = "truncated_body",
     .events = "{\"Note\":{\"Key\":\"a\"}}\n",
     .attempts = 1},
    {.name = "cut off in the first event",
     .service = "choir",
     .answers = {{.events = {NOTE("a")}, .cut = 5}, {.events = {NOTE("b")}}},
     .events = "{\"Note\":{\"Key\":\"b\"}}\n",
     .attempts = 2},
    {.name = "refused by the receiver",
     .service = "choir",
     .answers = {{.events = {NOTE("a"), NOTE("b")}}},
     .refusal = CSPAN_ERR_LIMIT,
     .status = CSPAN_ERR_LIMIT,
     .code = "limit",
     .events = "{\"Note\":{\"Key\":\"a\"}}\n",
     .attempts = 1},
};

typedef struct receiver {
  char events[1024];
  int count;
  cspan_status refusal;
} receiver;

static cspan_status take_event(void *user, const cspan_value *event) {
  receiver *r = user;
  char *json = NULL;
  size_t len = strlen(r->events);
  assert_int_equal(cspan_value_to_json(event, CSPAN_JSON_COMPACT, &json, NULL, NULL), CSPAN_OK);
  (void)snprintf(r->events + len, sizeof r->events - len, "%s\n", json);
  cspan_free(json);
  r->count++;
  return r->refusal;
}

/* An HTTP response with the frames in chunks. */
static size_t write_answer(const answer *a, char out[ANSWER_MAX]) {
  event_bytes *frames = calloc(1, sizeof *frames);
  assert_non_null(frames);
  for (size_t i = 0; i < MOST_SENT && a->events[i].kind; i++) {
    event_put_json(frames, a->events[i].kind, a->events[i].name, a->events[i].json);
  }
  if (a->corrupt > 0) {
    frames->data[frames->len - a->corrupt] ^= 1;
  }
  size_t left = frames->len - a->cut;
  size_t len = (size_t)snprintf(out, ANSWER_MAX,
                                "HTTP/1.1 200 OK\r\nx-amzn-RequestId: id-1\r\nx-name: "
                                "large\r\nTransfer-Encoding: chunked\r\nContent-Type: "
                                "application/vnd.amazon.eventstream\r\n\r\n");
  for (size_t at = 0; left > 0;) {
    size_t size = a->chunk > 0 && a->chunk < left ? a->chunk : left;
    assert_true(len + size + 32 < ANSWER_MAX);
    len += (size_t)snprintf(out + len, ANSWER_MAX - len, "%zx\r\n", size);
    memcpy(out + len, frames->data + at, size);
    len += size;
    len += (size_t)snprintf(out + len, ANSWER_MAX - len, "\r\n");
    at += size;
    left -= size;
  }
  len += (size_t)snprintf(out + len, ANSWER_MAX - len, "0\r\n\r\n");
  free(frames);
  return len;
}

static void check_error(const response_case *x, const cspan_error *error) {
  if (x->status == CSPAN_OK) {
    return;
  }
  assert_string_equal(cspan_error_code(error), x->code);
  assert_false(cspan_error_is_retryable(error)); /* events were handed on, or it is no use */
  if (strcmp(x->code, "OutOfTune") == 0) {
    assert_string_equal(cspan_error_message(error), "flat");
    assert_string_equal(cspan_error_request_id(error), "id-1");
    const cspan_value *key = cspan_value_get(cspan_error_fields(error), "Key");
    assert_string_equal(cspan_value_text(key, NULL), "h");
  }
}

static void check_output(const response_case *x, const receiver *r, const cspan_document *output) {
  char *json = NULL;
  if (!x->is_kept) {
    assert_string_equal(r->events, x->events);
    return;
  }
  assert_int_equal(
      cspan_value_to_json(cspan_document_value(output), CSPAN_JSON_COMPACT, &json, NULL, NULL),
      CSPAN_OK);
  assert_string_equal(json, x->events);
  cspan_free(json);
}

static void run_response_case(const response_case *x) {
  char texts[MOST_ANSWERS][ANSWER_MAX];
  script_step steps[MOST_ANSWERS][4];
  script_connection scripts[MOST_ANSWERS];
  for (size_t i = 0; i < MOST_ANSWERS; i++) {
    size_t len = write_answer(&x->answers[i], texts[i]);
    const script_step played[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                  {SCRIPT_SEND, texts[i], len},
                                  {SCRIPT_WAIT_CLOSE, NULL, 0},
                                  {SCRIPT_END, NULL, 0}};
    memcpy(steps[i], played, sizeof played);
    steps[i][2].kind = x->attempts > 1 && i == 0 ? SCRIPT_END : SCRIPT_WAIT_CLOSE;
    scripts[i] = steps[i];
  }
  script_server *server = script_server_start(scripts, MOST_ANSWERS);
  cspan_client *client = event_service_client(models, x->service, script_server_url(server, ""), 3);
  receiver r = {.refusal = x->refusal};
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  cspan_client_request request = {.size = sizeof request,
                                  .operation = "Listen",
                                  .on_event = x->is_kept ? NULL : take_event,
                                  .event_user = &r};
  cspan_status status = cspan_client_send(client, &request, &output, &error);
  if (status != x->status) {
    fail_msg("%s: status %d, %s", x->name, (int)status, cspan_error_message(error));
  }
  check_error(x, error);
  check_output(x, &r, output);
  assert_int_equal(script_server_accepted(server), x->attempts);
  cspan_error_free(error);
  cspan_document_free(output);
  cspan_client_free(client);
  script_server_stop(server);
}

static void test_responses(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof response_cases / sizeof response_cases[0]; i++) {
    print_message("%s\n", response_cases[i].name);
    run_response_case(&response_cases[i]);
  }
}

/* A connection that breaks while events come. */
static void test_broken_connection(void **state) {
  (void)state;
  char text[ANSWER_MAX];
  const answer a = {.events = {NOTE("a"), NOTE("b")}};
  size_t len = write_answer(&a, text);
  const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                               {SCRIPT_SEND, text, len - strlen("0\r\n\r\n")},
                               {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_client *client = event_service_client(models, "choir", script_server_url(server, ""), 3);
  receiver r = {.refusal = CSPAN_OK};
  cspan_error *error = NULL;
  cspan_client_request request = {
      .size = sizeof request, .operation = "Listen", .on_event = take_event, .event_user = &r};
  assert_int_equal(cspan_client_send(client, &request, NULL, &error), CSPAN_ERR_CONNECT);
  assert_false(cspan_error_is_retryable(error));
  assert_int_equal(r.count, 2);
  assert_int_equal(script_server_accepted(server), 1); /* never delivered twice */
  cspan_error_free(error);
  cspan_client_free(client);
  script_server_stop(server);
}

/* ----------------------------------------------------------------- both ways */

typedef struct singer {
  receiver heard;
  int sent;
  int count;      /* events in all */
  bool is_polite; /* sings the next note only when the one before was heard */
  int waits;
  cspan_status failure;
  char key[2];
  cspan_member member;
  cspan_value note;
  cspan_member event;
  cspan_value value;
} singer;

static cspan_status sing(void *user, const cspan_value **event) {
  singer *s = user;
  static const cspan_value later = {.kind = CSPAN_VALUE_NULL};
  if (s->is_polite && s->sent > s->heard.count) {
    s->waits++;
    *event = &later;
    return CSPAN_OK;
  }
  if (s->sent == s->count) {
    return s->failure;
  }
  s->key[0] = (char)('a' + s->sent++ % 26);
  s->member = cspan_field("Key", cspan_string(s->key));
  s->note = cspan_map(&s->member, 1);
  s->event = cspan_field("Note", s->note);
  s->value = cspan_map(&s->event, 1);
  *event = &s->value;
  return CSPAN_OK;
}

static cspan_status hear(void *user, const cspan_value *event) {
  singer *s = user;
  return take_event(&s->heard, event);
}

typedef struct song_case {
  const char *name;
  const char *service;
  int count;
  int break_after;
  bool is_polite;
  cspan_status failure; /* of next_event, at the end */
  cspan_status status;
  const char *heard; /* NULL: not looked at */
  int events;        /* that the server got, with the first of an RPC protocol; -1: any */
} song_case;

static const song_case song_cases[] = {
    {.name = "one after the other",
     .service = "choir",
     .count = 3,
     .is_polite = true,
     .heard =
         "{\"Note\":{\"Key\":\"a\"}}\n{\"Note\":{\"Key\":\"b\"}}\n{\"Note\":{\"Key\":\"c\"}}\n",
     .events = 3},
    {.name = "all at once",
     .service = "choir",
     .count = 3,
     .heard =
         "{\"Note\":{\"Key\":\"a\"}}\n{\"Note\":{\"Key\":\"b\"}}\n{\"Note\":{\"Key\":\"c\"}}\n",
     .events = 3},
    {.name = "none", .service = "choir", .count = 0, .heard = "", .events = 0},
    {.name = "the input in the first event",
     .service = "band",
     .count = 1,
     .heard = "{\"Note\":{\"Key\":\"a\"}}\n",
     .events = 2},
    {.name = "an exception instead of the second",
     .service = "choir",
     .count = 9,
     .break_after = 2,
     .is_polite = true,
     .status = CSPAN_ERR_SERVICE,
     .heard = "{\"Note\":{\"Key\":\"a\"}}\n",
     .events = 2},
    {.name = "a source that fails",
     .service = "choir",
     .count = 1,
     .is_polite = true,
     .failure = CSPAN_ERR_LIMIT,
     .status = CSPAN_ERR_LIMIT,
     .heard = "{\"Note\":{\"Key\":\"a\"}}\n",
     .events = 1},
};

static void run_song_case(const song_case *x) {
  event_server *server = event_server_start(EVENT_SECRET, x->break_after);
  cspan_client *client = event_service_client(models, x->service, event_server_url(server), 3);
  singer s = {.count = x->count, .is_polite = x->is_polite, .failure = x->failure};
  event_seen seen;
  cspan_error *error = NULL;
  cspan_value input = CSPAN_MAP(cspan_field("Song", cspan_string("canon")));
  cspan_client_request request = {.size = sizeof request,
                                  .operation = "Sing",
                                  .input = &input,
                                  .on_event = hear,
                                  .next_event = sing,
                                  .event_user = &s};
  cspan_status status = cspan_client_send(client, &request, NULL, &error);
  if (status != x->status) {
    fail_msg("%s: status %d, %s", x->name, (int)status, cspan_error_message(error));
  }
  cspan_client_free(client);
  event_server_stop(server, &seen);
  assert_string_equal(s.heard.events, x->heard);
  assert_int_equal(seen.events, x->events);
  assert_int_equal(seen.bad, 0);
  assert_int_equal(seen.ended, x->status == CSPAN_OK);
  assert_string_equal(seen.method, "POST");
  assert_string_equal(seen.content_type, "application/vnd.amazon.eventstream");
  assert_string_equal(seen.payload_hash, "STREAMING-AWS4-HMAC-SHA256-EVENTS");
  if (x->status == CSPAN_ERR_SERVICE) {
    assert_string_equal(cspan_error_code(error), "OutOfTune");
    assert_string_equal(cspan_error_message(error), "stop");
  }
  cspan_error_free(error);
}

static void test_both_ways(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof song_cases / sizeof song_cases[0]; i++) {
    print_message("%s\n", song_cases[i].name);
    run_song_case(&song_cases[i]);
  }
}

/* The signatures are looked at: with another secret all are wrong. */
static void test_wrong_secret(void **state) {
  (void)state;
  event_server *server = event_server_start("another", 0);
  cspan_client *client = event_service_client(models, "choir", event_server_url(server), 1);
  singer s = {.count = 2};
  event_seen seen;
  cspan_client_request request = {.size = sizeof request,
                                  .operation = "Sing",
                                  .on_event = hear,
                                  .next_event = sing,
                                  .event_user = &s};
  assert_int_equal(cspan_client_send(client, &request, NULL, NULL), CSPAN_OK);
  cspan_client_free(client);
  event_server_stop(server, &seen);
  assert_int_equal(seen.bad, 3);
}

/* Over HTTP/1.1 the events go out in chunks; without a signature of the request, bare. */
static void run_chunked(const char *operation, bool is_signed) {
  char text[ANSWER_MAX];
  const answer a = {.events = {NOTE("z")}};
  size_t len = write_answer(&a, text);
  const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                               {SCRIPT_SEND, text, len},
                               {SCRIPT_WAIT_CLOSE, NULL, 0},
                               {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_client *client = event_service_client(models, "solo", script_server_url(server, ""), 1);
  singer s = {.count = 1};
  cspan_client_request request = {.size = sizeof request,
                                  .operation = operation,
                                  .on_event = hear,
                                  .next_event = sing,
                                  .event_user = &s};
  assert_int_equal(cspan_client_send(client, &request, NULL, NULL), CSPAN_OK);
  assert_string_equal(s.heard.events, "{\"Note\":{\"Key\":\"z\"}}\n");
  char *all = script_server_received(server);
  char *body = strstr(all, "\r\n\r\n") + 4;
  size_t size = strtoul(body, &body, 16);
  event_frame frame;
  assert_non_null(strstr(all, "Transfer-Encoding: chunked\r\n"));
  assert_int_equal(strstr(all, "STREAMING-AWS4-HMAC-SHA256-EVENTS") != NULL, is_signed);
  assert_true(event_get((const unsigned char *)body + 2, size, &frame));
  if (is_signed) {
    assert_true(event_get(frame.payload, frame.payload_len, &frame));
  }
  assert_int_equal(frame.payload_len, strlen("{\"Key\":\"a\"}"));
  assert_memory_equal(frame.payload, "{\"Key\":\"a\"}", frame.payload_len);
  free(all);
  cspan_client_free(client);
  script_server_stop(server);
}

static void test_chunked(void **state) {
  (void)state;
  run_chunked("Sing", true);
  run_chunked("Hum", false);
}

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  (void)error;
  *(cspan_status *)user = status;
}

static void test_on_a_loop(void **state) {
  (void)state;
  event_server *server = event_server_start(EVENT_SECRET, 0);
  cspan_client *client = event_service_client(models, "choir", event_server_url(server), 1);
  cspan_loop *loop = cspan_loop_create();
  cspan_status status = CSPAN_ERR_SHUTDOWN;
  singer s = {.count = 2, .is_polite = true};
  cspan_document *output = NULL;
  cspan_call_options options = {
      .size = sizeof options, .loop = loop, .done = on_done, .user = &status};
  cspan_client_request request = {.size = sizeof request,
                                  .operation = "Sing",
                                  .options = &options,
                                  .next_event = sing,
                                  .on_event = hear,
                                  .event_user = &s};
  assert_int_equal(cspan_client_send(client, &request, &output, NULL), CSPAN_OK);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(status, CSPAN_OK);
  assert_int_equal(s.heard.count, 2);
  assert_non_null(output);
  cspan_document_free(output);
  /* A call that never ends goes with its loop, while it waits for something to send. */
  s = (singer){.sent = 1, .count = 2, .is_polite = true};
  assert_int_equal(cspan_client_send(client, &request, &output, NULL), CSPAN_OK);
  while (s.waits < 3) {
    assert_int_equal(cspan_loop_run_once(loop, 1000), CSPAN_OK);
  }
  cspan_loop_free(loop);
  assert_int_equal(status, CSPAN_ERR_CANCELLED);
  cspan_client_free(client);
  event_server_stop(server, NULL);
}

/* ------------------------------------------------------------------ wrong uses */

static void assert_refused(cspan_client *client, const cspan_client_request *request,
                           const char *message) {
  cspan_error *error = NULL;
  assert_int_equal(cspan_client_send(client, request, NULL, &error), CSPAN_ERR_INVALID);
  if (!strstr(cspan_error_message(error), message)) {
    fail_msg("\"%s\" is not in \"%s\"", message, cspan_error_message(error));
  }
  cspan_error_free(error);
}

static cspan_status sing_wrongly(void *user, const cspan_value **event) {
  static const cspan_member members[] = {{"Shout", 5, {.kind = CSPAN_VALUE_MAP}}};
  static const cspan_value value = {.kind = CSPAN_VALUE_MAP, .size = 1, .as.members = members};
  (void)user;
  *event = &value;
  return CSPAN_OK;
}

static void test_wrong_uses(void **state) {
  (void)state;
  event_server *server = event_server_start(EVENT_SECRET, 0);
  cspan_client *client = event_service_client(models, "choir", event_server_url(server), 1);
  cspan_client_request request = {
      .size = sizeof request, .operation = "Pause", .on_event = take_event};
  assert_refused(client, &request, "Pause does not answer with events");
  request = (cspan_client_request){
      .size = sizeof request, .operation = "Listen", .next_event = sing_wrongly};
  assert_refused(client, &request, "Listen is not sent events");
  request = (cspan_client_request){.size = sizeof request, .operation = "Sing"};
  assert_refused(client, &request, "next_event must give them");
  request.next_event = sing_wrongly;
  assert_refused(client, &request, "Notes has no event 'Shout'");
  cspan_sink sink = {0};
  request = (cspan_client_request){.size = sizeof request, .operation = "Listen", .sink = &sink};
  assert_refused(client, &request, "no streamed member that a sink could take");
  char *url = NULL;
  request.sink = NULL;
  assert_int_equal(cspan_client_presign(client, &request, 60, &url, NULL), CSPAN_OK);
  assert_non_null(strstr(url, "/listen?"));
  cspan_free(url);
  cspan_client_free(client);
  event_server_stop(server, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_responses),  cmocka_unit_test(test_broken_connection),
      cmocka_unit_test(test_both_ways),  cmocka_unit_test(test_wrong_secret),
      cmocka_unit_test(test_chunked),    cmocka_unit_test(test_on_a_loop),
      cmocka_unit_test(test_wrong_uses),
  };
  event_service_models(models);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  model_folder_remove(models);
  return failed;
}
