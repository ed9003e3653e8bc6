/* SPDX-License-Identifier: Apache-2.0 */
/* The items of "prices", by a table of their members. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "instrument/prices.h"

typedef enum member_kind {
  TEXT,
  TEXTS,
  NUMBER,   /* not negative */
  POSITIVE, /* above 0 */
  BOOLEAN,
  UNIT,
  BILLED,
  FROM,
  REGIONS,
  NOTE
} member_kind;

typedef struct member {
  const char *name;
  size_t offset;
  member_kind kind;
  bool is_required;
} member;

#define AT(field) offsetof(cspan_price, field)

static const member members[] = {
    {"name", AT(name), TEXT, true},
    {"service", AT(service), TEXT, true},
    {"operations", AT(operations), TEXT, true},
    {"unit", AT(unit), UNIT, true},
    {"usd", AT(usd), NUMBER, true},
    {"per", AT(per), POSITIVE, false},
    {"billed", AT(answered_is_billed), BILLED, false},
    {"billed_errors", AT(billed_errors), TEXTS, false},
    {"storage_class", AT(storage_class), TEXT, false},
    {"fifo", AT(is_fifo), BOOLEAN, false},
    {"transfer_out", AT(is_transfer_out), BOOLEAN, false},
    {"unless", AT(unless), TEXTS, false},
    {"from", AT(of_output), FROM, false},
    {"items", AT(items), TEXT, false},
    {"refused", AT(refused), TEXT, false},
    {"bytes", AT(bytes), TEXTS, false},
    {"keyed_bytes", AT(keyed_bytes), TEXTS, false},
    {"chunk_bytes", AT(chunk_bytes), POSITIVE, false},
    {"regions", 0, REGIONS, false},
    {"source", AT(source), TEXT, false},
    {"note", 0, NOTE, false},
};

enum { MEMBERS = sizeof members / sizeof members[0] };

static const char *const units[] = {
    [CSPAN_PRICE_REQUEST] = "request",
    [CSPAN_PRICE_ITEM] = "item",
    [CSPAN_PRICE_PAYLOAD_BYTE] = "payload_byte",
    [CSPAN_PRICE_REQUEST_BYTE] = "request_byte",
    [CSPAN_PRICE_RESPONSE_BYTE] = "response_byte",
    [CSPAN_PRICE_READ_UNIT] = "read_unit",
    [CSPAN_PRICE_WRITE_UNIT] = "write_unit",
};

/* One item while it is read. */
typedef struct row {
  const cspan_price_reader *reader;
  cspan_price *price;
  cspan_price_place place;
} row;

static cspan_status no_memory(const row *r) {
  return cspan_error_move(r->reader->error, cspan_error_nomem());
}

static cspan_status wrong(const row *r, const char *must) {
  return cspan_price_fault(r->reader, r->place, "\"%s\" must be %s", r->place.member, must);
}

/* A text without a NUL inside, which would hide what follows. */
static const char *text_of(const cspan_value *value) {
  size_t size = 0;
  const char *text =
      cspan_value_get_kind(value) == CSPAN_VALUE_STRING ? cspan_value_text(value, &size) : NULL;
  return text != NULL && size != 0 && strlen(text) == size ? text : NULL;
}

static bool number_of(const cspan_value *value, double *out) {
  cspan_value_kind kind = cspan_value_get_kind(value);
  *out = cspan_value_double(value, -1);
  return (kind == CSPAN_VALUE_INT || kind == CSPAN_VALUE_DOUBLE || kind == CSPAN_VALUE_NUMBER) &&
         isfinite(*out) && *out >= 0;
}

static cspan_status read_texts(const row *r, const cspan_value *value, cspan_price_texts *out) {
  size_t count = cspan_value_count(value);
  if (cspan_value_get_kind(value) != CSPAN_VALUE_LIST || count == 0) {
    return wrong(r, "a list of texts");
  }
  out->items = cspan_arena_array(r->reader->prices->arena, count, sizeof *out->items);
  if (out->items == NULL) {
    return no_memory(r);
  }
  for (size_t i = 0; i < count; i++) {
    out->items[i] = text_of(cspan_value_at(value, i));
    if (out->items[i] == NULL) {
      return wrong(r, "a list of texts");
    }
  }
  out->count = count;
  return CSPAN_OK;
}

