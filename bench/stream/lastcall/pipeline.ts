// `lastcall stream run pipeline.ts` with BENCH_SINK and BENCH_RECORDS: the subject of the stream benchmark.
import { tellUsage } from '../../usage.ts';
import { flightsInto, type FlightsSink } from '../flights.ts';

tellUsage();

export default flightsInto(process.env['BENCH_SINK'] as FlightsSink, Number(process.env['BENCH_RECORDS']));
