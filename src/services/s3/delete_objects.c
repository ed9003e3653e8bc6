/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "services/s3/operation.h"

typedef cspan_s3_delete_objects_input delete_input;
typedef cspan_s3_delete_objects_output delete_output;

enum { MAX_OBJECTS = 1000 };

static const cspan_s3_in delete_fields[] = {
    CSPAN_S3_IN_BUCKET(delete_input),
};

/* Writes as snprintf does, in pieces. */
typedef struct text_writer {
  char *text;
  size_t capacity;
  size_t len;
} text_writer;

static void put(text_writer *writer, const char *piece) {
  size_t len = strlen(piece);
  if (writer->len < writer->capacity) {
    cspan_s3_copy_text(piece, writer->text + writer->len, writer->capacity - writer->len);
  }
  writer->len += len;
}

/* "Objects=[{Key=a,VersionId=v},{Key=b}],Quiet=false", the form of the semantic conventions. */
static size_t delete_text(const delete_input *input, char *text, size_t capacity) {
  text_writer writer = {.text = text, .capacity = capacity};
  put(&writer, "Objects=[");
  for (size_t i = 0; i < input->object_count; i++) {
    const cspan_s3_object_identifier *object = &input->objects[i];
    put(&writer, i ? ",{Key=" : "{Key=");
    put(&writer, object->key ? object->key : "");
    if (object->version_id) {
      put(&writer, ",VersionId=");
      put(&writer, object->version_id);
    }
    put(&writer, "}");
  }
  put(&writer, input->quiet ? "],Quiet=true" : "],Quiet=false");
  return writer.len;
}

static size_t delete_param(const void *input, const char *member, char *text, size_t capacity) {
  if (strcmp(member, "Delete") == 0) {
    return delete_text(input, text, capacity);
  }
  return cspan_s3_param(input, delete_fields, CSPAN_S3_COUNT(delete_fields), member, text,
                        capacity);
}

/* {"Objects": [{"Key": ..., "VersionId": ...}], "Quiet": ...} */
static bool delete_value(struct cspan_call *call, const delete_input *input, cspan_value *out) {
  size_t count = input->object_count < MAX_OBJECTS ? input->object_count : MAX_OBJECTS;
  cspan_value *objects = cspan_call_memory(call, count * sizeof *objects);
  cspan_member *members = cspan_call_memory(call, (2 * count + 2) * sizeof *members);
  if (!objects || !members || !input->objects) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    cspan_member *pair = &members[2 * i];
    pair[0] = cspan_field("Key", cspan_string(input->objects[i].key));
    pair[1] = cspan_field("VersionId", cspan_string(input->objects[i].version_id));
    objects[i] = cspan_map(pair, input->objects[i].version_id ? 2 : 1);
  }
  cspan_member *both = &members[2 * count];
  both[0] = cspan_field("Objects", cspan_list(objects, count));
  both[1] = cspan_field("Quiet", cspan_bool(input->quiet));
  *out = cspan_map(both, 2);
  return true;
}

static const cspan_value *delete_input_document(struct cspan_call *call, const void *input) {
  cspan_member extra = cspan_field("Delete", cspan_null());
  return delete_value(call, input, &extra.value)
             ? cspan_s3_input_document(call, input, delete_fields, CSPAN_S3_COUNT(delete_fields),
                                       &extra, 1)
             : NULL;
}

/* {"Errors": [{"Key": ..., "Code": ...}]} */
static const cspan_value *delete_output_document(struct cspan_call *call) {
  const delete_output *output = cspan_call_typed_output(call);
  if (!output) {
    return NULL;
  }
  size_t count = output->error_count;
  cspan_value *values = cspan_call_memory(call, (count + 1) * sizeof *values);
  cspan_member *members = cspan_call_memory(call, (2 * count + 1) * sizeof *members);
  if (!values || !members) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    members[2 * i] = cspan_field("Key", cspan_string(output->errors[i].key));
    members[2 * i + 1] = cspan_field("Code", cspan_string(output->errors[i].code));
    values[i] = cspan_map(&members[2 * i], 2);
  }
  members[2 * count] = cspan_field("Errors", cspan_list(values, count));
  values[count] = cspan_map(&members[2 * count], 1);
  return &values[count];
}

static const cspan_operation_documents delete_documents = {.input = delete_input_document,
                                                           .output = delete_output_document};

static cspan_status check_objects(const delete_input *input, cspan_error **error) {
  if (input->object_count == 0 || input->object_count > MAX_OBJECTS || !input->objects) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "DeleteObjects: %zu objects are given; a call takes 1 to 1000",
                           input->object_count);
  }
  for (size_t i = 0; i < input->object_count; i++) {
    const char *key = input->objects[i].key;
    if (!key || !*key || !cspan_utf8_valid(key, strlen(key))) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "DeleteObjects: the key of object %zu is empty or not UTF-8", i + 1);
    }
  }
  return CSPAN_OK;
}

