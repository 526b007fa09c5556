// Will this flight arrive more than 15 minutes late? An online model over three million US flights of 2001 (from the npm
// package vega-datasets): each is predicted before it is learnt, and its outcome counts as known before the next one.
//
//   lastcall stream run examples/flights/pipeline.ts
//   FLIGHTS_RECORDS=100000 FLIGHTS_PER_SECOND=20000 lastcall stream run examples/flights/pipeline.ts
import { fileURLToPath } from 'node:url';
import {
  onlineLogistic,
  parquet,
  pipeline,
  type Pipeline,
  type Position,
  slidingCount,
  slidingMean,
  sqlite,
} from '../../src/stream/index.ts';
import { limited } from './limited.ts';

/** A row of the table `predictions`. */
export interface Prediction {
  /** Number of the flight in the file, from 0. */
  readonly id: number;
  /** Probability of being late, as predicted before the outcome was learnt. */
  readonly p: number;
  /** 1 if it was late. */
  readonly y: number;
}

export interface FlightsOptions {
  /** The first so many flights. Default: all 3,000,000. */
  readonly records?: number;
  /** At most so many a second. Default: as fast as it goes. */
  readonly perSecond?: number;
  /** Records between archives. Default 500,000. */
  readonly archiveEvery?: number;
  /** Records of a commit, whatever the time. Default: as a pipeline does it. */
  readonly commitEvery?: number;
}

export const FLIGHTS = 3_000_000;
/** Rows of every row group of the file but the last one, which has three more. */
const GROUP_ROWS = 272_727;
const LATE_MINUTES = 15;
const HOUR_MS = 3_600_000;

/** How many flights lie before a position of the file. */
export function flightsBefore([group = 0, row = 0]: Position): number {
  return group * GROUP_ROWS + row;
}

export function flightsFile(): string {
  return fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));
}

/** @param file the Parquet file of vega-datasets, or a part of it */
export function flights(file: string, options: FlightsOptions = {}): Pipeline {
  const { records = FLIGHTS, perSecond = Number.POSITIVE_INFINITY, archiveEvery = 500_000 } = options;
  const source = parquet(file, {
    columns: { date: 'time', delay: 'number', distance: 'number', origin: 'string', destination: 'string' },
  });
  return pipeline('flights', {
    source: limited(source, { records, perSecond, recordsBefore: flightsBefore }),
    state: {
      departures: slidingCount<{ origin: string }>({ by: 'origin', window: '2h' }),
      lateness: slidingMean<{ origin: string }>({ by: 'origin', window: '2h' }),
    },
    model: {
      delay: onlineLogistic({
        features: 2 ** 18,
        seed: 1,
        categories: ['origin', 'destination', 'route', 'hour', 'weekday', 'originHour'],
        numbers: ['distance', 'departures', 'lateness'],
      }),
    },
    sink: sqlite<Prediction>('predictions', { columns: { id: 'integer', p: 'real', y: 'integer' } }),
    archive: { everyRecords: archiveEvery },
    commit: options.commitEvery === undefined ? {} : { records: options.commitEvery, every: '1m' },
    process(flight, { state, model, position }) {
      const { origin, destination, date } = flight;
      const hours = Math.floor(date / HOUR_MS);
      const isLate = flight.delay > LATE_MINUTES ? 1 : 0;
      const row = model.delay.row();
      row.origin = origin;
      row.destination = destination;
      row.route = origin + destination;
      row.hour = hours % 24;
      row.weekday = Math.floor(hours / 24) % 7;
      row.originHour = origin + (hours % 24);
      row.distance = flight.distance;
      row.departures = state.departures.add(flight, date);
      row.lateness = state.lateness.mean(flight, date, 0);
      const p = model.delay.predictThenLearn(isLate);
      state.lateness.add(flight, date, isLate);
      return { id: flightsBefore(position) - 1, p, y: isLate };
    },
  });
}

export default flights(flightsFile(), {
  records: fromEnvironment('FLIGHTS_RECORDS', FLIGHTS),
  perSecond: fromEnvironment('FLIGHTS_PER_SECOND', Number.POSITIVE_INFINITY),
  archiveEvery: fromEnvironment('FLIGHTS_ARCHIVE_EVERY', 500_000),
  ...(process.env['FLIGHTS_COMMIT_EVERY'] ? { commitEvery: fromEnvironment('FLIGHTS_COMMIT_EVERY', 0) } : {}),
});

function fromEnvironment(name: string, otherwise: number): number {
  const text = process.env[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}, and has to be a whole number from 1`);
}
