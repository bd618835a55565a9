// SPDX-License-Identifier: Apache-2.0
// A form of the rules as one A4 page of HTML, blank or filled: no script, nothing from outside, the
// same bytes for the same question. Sizes are chosen here, so that whatever is written fits the page.
// Owner: the caller's buf. Thread: any. Fails: ERR_LIMIT where it cannot be made to fit and still be
// read, ERR_NOT_FOUND for a form that is none, ERR_MEM; the buf then holds a part.
#ifndef TSUNAGU_PAGE_PAGE_H
#define TSUNAGU_PAGE_PAGE_H

#include "policies/engine/forms.h"
#include "policies/forms/filled.h"

typedef enum page_tongue { PAGE_JA, PAGE_EN, PAGE_BOTH } page_tongue;

typedef struct page_ask {
    int form;
    page_tongue tongue;
    const uint8_t *number;  // FILLED_NUMBER bytes, sealed: this paper's own (policies/forms/number.h)
    const filled *normal;   // what form_check made of it; NULL: blank
    const filled *written;  // as it was written: shown where a value is not right. NULL: blank
} page_ask;
MUST_CHECK err form_page(const policy *p, const page_ask *ask, buf *out);

// "CONS-1-7K3M-9QXD-4N2P-0RX2": all that the QR code says.
#define PAGE_MARK_BYTES 64
void page_mark(const policy_form *f, const uint8_t number[static FILLED_NUMBER], char out[static PAGE_MARK_BYTES]);

#endif
