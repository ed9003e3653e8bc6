/* SPDX-License-Identifier: Apache-2.0 */
#include "services/sqs/keeper.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

typedef struct held {
  char *handle; /* NULL: released */
  cspan_error *error;
} held;

struct cspan_sqs_keeper {
  cspan_client *client;
  const char *queue_url;
  const cspan_call_options *options;
  cspan_context context; /* with a cancellation of its own */
  int64_t visibility_s;
  int64_t interval_ns;
  pthread_t thread;
  pthread_mutex_t lock; /* for all below */
  pthread_cond_t changed;
  held messages[CSPAN_SQS_ENTRIES_A_CALL];
  size_t count;
  uint64_t generation; /* of the messages */
  int64_t due_ns;
  bool is_stopping;
};

/* Copies of what is to be extended, for a call without the lock. */
typedef struct round_of {
  char *handles[CSPAN_SQS_ENTRIES_A_CALL];
  size_t indexes[CSPAN_SQS_ENTRIES_A_CALL];
  size_t count;
  uint64_t generation;
} round_of;

static void note_error(cspan_sqs_keeper *keeper, size_t index, cspan_error *error) {
  held *message = &keeper->messages[index];
  if (message->handle != NULL && message->error == NULL) {
    message->error = error;
  } else {
    cspan_error_free(error); /* done with meanwhile: its error means nothing */
  }
}

static void copy_handles(cspan_sqs_keeper *keeper, round_of *round) {
  *round = (round_of){.generation = keeper->generation};
  for (size_t i = 0; i < keeper->count; i++) {
    if (keeper->messages[i].handle == NULL) {
      continue;
    }
    char *copy = cspan_strdup(keeper->messages[i].handle);
    if (copy == NULL) {
      note_error(keeper, i, cspan_error_nomem());
      continue;
    }
    round->indexes[round->count] = i;
    round->handles[round->count++] = copy;
  }
}

/* Called with the lock, which it gives up for the call. */
static void extend(cspan_sqs_keeper *keeper) {
  round_of round;
  cspan_sqs_outcome outcomes[CSPAN_SQS_ENTRIES_A_CALL] = {{0}};
  copy_handles(keeper, &round);
  keeper->due_ns = cspan_now_ns() + keeper->interval_ns;
  if (round.count == 0) {
    return;
  }
  pthread_mutex_unlock(&keeper->lock);
  cspan_context context =
      cspan_context_with_timeout(&keeper->context, keeper->visibility_s * MS_PER_S);
  cspan_sqs_handles handles = {.handles = (const char *const *)round.handles,
                               .visibility_s = keeper->visibility_s};
  cspan_sqs_batch batch = {.client = keeper->client,
                           .operation = "ChangeMessageVisibilityBatch",
                           .queue_url = keeper->queue_url,
                           .context = &context,
                           .options = keeper->options,
                           .count = round.count,
                           .put_entry = cspan_sqs_put_handle,
                           .user = &handles};
  cspan_sqs_batch_run(&batch, outcomes);
  pthread_mutex_lock(&keeper->lock);
  for (size_t i = 0; i < round.count; i++) {
    if (round.generation == keeper->generation && outcomes[i].error != NULL) {
      note_error(keeper, round.indexes[i], outcomes[i].error);
    } else {
      cspan_error_free(outcomes[i].error);
    }
    cspan_free(round.handles[i]);
  }
}

static bool holds_any(const cspan_sqs_keeper *keeper) {
  for (size_t i = 0; i < keeper->count; i++) {
    if (keeper->messages[i].handle != NULL) {
      return true;
    }
  }
  return false;
}

static void *run(void *arg) {
  cspan_sqs_keeper *keeper = arg;
  pthread_mutex_lock(&keeper->lock);
  while (!keeper->is_stopping) {
    if (!holds_any(keeper)) {
      pthread_cond_wait(&keeper->changed, &keeper->lock);
    } else if (cspan_now_ns() < keeper->due_ns) {
      cspan_cond_wait_until(&keeper->changed, &keeper->lock, keeper->due_ns);
    } else {
      extend(keeper);
    }
  }
  pthread_mutex_unlock(&keeper->lock);
  return NULL;
}

