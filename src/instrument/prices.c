/* SPDX-License-Identifier: Apache-2.0 */
/* The file of prices: found, read, checked. */
#include "instrument/prices.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "instrument/rules.h"

enum { FORMAT = 1 };

/* Beside a program in a build tree; beside the bin folder that it was installed to. */
static const char *const near_program[] = {"prices.json", "../share/cloudspan/prices.json"};

void cspan_prices_free(cspan_prices *prices) {
  if (prices != NULL) {
    cspan_arena_free(prices->arena);
    cspan_free(prices);
  }
}

void cspan_prices_count_transfer(cspan_prices *prices, bool counted) {
  prices->counts_transfer = counted;
}

/* ------------------------------------------------------------------ reading */

static cspan_status wrong(const cspan_price_reader *reader, const char *member, const char *must) {
  return cspan_price_fault(reader, (cspan_price_place){SIZE_MAX, member}, "\"%s\" must be %s",
                           member, must);
}

static bool is_date(const char *text, size_t size) {
  static const char form[] = "dddd-dd-dd";
  if (text == NULL || size != sizeof form - 1) {
    return false;
  }
  for (size_t i = 0; i < size; i++) {
    bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !is_digit : text[i] != '-') {
      return false;
    }
  }
  return true;
}

static const char *text_of(const cspan_value *document, const char *member, size_t *size) {
  const cspan_value *value = cspan_value_get(document, member);
  *size = 0;
  return cspan_value_get_kind(value) == CSPAN_VALUE_STRING ? cspan_value_text(value, size) : NULL;
}

static cspan_status check_members(const cspan_price_reader *reader, const cspan_value *document) {
  static const char *const known[] = {"format", "currency", "date",  "region",
                                      "source", "note",     "prices"};
  for (size_t i = 0; i < cspan_value_count(document); i++) {
    const char *name = cspan_value_name_at(document, i);
    size_t k = 0;
    while (k < sizeof known / sizeof known[0] && strcmp(known[k], name) != 0) {
      k++;
    }
    if (k == sizeof known / sizeof known[0]) {
      return cspan_price_fault(reader, (cspan_price_place){SIZE_MAX, name},
                               "the file has no member \"%s\"", name);
    }
  }
  return CSPAN_OK;
}

static cspan_status read_head(const cspan_price_reader *reader, const cspan_value *document) {
  cspan_prices *prices = reader->prices;
  size_t size = 0;
  if (cspan_value_get_kind(document) != CSPAN_VALUE_MAP) {
    return cspan_price_fault(reader, (cspan_price_place){SIZE_MAX, NULL},
                             "the file must hold one JSON object");
  }
  if (cspan_value_int(cspan_value_get(document, "format"), 0) != FORMAT) {
    return wrong(reader, "format", "1: this version of cloudspan reads no other");
  }
  const char *currency = text_of(document, "currency", &size);
  if (currency == NULL || size != 3 || memcmp(currency, "USD", 3) != 0) {
    return wrong(reader, "currency", "USD, as the attribute cloudspan.cost.usd says");
  }
  prices->date = text_of(document, "date", &size);
  if (!is_date(prices->date, size)) {
    return wrong(reader, "date", "the day of the prices, as 2025-06-01");
  }
  prices->region = text_of(document, "region", &size);
  if (prices->region == NULL || size == 0) {
    return wrong(reader, "region", "the region that the prices are of");
  }
  prices->source = text_of(document, "source", &size);
  if (prices->source == NULL || size == 0) {
    return wrong(reader, "source", "a text that says where the prices are from");
  }
  if (cspan_value_get_kind(cspan_value_get(document, "prices")) != CSPAN_VALUE_LIST) {
    return wrong(reader, "prices", "a list");
  }
  return check_members(reader, document);
}

