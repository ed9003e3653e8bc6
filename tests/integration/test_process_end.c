/* SPDX-License-Identifier: Apache-2.0 */
/* Real programs that end in every way, and what arrives of their spans. */
#include "integration/span_intake.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cloudspan/metrics.h>

#include "support/command.h"
#include "unit/telemetry/forked.h"

enum { SPANS = 100, SIGNALLED = 128 };

static void aim_at(int port) {
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, 1);
}

static void start_way(command *c, const char *way) {
  const char *const args[] = {"./end_program", way, NULL};
  command_start(c, args, NULL, 0);
}

static bool is_ready(void *user) {
  const command *c = user;
  char *out = command_read_file(c->out_path, NULL);
  bool ready = out != NULL && strstr(out, "ready") != NULL;
  free(out);
  return ready;
}

static void assert_ended(command *c, const char *way, int exit_code) {
  command_wait(c);
  if (c->exit_code != exit_code) {
    fail_msg("%s: exit code %d, not %d; %s", way, c->exit_code, exit_code, c->err);
  }
  command_free(c);
}

/* ------------------------------------------------------------------ by exit() */

static void test_ends(void **state) {
  (void)state;
  static const struct {
    const char *way;
    int exit_code;
    size_t spans; /* "main" */
    const char *other;
    size_t others;
    bool forks;
  } rows[] = {
      {"return", 4, SPANS, "", 0, false},
      {"exit", 3, SPANS, "", 0, false},
      {"_exit", 3, 0, "", 0, false},
      {"shutdown", 0, SPANS, "", 0, false},
      {"free", 0, SPANS, "", 0, false},
      {"not-any-more", 0, 0, "", 0, false},
      {"two-providers", 0, 2 * SPANS, "", 0, false},
      {"handlers", 8, SPANS, "handler", 2, false}, /* of those before the library's own */
      {"in-an-export", 5, 0, "", 0, false},
      {"children", 0, SPANS, "exits", 7, true},
      {"ignored", 0, SPANS, "", 0, false},
      {"signalled-children", 0, SPANS, "signalled", 7, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].forks && !CHILD_MAY_START_THREADS) {
      continue;
    }
    for (int grpc = 0; grpc < 2; grpc++) {
      span_intake in;
      command c;
      intake_start(&in);
      setenv("OTEL_EXPORTER_OTLP_PROTOCOL", grpc ? "grpc" : "http/protobuf", 1);
      aim_at(grpc ? cspan_receiver_grpc_port(in.receiver) : cspan_receiver_http_port(in.receiver));
      start_way(&c, rows[i].way);
      assert_ended(&c, rows[i].way, rows[i].exit_code);
      size_t all = intake_total(&in);
      if (intake_count(&in, "main", 0) != rows[i].spans ||
          intake_count(&in, rows[i].other, 0) != rows[i].others || intake_has_twice(&in)) {
        fail_msg("%s: %zu spans, %zu of the main program", rows[i].way, all,
                 intake_count(&in, "main", 0));
      }
      intake_free(&in);
    }
  }
}

/* ---------------------------------------------------------------- by a signal */

static void test_signals(void **state) {
  (void)state;
  static const struct {
    const char *way;
    int signal;
    int exit_code;
    size_t spans;
    size_t last;
  } rows[] = {
      {"signal", SIGTERM, SIGNALLED + SIGTERM, SPANS, 0},
      {"signal", SIGINT, SIGNALLED + SIGINT, SPANS, 0},
      {"signal", SIGHUP, SIGNALLED + SIGHUP, 0, 0}, /* was not asked for */
      {"sighup", SIGHUP, SIGNALLED + SIGHUP, SPANS, 0},
      {"sighup", SIGTERM, SIGNALLED + SIGTERM, 0, 0},
      {"given-back", SIGTERM, SIGNALLED + SIGTERM, 0, 0},
      {"own-handler", SIGTERM, 5, SPANS, 3},
  };
  setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_intake in;
    command c;
    intake_start(&in);
    aim_at(cspan_receiver_http_port(in.receiver));
    start_way(&c, rows[i].way);
    assert_true(command_wait_until(&c, is_ready, &c));
    kill(c.pid, rows[i].signal);
    assert_ended(&c, rows[i].way, rows[i].exit_code);
    assert_int_equal(intake_count(&in, "main", 0), rows[i].spans);
    assert_int_equal(intake_count(&in, "last", 0), rows[i].last);
    intake_free(&in);
  }
}

/* -------------------------------------------------------------------- metrics */

