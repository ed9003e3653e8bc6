/* SPDX-License-Identifier: Apache-2.0 */
/* A program that makes spans and ends in the way its first argument says; test_process_end.c
 * starts it. Its spans go where OTEL_EXPORTER_OTLP_ENDPOINT says. Prints "ready" where it waits
 * for signals. A limit of its own ends it where something hangs. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/metrics.h>

enum { SPANS = 100, LIMIT_S = 120 };

static cspan_tracer_provider *provider;
static cspan_tracer *tracer;

static void make(const char *name, int count) {
  for (int i = 0; i < count; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, name, NULL);
    cspan_span_set_int64(span, "i", i);
    cspan_span_end(span);
  }
}

static void init(void) {
  cspan_error *error = NULL;
  if (cspan_telemetry_init("end", "1", &provider, &error) != CSPAN_OK) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    exit(9);
  }
  tracer = cspan_tracer_get(provider, "end", NULL, NULL);
}

/* Not by pause(): TSan keeps a signal that comes just before it until it returns. */
static void wait_for_ever(void) {
  for (;;) {
    usleep(20000);
  }
}

static void wait_for_signals(void) {
  puts("ready");
  fflush(stdout);
  wait_for_ever();
}

/* -------------------------------------------------------------------- by exit() */

static int by_return(void) {
  make("main", SPANS);
  return 4;
}

static int by_exit(void) {
  make("main", SPANS);
  exit(3);
}

static int by_underscore_exit(void) {
  make("main", SPANS);
  _exit(3);
}

static int after_shutdown(void) {
  make("main", SPANS);
  return cspan_tracer_provider_shutdown(provider, 0, NULL) == CSPAN_OK ? 0 : 1;
}

static int after_free(void) {
  make("main", SPANS);
  cspan_tracer_provider_free(provider);
  return 0;
}

static int not_any_more(void) {
  make("main", SPANS);
  return cspan_tracer_provider_shutdown_at_exit(provider, -1, NULL) == CSPAN_OK ? 0 : 1;
}

static int two_providers(void) {
  make("main", SPANS);
  init();
  make("main", SPANS);
  return 0;
}

static int in_little_time(void) {
  make("main", SPANS);
  return cspan_tracer_provider_shutdown_at_exit(provider, 300, NULL) == CSPAN_OK ? 6 : 1;
}

/* Everything that a handler may do, before and after the library's own. */
static void use_all(void) {
  cspan_telemetry_stats stats;
  make("handler", 1);
  cspan_span span = cspan_span_start(cspan_tracer_get(NULL, "other", NULL, NULL), NULL, "s", NULL);
  cspan_span_record_exception(span, "type", "message", NULL, 0);
  cspan_span_end(span);
  cspan_tracer_provider_force_flush(provider, 0, NULL);
  cspan_tracer_provider_stats(provider, &stats);
}

static void end_all(void) {
  use_all();
  cspan_tracer_provider_shutdown(provider, 0, NULL);
  cspan_tracer_provider_free(provider);
  provider = NULL;
}

static void exit_again(void) {
  use_all();
  exit(8); /* not allowed, and glibc goes on with the handlers that are left */
}

/* These run after the library's handler, in the reverse order. */
static void register_early(void) {
  atexit(end_all);
  atexit(use_all);
}

static int in_handlers(void) {
  atexit(use_all); /* before the library's */
  atexit(exit_again);
  make("main", SPANS);
  return 7;
}

/* An exporter that ends the program, on an export thread. */
static cspan_status export_exit(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  (void)self;
  (void)context;
  (void)batch;
  (void)rejected;
  (void)error;
  exit(5);
}

static int in_an_export(void) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable, .export_spans = export_exit};
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, NULL), NULL);
  const cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  cspan_tracer_provider *own;
  if (cspan_tracer_provider_create(&options, &own, NULL) != CSPAN_OK ||
      cspan_tracer_provider_shutdown_at_exit(own, 0, NULL) != CSPAN_OK) {
    return 1;
  }
  cspan_span_end(cspan_span_start(cspan_tracer_get(own, "t", NULL, NULL), NULL, "s", NULL));
  cspan_tracer_provider_force_flush(own, 0, NULL);
  return 1;
}

/* A meter provider of the program's own, which nobody frees. */
static void count_with_own_meters(void) {
  cspan_metric_reader *reader =
      cspan_metric_reader_periodic(cspan_metric_exporter_console(STDOUT_FILENO), NULL);
  const cspan_meter_provider_options options = {
      .size = sizeof options, .readers = &reader, .reader_count = 1};
  const cspan_instrument_options counter = {.size = sizeof counter, .name = "calls"};
  cspan_meter_provider *meters;
  if (cspan_meter_provider_create(&options, &meters, NULL) != CSPAN_OK ||
      cspan_meter_provider_shutdown_at_exit(meters, 0, NULL) != CSPAN_OK) {
    exit(9);
  }
  cspan_record_int64(cspan_instrument_get(cspan_meter_get(meters, NULL), &counter), NULL, 100, NULL,
                     0);
}

static int own_meters(void) {
  count_with_own_meters();
  return 3;
}