static cspan_status read_json(const cspan_price_reader *reader, cspan_value *document) {
  cspan_json_fault fault = {0};
  cspan_status status =
      cspan_json_parse(reader->json, reader->size, reader->prices->arena, document, &fault);
  switch (status) {
  case CSPAN_OK:
    return CSPAN_OK;
  case CSPAN_ERR_NOMEM:
    return cspan_error_move(reader->error, cspan_error_nomem());
  case CSPAN_ERR_LIMIT:
    return cspan_error_set(reader->error, CSPAN_ERR_CONFIG, "the prices in %s are too large",
                           reader->name);
  default:
    return cspan_error_set(reader->error, CSPAN_ERR_CONFIG,
                           "the prices in %s, line %zu, column %zu: %s", reader->name, fault.line,
                           fault.column, fault.what);
  }
}

cspan_status cspan_prices_parse(const char *json, size_t size_bytes, const char *name,
                                cspan_prices **out, cspan_error **error) {
  cspan_value document;
  *out = NULL;
  cspan_prices *prices = cspan_calloc(1, sizeof *prices);
  if (prices == NULL || (prices->arena = cspan_arena_create(CSPAN_PRICES_MAX_ARENA)) == NULL) {
    cspan_prices_free(prices);
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_price_reader reader = {name, json, size_bytes, prices, error};
  cspan_status status = read_json(&reader, &document);
  if (status == CSPAN_OK) {
    status = read_head(&reader, &document);
  }
  if (status == CSPAN_OK) {
    status = cspan_price_rows_read(&reader, cspan_value_get(&document, "prices"));
  }
  if (status != CSPAN_OK) {
    cspan_prices_free(prices);
    return status;
  }
  *out = prices;
  return CSPAN_OK;
}

/* ------------------------------------------------------------------ finding */

static cspan_status load(const char *path, cspan_prices **out, cspan_error **error) {
  cspan_buf text;
  cspan_buf_init(&text, CSPAN_PRICES_MAX_BYTES);
  cspan_status status = cspan_file_read(path, CSPAN_PRICES_MAX_BYTES, &text, error);
  if (status == CSPAN_OK) {
    status = cspan_prices_parse(cspan_buf_text(&text), text.len, path, out, error);
  } else if (error != NULL) {
    cspan_error_prefix(*error, "the prices");
  }
  cspan_buf_free(&text);
  return status;
}

cspan_status cspan_prices_load(const char *path, cspan_prices **out, cspan_error **error) {
  *out = NULL;
  if (path == NULL) {
    path = cspan_env("CLOUDSPAN_PRICES");
  }
  if (path != NULL) {
    return load(path, out, error);
  }
  for (size_t i = 0; i < sizeof near_program / sizeof near_program[0]; i++) {
    char *found = cspan_path_near_program(near_program[i]);
    if (found == NULL) {
      return cspan_error_move(error, cspan_error_nomem());
    }
    if (access(found, R_OK) == 0) {
      cspan_status status = load(found, out, error);
      cspan_free(found);
      return status;
    }
    cspan_free(found);
  }
  return load(CLOUDSPAN_PRICES_FILE, out, error);
}

/* --------------------------------------------------------------- for a plan */

static bool is_of(const cspan_prices *prices, const cspan_price *row, const char *service,
                  const char *operation) {
  return strcmp(row->service, service) == 0 && (prices->counts_transfer || !row->is_transfer_out) &&
         cspan_operation_matches(row->operations, operation);
}

cspan_status cspan_prices_of(const cspan_prices *prices, const char *service, const char *operation,
                             cspan_plan_prices **out) {
  size_t count = 0;
  *out = NULL;
  for (size_t i = 0; prices != NULL && i < prices->count; i++) {
    count += is_of(prices, &prices->rows[i], service, operation);
  }
  if (count == 0) {
    return CSPAN_OK;
  }
  *out = cspan_malloc(sizeof **out + count * sizeof(const cspan_price *));
  if (*out == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  (*out)->count = 0;
  for (size_t i = 0; i < prices->count; i++) {
    if (is_of(prices, &prices->rows[i], service, operation)) {
      (*out)->rows[(*out)->count++] = &prices->rows[i];
    }
  }
  return CSPAN_OK;
}

void cspan_plan_prices_free(cspan_plan_prices *prices) {
  cspan_free(prices);
}