/* The last interval, which is the only one here, is told too. */
static void test_metrics(void **state) {
  (void)state;
  static const struct {
    const char *way;
    int signal; /* 0: it ends by itself */
    int exit_code;
    const char *exporter; /* of the provider of the set-up */
    const char *metric;   /* its value is 100 */
    size_t spans;
  } rows[] = {
      {"exit", 0, 3, "console", "otel.sdk.span.started counter in {span}", SPANS},
      {"signal", SIGTERM, SIGNALLED + SIGTERM, "console", "otel.sdk.span.started counter in {span}",
       SPANS},
      {"own-meters", 0, 3, "none", "calls counter scope=", 0},
      {"own-meters-signal", SIGTERM, SIGNALLED + SIGTERM, "none", "calls counter scope=", 0},
  };
  setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_intake in;
    command c;
    intake_start(&in);
    aim_at(cspan_receiver_http_port(in.receiver));
    setenv("OTEL_METRICS_EXPORTER", rows[i].exporter, 1);
    start_way(&c, rows[i].way);
    if (rows[i].signal != 0) {
      assert_true(command_wait_until(&c, is_ready, &c));
      kill(c.pid, rows[i].signal);
    }
    command_wait(&c);
    assert_int_equal(c.exit_code, rows[i].exit_code);
    assert_non_null(strstr(c.out, rows[i].metric));
    assert_non_null(strstr(c.out, "\n  100"));
    command_free(&c);
    assert_int_equal(intake_count(&in, "main", 0), rows[i].spans);
    intake_free(&in);
  }
  unsetenv("OTEL_METRICS_EXPORTER");
}

/* ------------------------------------------------------- nobody takes the spans */

/* A socket that takes connections and says nothing. */
static int listen_silently(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t len = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 16), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
  *port = ntohs(address.sin_port);
  return fd;
}

/* One export may last for ever; the program would be ended by its own alarm. */
static void test_unreachable(void **state) {
  (void)state;
  int silent_port;
  int fd = listen_silently(&silent_port);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600000", 1);
  setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 1);
  const int ports[] = {1, silent_port};
  for (size_t i = 0; i < 2; i++) {
    command c;
    aim_at(ports[i]);
    start_way(&c, "little-time");
    command_wait(&c);
    assert_int_equal(c.exit_code, 6);
    assert_non_null(strstr(c.err, "not all spans were sent at the end of the program"));
    command_free(&c);
    start_way(&c, "signal-little-time");
    assert_true(command_wait_until(&c, is_ready, &c));
    kill(c.pid, SIGTERM);
    command_wait(&c);
    assert_int_equal(c.exit_code, SIGNALLED + SIGTERM);
    assert_non_null(strstr(c.err, "not all spans were sent as a signal ends the program"));
    command_free(&c);
  }
  close(fd);
  unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
}

static bool send_again(void *user) {
  const command *c = user;
  kill(c->pid, SIGTERM);
  return false;
}

/* Whoever sends the signal again does not want to wait. */
static void test_second_signal(void **state) {
  (void)state;
  int port;
  command c;
  int fd = listen_silently(&port);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600000", 1);
  aim_at(port);
  start_way(&c, "second-signal");
  assert_true(command_wait_until(&c, is_ready, &c));
  assert_false(command_wait_until(&c, send_again, &c));
  assert_ended(&c, "second-signal", SIGNALLED + SIGTERM);
  close(fd);
  unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
}

/* ------------------------------------------------------------------ the API itself */

static void test_refused_signals(void **state) {
  (void)state;
  static const int bad[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGABRT, 0, -1, 9999};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const int signals[] = {SIGTERM, bad[i]};
    const cspan_signal_options options = {.signals = signals, .signal_count = 2};
    cspan_error *error = NULL;
    assert_int_equal(cspan_telemetry_flush_on_signals(&options, &error), CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), "SIGTERM"));
    cspan_error_free(error);
    struct sigaction now;
    assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
  }
  int many[17];
  for (int i = 0; i < 17; i++) {
    many[i] = SIGRTMIN + i;
  }
  const cspan_signal_options options = {.signals = many, .signal_count = 17};
  assert_int_equal(cspan_telemetry_flush_on_signals(&options, NULL), CSPAN_ERR_LIMIT);
  assert_int_equal(cspan_telemetry_flush_on_signals(NULL, NULL), CSPAN_OK);
  assert_int_equal(cspan_telemetry_flush_on_signals(NULL, NULL), CSPAN_ERR_INVALID);
  cspan_telemetry_flush_on_signals_end();
  assert_int_equal(cspan_tracer_provider_shutdown_at_exit(NULL, 0, NULL), CSPAN_OK);
  assert_int_equal(cspan_meter_provider_shutdown_at_exit(NULL, 0, NULL), CSPAN_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ends),          cmocka_unit_test(test_signals),
      cmocka_unit_test(test_metrics),       cmocka_unit_test(test_unreachable),
      cmocka_unit_test(test_second_signal), cmocka_unit_test(test_refused_signals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
