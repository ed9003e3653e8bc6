/* SPDX-License-Identifier: Apache-2.0 */
/* The table of prices as it is read from its file (docs/cost.md has the format). */
#ifndef INSTRUMENT_PRICES_H
#define INSTRUMENT_PRICES_H

#include "base/arena.h"
#include "instrument/cost.h"

enum {
  CSPAN_PRICES_MAX_BYTES = 1 << 20,
  CSPAN_PRICES_MAX_ROWS = 2048,
  CSPAN_PRICES_MAX_ARENA = 16 << 20
};

typedef enum cspan_price_unit {
  CSPAN_PRICE_REQUEST,       /* of each billed attempt, or each chunk of its payload */
  CSPAN_PRICE_ITEM,          /* the same for each item on its own */
  CSPAN_PRICE_PAYLOAD_BYTE,  /* what `bytes` and `keyed_bytes` come to */
  CSPAN_PRICE_REQUEST_BYTE,  /* of the last attempt's body */
  CSPAN_PRICE_RESPONSE_BYTE, /* the same of the answer */
  CSPAN_PRICE_READ_UNIT,     /* of DynamoDB, as the answer says, else by chunks of the payload */
  CSPAN_PRICE_WRITE_UNIT
} cspan_price_unit;

typedef struct cspan_price_texts {
  const char **items;
  size_t count;
} cspan_price_texts;

typedef struct cspan_price_region {
  const char *region;
  double usd; /* of one unit */
  const char *basis;
  const char *basis_by_size;
} cspan_price_region;

typedef struct cspan_price {
  const char *name;
  const char *service;
  const char *operations; /* as in cspan_attribute_rule */
  cspan_price_unit unit;
  double usd; /* of `per` units, as it is written */
  double per;
  cspan_price_region at_home; /* the table's own region, and those that are not in `regions` */
  cspan_price_region *regions;
  size_t region_count;
  bool answered_is_billed; /* an answer below 500 is; else only success */
  cspan_price_texts billed_errors;
  const char *storage_class; /* NULL: any */
  bool has_fifo;
  bool is_fifo;
  bool is_transfer_out;
  cspan_price_texts unless; /* "Member" or "Member=value" of the input: no price then */
  bool of_output;           /* where items and bytes are; else the input */
  const char *items;        /* a list whose items have the bytes; NULL: there is none */
  const char *refused;      /* a member of items of the output that were not taken; NULL: none */
  cspan_price_texts bytes;
  cspan_price_texts keyed_bytes; /* maps whose keys count too */
  double chunk_bytes;            /* 0: the payload is not looked at */
  const char *source;
} cspan_price;

struct cspan_prices {
  cspan_arena *arena;
  cspan_price *rows;
  size_t count;
  const char *date;
  const char *region;
  const char *source;
  bool counts_transfer;
};

struct cspan_plan_prices {
  size_t count;
  const cspan_price *rows[];
};

/* A file that is being read. */
typedef struct cspan_price_reader {
  const char *name;
  const char *json;
  size_t size;
  cspan_prices *prices;
  cspan_error **error;
} cspan_price_reader;

/* Reads the items of "prices" into rows. */
cspan_status cspan_price_rows_read(const cspan_price_reader *reader, const cspan_value *list);

/* Where something is in the JSON: a member of the document, or of an item of "prices". */
typedef struct cspan_price_place {
  size_t row;         /* SIZE_MAX: none */
  const char *member; /* NULL: the item itself, or the document */
} cspan_price_place;

/* CSPAN_ERR_CONFIG: "FILE, line 3, column 5: ...". */
cspan_status cspan_price_fault(const cspan_price_reader *reader, cspan_price_place place,
                               const char *fmt, ...) CSPAN_PRINTF(3, 4);
/* The offset of a place in JSON that is well-formed; the nearest that is there. */
size_t cspan_price_find(const char *json, size_t size, cspan_price_place place);

#endif