static cspan_status read_regions(const row *r, const cspan_value *value) {
  size_t count = cspan_value_count(value);
  if (cspan_value_get_kind(value) != CSPAN_VALUE_MAP || count == 0) {
    return wrong(r, "a map from regions to prices");
  }
  cspan_price_region *regions = cspan_arena_array(r->reader->prices->arena, count, sizeof *regions);
  if (regions == NULL) {
    return no_memory(r);
  }
  for (size_t i = 0; i < count; i++) {
    regions[i].region = cspan_value_name_at(value, i);
    if (!number_of(cspan_value_at(value, i), &regions[i].usd)) {
      return wrong(r, "a map from regions to prices, numbers of at least 0");
    }
  }
  r->price->regions = regions;
  r->price->region_count = count;
  return CSPAN_OK;
}

static cspan_status read_unit(const row *r, const cspan_value *value) {
  const char *text = text_of(value);
  for (size_t i = 0; text != NULL && i < sizeof units / sizeof units[0]; i++) {
    if (strcmp(text, units[i]) == 0) {
      r->price->unit = (cspan_price_unit)i;
      return CSPAN_OK;
    }
  }
  return wrong(r, "request, item, payload_byte, request_byte, response_byte, read_unit or "
                  "write_unit");
}

/* One of two words; true for the second. */
static cspan_status read_choice(const row *r, const cspan_value *value, const char *const words[2],
                                const char *must, bool *out) {
  const char *text = text_of(value);
  *out = text != NULL && strcmp(text, words[1]) == 0;
  return *out || (text != NULL && strcmp(text, words[0]) == 0) ? CSPAN_OK : wrong(r, must);
}

static cspan_status read_number(const row *r, const cspan_value *value, bool is_positive,
                                double *out) {
  if (!number_of(value, out) || (is_positive && *out <= 0)) {
    return wrong(r, is_positive ? "a number above 0" : "a number of at least 0");
  }
  return CSPAN_OK;
}

static cspan_status read_member(const row *r, const member *m, const cspan_value *value) {
  static const char *const billed[2] = {"successful", "answered"};
  static const char *const sides[2] = {"input", "output"};
  void *to = (char *)r->price + m->offset;
  switch (m->kind) {
  case TEXT:
    *(const char **)to = text_of(value);
    return *(const char **)to != NULL ? CSPAN_OK : wrong(r, "a text that is not empty");
  case TEXTS:
    return read_texts(r, value, to);
  case NUMBER:
  case POSITIVE:
    return read_number(r, value, m->kind == POSITIVE, to);
  case BOOLEAN:
    *(bool *)to = cspan_value_bool(value, false);
    r->price->has_fifo = r->price->has_fifo || m->offset == AT(is_fifo);
    return cspan_value_get_kind(value) == CSPAN_VALUE_BOOL ? CSPAN_OK : wrong(r, "true or false");
  case UNIT:
    return read_unit(r, value);
  case BILLED:
    return read_choice(r, value, billed, "answered or successful", to);
  case FROM:
    return read_choice(r, value, sides, "input or output", to);
  case REGIONS:
    return read_regions(r, value);
  case NOTE:
    break;
  }
  return CSPAN_OK;
}

static const member *find_member(const char *name) {
  for (size_t i = 0; i < MEMBERS; i++) {
    if (strcmp(members[i].name, name) == 0) {
      return &members[i];
    }
  }
  return NULL;
}