static void forget_messages(cspan_sqs_keeper *keeper) {
  for (size_t i = 0; i < keeper->count; i++) {
    cspan_free(keeper->messages[i].handle);
    cspan_error_free(keeper->messages[i].error);
    keeper->messages[i] = (held){0};
  }
  keeper->count = 0;
}

static void dispose(cspan_sqs_keeper *keeper) {
  forget_messages(keeper);
  cspan_cancel_free(keeper->context.cancel);
  pthread_cond_destroy(&keeper->changed);
  pthread_mutex_destroy(&keeper->lock);
  cspan_free(keeper);
}

cspan_status cspan_sqs_keeper_start(cspan_client *client, const cspan_sqs_receive_input *input,
                                    cspan_sqs_keeper **out, cspan_error **error) {
  char text[128];
  *out = NULL;
  cspan_sqs_keeper *keeper = cspan_calloc(1, sizeof *keeper);
  if (keeper == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  keeper->client = client;
  keeper->queue_url = input->queue_url;
  keeper->options = input->options;
  keeper->visibility_s = input->visibility_s;
  keeper->interval_ns = keeper->visibility_s * MS_PER_S * NS_PER_MS / 2;
  if (input->context != NULL) {
    keeper->context = *input->context;
  }
  /* Who handles a message when the loop is told to end still needs it hidden. */
  keeper->context.deadline_ns = 0;
  keeper->context.cancel = cspan_cancel_create();
  pthread_mutex_init(&keeper->lock, NULL);
  cspan_cond_init(&keeper->changed);
  if (keeper->context.cancel == NULL) {
    dispose(keeper);
    return cspan_error_move(error, cspan_error_nomem());
  }
  int code = cspan_thread_start(&keeper->thread, run, keeper);
  if (code != 0) {
    dispose(keeper);
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "no thread could be started to extend the visibility of messages: %s",
                           cspan_errno_text(code, text, sizeof text));
  }
  *out = keeper;
  return CSPAN_OK;
}

void cspan_sqs_keeper_stop(cspan_sqs_keeper *keeper) {
  if (keeper == NULL) {
    return;
  }
  pthread_mutex_lock(&keeper->lock);
  keeper->is_stopping = true;
  cspan_cancel_trigger(keeper->context.cancel);
  pthread_cond_signal(&keeper->changed);
  pthread_mutex_unlock(&keeper->lock);
  pthread_join(keeper->thread, NULL);
  dispose(keeper);
}

cspan_status cspan_sqs_keeper_hold(cspan_sqs_keeper *keeper, const char *const *handles,
                                   size_t count, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (keeper == NULL) {
    return CSPAN_OK;
  }
  pthread_mutex_lock(&keeper->lock);
  forget_messages(keeper);
  keeper->generation++;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    keeper->messages[i].handle = cspan_strdup(handles[i]);
    keeper->count = i + 1;
    if (keeper->messages[i].handle == NULL && handles[i] != NULL) {
      forget_messages(keeper);
      status = cspan_error_move(error, cspan_error_nomem());
    }
  }
  keeper->due_ns = cspan_now_ns() + keeper->interval_ns;
  pthread_cond_signal(&keeper->changed);
  pthread_mutex_unlock(&keeper->lock);
  return status;
}

void cspan_sqs_keeper_release(cspan_sqs_keeper *keeper, size_t index) {
  if (keeper != NULL) {
    pthread_mutex_lock(&keeper->lock);
    cspan_free(keeper->messages[index].handle);
    keeper->messages[index].handle = NULL;
    pthread_mutex_unlock(&keeper->lock);
  }
}

cspan_error *cspan_sqs_keeper_take_error(cspan_sqs_keeper *keeper, size_t index) {
  cspan_error *error = NULL;
  if (keeper != NULL) {
    pthread_mutex_lock(&keeper->lock);
    error = keeper->messages[index].error;
    keeper->messages[index].error = NULL;
    pthread_mutex_unlock(&keeper->lock);
  }
  return error;
}
