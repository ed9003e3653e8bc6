/* SPDX-License-Identifier: Apache-2.0 */
/* Events both ways over HTTP/2 as AWS has them: over TLS, where ALPN chooses the protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "integration/event_service.h"
#include "support/event_server.h"
#include "support/tls_front.h"
#include "unit/aws/home_fixture.h"

enum { NOTES = 3 };

static char models[64];

/* A note for each that comes back: neither side waits for the other's end. */
typedef struct duet {
  int sent;
  int heard;
  int in_order;
  cspan_member key;
  cspan_value note;
  cspan_member event;
  cspan_value value;
} duet;

static const char *const keys[NOTES] = {"a", "b", "c"};

static cspan_status sing(void *user, const cspan_value **event) {
  static const cspan_value later = {.kind = CSPAN_VALUE_NULL};
  duet *d = user;
  if (d->sent > d->heard) {
    *event = &later;
  } else if (d->sent < NOTES) {
    d->key = cspan_field("Key", cspan_string(keys[d->sent++]));
    d->note = cspan_map(&d->key, 1);
    d->event = cspan_field("Note", d->note);
    d->value = cspan_map(&d->event, 1);
    *event = &d->value;
  }
  return CSPAN_OK;
}

static cspan_status hear(void *user, const cspan_value *event) {
  duet *d = user;
  const char *key = cspan_value_text(cspan_value_get(cspan_value_get(event, "Note"), "Key"), NULL);
  d->in_order += key != NULL && d->heard < NOTES && strcmp(key, keys[d->heard]) == 0;
  d->heard++;
  return CSPAN_OK;
}

static int port_of(const char *url) {
  return atoi(strrchr(url, ':') + 1);
}

typedef struct outcome {
  cspan_status status;
  cspan_error *error;
  duet duet;
  event_seen seen;
  int handshakes;
  int negotiated;
} outcome;

static void call(outcome *o, bool trusts) {
  event_server *server = event_server_start(EVENT_SECRET, 0);
  tls_front *front = tls_front_start(port_of(event_server_url(server)), "h2");
  memset(o, 0, sizeof *o);
  home_set(NULL, NULL);
  setenv("AWS_DEFAULTS_MODE", "mobile", 1); /* time for handshakes, however busy the machine is */
  if (trusts) {
    setenv("AWS_CA_BUNDLE", tls_front_certificate(front), 1);
  }
  cspan_client *client = event_service_client(models, "choir", tls_front_url(front), 1);
  cspan_client_request request = {.size = sizeof request,
                                  .operation = "Sing",
                                  .on_event = hear,
                                  .next_event = sing,
                                  .event_user = &o->duet};
  o->status = cspan_client_send(client, &request, NULL, &o->error);
  cspan_client_free(client);
  tls_front_stop(front, &o->handshakes, &o->negotiated);
  event_server_stop(server, &o->seen);
}

static void events_go_both_ways(void **state) {
  (void)state;
  outcome o;
  call(&o, true);
  if (o.status != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(o.error));
  }
  assert_int_equal(o.handshakes, 1);
  assert_int_equal(o.negotiated, 1);
  assert_int_equal(o.duet.in_order, NOTES);
  assert_int_equal(o.seen.events, NOTES);
  assert_int_equal(o.seen.bad, 0);
  assert_true(o.seen.ended);
  assert_string_equal(o.seen.payload_hash, "STREAMING-AWS4-HMAC-SHA256-EVENTS");
}

static void a_stranger_is_sent_nothing(void **state) {
  (void)state;
  outcome o;
  call(&o, false);
  assert_int_not_equal(o.status, CSPAN_OK);
  assert_non_null(strstr(cspan_error_message(o.error), "certificate"));
  assert_int_equal(o.handshakes, 0);
  assert_int_equal(o.duet.heard, 0);
  assert_int_equal(o.seen.events, 0);
  cspan_error_free(o.error);
}

static int make(void **state) {
  event_service_models(models);
  return home_make(state);
}

static int clean(void **state) {
  model_folder_remove(models);
  return home_remove(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_go_both_ways),
      cmocka_unit_test(a_stranger_is_sent_nothing),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
