/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * recover.h - files that a collector left unfinished when it was killed.
 *
 * A running slot grows in nfcapd.current.PID.N, which begins with what its slot's file already had.
 * N counts the process's slots: one may still be finished while the next one grows. When that
 * process is gone, the file takes its place in the slot.
 */
#ifndef WEIR_COLLECT_RECOVER_H
#define WEIR_COLLECT_RECOVER_H

#include "base/log.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct recover_names { /* how files are named now */
    uint32_t seconds;
    unsigned subdirs;
    bool zone_names;
};

/* Give all abandoned files in dir their names. Says on the log what was done. */
void recover_directory(const char *dir, const struct recover_names *names, const struct log *log);

/* Where slot number n of this process grows. */
void recover_temp_name(const char *dir, uint64_t n, char path[PATH_MAX]);

#endif