/* The export thread waits for work when the program forks, and the queue is not empty. */
static void make_before_a_fork(void) {
  make("main", 1);
  cspan_tracer_provider_force_flush(provider, 0, NULL);
  make("main", SPANS - 1);
}

static int with_children(void) {
  make_before_a_fork();
  for (int i = 0; i < 2; i++) {
    pid_t child = fork();
    if (child == 0) {
      make(i == 0 ? "exits" : "vanishes", 7);
      if (i == 0) {
        exit(0);
      }
      _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
      return 1;
    }
  }
  return 0;
}

/* -------------------------------------------------------------------- by a signal */

static void flush_on_signals(const int *signals, size_t count, int64_t timeout_ms) {
  const cspan_signal_options options = {
      .size = sizeof options, .signals = signals, .signal_count = count, .timeout_ms = timeout_ms};
  cspan_error *error = NULL;
  if (cspan_telemetry_flush_on_signals(&options, &error) != CSPAN_OK) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    exit(9);
  }
}

static int by_signal(void) {
  flush_on_signals(NULL, 0, 0);
  make("main", SPANS);
  wait_for_signals();
  return 1;
}

static int own_meters_by_signal(void) {
  flush_on_signals(NULL, 0, 0);
  count_with_own_meters();
  wait_for_signals();
  return 1;
}

static int by_sighup(void) {
  const int signals[] = {SIGHUP, SIGHUP};
  flush_on_signals(signals, 2, 0);
  make("main", SPANS);
  wait_for_signals();
  return 1;
}

static int by_signal_in_little_time(void) {
  flush_on_signals(NULL, 0, 300);
  make("main", SPANS);
  wait_for_signals();
  return 1;
}

static int by_second_signal(void) {
  flush_on_signals(NULL, 0, INT32_MAX);
  make("main", SPANS);
  wait_for_signals();
  return 1;
}

static int with_signals_given_back(void) {
  flush_on_signals(NULL, 0, 0);
  cspan_telemetry_flush_on_signals_end();
  flush_on_signals(NULL, 0, 0);
  cspan_telemetry_flush_on_signals_end();
  cspan_telemetry_flush_on_signals_end();
  make("main", SPANS);
  wait_for_signals();
  return 1;
}

static volatile sig_atomic_t signals_seen;

static void count_signal(int number) {
  (void)number;
  signals_seen = signals_seen + 1;
}

/* A program that ends by itself when it is told to. */
static int with_own_handler(void) {
  struct sigaction action = {.sa_handler = count_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, NULL);
  flush_on_signals(NULL, 0, 0);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  make("main", SPANS);
  sigprocmask(SIG_SETMASK, &all, &before);
  puts("ready");
  fflush(stdout);
  while (signals_seen == 0) {
    sigsuspend(&before);
  }
  make("last", 3);
  return signals_seen == 1 ? 5 : 1;
}

static int with_ignored_signal(void) {
  signal(SIGINT, SIG_IGN);
  flush_on_signals(NULL, 0, 0);
  struct sigaction now;
  make("main", SPANS);
  raise(SIGINT);
  sigaction(SIGINT, NULL, &now);
  return now.sa_handler == SIG_IGN ? 0 : 1;
}

/* One child has spans when the signal comes, the other has none. */
static int with_signalled_children(void) {
  flush_on_signals(NULL, 0, 0);
  make_before_a_fork();
  for (int i = 0; i < 2; i++) {
    int ends[2];
    char byte;
    if (pipe(ends) != 0) {
      return 1;
    }
    pid_t child = fork();
    if (child == 0) {
      make("signalled", i * 7);
      if (write(ends[1], "x", 1) != 1) {
        _exit(1);
      }
      wait_for_ever();
    }
    int status = 0;
    if (child < 0 || read(ends[0], &byte, 1) != 1 || kill(child, SIGTERM) != 0 ||
        waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
        WTERMSIG(status) != SIGTERM) {
      return 1;
    }
  }
  return 0;
}

static const struct {
  const char *name;
  int (*run)(void);
} ways[] = {
    {"return", by_return},
    {"exit", by_exit},
    {"_exit", by_underscore_exit},
    {"shutdown", after_shutdown},
    {"free", after_free},
    {"not-any-more", not_any_more},
    {"two-providers", two_providers},
    {"little-time", in_little_time},
    {"handlers", in_handlers},
    {"in-an-export", in_an_export},
    {"children", with_children},
    {"own-meters", own_meters},
    {"signal", by_signal},
    {"own-meters-signal", own_meters_by_signal},
    {"sighup", by_sighup},
    {"signal-little-time", by_signal_in_little_time},
    {"second-signal", by_second_signal},
    {"given-back", with_signals_given_back},
    {"own-handler", with_own_handler},
    {"ignored", with_ignored_signal},
    {"signalled-children", with_signalled_children},
};

int main(int argc, char **argv) {
  alarm(LIMIT_S);
  for (size_t i = 0; argc == 2 && i < sizeof ways / sizeof ways[0]; i++) {
    if (strcmp(argv[1], ways[i].name) == 0) {
      if (ways[i].run == in_handlers) {
        register_early();
      }
      init();
      return ways[i].run();
    }
  }
  fprintf(stderr, "end_program: unknown way\n");
  return 2;
}
