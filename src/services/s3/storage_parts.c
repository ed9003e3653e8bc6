/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a multipart upload, several in flight on this thread. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "services/s3/storage_multipart.h"

/* Room for the etag of part `number`. */
static bool reserve_completed(cspan_multipart *upload, int number) {
  size_t need = (size_t)number;
  if (need <= upload->completed_cap) {
    return true;
  }
  size_t cap = upload->completed_cap ? upload->completed_cap * 2 : 16;
  cspan_s3_completed_part *grown = cspan_realloc(upload->completed, cap * sizeof *grown);
  if (!grown) {
    return false;
  }
  memset(grown + upload->completed_cap, 0, (cap - upload->completed_cap) * sizeof *grown);
  upload->completed = grown;
  upload->completed_cap = cap;
  return true;
}

/* Fills the part from a callback. part->size is what came. */
static cspan_status read_part(cspan_multipart *upload, cspan_part *part, int64_t want,
                              cspan_error **error) {
  size_t got = 0;
  if (!part->buffer) {
    part->buffer = cspan_malloc((size_t)upload->part_size);
    if (!part->buffer) {
      return cspan_error_move(error, cspan_error_nomem());
    }
  }
  cspan_status status = cspan_storage_source_read(&upload->input->source, upload->context,
                                                  part->buffer, (size_t)want, &got, error);
  part->size = (int64_t)got;
  long long ended_at = upload->offset + part->size;
  if (status == CSPAN_OK && upload->total >= 0 && part->size < want) {
    status = cspan_error_set(error, CSPAN_ERR_IO, "the source ended after %lld of its %lld bytes",
                             ended_at, (long long)upload->total);
  }
  return status;
}

/* What the part is made of; `want` bytes, fewer when the source ends. */
static cspan_status fill_part(cspan_multipart *upload, cspan_part *part, int64_t want,
                              cspan_error **error) {
  const cspan_body *source = &upload->input->source;
  part->size = want;
  part->input.body = (cspan_body){.size_bytes = want};
  if (source->read) {
    cspan_status status = read_part(upload, part, want, error);
    part->input.body = (cspan_body){.data = part->buffer, .size_bytes = part->size};
    return status;
  }
  if (source->data) {
    part->input.body.data = (const char *)source->data + source->offset_bytes + upload->offset;
  } else if (source->path && want > 0) { /* an empty file is an empty body */
    part->input.body.path = source->path;
    part->input.body.offset_bytes = source->offset_bytes + upload->offset;
  }
  return CSPAN_OK;
}

static void start_part_span(cspan_multipart *upload, cspan_part *part, int64_t start_ns) {
  cspan_attr attrs[] = {
      cspan_attr_int64("s3.part_number", part->number),
      cspan_storage_text("s3.upload_id", upload->upload_id),
  };
  cspan_storage_span what = {"s3.upload_part", CSPAN_SPAN_INTERNAL, attrs, 2, start_ns};
  part->span = cspan_storage_span_start(upload->storage, &upload->inside, &what);
  part->context = cspan_storage_inside(&upload->inside, part->span);
  part->context.cancel = upload->stop;
}

static void send_part(cspan_multipart *upload, cspan_part *part) {
  cspan_error *error = NULL;
  cspan_flight_begin(&part->flight, upload->loop);
  part->input.size = sizeof part->input;
  part->input.bucket = upload->input->bucket;
  part->input.key = upload->input->key;
  part->input.upload_id = upload->upload_id;
  part->input.part_number = part->number;
  part->input.checksum_algorithm = upload->storage->checksum_algorithm;
  part->input.options = &part->flight.options;
  part->output = NULL;
  upload->in_flight++;
  cspan_span_set_int64(part->span, "s3.part.size_bytes", part->size);
  cspan_status status = cspan_s3_upload_part(upload->storage->client, &part->context, &part->input,
                                             &part->output, &error);
  cspan_flight_started(&part->flight, status, error);
}

/* How many bytes the next part has, or -1 when there is none. */
static int64_t next_size(const cspan_multipart *upload) {
  int64_t rest = upload->total < 0 ? upload->part_size : upload->total - upload->offset;
  bool first = upload->next_number == 1;
  if (upload->error || upload->source_ended || (rest == 0 && !first)) {
    return -1;
  }
  return rest < upload->part_size ? rest : upload->part_size;
}

static void start_part(cspan_multipart *upload, cspan_part *part, int64_t want) {
  cspan_error *error = NULL;
  int64_t start_ns = cspan_unix_ns();
  part->number = upload->next_number;
  cspan_status status = fill_part(upload, part, want, &error);
  upload->source_ended = upload->total < 0 && status == CSPAN_OK && part->size < want;
  if (status == CSPAN_OK && part->size == 0 && part->number > 1) {
    return; /* the source ended exactly where the part before did */
  }
  if (status == CSPAN_OK && part->number > CSPAN_S3_MAX_PARTS) {
    status = cspan_error_set(&error, CSPAN_ERR_LIMIT,
                             "the source has more than %d parts of %lld bytes: give its size, or "
                             "set a larger part_size_bytes",
                             (int)CSPAN_S3_MAX_PARTS, (long long)upload->part_size);
  }
  if (status == CSPAN_OK && !reserve_completed(upload, part->number)) {
    status = cspan_error_move(&error, cspan_error_nomem());
  }
  start_part_span(upload, part, start_ns);
  if (status != CSPAN_OK) {
    cspan_storage_span_finish(part->span, "failed to read part data", error);
    cspan_multipart_fail(upload, error, "failed to upload part %d", part->number);
    return;
  }
  upload->next_number++;
  upload->offset += part->size;
  send_part(upload, part);
}

