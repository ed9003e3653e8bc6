/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: poll() over the sockets that libcurl names, and libcurl told
 * only of those that are ready. (curl_multi_perform would ask the kernel about
 * every running transfer at every turn.) */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "http/internal.h"

enum { FIRST_SLOTS = 16, MAX_SLOTS = 1 << 20, MAX_CACHED_CONNECTIONS = 256 };

static const int64_t ns_per_ms = 1000000;
static const int64_t cancel_check_ns = 100 * 1000000;

/* ---------------------------------------------------------- watched sockets */

cspan_status cspan_loop_reserve(cspan_loop *loop, size_t slots) {
  size_t need = slots + 1;
  if (need <= loop->slot_cap) {
    return CSPAN_OK;
  }
  if (need > MAX_SLOTS) {
    return CSPAN_ERR_LIMIT;
  }
  size_t cap = loop->slot_cap ? loop->slot_cap : FIRST_SLOTS;
  while (cap < need) {
    cap *= 2;
  }
  struct pollfd *grown = cspan_realloc(loop->slots, cap * sizeof *grown);
  if (!grown) {
    return CSPAN_ERR_NOMEM;
  }
  loop->slots = grown;
  loop->slot_cap = cap;
  return CSPAN_OK;
}

/* A free slot, or 0 (the wake-up's own) when there is no memory for one. */
static size_t take_slot(cspan_loop *loop) {
  for (size_t i = 1; i < loop->slot_count; i++) {
    if (loop->slots[i].fd < 0) {
      return i;
    }
  }
  if (cspan_loop_reserve(loop, loop->slot_count) != CSPAN_OK) {
    return 0;
  }
  return loop->slot_count++;
}

static size_t find_slot(const cspan_loop *loop, int fd) {
  for (size_t i = 1; i < loop->slot_count; i++) {
    if (loop->slots[i].fd == fd) {
      return i;
    }
  }
  return 0;
}

static void free_slot(cspan_loop *loop, size_t slot) {
  loop->slots[slot] = (struct pollfd){.fd = -1};
  while (loop->slot_count > 1 && loop->slots[loop->slot_count - 1].fd < 0) {
    loop->slot_count--;
  }
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
  (void)easy;
  (void)known;
  cspan_loop *loop = user;
  size_t slot = find_slot(loop, fd);
  if (what == CURL_POLL_REMOVE) {
    if (slot) {
      free_slot(loop, slot);
    }
    return 0;
  }
  if (!slot) {
    slot = take_slot(loop);
    if (!slot) {
      loop->out_of_memory = true; /* the turn ends with every exchange failed */
      return 0;
    }
    loop->slots[slot] = (struct pollfd){.fd = fd};
  }
  bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
  bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
  loop->slots[slot].events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
  return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user) {
  (void)multi;
  cspan_loop *loop = user;
  if (timeout_ms < 0) {
    loop->curl_due_ns = CSPAN_TIME_NEVER;
  } else if (timeout_ms == 0) {
    loop->curl_due_ns = 0;
  } else {
    loop->curl_due_ns = cspan_now_ns() + (int64_t)timeout_ms * ns_per_ms;
  }
  return 0;
}

/* ------------------------------------------------------------ create, free */

static bool set_up(cspan_loop *loop) {
  loop->curl_due_ns = CSPAN_TIME_NEVER;
  loop->check_due_ns = CSPAN_TIME_NEVER;
  if (cspan_loop_reserve(loop, FIRST_SLOTS - 1) != CSPAN_OK) {
    return false;
  }
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) {
    return false;
  }
  loop->slots[0] = (struct pollfd){.fd = wake, .events = POLLIN};
  loop->slot_count = 1;
  loop->multi = curl_multi_init();
  if (!loop->multi) {
    return false;
  }
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
  /* By default libcurl closes all but four times the transfers of the moment. */
  curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CACHED_CONNECTIONS);
  return true;
}

cspan_loop *cspan_loop_create(void) {
  if (cspan_http_global_init(NULL) != CSPAN_OK) {
    return NULL;
  }
  cspan_loop *loop = cspan_calloc(1, sizeof *loop);
  if (loop && !set_up(loop)) {
    cspan_loop_free(loop);
    loop = NULL;
  }
  return loop;
}

/* Those of now, not what their callbacks start. */
static void abort_all(cspan_loop *loop, cspan_status status) {
  for (size_t left = loop->active; left > 0 && loop->active > 0; left--) {
    cspan_http_abort(loop->running.first ? loop->running.first : loop->fresh.first, status);
  }
}

