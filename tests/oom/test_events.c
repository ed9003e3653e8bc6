/* SPDX-License-Identifier: Apache-2.0 */
/* Calls with event streams both ways, each allocation of theirs failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "integration/event_service.h"
#include "support/event_server.h"
#include "support/fail_alloc.h"

enum { MOST_ALLOCATIONS = 4000, NOTES = 2 };

static char models[64];

typedef struct singer {
  int sent;
  int heard;
} singer;

static cspan_status sing(void *user, const cspan_value **event) {
  static const cspan_member key = {
      "Key", 3, {.kind = CSPAN_VALUE_STRING, .size = 1, .as.text = "a"}};
  static const cspan_member note = {
      "Note", 4, {.kind = CSPAN_VALUE_MAP, .size = 1, .as.members = &key}};
  static const cspan_value value = {.kind = CSPAN_VALUE_MAP, .size = 1, .as.members = &note};
  singer *s = user;
  *event = s->sent++ < NOTES ? &value : NULL;
  return CSPAN_OK;
}

static cspan_status hear(void *user, const cspan_value *event) {
  singer *s = user;
  (void)event;
  s->heard++;
  return CSPAN_OK;
}

static cspan_status call(cspan_client *client, cspan_event_fn on_event, singer *s,
                         cspan_error **error) {
  cspan_document *output = NULL;
  cspan_value input = CSPAN_MAP(cspan_field("Song", cspan_string("canon")));
  cspan_client_request request = {.size = sizeof request,
                                  .operation = "Sing",
                                  .input = &input,
                                  .on_event = on_event,
                                  .next_event = sing,
                                  .event_user = s};
  cspan_status status = cspan_client_send(client, &request, &output, error);
  if (status == CSPAN_OK && on_event == NULL) {
    const cspan_value *notes = cspan_value_get(cspan_document_value(output), "Notes");
    s->heard = (int)cspan_value_count(notes);
  }
  cspan_document_free(output);
  return status;
}

/* The client is kept: what it keeps for the next call is there after the first. */
static void replay(const char *service, cspan_event_fn on_event, bool all_that_follow) {
  event_server *server = event_server_start(EVENT_SECRET, 0);
  cspan_client *client = event_service_client(models, service, event_server_url(server), 1);
  bool was_met = true;
  for (size_t n = 1; was_met && n < MOST_ALLOCATIONS; n++) {
    cspan_error *error = NULL;
    singer s = {0};
    fail_alloc_arm(n, all_that_follow);
    cspan_status status = call(client, on_event, &s, &error);
    was_met = fail_alloc_disarm();
    assert_true(status == CSPAN_OK || status == CSPAN_ERR_NOMEM);
    assert_true((status == CSPAN_OK) == (error == NULL));
    assert_true(status != CSPAN_OK || s.heard == NOTES);
    cspan_error_free(error);
  }
  assert_false(was_met);
  cspan_client_free(client);
  event_server_stop(server, NULL);
}

static void replay_all(cspan_event_fn on_event, bool all_that_follow) {
  long before = fail_alloc_outstanding_here();
  replay("choir", on_event, all_that_follow);
  replay("band", on_event, all_that_follow);
  assert_int_equal(fail_alloc_outstanding_here(), before);
}

static void test_one_fails(void **state) {
  (void)state;
  replay_all(hear, false);
  replay_all(NULL, false);
}

static void test_all_fail_from_one_on(void **state) {
  (void)state;
  replay_all(hear, true);
  replay_all(NULL, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_fails),
      cmocka_unit_test(test_all_fail_from_one_on),
  };
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  event_service_models(models);
  fail_alloc_install();
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fail_alloc_uninstall();
  model_folder_remove(models);
  return failed;
}
