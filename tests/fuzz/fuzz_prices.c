/* SPDX-License-Identifier: Apache-2.0 */
/* The file of prices: what is taken is whole, and what is wrong has a place inside of the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "instrument/prices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_region(const cspan_price_region *region) {
  if (region->region == NULL || region->basis == NULL || region->basis_by_size == NULL ||
      !(region->usd >= 0)) {
    abort();
  }
}

static void check(const cspan_prices *prices) {
  for (size_t i = 0; i < prices->count; i++) {
    const cspan_price *row = &prices->rows[i];
    check_region(&row->at_home);
    for (size_t k = 0; k < row->region_count; k++) {
      check_region(&row->regions[k]);
    }
    cspan_plan_prices *found = NULL;
    if (cspan_prices_of(prices, row->service, "GetObject", &found) != CSPAN_OK) {
      abort();
    }
    cspan_plan_prices_free(found);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_prices_parse((const char *)data, size, "FILE", &prices, &error);
  if (status == CSPAN_OK) {
    check(prices);
  } else if (prices != NULL || error == NULL) {
    abort();
  }
  const char *const members[] = {NULL, "usd", "prices", "name"};
  for (size_t row = 0; row < 3; row++) {
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
      /* Also in what is no JSON: it only has to stay inside. */
      const cspan_price_place place = {row < 2 ? row : SIZE_MAX, members[i]};
      if (cspan_price_find((const char *)data, size, place) > size) {
        abort();
      }
    }
  }
  cspan_error_free(error);
  cspan_prices_free(prices);
  return 0;
}