void cspan_loop_free(cspan_loop *loop) {
  if (!loop) {
    return;
  }
  loop->closing = true;
  abort_all(loop, CSPAN_ERR_CANCELLED);
  cspan_timers_free(&loop->timers);
  while (loop->idle.first) {
    cspan_http_exchange *exchange = loop->idle.first;
    cspan_list_remove(&loop->idle, exchange);
    cspan_exchange_delete(exchange);
  }
  if (loop->multi) {
    curl_multi_cleanup(loop->multi);
  }
  if (loop->slot_count) {
    close(loop->slots[0].fd);
  }
  cspan_free(loop->slots);
  cspan_free(loop);
}

/* --------------------------------------------------------------- the turn */

static size_t finish_done(cspan_loop *loop) {
  size_t finished = 0;
  int left;
  const CURLMsg *message;
  while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
    cspan_http_exchange *exchange = NULL;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
    cspan_exchange_finish(exchange, code);
    finished++;
  }
  return finished;
}

/* Calls libcurl; its callbacks may end exchanges, which are reaped after. */
static void act(cspan_loop *loop, curl_socket_t fd, int mask) {
  int running;
  loop->in_curl = true;
  CURLMcode code = curl_multi_socket_action(loop->multi, fd, mask, &running);
  loop->in_curl = false;
  if (code == CURLM_OUT_OF_MEMORY) {
    loop->out_of_memory = true;
  }
  cspan_exchange_reap(loop);
}

static size_t add_fresh(cspan_loop *loop) {
  size_t failed = 0;
  while (loop->fresh.first) {
    cspan_http_exchange *exchange = loop->fresh.first;
    if (curl_multi_add_handle(loop->multi, exchange->easy) != CURLM_OK) {
      cspan_http_abort(exchange, CSPAN_ERR_NOMEM);
      failed++;
      continue;
    }
    cspan_list_remove(&loop->fresh, exchange);
    exchange->state = CSPAN_EXCHANGE_RUNNING;
    cspan_list_append(&loop->running, exchange);
  }
  return failed;
}

static cspan_status overdue(const cspan_http_exchange *exchange, int64_t now_ns) {
  if (cspan_cancel_is_triggered(exchange->cancel)) {
    return CSPAN_ERR_CANCELLED;
  }
  bool late = exchange->deadline_ns && exchange->deadline_ns <= now_ns;
  return late ? CSPAN_ERR_TIMEOUT : CSPAN_OK;
}

/* Aborts one that is due; lowers check_due_ns for those that are not. After an
 * abort the list may be another, so that the search begins anew. */
static bool abort_one_due(cspan_loop *loop, const cspan_exchange_list *list, int64_t now_ns) {
  for (cspan_http_exchange *e = list->first; e; e = e->next) {
    cspan_status status = overdue(e, now_ns);
    if (status != CSPAN_OK) {
      cspan_http_abort(e, status);
      return true;
    }
    int64_t due_ns = e->deadline_ns ? e->deadline_ns : CSPAN_TIME_NEVER;
    if (e->cancel && now_ns + cancel_check_ns < due_ns) {
      due_ns = now_ns + cancel_check_ns;
    }
    if (due_ns < loop->check_due_ns) {
      loop->check_due_ns = due_ns;
    }
  }
  return false;
}

static size_t abort_due(cspan_loop *loop, int64_t now_ns) {
  size_t aborted = 0;
  if (loop->check_due_ns > now_ns) {
    return 0;
  }
  loop->check_due_ns = CSPAN_TIME_NEVER;
  while (abort_one_due(loop, &loop->fresh, now_ns) || abort_one_due(loop, &loop->running, now_ns)) {
    aborted++;
  }
  return aborted;
}

/* Everything that the clock asks for, and the exchanges started since. */
static size_t run_due(cspan_loop *loop) {
  int64_t now_ns = cspan_now_ns();
  size_t events = abort_due(loop, now_ns);
  events += cspan_timers_fire(loop, now_ns);
  events += add_fresh(loop);
  if (loop->curl_due_ns <= now_ns) {
    loop->curl_due_ns = CSPAN_TIME_NEVER;
    act(loop, CURL_SOCKET_TIMEOUT, 0);
    events += finish_done(loop);
  }
  return events;
}