/* Some servers (OpenStack Swift) insist on Content-MD5 here, whatever checksum there is. */
static cspan_status write_md5(struct cspan_call *call, const cspan_buf *body, cspan_error **error) {
  uint8_t md5[CSPAN_MD5_LEN];
  cspan_buf text;
  cspan_buf_init(&text, 64);
  cspan_md5(body->data, body->len, md5);
  cspan_base64_encode(&text, md5, sizeof md5);
  cspan_status status = cspan_buf_status(&text);
  if (status == CSPAN_OK) {
    status = cspan_call_set_request_header(call, "Content-MD5", cspan_buf_text(&text));
  }
  cspan_buf_free(&text);
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

static cspan_status write_document(struct cspan_call *call, const delete_input *input,
                                   cspan_error **error) {
  cspan_buf body;
  cspan_s3_xml_open(&body, "Delete");
  for (size_t i = 0; i < input->object_count; i++) {
    cspan_buf_str(&body, "<Object>");
    cspan_xml_element(&body, "Key", input->objects[i].key);
    if (input->objects[i].version_id) {
      cspan_xml_element(&body, "VersionId", input->objects[i].version_id);
    }
    cspan_buf_str(&body, "</Object>");
  }
  cspan_buf_str(&body, input->quiet ? "<Quiet>true</Quiet></Delete>" : "</Delete>");
  if (cspan_buf_status(&body) == CSPAN_OK) {
    cspan_status status = write_md5(call, &body, error);
    if (status != CSPAN_OK) {
      cspan_buf_free(&body);
      return status;
    }
  }
  return cspan_s3_take_xml(call, &body, error);
}

static cspan_status delete_serialize(struct cspan_call *call, const void *data,
                                     cspan_error **error) {
  const delete_input *input = data;
  cspan_status status =
      cspan_s3_write(call, input, delete_fields, CSPAN_S3_COUNT(delete_fields), error);
  if (status == CSPAN_OK) {
    status = check_objects(input, error);
  }
  if (status == CSPAN_OK && (cspan_call_set_path(call, "/") != CSPAN_OK ||
                             cspan_call_add_query(call, "delete", NULL) != CSPAN_OK)) {
    status = cspan_error_move(error, cspan_error_nomem());
  }
  if (status == CSPAN_OK) {
    status = write_document(call, input, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_write_checksum(call, NULL, error);
  }
  return status;
}

static cspan_status delete_deserialize(struct cspan_call *call, void **output,
                                       cspan_error **error) {
  static const cspan_s3_out deleted_fields[] = {
      CSPAN_S3_OUT(cspan_s3_object_identifier, key, CSPAN_S3_STRING, "Key"),
      CSPAN_S3_OUT(cspan_s3_object_identifier, version_id, CSPAN_S3_STRING, "VersionId"),
  };
  static const cspan_s3_out error_fields[] = {
      CSPAN_S3_OUT(cspan_s3_delete_error, key, CSPAN_S3_STRING, "Key"),
      CSPAN_S3_OUT(cspan_s3_delete_error, version_id, CSPAN_S3_STRING, "VersionId"),
      CSPAN_S3_OUT(cspan_s3_delete_error, code, CSPAN_S3_STRING, "Code"),
      CSPAN_S3_OUT(cspan_s3_delete_error, message, CSPAN_S3_STRING, "Message"),
  };
  static const cspan_s3_list_shape deleted = {"Deleted", deleted_fields,
                                              CSPAN_S3_COUNT(deleted_fields),
                                              sizeof(cspan_s3_object_identifier)};
  static const cspan_s3_list_shape errors = {"Error", error_fields, CSPAN_S3_COUNT(error_fields),
                                             sizeof(cspan_s3_delete_error)};
  const cspan_xml_node *root = NULL;
  void *item = NULL;
  const void *items = NULL;
  cspan_status status = cspan_s3_read_document(call, "DeleteResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(delete_output), NULL, 0, &item, error);
  }
  delete_output *out = item;
  if (status == CSPAN_OK) {
    status = cspan_s3_read_list(call, root, &deleted, false, &items, &out->deleted_count, error);
    out->deleted = items;
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_read_list(call, root, &errors, false, &items, &out->error_count, error);
    out->errors = items;
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation delete_objects_operation = {
    .name = "DeleteObjects",
    .method = "POST",
    .flags = CSPAN_OP_CHECKSUM_REQUIRED | CSPAN_OP_ERROR_IN_200,
    .serialize = delete_serialize,
    .deserialize = delete_deserialize,
    .param = delete_param,
    .documents = &delete_documents,
};

cspan_status cspan_s3_delete_objects(cspan_s3 *client, const cspan_context *context,
                                     const cspan_s3_delete_objects_input *input,
                                     cspan_s3_delete_objects_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &delete_objects_operation, context, input, output, error);
}
