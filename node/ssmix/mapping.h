// SPDX-License-Identifier: Apache-2.0
// From data types and document codes to the council's categories: configuration, default deny.
// Built in: the table of field-facts §1.3 (standard types; LOINC codes of reports, referral letters and nursing
// summaries). A hospital adds or overrides by `code: category` or `code: none`; local codes of the extended
// storage are written `local:CODE`.
#ifndef TSUNAGU_SSMIX_MAPPING_H
#define TSUNAGU_SSMIX_MAPPING_H

#include "node/ssmix/ssmix.h"

typedef struct mapping mapping;
// pairs: key, value, key, value ...; category names are resolved by `category_of` (bit number or -1).
// An unknown category is ERR_FORMAT with its index in ret_bad.
MUST_CHECK err mapping_new(const char *const *pairs, size_t pair_count, int (*category_of)(void *ctx, const char *name),
                           void *ctx, size_t *ret_bad, mapping **ret);
void mapping_free(mapping *m);
int mapping_category(const mapping *m, const ssmix_entry *e); // bit number or -1: not disclosed

#endif