static int64_t earlier(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static int wait_ms(const cspan_loop *loop, int64_t max_wait_ms) {
  int64_t due_ns = earlier(loop->curl_due_ns, loop->check_due_ns);
  due_ns = earlier(due_ns, cspan_timers_next(&loop->timers));
  int64_t ms = max_wait_ms < 0 ? 0 : earlier(max_wait_ms, INT32_MAX);
  if (ms == 0 || due_ns == CSPAN_TIME_NEVER) {
    return (int)ms;
  }
  int64_t left_ns = due_ns - cspan_now_ns();
  if (left_ns <= 0) {
    return 0;
  }
  return (int)earlier(ms, (left_ns + ns_per_ms - 1) / ns_per_ms);
}

static void drain_wakeup(int fd) {
  uint64_t count;
  while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

/* By index: libcurl's callbacks change the slots meanwhile. A slot given to
 * another socket has no events noted. */
static void act_on_ready(cspan_loop *loop) {
  for (size_t i = 1; i < loop->slot_count; i++) {
    struct pollfd slot = loop->slots[i];
    loop->slots[i].revents = 0;
    if (slot.fd < 0 || slot.revents == 0) {
      continue;
    }
    /* An error counts as readiness: the call that follows learns the reason. */
    bool broken = (slot.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    int mask = 0;
    if ((slot.events & POLLIN) && (broken || (slot.revents & POLLIN))) {
      mask |= CURL_CSELECT_IN;
    }
    if ((slot.events & POLLOUT) && (broken || (slot.revents & POLLOUT))) {
      mask |= CURL_CSELECT_OUT;
    }
    act(loop, slot.fd, mask);
  }
}

/* ------------------------------------------------------------- futile turns */

/* Where HTTP/2 flow control keeps libcurl from sending a body, it goes on asking for a writable
 * socket, which it has: turns without end, until the peer allows more. */
enum { FUTILE_TURNS = 3, QUIET_MS = 1, QUIET_SLOTS = 64 };

static curl_off_t bytes_sent(const cspan_loop *loop) {
  curl_off_t sum = 0;
  for (const cspan_http_exchange *e = loop->running.first; e; e = e->next) {
    curl_off_t sent = 0;
    curl_easy_getinfo(e->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    sum += sent;
  }
  return sum;
}

static bool is_only_writable(const cspan_loop *loop) {
  bool found = false;
  for (size_t i = 0; i < loop->slot_count; i++) {
    if (loop->slots[i].revents != 0 && loop->slots[i].revents != POLLOUT) {
      return false;
    }
    found = found || loop->slots[i].revents != 0;
  }
  return found;
}

/* After a turn; `was_writable`: there was nothing to do but write. */
static void judge_turn(cspan_loop *loop, bool was_writable, size_t finished) {
  curl_off_t sent = was_writable ? bytes_sent(loop) : -1;
  loop->futile_turns =
      was_writable && finished == 0 && sent == loop->sent ? loop->futile_turns + 1 : 0;
  loop->sent = sent;
}

/* For a moment, writable sockets are of no interest. */
static int quiet_poll(cspan_loop *loop, int ms) {
  size_t count = loop->slot_count < QUIET_SLOTS ? loop->slot_count : QUIET_SLOTS;
  uint64_t muted = 0;
  for (size_t i = 0; i < count; i++) {
    if (loop->slots[i].events & POLLOUT) {
      loop->slots[i].events &= (short)~POLLOUT;
      muted |= UINT64_C(1) << i;
    }
  }
  int ready = poll(loop->slots, loop->slot_count, ms < QUIET_MS ? ms : QUIET_MS);
  for (size_t i = 0; i < count; i++) {
    if (muted >> i & 1) {
      loop->slots[i].events |= POLLOUT;
    }
  }
  loop->futile_turns = FUTILE_TURNS - 1;
  return ready;
}

static cspan_status wait_and_act(cspan_loop *loop, int64_t max_wait_ms) {
  int ms = wait_ms(loop, max_wait_ms);
  int ready = loop->futile_turns < FUTILE_TURNS ? poll(loop->slots, loop->slot_count, ms)
                                                : quiet_poll(loop, ms);
  if (ready < 0 && errno != EINTR) {
    return errno == ENOMEM ? CSPAN_ERR_NOMEM : CSPAN_ERR_IO;
  }
  if (ready > 0) {
    bool was_writable = is_only_writable(loop);
    if (loop->slots[0].revents) {
      drain_wakeup(loop->slots[0].fd);
    }
    act_on_ready(loop);
    judge_turn(loop, was_writable, finish_done(loop));
  } else {
    run_due(loop);
  }
  return CSPAN_OK;
}

cspan_status cspan_loop_run_once(cspan_loop *loop, int64_t max_wait_ms) {
  size_t events = run_due(loop);
  /* With the last exchange at its end there is no socket to look at. */
  bool is_over = events > 0 && loop->active == 0;
  cspan_status status = is_over ? CSPAN_OK : wait_and_act(loop, events ? 0 : max_wait_ms);
  if (status == CSPAN_OK && loop->out_of_memory) {
    loop->out_of_memory = false;
    abort_all(loop, CSPAN_ERR_NOMEM);
    return CSPAN_ERR_NOMEM;
  }
  return status;
}

cspan_status cspan_loop_run(cspan_loop *loop) {
  while (cspan_loop_pending(loop) > 0) {
    cspan_status status = cspan_loop_run_once(loop, 1000);
    if (status) {
      return status;
    }
  }
  return CSPAN_OK;
}

size_t cspan_loop_pending(const cspan_loop *loop) {
  return loop->active + loop->timers.count;
}

void cspan_loop_wakeup(cspan_loop *loop) {
  const uint64_t one = 1;
  while (write(loop->slots[0].fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}
