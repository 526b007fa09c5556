"""Writes the Parquet files of this folder with pyarrow 26; run in this folder. Their content is stated in
parquet.test.ts, which checks it value by value."""

import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 600


def pages():
    i = range(ROWS)
    return pa.table(
        {
            "id": pa.array(i, pa.int64()),
            "name": [f"n{k % 7}" for k in i],
            "value": [k / 3 for k in i],
            "note": [None if k % 3 == 0 else f"note {k % 11}" for k in i],
            "flag": [k % 2 == 0 for k in i],
        }
    )


variants = {
    "none-v1": dict(compression="none", data_page_version="1.0"),
    "none-v2": dict(compression="none", data_page_version="2.0"),
    "snappy-v1": dict(compression="snappy", data_page_version="1.0"),
    "snappy-v2": dict(compression="snappy", data_page_version="2.0"),
    "gzip-v1": dict(compression="gzip", data_page_version="1.0"),
    "brotli-v2": dict(compression="brotli", data_page_version="2.0"),
    "zstd-v2": dict(compression="zstd", data_page_version="2.0"),
    "lz4-v1": dict(compression="lz4", data_page_version="1.0"),
    "plain-v1": dict(compression="zstd", data_page_version="1.0", use_dictionary=False),
    "plain-v2": dict(compression="zstd", data_page_version="2.0", use_dictionary=False),
    "delta-v2": dict(
        compression="zstd",
        data_page_version="2.0",
        use_dictionary=False,
        column_encoding={"id": "DELTA_BINARY_PACKED", "name": "DELTA_BYTE_ARRAY", "value": "BYTE_STREAM_SPLIT"},
    ),
}
for name, options in variants.items():
    pq.write_table(
        pages(), f"{name}.parquet", row_group_size=250, data_page_size=256, write_batch_size=50, **options
    )

at = datetime.datetime(2001, 2, 3, 4, 5, 6, 789000, tzinfo=datetime.timezone.utc)
types = {
    "int8": pa.array([-8, None], pa.int8()),
    "uint32": pa.array([4_000_000_000, None], pa.uint32()),
    "uint64": pa.array([9_000_000_000_000_000, None], pa.uint64()),
    "int64": pa.array([-(2**53) + 1, None], pa.int64()),
    "float32": pa.array([0.5, None], pa.float32()),
    "float64": pa.array([0.1, None], pa.float64()),
    "decimal": pa.array([decimal.Decimal("-12.34"), None], pa.decimal128(10, 2)),
    "bool": pa.array([True, None]),
    "string": pa.array(["grüße \U0001f44b", None]),
    "binary": pa.array([b"\x00\xff", None]),
    "fixed": pa.array([b"abcd", None], pa.binary(4)),
    "date": pa.array([at.date(), None], pa.date32()),
    "ms": pa.array([at, None], pa.timestamp("ms")),
    "us": pa.array([at, None], pa.timestamp("us")),
    "ns": pa.array([at, None], pa.timestamp("ns")),
    "list": pa.array([[1.5, 2.5], None], pa.list_(pa.float64())),
    "struct": pa.array([{"a": "x", "b": True}, None]),
}
pq.write_table(pa.table(types), "types.parquet")
pq.write_table(pa.table({"int64": pa.array([1, 2**60], pa.int64())}), "large-integers.parquet")
pq.write_table(pages().slice(0, 0), "empty.parquet")
