// SPDX-License-Identifier: Apache-2.0
// From exec to the first answer: the store is opened and its pages checked, the rules
// are verified, a node dials, says HELLO, and asks.
#include <stdio.h>

#include "ops/measure/lookup.h"
#include "ops/measure/raw.h"

static double first_answer(const place *p, hub_proc *h, const crowd *who, uint64_t number)
{
    buf request = {0}, back = {0};
    pseudonym name;
    uint64_t start = now_ns();
    hub_start(p, h);
    line *l = line_open(p, 2, h->address);
    size_t at = line_lookup(l, &request);
    crowd_who(who, number, &name);
    for (size_t i = 0; i < sizeof name.at; i++)
        request.at[at + i] = name.at[i];
    // Its hospitals are not connected: the answer names them, and has no tickets.
    must(line_ask(l, METHOD_LOOKUP, buf_span(&request), &back), "LOOKUP");
    double took = since(start);
    if (back.len == 0)
        die("an empty answer");
    line_close(l);
    hub_stop(h);
    buf_done(&request);
    buf_done(&back);
    return took;
}

static double raw_answer(const hub_proc *h, const crowd *who, uint64_t number)
{
    uint8_t key[CARD_KEY_BYTES];
    pseudonym name;
    size_t len;
    crowd_who(who, number, &name);
    card_key(&name, who->hospital[0], key);
    uint64_t start = now_ns();
    raw *db = raw_open(h->data, true, "card");
    if (!raw_get(db, span_of(key, sizeof key), &len))
        die("the card is not in the file");
    double took = since(start);
    raw_close(db);
    return took;
}

void restart_bench(const bench *b)
{
    place p;
    hub_proc h;
    samples hub = {0}, bare = {0};
    place_make(b, "restart", &p);
    crowd who = place_crowd(&p, b->quick ? 100000 : 500000);
    hub_make(&p, "hub", &h);
    hub_fill(&h, &who);
    for (int i = 0; i < b->rounds + 1; i++) {
        uint64_t number = mix64((uint64_t)i) % who.count;
        double one = first_answer(&p, &h, &who, number), other = raw_answer(&h, &who, number);
        if (i == 0)
            continue; // the first one warms the page cache for both
        samples_add(&hub, one * 1e3);
        samples_add(&bare, other * 1e3);
    }
    result out = {.name = "restart",
                  .unit = "ms",
                  .value = samples_at(&hub, 0.5),
                  .beside = "raw LMDB open and one get",
                  .beside_value = samples_at(&bare, 0.5),
                  .of_value = true,
                  .at_most = true,
                  .aim = 1000};
    snprintf(out.note, sizeof out.note, "%llu cards, file warm; exec, page check, TLS, HELLO, LOOKUP",
             (unsigned long long)who.count * 2);
    report(&out);
    samples_done(&hub);
    samples_done(&bare);
    place_done(&p);
}
