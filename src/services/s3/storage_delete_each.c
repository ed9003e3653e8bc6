/* SPDX-License-Identifier: Apache-2.0 */
/* A call and a span for each key, many in flight on this thread. */
#include "base/alloc.h"
#include "base/error.h"
#include "services/s3/storage_delete.h"

typedef struct item {
  cspan_flight flight;
  size_t index;
  cspan_span span;
  cspan_context context;
  cspan_s3_delete_object_input input;
} item;

typedef struct window {
  cspan_deletion *deletion;
  cspan_loop *loop;
  item *items;
  size_t item_count;
  size_t in_flight;
  size_t next; /* index of the key to be started next */
} window;

static void start(window *self, item *at) {
  const cspan_batch_delete_input *input = self->deletion->input;
  cspan_error *error = NULL;
  at->index = self->next++;
  cspan_attr attrs[] = {
      cspan_storage_text("s3.bucket", input->bucket),
      cspan_storage_text("s3.key", input->keys[at->index]),
  };
  cspan_storage_span what = {"s3.delete_object", CSPAN_SPAN_CLIENT, attrs, 2, 0};
  at->span = cspan_storage_span_start(self->deletion->storage, &self->deletion->inside, &what);
  at->context = cspan_storage_inside(&self->deletion->inside, at->span);
  cspan_flight_begin(&at->flight, self->loop);
  self->in_flight++;
  at->input = (cspan_s3_delete_object_input){
      .size = sizeof at->input,
      .bucket = input->bucket,
      .key = input->keys[at->index],
      .options = &at->flight.options,
  };
  cspan_status status = cspan_s3_delete_object(self->deletion->storage->client, &at->context,
                                               &at->input, NULL, &error);
  cspan_flight_started(&at->flight, status, error);
}

static void take_in(window *self, item *at) {
  self->in_flight--;
  at->flight.busy = false;
  cspan_storage_span_finish(at->span, "delete failed", at->flight.error);
  self->deletion->errors[at->index] = at->flight.error;
  at->flight.error = NULL;
}

/* Keys that are not tried any more. */
static void give_up(window *self, cspan_status status) {
  for (; self->next < self->deletion->input->key_count; self->next++) {
    cspan_error_set(&self->deletion->errors[self->next], status,
                    "not tried: the batch ended before (%s)", cspan_status_name(status));
  }
}

static void start_items(window *self) {
  for (size_t i = 0; i < self->item_count; i++) {
    if (self->next >= self->deletion->input->key_count) {
      return;
    }
    if (!self->items[i].flight.busy) {
      start(self, &self->items[i]);
    }
  }
}

static void run(window *self) {
  for (;;) {
    cspan_status status = cspan_context_status(&self->deletion->inside);
    if (status != CSPAN_OK) {
      give_up(self, status);
    }
    start_items(self);
    if (self->in_flight == 0 && self->next >= self->deletion->input->key_count) {
      return;
    }
    cspan_flight_wait(&self->loop);
    for (size_t i = 0; i < self->item_count; i++) {
      if (self->items[i].flight.busy && self->items[i].flight.over) {
        take_in(self, &self->items[i]);
      }
    }
    if (!self->loop) {
      give_up(self, CSPAN_ERR_NOMEM);
    }
  }
}

void cspan_deletion_each(cspan_deletion *deletion) {
  cspan_aws_client *client = deletion->storage->client->aws;
  size_t slots = (size_t)deletion->storage->max_deletes_in_flight;
  window self = {.deletion = deletion};
  if (deletion->input->key_count == 0) {
    return;
  }
  self.item_count = deletion->input->key_count < slots ? deletion->input->key_count : slots;
  self.items = cspan_calloc(self.item_count, sizeof *self.items);
  self.loop = cspan_aws_client_acquire_loop(client);
  if (self.items && self.loop) {
    run(&self);
  } else {
    give_up(&self, CSPAN_ERR_NOMEM);
  }
  if (self.loop) {
    cspan_aws_client_release_loop(client, self.loop);
  }
  cspan_free(self.items);
}