/* "s3.put 0.005/1000 eu-west-1 2025-06-01". */
static cspan_status make_basis(const row *r, const char *region, const char *how, double usd,
                               const char **out) {
  cspan_buf text;
  cspan_buf_init(&text, 1024);
  cspan_buf_printf(&text, "%s ", r->price->name);
  cspan_write_double(&text, usd);
  cspan_buf_char(&text, '/');
  if (r->price->per < 1e15 && r->price->per == floor(r->price->per)) {
    cspan_buf_printf(&text, "%.0f", r->price->per);
  } else {
    cspan_write_double(&text, r->price->per);
  }
  cspan_buf_printf(&text, "%s %s %s", how, region, r->reader->prices->date);
  cspan_status status = cspan_buf_status(&text);
  *out = status == CSPAN_OK
             ? cspan_arena_strndup(r->reader->prices->arena, cspan_buf_text(&text), text.len)
             : NULL;
  cspan_buf_free(&text);
  if (status == CSPAN_ERR_LIMIT) {
    return cspan_price_fault(r->reader, r->place, "the names of the price are too long");
  }
  return *out != NULL ? CSPAN_OK : no_memory(r);
}

/* The price of one unit, and what the attribute says of it. */
static cspan_status finish_region(const row *r, cspan_price_region *region) {
  double usd = region->usd;
  region->usd = usd / r->price->per;
  cspan_status status = make_basis(r, region->region, "", usd, &region->basis);
  return status == CSPAN_OK ? make_basis(r, region->region, " by size", usd, &region->basis_by_size)
                            : status;
}

static cspan_status finish(row *r) {
  cspan_price *price = r->price;
  for (size_t i = 0; i < price->region_count; i++) {
    cspan_status status = finish_region(r, &price->regions[i]);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  if (price->unit == CSPAN_PRICE_ITEM && price->items == NULL) {
    return cspan_price_fault(r->reader, r->place, "a price of items must name \"items\"");
  }
  if (price->refused != NULL && (price->unit != CSPAN_PRICE_ITEM || price->of_output)) {
    return cspan_price_fault(r->reader, r->place,
                             "\"refused\" is for prices of items of the input");
  }
  if (price->unit == CSPAN_PRICE_PAYLOAD_BYTE &&
      price->bytes.count + price->keyed_bytes.count == 0) {
    return cspan_price_fault(r->reader, r->place,
                             "a price of payload bytes must name \"bytes\" or \"keyed_bytes\"");
  }
  price->at_home.region = r->reader->prices->region;
  price->at_home.usd = price->usd;
  return finish_region(r, &price->at_home);
}

static cspan_status read_row(row *r, const cspan_value *value) {
  bool seen[MEMBERS] = {false};
  if (cspan_value_get_kind(value) != CSPAN_VALUE_MAP) {
    return cspan_price_fault(r->reader, r->place, "a price must be an object");
  }
  r->price->per = 1;
  for (size_t i = 0; i < cspan_value_count(value); i++) {
    r->place.member = cspan_value_name_at(value, i);
    const member *m = find_member(r->place.member);
    if (m == NULL) {
      return cspan_price_fault(r->reader, r->place, "a price has no member \"%s\"",
                               r->place.member);
    }
    if (seen[m - members]) {
      return cspan_price_fault(r->reader, r->place, "\"%s\" is there twice", m->name);
    }
    seen[m - members] = true;
    cspan_status status = read_member(r, m, cspan_value_at(value, i));
    if (status != CSPAN_OK) {
      return status;
    }
  }
  r->place.member = NULL;
  for (size_t i = 0; i < MEMBERS; i++) {
    if (members[i].is_required && !seen[i]) {
      return cspan_price_fault(r->reader, r->place, "the price lacks \"%s\"", members[i].name);
    }
  }
  return finish(r);
}

cspan_status cspan_price_rows_read(const cspan_price_reader *reader, const cspan_value *list) {
  cspan_prices *prices = reader->prices;
  size_t count = cspan_value_count(list);
  if (count > CSPAN_PRICES_MAX_ROWS) {
    return cspan_price_fault(reader, (cspan_price_place){SIZE_MAX, "prices"},
                             "there are more than %d prices", CSPAN_PRICES_MAX_ROWS);
  }
  prices->rows = cspan_arena_array(prices->arena, count > 0 ? count : 1, sizeof *prices->rows);
  if (prices->rows == NULL) {
    return cspan_error_move(reader->error, cspan_error_nomem());
  }
  for (; prices->count < count; prices->count++) {
    row r = {reader, &prices->rows[prices->count], {prices->count, NULL}};
    cspan_status status = read_row(&r, cspan_value_at(list, prices->count));
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}
