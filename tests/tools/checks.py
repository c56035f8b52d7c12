# SPDX-License-Identifier: BSD-2-Clause; Copyright the weir authors
"""What test scripts share: checks are counted, failures told, the sum is the last line."""


class Checks:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def count(self, good, line):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(line)
        return good

    def __call__(self, good, *what):
        return self.count(good, " ".join(["failed:", *map(str, what)]))

    def named(self, name, good, detail=""):
        """The name first; of the detail only so much that a log stays readable."""
        return self.count(good, "FAILED: %s %s" % (name, str(detail)[:600]))

    def skip(self, *what):
        self.skipped += 1
        print("skipped:", *what)

    def finish(self):
        print("%d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped))
        return self.failed > 0
