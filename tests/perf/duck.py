#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""DuckDB's side of the benchmark: asks a data base through the C library, without any binding.

    duck.py LIBRARY DATABASE ROUNDS SQL

Prints the best round's seconds (the data base is open, its pages are in the cache), then the
answer, a line for each row, values separated by tabs.
"""
import ctypes
import sys
import time


class Result(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint64 * 6)]


class Duck:
    def __init__(self, library, path):
        self.lib = ctypes.CDLL(library)
        self.lib.duckdb_value_varchar.restype = ctypes.c_void_p
        self.lib.duckdb_result_error.restype = ctypes.c_char_p
        self.lib.duckdb_row_count.restype = ctypes.c_uint64
        self.lib.duckdb_column_count.restype = ctypes.c_uint64
        self.base, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        if self.lib.duckdb_open(path.encode(), ctypes.byref(self.base)) or \
                self.lib.duckdb_connect(self.base, ctypes.byref(self.connection)):
            sys.exit("duck: cannot open " + path)

    def close(self):
        self.lib.duckdb_disconnect(ctypes.byref(self.connection))
        self.lib.duckdb_close(ctypes.byref(self.base))

    def value(self, result, column, row):
        at = self.lib.duckdb_value_varchar(ctypes.byref(result), ctypes.c_uint64(column),
                                           ctypes.c_uint64(row))
        text = ctypes.string_at(at).decode() if at else ""
        self.lib.duckdb_free(ctypes.c_void_p(at))
        return text

    def ask(self, sql):
        result = Result()
        if self.lib.duckdb_query(self.connection, sql.encode(), ctypes.byref(result)):
            sys.exit("duck: " + self.lib.duckdb_result_error(ctypes.byref(result)).decode())
        columns = range(self.lib.duckdb_column_count(ctypes.byref(result)))
        rows = range(self.lib.duckdb_row_count(ctypes.byref(result)))
        answer = [[self.value(result, c, r) for c in columns] for r in rows]
        self.lib.duckdb_destroy_result(ctypes.byref(result))
        return answer


def main():
    library, path, rounds, sql = sys.argv[1:]
    duck = Duck(library, path)
    best, answer = None, []
    for _ in range(int(rounds)):
        start = time.perf_counter()
        answer = duck.ask(sql)
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    duck.close()
    print("%.6f" % best)
    for row in answer:
        print("\t".join(row))


main()
