// SPDX-License-Identifier: Apache-2.0
#include "node/duty/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { THREADS_MAX = 16 };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    pool_task *head, **tail;
    bool stopping;
    int count;
    pthread_t threads[THREADS_MAX];
};

static void *pool_main(void *arg)
{
    pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->head && !p->stopping)
            pthread_cond_wait(&p->work, &p->lock);
        pool_task *t = p->head;
        if (!t)
            break;
        p->head = t->next;
        if (!p->head)
            p->tail = &p->head;
        pthread_mutex_unlock(&p->lock);
        t->run(t); // afterwards t may be gone
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

err pool_start(int threads, pool **ret)
{
    pool *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_MEM;
    p->tail = &p->head;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    for (; p->count < threads && p->count < THREADS_MAX; p->count++)
        if (pthread_create(&p->threads[p->count], NULL, pool_main, p) != 0)
            break;
    if (p->count == 0) {
        pool_stop(p);
        return ERR_MEM;
    }
    *ret = p;
    return OK;
}

void pool_submit(pool *p, pool_task *t)
{
    t->next = NULL;
    pthread_mutex_lock(&p->lock);
    *p->tail = t;
    p->tail = &t->next;
    pthread_mutex_unlock(&p->lock);
    pthread_cond_signal(&p->work);
}

void pool_stop(pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_mutex_unlock(&p->lock);
    pthread_cond_broadcast(&p->work);
    for (int i = 0; i < p->count; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