/* The checksum that the parts of this upload have, where the server confirmed it. */
static void keep_checksum(const cspan_multipart *upload, const cspan_s3_upload_part_output *output,
                          cspan_s3_completed_part *completed) {
  const char *algorithm = upload->storage->checksum_algorithm;
  const struct {
    const char *name;
    const char *value;
  } all[] = {
      {"CRC32", output->checksum_crc32},
      {"CRC32C", output->checksum_crc32c},
      {"CRC64NVME", output->checksum_crc64nvme},
      {"SHA256", output->checksum_sha256},
  };
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    if (all[i].value && strcmp(all[i].name, algorithm ? algorithm : "CRC32") == 0) {
      completed->checksum_algorithm = all[i].name;
      completed->checksum = cspan_strdup(all[i].value);
    }
  }
}

static cspan_error *keep_result(cspan_multipart *upload, const cspan_part *part) {
  cspan_s3_completed_part *completed = &upload->completed[part->number - 1];
  cspan_error *error = NULL;
  if (!part->output->etag) {
    cspan_error_set(&error, CSPAN_ERR_PROTOCOL, "UploadPart: the response for part %d has no ETag",
                    part->number);
    return error;
  }
  completed->part_number = part->number;
  completed->etag = cspan_strdup(part->output->etag);
  keep_checksum(upload, part->output, completed);
  if (!completed->etag || (completed->checksum_algorithm && !completed->checksum)) {
    return cspan_error_nomem();
  }
  upload->completed_count++;
  upload->moved += part->size;
  return NULL;
}

/* A file that cannot be read any more (gone, or shorter than it was) is a failure of the source,
 * not of the call. */
static const char *part_failure(const cspan_multipart *upload, const cspan_error *error) {
  cspan_status status = cspan_error_status(error);
  bool source =
      status == CSPAN_ERR_IO || (status == CSPAN_ERR_INVALID && upload->input->source.path);
  return source ? "failed to read part data" : "upload part failed";
}

static void take_in(cspan_multipart *upload, cspan_part *part) {
  cspan_error *error = part->flight.error;
  part->flight.busy = false;
  part->flight.error = NULL;
  upload->in_flight--;
  if (!error) {
    error = keep_result(upload, part);
  }
  if (!error) {
    cspan_span_set_string(part->span, "s3.part.etag", part->output->etag);
  }
  cspan_storage_span_finish(part->span, error ? part_failure(upload, error) : NULL, error);
  cspan_s3_output_free(part->output);
  part->output = NULL;
  if (error) {
    cspan_multipart_fail(upload, error, "failed to upload part %d", part->number);
    return;
  }
  const cspan_upload_input *input = upload->input;
  if (input->progress && !input->progress(input->progress_user, upload->moved, upload->total)) {
    cspan_error_set(&error, CSPAN_ERR_CANCELLED, "the progress callback cancelled the upload");
    cspan_multipart_fail(upload, error, "failed to upload part %d", part->number);
  }
}

static void start_parts(cspan_multipart *upload) {
  for (int i = 0; i < upload->part_slots; i++) {
    int64_t want = next_size(upload);
    if (want < 0) {
      return;
    }
    if (!upload->parts[i].flight.busy) {
      start_part(upload, &upload->parts[i], want);
    }
  }
}

static void take_in_parts(cspan_multipart *upload) {
  for (int i = 0; i < upload->part_slots; i++) {
    if (upload->parts[i].flight.busy && upload->parts[i].flight.over) {
      take_in(upload, &upload->parts[i]);
    }
  }
}

static void run_parts(cspan_multipart *upload) {
  for (;;) {
    if (upload->error || (upload->context && cspan_cancel_is_triggered(upload->context->cancel))) {
      cspan_cancel_trigger(upload->stop);
    }
    start_parts(upload);
    if (upload->in_flight == 0) {
      return;
    }
    cspan_flight_wait(&upload->loop);
    take_in_parts(upload);
    if (!upload->loop) { /* it ended all that was under way */
      cspan_multipart_fail(upload, NULL, "failed to upload part %d", upload->next_number);
    }
  }
}

static int slots_for(const cspan_multipart *upload) {
  int slots = upload->storage->max_parts_in_flight;
  if (upload->total >= 0 && upload->total / upload->part_size + 1 < slots) {
    slots = (int)(upload->total / upload->part_size) + 1;
  }
  return slots;
}

void cspan_multipart_send_parts(cspan_multipart *upload) {
  upload->part_slots = slots_for(upload);
  upload->parts = cspan_calloc((size_t)upload->part_slots, sizeof *upload->parts);
  upload->stop = cspan_cancel_create();
  upload->loop = cspan_aws_client_acquire_loop(upload->storage->client->aws);
  if (upload->parts && upload->stop && upload->loop) {
    run_parts(upload);
  } else {
    cspan_multipart_fail(upload, cspan_error_nomem(), "failed to upload part 1");
  }
  for (int i = 0; upload->parts && i < upload->part_slots; i++) {
    cspan_free(upload->parts[i].buffer);
  }
  cspan_free(upload->parts);
  upload->parts = NULL;
  if (upload->loop) {
    cspan_aws_client_release_loop(upload->storage->client->aws, upload->loop);
  }
  cspan_cancel_free(upload->stop);
  upload->stop = NULL;
}
