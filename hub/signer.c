// SPDX-License-Identifier: Apache-2.0
#include "hub/signer.h"

#include <pthread.h>
#include <stdlib.h>

typedef enum signer_state { SIGNER_IDLE, SIGNER_WANTED, SIGNER_BUSY, SIGNER_OVER } signer_state;

struct signer {
    const sign_key *key;
    pthread_t thread;
    pthread_mutex_t lock; // everything below
    pthread_cond_t work, over;
    signer_state state;
    bool stopping;
    ticket_batch *list;
    int count;
    void (*then)(void *ctx);
    void *ctx;
    err result;
};

// Only the one who took the work on: nothing of it changes meanwhile.
static err work_off(const signer *s)
{
    err e = OK;
    for (int i = 0; i < s->count && e == OK; i++)
        if (s->list[i].count)
            e = ticket_batch_sign(&s->list[i], s->key);
    if (e == OK && s->then)
        s->then(s->ctx);
    return e;
}

static void *signer_main(void *arg)
{
    signer *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        if (s->state != SIGNER_WANTED) {
            pthread_cond_wait(&s->work, &s->lock);
            continue;
        }
        s->state = SIGNER_BUSY;
        pthread_mutex_unlock(&s->lock);
        err e = work_off(s);
        pthread_mutex_lock(&s->lock);
        s->result = e;
        s->state = SIGNER_OVER;
        pthread_cond_signal(&s->over);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

err signer_start(const sign_key *key, signer **ret)
{
    signer *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEM;
    s->key = key;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->over, NULL);
    if (pthread_create(&s->thread, NULL, signer_main, s) != 0) {
        pthread_cond_destroy(&s->over);
        pthread_cond_destroy(&s->work);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return ERR_MEM;
    }
    *ret = s;
    return OK;
}

void signer_stop(signer *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->over);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void signer_begin(signer *s, ticket_batch *list, int count, void (*then)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&s->lock);
    s->list = list;
    s->count = count;
    s->then = then;
    s->ctx = ctx;
    s->state = SIGNER_WANTED;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

// Takes the work back when the thread has not got to it yet: on a busy machine waiting for its turn
// would cost more than the signature. Returns what the state was.
static signer_state take_back(signer *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->state == SIGNER_BUSY)
        pthread_cond_wait(&s->over, &s->lock);
    signer_state was = s->state;
    s->state = SIGNER_IDLE;
    pthread_mutex_unlock(&s->lock);
    return was;
}

err signer_wait(signer *s)
{
    switch (take_back(s)) {
    case SIGNER_OVER: return s->result;
    case SIGNER_WANTED: return work_off(s);
    default: return OK;
    }
}

void signer_drop(signer *s)
{
    (void)take_back(s);
}
