# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
# Unit tests of src/store, two lines each; they link this room and those below, nothing else:
#   UNIT_TESTS += tests/unit/store/test_x
#   tests_unit_store_test_x_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_filename
tests_unit_store_test_filename_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_nffiles
tests_unit_store_test_nffiles_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_nfd2
tests_unit_store_test_nfd2_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_hostile
tests_unit_store_test_hostile_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_vec
tests_unit_store_test_vec_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_weirfile
tests_unit_store_test_weirfile_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_encoders
tests_unit_store_test_encoders_LDADD = $(STORE_LIBS)
UNIT_TESTS += tests/unit/store/test_filelist
tests_unit_store_test_filelist_LDADD = $(STORE_LIBS)
EXTRA_DIST += tests/unit/store/randomflows.h

# The kernels once more as plain loops, beside those of this machine.
check_LIBRARIES += tests/unit/store/libportable.a
tests_unit_store_libportable_a_SOURCES = tests/unit/store/kernelset.c \
    src/flow/kernels.c src/store/bitpack.c src/store/veckernels.c
tests_unit_store_libportable_a_CPPFLAGS = $(AM_CPPFLAGS) -DWEIR_PORTABLE \
    -include $(srcdir)/tests/unit/store/portable_names.h
UNIT_TESTS += tests/unit/store/test_kernels
tests_unit_store_test_kernels_SOURCES = tests/unit/store/test_kernels.c \
    tests/unit/store/kernelset.c tests/unit/store/kernelset.h
tests_unit_store_test_kernels_LDADD = tests/unit/store/libportable.a $(STORE_LIBS)
EXTRA_DIST += tests/unit/store/portable_names.h
