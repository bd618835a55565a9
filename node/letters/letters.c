// SPDX-License-Identifier: Apache-2.0
#include "node/letters/inside.h"

#include <stdlib.h>
#include <string.h>

void node_key(const char *name, uint8_t ret[static NODE_KEY])
{
    hash32 h;
    sha256(span_str(name), &h);
    memcpy(ret, h.at, NODE_KEY);
}

void stream_key(const letter *l, const char *other_node, uint8_t ret[static STREAM_KEY])
{
    memcpy(ret, l->thread, LETTER_ID_BYTES);
    be64_put(ret + LETTER_ID_BYTES, l->from);
    be64_put(ret + LETTER_ID_BYTES + 8, l->to);
    node_key(other_node, ret + LETTER_ID_BYTES + 16);
}

bool store_failed(err e)
{
    return e == ERR_IO || e == ERR_FULL || e == ERR_CORRUPT || e == ERR_MEM;
}

time_ms letters_jitter(letters *l, uint32_t pause_ms)
{
    // Not for secrets: only so that many nodes do not come back in the same moment.
    l->dice = l->dice * 6364136223846793005u + 1442695040888963407u;
    return pause_ms / 2 + (time_ms)((l->dice >> 33) % (pause_ms / 2 + 1));
}

uint32_t pause_next(uint32_t pause_ms)
{
    if (!pause_ms)
        return LETTERS_RETRY_MS;
    return pause_ms >= LETTERS_RETRY_MAX_MS / 2 ? LETTERS_RETRY_MAX_MS : pause_ms * 2;
}

err letters_open(const letters_options *o, letters **ret)
{
    letters *l = calloc(1, sizeof *l);
    err e = l ? crypto_random(&l->dice, sizeof l->dice) : ERR_MEM;
    if (e == OK && !(l->nodes = calloc(LETTERS_NODES, sizeof *l->nodes)))
        e = ERR_MEM;
    if (e) {
        free(l);
        return e;
    }
    l->o = *o;
    pthread_mutex_init(&l->lock, NULL);
    *ret = l;
    return OK;
}

void letters_close(letters *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l->nodes);
    free(l);
}

time_ms letters_next(letters *l)
{
    pthread_mutex_lock(&l->lock);
    time_ms next = l->next;
    pthread_mutex_unlock(&l->lock);
    return next;
}

void letters_wake(letters *l)
{
    pthread_mutex_lock(&l->lock);
    l->next = 0;
    pthread_mutex_unlock(&l->lock);
}

static void hint(letters *l, const uint8_t *key)
{
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->node_count; i++)
        if (!key || memcmp(l->nodes[i].key, key, NODE_KEY) == 0)
            l->nodes[i].next = 0; // the pause itself stays: if it is away again, we do not hammer
    l->next = 0;
    pthread_mutex_unlock(&l->lock);
}

void letters_hint(letters *l, const char *to_node)
{
    uint8_t key[NODE_KEY];
    node_key(to_node, key);
    hint(l, key);
}

void letters_hint_all(letters *l)
{
    hint(l, NULL);
}
