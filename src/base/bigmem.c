/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * bigmem.c - a mapping one page larger than asked, cut to the alignment.
 */
#include "base/bigmem.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static size_t rounded(size_t octets)
{
    return (octets + BIGMEM_PAGE - 1) / BIGMEM_PAGE * BIGMEM_PAGE;
}

void *bigmem_new(size_t octets)
{
    size_t size = rounded(octets);
    size_t front;
    char *at;
    if (octets < BIGMEM_PAGE) {
        return calloc(1, octets);
    }
    at = mmap(NULL, size + BIGMEM_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return NULL;
    }
    front = -(uintptr_t)at % BIGMEM_PAGE;
    if (front > 0) {
        munmap(at, front);
    }
    munmap(at + front + size, BIGMEM_PAGE - front);
#ifdef MADV_HUGEPAGE
    madvise(at + front, size, MADV_HUGEPAGE); /* a wish */
#endif
    return at + front;
}

void bigmem_free(void *memory, size_t octets)
{
    if (octets < BIGMEM_PAGE) {
        free(memory);
    } else if (memory != NULL) {
        munmap(memory, rounded(octets));
    }
}
