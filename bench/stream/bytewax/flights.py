"""The flights work as a Bytewax dataflow: Parquet -> one model with its state -> a file that a resume truncates.

Run with BENCH_FILE, BENCH_RECORDS, BENCH_OUTPUT and BENCH_USAGE (where CPU seconds and peak memory go at the end):
python -m bytewax.run flights:flow -r RECOVERY -s 10
"""

import atexit
import json
import os
import resource
from pathlib import Path

import bytewax.operators as op
import pyarrow as pa
import pyarrow.parquet as pq
from bytewax.connectors.files import FileSink
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic

from learner import Learner

COLUMNS = ["date", "delay", "distance", "origin", "destination"]
RECORDS = int(os.environ["BENCH_RECORDS"])
BATCH = int(os.environ.get("BENCH_BATCH", "5000"))


class Flights(StatefulSourcePartition):
    """Flights in order, from the number of the one to resume at."""

    def __init__(self, path, resumed):
        self.next = resumed or 0
        skip = self.next
        self.batches = pq.ParquetFile(path).iter_batches(batch_size=BATCH, columns=COLUMNS)
        self.left = None
        while skip > 0:
            batch = next(self.batches)
            if batch.num_rows > skip:
                self.left = batch.slice(skip)
            skip -= min(skip, batch.num_rows)

    def next_batch(self):
        if self.next >= RECORDS:
            raise StopIteration()
        batch, self.left = self.left or next(self.batches), None
        batch = batch.slice(0, RECORDS - self.next)
        dates = batch.column("date").cast(pa.timestamp("ms")).cast(pa.int64())
        columns = [dates, *(batch.column(name) for name in COLUMNS[1:])]
        numbers = range(self.next, self.next + batch.num_rows)
        self.next += batch.num_rows
        return [("model", flight) for flight in zip(numbers, *(column.to_pylist() for column in columns))]

    def snapshot(self):
        return self.next


class FlightsFile(FixedPartitionedSource):
    def list_parts(self):
        return ["flights"]

    def build_part(self, step_id, for_part, resume_state):
        return Flights(os.environ["BENCH_FILE"], resume_state)


class ModelOfBatches(StatefulBatchLogic):
    """One key has the one model, so every flight comes here, in order."""

    def __init__(self, resumed):
        self.learner = Learner(resumed)

    def on_batch(self, values):
        learn = self.learner.learn
        return [line(learn(flight)) for flight in values], StatefulBatchLogic.RETAIN

    def snapshot(self):
        return self.learner.snapshot()


class Model:
    """The state of stateful_map, of which Bytewax pickles what __getstate__ gives."""

    def __init__(self):
        self.learner = Learner()

    def __getstate__(self):
        return self.learner.snapshot()

    def __setstate__(self, snapshot):
        self.learner = Learner(snapshot)


def learn(model, flight):
    model = model or Model()
    return model, line(model.learner.learn(flight))


def line(prediction):
    flight, probability, late = prediction
    return f"{flight},{probability!r},{late}"


def write_usage():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    usage = {
        "cpuMs": 1000 * sum(usage.ru_utime + usage.ru_stime for usage in usages),
        "peakBytes": 1024 * sum(usage.ru_maxrss for usage in usages),
    }
    Path(os.environ["BENCH_USAGE"]).write_text(json.dumps(usage))


atexit.register(write_usage)

flow = Dataflow("flights")
flights = op.input("flights", flow, FlightsFile())
if os.environ["BENCH_OPERATOR"] == "stateful_map":
    predictions = op.stateful_map("model", flights, learn)
else:
    predictions = op.stateful_batch("model", flights, ModelOfBatches)
op.output("predictions", predictions, FileSink(Path(os.environ["BENCH_OUTPUT"])))
