// The flights work of examples/, with another sink and no archive within the first million: what subject and peers do.
import { flights, flightsFile, type Prediction } from '../../examples/flights/pipeline.ts';
import { columns, none, sqlite, type Pipeline, type Sink } from '../../src/stream/index.ts';

/** `rows`: SQL-visible, the default; `columns`: one blob an epoch; `none`: outputs are dropped. */
export type FlightsSink = 'rows' | 'columns' | 'none';

export const TABLE = 'predictions';
const FIELDS = { id: 'integer', p: 'real', y: 'integer' } as const;

const SINKS: Readonly<Record<FlightsSink, () => Sink<unknown>>> = {
  rows: () => sqlite<Prediction>(TABLE, { columns: FIELDS }) as Sink<unknown>,
  columns: () => columns<Prediction>(TABLE, { columns: FIELDS }) as Sink<unknown>,
  none,
};

/** @param records the first so many flights */
export function flightsInto(sink: FlightsSink, records: number): Pipeline {
  const { archive, ...pipeline } = flights(flightsFile(), { records });
  return { ...pipeline, sink: SINKS[sink](), archive: archive && { ...archive, everyRecords: Infinity } };
}
