// SPDX-License-Identifier: Apache-2.0
#include "node/duty/node.h"

#include <string.h>

const char *const node_tables[] = {"meta", "log", "patient", "folder", "consent", "holder", "sent", "outbox", "trait",
                                   "person", "stop", "ask", "own", "own_back", "letter_out", "letter_stream", "letter_in", "letter_held",
                                   "request", "request_list", "request_past", "content", "known", "notice", "notice_mark",
                                   "opening", "opening_waits", "opening_last", "objection", "shelf", "joining", "arrivals", "told",
                                   "withdrawal", NULL};

void node_document_id(const uint8_t secret[32], span place, uint8_t ret[16])
{
    hash32 h;
    span parts[2] = {SPAN_LIT("tsunagu document v1"), place};
    hmac_sha256(span_of(secret, 32), parts, 2, &h);
    memcpy(ret, h.at, 16);
}
