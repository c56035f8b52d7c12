/* SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors */
/*
 * optset.h - setters for option rows: small functions that put what was typed into a struct. The
 * including file defines OPTSET_INTO as the type of the struct, then makes one setter per
 * option:
 *
 *     OPTSET(quiet, quiet, true)                        a constant: set_quiet() sets ->quiet = true
 *
 *     OPTSET_TEXT(dir, dir)                             the text itself
 *
 *     OPTSET_NUMBER(port, port, 0, 65535, "bad %s")     a number in a range, else ERR_USAGE with
 * the text
 *
 *     OPTSET_NOTHING(ignored)                           accepted without effect
 */
#ifndef WEIR_BASE_OPTSET_H
#define WEIR_BASE_OPTSET_H

#include "base/err.h"
#include "base/text.h"

#define OPTSET_HEAD_(name)                                                                       \
    static int set_##name(OPTSET_INTO *a, const char *value, struct fault *fault)

#define OPTSET(name, member, what)                                                               \
    OPTSET_HEAD_(name)                                                                           \
    {                                                                                            \
        (void)value;                                                                             \
        (void)fault;                                                                             \
        a->member = what;                                                                        \
        return 0;                                                                                \
    }

#define OPTSET_TEXT(name, member)                                                                \
    OPTSET_HEAD_(name)                                                                           \
    {                                                                                            \
        (void)fault;                                                                             \
        a->member = value;                                                                       \
        return 0;                                                                                \
    }

#define OPTSET_NUMBER(name, member, low, high, message)                                          \
    OPTSET_HEAD_(name)                                                                           \
    {                                                                                            \
        uint64_t n;                                                                              \
        if (text_number(value, low, high, &n) != 0) {                                            \
            return fault_set(fault, ERR_USAGE, message, value);                                  \
        }                                                                                        \
        a->member = (unsigned long)n;                                                            \
        return 0;                                                                                \
    }

#define OPTSET_NOTHING(name)                                                                     \
    OPTSET_HEAD_(name)                                                                           \
    {                                                                                            \
        (void)a;                                                                                 \
        (void)value;                                                                             \
        (void)fault;                                                                             \
        return 0;                                                                                \
    }

#endif
