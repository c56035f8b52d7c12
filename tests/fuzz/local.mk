# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
FUZZ_TESTS =
