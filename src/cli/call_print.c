/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/call.h"
#include "cli/print.h"
#include "cli/text.h"

static bool is_one_of(const char *text, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(text, names[i]) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_dash(const char *path) {
  return path != NULL && strcmp(path, "-") == 0;
}

int cspan_cli_call_check_options(const cspan_cli_run *run, const cspan_cli_call_values *values) {
  static const char *const forms[] = {"json", "text", "table"};
  static const char *const formats[] = {"base64", "raw"};
  if (values->output != NULL && !is_one_of(values->output, forms, 3)) {
    return cspan_cli_usage(run, "--output is json, text or table, not '%s'", values->output);
  }
  if (values->binary_format != NULL && !is_one_of(values->binary_format, formats, 2)) {
    return cspan_cli_usage(run, "--binary-format is base64 or raw, not '%s'",
                           values->binary_format);
  }
  bool lists = values->paginate || values->max_items > 0 || values->page_size > 0 ||
               values->starting_token != NULL;
  if (lists && (values->waiter != NULL || values->body != NULL || values->save != NULL)) {
    return cspan_cli_usage(run, "pages go neither with --wait nor with --body or --save");
  }
  if (run->globals->json && values->output != NULL && strcmp(values->output, "json") != 0) {
    return cspan_cli_usage(run, "--json does not go with --output %s", values->output);
  }
  if (is_dash(values->input) && is_dash(values->body)) {
    return cspan_cli_usage(run, "the standard input is either --input or --body, not both");
  }
  if (values->query != NULL && is_dash(values->save)) {
    return cspan_cli_usage(run, "--query has nothing to print where --save takes the standard "
                                "output");
  }
  return CSPAN_EXIT_OK;
}

cspan_status cspan_cli_call_print_json(const cspan_cli_call *call, const cspan_value *value,
                                       cspan_error **error) {
  char *json = NULL;
  size_t size = 0;
  unsigned flags = call->session.run->globals->json ? CSPAN_JSON_COMPACT : CSPAN_JSON_INDENT;
  cspan_status status = cspan_value_to_json(value, flags, &json, &size, error);
  if (status == CSPAN_OK) {
    (void)fwrite(json, 1, size, stdout);
    (void)fputc('\n', stdout);
  }
  cspan_free(json);
  return status;
}

static cspan_status print(const cspan_cli_call *call, const cspan_value *value,
                          cspan_error **error) {
  const char *form = call->values->output != NULL ? call->values->output : "json";
  bool is_json = strcmp(form, "json") == 0;
  if (call->values->query == NULL &&
      (cspan_value_is_null(value) ||
       (value->kind == CSPAN_VALUE_MAP && value->size == 0 && !call->session.run->globals->json))) {
    return CSPAN_OK; /* many operations answer with nothing */
  }
  if (is_json) {
    return cspan_cli_call_print_json(call, value, error);
  }
  cspan_buf text;
  cspan_buf_init(&text, (size_t)1 << 30);
  if (strcmp(form, "text") == 0) {
    cspan_cli_put_value_text(&text, value);
  } else {
    cspan_cli_put_value_table(&text, call->operation, value);
  }
  cspan_status status = cspan_buf_status(&text);
  if (status == CSPAN_OK) {
    (void)fwrite(cspan_buf_text(&text), 1, text.len, stdout);
  }
  cspan_buf_free(&text);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the output cannot be printed (%s)",
                                              cspan_status_name(status));
}

cspan_status cspan_cli_call_print(const cspan_cli_call *call, const cspan_value *value,
                                  cspan_error **error) {
  cspan_document *found = NULL;
  if (call->values->query == NULL) {
    return print(call, value, error);
  }
  cspan_status status = cspan_value_search(value, call->values->query, &found, error);
  if (status == CSPAN_OK) {
    status = print(call, cspan_document_value(found), error);
  }
  cspan_document_free(found);
  return status;
}
