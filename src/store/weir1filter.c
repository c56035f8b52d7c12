/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * weir1filter.c - ask a file's address filter, reading only the pages that the answer needs.
 *
 * The three slots of a key lie in neighbouring segments, 2,048 slots each in a usual file: one read
 * of a few pages, each with a check of its own. Several terms and all blocks of a file ask about
 * the same addresses, so answers are remembered; they are guarded by a lock, all else is constant.
 * What cannot be read or is damaged says maybe.
 */
#include "base/hash.h"
#include "store/addrfilter.h"
#include "store/format.h"
#include "store/weir1.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUN = 16,     /* pages read at once */
    ANSWERS = 128 /* remembered, a power of two: filters ask about 64 addresses at most */
};

enum answer { ANSWER_NONE, ANSWER_NO, ANSWER_MAYBE };

struct weir1_filter {
    int fd;
    uint64_t offset; /* of the slots in the file */
    struct addrfilter filter;
    uint8_t *head;
    pthread_mutex_t lock;
    struct {
        uint64_t key;
        enum answer answer;
    } known[ANSWERS];
};

int weir1_filter_new(int fd, const uint8_t *head, size_t len, const struct weir1_place *slots,
                     struct weir1_filter **out)
{
    struct weir1_filter *f = calloc(1, sizeof *f);
    struct cur c;
    int rc = ERR_NOMEM;
    if (f != NULL) {
        f->head = malloc(len + 1);
    }
    if (f != NULL && f->head != NULL) {
        memcpy(f->head, head, len);
        c = cur_of(f->head, len);
        rc = addrfilter_get(&c, &f->filter);
    }
    if (rc != 0 || f->filter.nslots != slots->length) {
        free(f != NULL ? f->head : NULL);
        free(f);
        return rc != 0 ? rc : ERR_FORMAT;
    }
    f->fd = fd;
    f->offset = slots->offset;
    pthread_mutex_init(&f->lock, NULL);
    *out = f;
    return 0;
}

void weir1_filter_free(struct weir1_filter *f)
{
    if (f == NULL) {
        return;
    }
    pthread_mutex_destroy(&f->lock);
    free(f->head);
    free(f);
}

/* Pages from..to - 1 to out, checked. */
static bool read_pages(const struct weir1_filter *f, uint32_t from, uint32_t to, uint8_t *out)
{
    uint32_t at = from * ADDRFILTER_PAGE;
    uint32_t end = to * (uint64_t)ADDRFILTER_PAGE < f->filter.nslots ? to * ADDRFILTER_PAGE
                                                                     : f->filter.nslots;
    if (format_pread(f->fd, out, end - at, f->offset + at, NULL) != 0) {
        return false;
    }
    for (; at < end; at += ADDRFILTER_PAGE, out += ADDRFILTER_PAGE) {
        uint32_t len = end - at < ADDRFILTER_PAGE ? end - at : ADDRFILTER_PAGE;
        if (!addrfilter_page_is_good(&f->filter, at / ADDRFILTER_PAGE, out, len)) {
            return false;
        }
    }
    return true;
}

static enum answer answer_of(const struct weir1_filter *f, uint64_t key)
{
    struct addrfilter_probe p = addrfilter_probe(&f->filter, key);
    uint8_t run[RUN * ADDRFILTER_PAGE];
    uint8_t sum = 0;
    uint32_t from = 0;
    uint32_t to = 0; /* pages in run */
    uint32_t last = p.slot[2] / ADDRFILTER_PAGE + 1;
    for (int k = 0; k < 3; k++) {
        uint32_t page = p.slot[k] / ADDRFILTER_PAGE;
        if (page >= to) {
            from = page;
            to = last - from < RUN ? last : from + RUN;
            if (!read_pages(f, from, to, run)) {
                return ANSWER_MAYBE;
            }
        }
        sum ^= run[p.slot[k] - from * ADDRFILTER_PAGE];
    }
    return sum == p.fingerprint ? ANSWER_MAYBE : ANSWER_NO;
}

bool weir1_filter_may_hold(const void *ctx, const struct ip *addr)
{
    struct weir1_filter *f = (struct weir1_filter *)(uintptr_t)ctx;
    uint64_t key = addrfilter_key(addr);
    size_t i = key % ANSWERS;
    enum answer answer;
    pthread_mutex_lock(&f->lock);
    if (f->known[i].answer == ANSWER_NONE || f->known[i].key != key) {
        f->known[i].key = key;
        f->known[i].answer = answer_of(f, key);
    }
    answer = f->known[i].answer;
    pthread_mutex_unlock(&f->lock);
    return answer != ANSWER_NO;
}
