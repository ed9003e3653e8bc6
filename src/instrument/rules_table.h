/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the services, each in a file of its own. */
#ifndef INSTRUMENT_RULES_TABLE_H
#define INSTRUMENT_RULES_TABLE_H

#include "instrument/rules.h"

extern const cspan_service_rules cspan_rules_s3;

#endif
