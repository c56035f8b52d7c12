/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * nfdseal.h - a checksum over a whole file of layout 2, where nfdump does not look.
 *
 * The layout has no checksums; only bzip2 brings one. Of the ident record nfdump takes what stands
 * before its first NUL. Behind that our writer keeps "weir" and the XXH3 of the data blocks as they
 * are stored, of the header, and of the unpacked appendix with zeros in place of the checksum.
 * Who writes the appendix anew drops the seal with it; files without one are nfdump's own.
 *
 * Inside of src/store only.
 */
#ifndef WEIR_STORE_NFDSEAL_H
#define WEIR_STORE_NFDSEAL_H

#include "store/nfdfile.h"

#include <stddef.h>
#include <stdint.h>

#define NFDSEAL_SIZE 12 /* octets at the end of the ident record, whose size is even */

/* Where the checksum stands in an ident record with its seal; NULL: it has none. */
uint8_t *nfdseal_find(uint8_t *record, size_t size);

/* The mark of a seal and zeros. */
void nfdseal_mark(uint8_t to[NFDSEAL_SIZE]);

/* The checksum so far (at first 0) with one block more: head and stored octets. */
uint64_t nfdseal_add(uint64_t seal, const uint8_t *block, size_t n);

/* The checksum of the file. */
uint64_t nfdseal_end(uint64_t seal, const uint8_t header[NFD_HEADER2], const uint8_t *appendix,
                     size_t n);

/* Keep the seal of an appendix that was just read, if it has one. Returns 0 or ERR_NOMEM. */
int nfdseal_keep(struct nfd_file *f, const uint8_t *appendix, size_t n);

/* A member of struct flowfile_ops. */
int nfdseal_check(const struct flowfile *f, struct fault *fault);

#endif
