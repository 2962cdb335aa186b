"""Keeps in corpus/<name> some of what a merge left in target/minimal, beside the samples that were there
by a name of their own."""

import pathlib
import shutil
import string
import sys

name = sys.argv[1]
corpus, minimal = pathlib.Path("corpus", name), pathlib.Path("target/minimal")
hashes = set(string.hexdigits)
for found in corpus.iterdir():
    if len(found.name) == 40 and set(found.name) <= hashes:
        found.unlink()
reached = sorted(minimal.iterdir(), key=lambda file: file.stat().st_size)
# As many as are read in a glance, of every size: the smallest alone say little.
for found in reached[:: max(1, len(reached) // 48)]:
    shutil.copy(found, corpus / found.name)
print(name, len(list(corpus.iterdir())), "files", sum(file.stat().st_size for file in corpus.iterdir()), "bytes")
