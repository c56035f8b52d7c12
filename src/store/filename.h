/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * filename.h - nfcapd's names: slots of time as files and directories.
 *
 * Names are local time of the slot's start; slots are aligned to Unix time. Seconds since 1970 UTC.
 */
#ifndef WEIR_STORE_FILENAME_H
#define WEIR_STORE_FILENAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILENAME_MAX_LEN = 64, FILENAME_SUBDIR_LEVELS = 9 };

/* "nfcapd.YYYYmmddHHMM", with seconds when slots are shorter than a minute, with the zone's offset
 * ("+0100") when asked. name: room for FILENAME_MAX_LEN. */
void filename_of_slot(uint64_t start, uint32_t slot_seconds, bool zone, char *name);

/* The same without "nfcapd.": the time text of %t in commands run after rotation. */
void filename_time_text(uint64_t start, uint32_t slot_seconds, bool zone, char *text);

/* Directory below the base for hierarchy level 0..8 ("" for 0, "2024/07/11" for 1 ...); false if
 * there is no such level. dir: room for FILENAME_MAX_LEN. */
bool filename_subdir(unsigned level, uint64_t start, char *dir);

/* The slot start that a file's name tells ("nfcapd." anywhere in the path, then 12 or 14 digits,
 * local time); false if it tells none. */
bool filename_parse(const char *path, uint64_t *start);

/* Is this the name of a file that a collector is writing ("nfcapd.current" and what follows)? */
bool filename_is_live(const char *path);

#endif
