"""Random workbooks: pandas with datacompy has to find what `mall compare-files` finds, and openpyxl has to read
the same out of the result.

usage: by_pandas.py MALL FOLDER FIRST_SEED SEEDS
"""

import datetime
import json
import pathlib
import random
import subprocess
import sys

import datacompy
import openpyxl
import pandas as pd

KEY = "key"
WORDS = ["lamp", "desk", "grey chair", "No. 9 b", "灯", "书桌", "x"]


def value(rng, kind):
    if rng.random() < 0.1:
        return None
    if kind == "whole":
        return rng.randrange(-1_000, 1_000_000)
    if kind == "amount":
        return rng.randrange(1, 10_000_000) / 100
    if kind == "day":
        return datetime.datetime(2020, 1, 1) + datetime.timedelta(days=rng.randrange(3_000))
    return f"{rng.choice(WORDS)} {rng.choice('abcdefgh')}"


def tables(rng):
    kinds = {f"{kind}{n}": kind for n, kind in enumerate(rng.choices(["whole", "amount", "day", "text"], k=rng.randrange(1, 9)))}
    old = {f"K{n:05d}": {name: value(rng, kind) for name, kind in kinds.items()} for n in range(rng.randrange(1, 400))}
    new = {}
    for key, row in old.items():
        fate = rng.random()
        if fate < 0.1:
            continue
        row = dict(row)
        if fate < 0.3:
            name = rng.choice(list(kinds))
            row[name] = value(rng, kinds[name])
        new[key] = row
    for n in range(rng.randrange(0, 30)):
        new[f"N{n:05d}"] = {name: value(rng, kind) for name, kind in kinds.items()}
    return list(kinds), old, new


def write(rng, path, names, rows):
    names, keys = list(names), list(rows)
    rng.shuffle(names)
    rng.shuffle(keys)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([KEY, *names])
    for key in keys:
        sheet.append([key, *(rows[key][name] for name in names)])
    book.save(path)


def by_datacompy(old, new):
    left, right = (pd.read_excel(path, engine="calamine") for path in (old, new))
    found = datacompy.PandasCompare(left, right, join_columns=KEY)
    changed = len(found.intersect_rows) - int(found.count_matching_rows())
    return {"added": len(found.df2_unq_rows), "removed": len(found.df1_unq_rows), "changed": changed}


def by_mall(mall, old, new, result):
    command = [mall, "compare-files", old, new, "-o", result, "--key", KEY, "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    rows = json.loads(done.stdout)["pairs"][0]["rows"]
    return {name: rows[name] for name in ("added", "removed", "changed")}


def in_the_result(result, names):
    book = openpyxl.load_workbook(result)
    counts = {}
    for title, name in (("新增项", "added"), ("减少项", "removed"), ("变动项目", "changed")):
        rows = list(book[title].iter_rows(min_row=2)) if title in book.sheetnames else []
        counts[name] = sum(1 for row in rows if sum(cell.value is not None for cell in row) > 1)
        for row in rows:
            for cell in row:
                assert cell.data_type != "f", f"{title}!{cell.coordinate} is a formula"
    return counts


def main(mall, folder, first, count):
    folder = pathlib.Path(folder)
    old, new, result = (folder / f"{name}.xlsx" for name in ("old", "new", "result"))
    for seed in range(int(first), int(first) + int(count)):
        rng = random.Random(seed)
        names, left, right = tables(rng)
        write(rng, old, names, left)
        write(rng, new, names, right)
        ours, theirs = by_mall(mall, old, new, result), by_datacompy(old, new)
        assert ours == theirs, f"seed {seed}: mall {ours}, datacompy {theirs}"
        read = in_the_result(result, names)
        assert ours == read, f"seed {seed}: mall {ours}, in the workbook {read}"


main(*sys.argv[1:])
