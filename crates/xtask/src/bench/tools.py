"""What people compare workbooks with: prints the rows added, removed and changed.

usage: tools.py polars|pandas|openpyxl OLD NEW
"""

import json
import sys

KEY = "资产编号"


def polars(old, new):
    import polars as pl

    left, right = pl.read_excel(old, engine="calamine"), pl.read_excel(new, engine="calamine")
    both = left.join(right, on=KEY, how="inner", suffix="_new")
    columns = [column for column in left.columns if column != KEY]
    differs = pl.any_horizontal([pl.col(c).ne_missing(pl.col(f"{c}_new")) for c in columns])
    return (
        right.join(left, on=KEY, how="anti").height,
        left.join(right, on=KEY, how="anti").height,
        both.filter(differs).height,
    )


def pandas(old, new):
    import datacompy
    import pandas as pd

    left, right = pd.read_excel(old, engine="calamine"), pd.read_excel(new, engine="calamine")
    found = datacompy.PandasCompare(left, right, join_columns=KEY)
    changed = len(found.intersect_rows) - found.count_matching_rows()
    return len(found.df2_unq_rows), len(found.df1_unq_rows), changed


def openpyxl(old, new):
    import pandas as pd

    left, right = pd.read_excel(old, engine="openpyxl"), pd.read_excel(new, engine="openpyxl")
    all_rows = left.merge(right, on=KEY, how="outer", suffixes=("", "_new"), indicator=True)
    both = all_rows[all_rows["_merge"] == "both"]
    differs = False
    for column in left.columns.drop(KEY):
        one, other = both[column], both[f"{column}_new"]
        differs = differs | ((one != other) & ~(one.isna() & other.isna()))
    added, removed = (all_rows["_merge"] == "right_only").sum(), (all_rows["_merge"] == "left_only").sum()
    return added, removed, differs.sum()


tool, old, new = sys.argv[1:]
counts = {"polars": polars, "pandas": pandas, "openpyxl": openpyxl}[tool](old, new)
print(json.dumps(dict(zip(["added", "removed", "changed"], map(int, counts)))))
