"""Keeps in corpus/<name> what a merge left in target/minimal, smallest first, up to 150 KB, beside the
samples that were there by a name of their own."""

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
room = 150_000 - sum(sample.stat().st_size for sample in corpus.iterdir())
for found in sorted(minimal.iterdir(), key=lambda file: file.stat().st_size):
    room -= found.stat().st_size
    if room < 0 or len(list(corpus.iterdir())) >= 300:
        break
    shutil.copy(found, corpus / found.name)
print(name, len(list(corpus.iterdir())), "files", sum(file.stat().st_size for file in corpus.iterdir()), "bytes")
