// Where an address is: from a MaxMind database (.mmdb) or a CSV file. What the file does not know is in no region.
import { readFileSync } from 'node:fs';
import { type CityResponse, Reader } from 'mmdb-lib';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { regionsFromCsv } from './csv.ts';

/**
 * The regions of an address, the narrowest first. Of a database: `DE-BY`, `DE`, `EU` (ISO codes of subdivision and
 * country, code of the continent).
 * @throws LastcallError `usage` if the file cannot be read or is not what its name says
 */
export function readRegions(file: string): (ip: string) => readonly string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new LastcallError('usage', {
      what: messageOf(error),
      on: file,
      todo: 'Check the path of the geo file.',
      cause: error,
    });
  }
  return file.endsWith('.mmdb') ? fromDatabase(bytes, file) : regionsFromCsv(bytes.toString('utf8'), file);
}

function fromDatabase(bytes: Buffer, file: string): (ip: string) => readonly string[] {
  let reader: Reader<CityResponse>;
  try {
    reader = new Reader<CityResponse>(bytes);
  } catch (error) {
    const what = `this is no MaxMind database: ${messageOf(error)}`;
    throw new LastcallError('usage', { what, on: file, todo: 'Name a .mmdb or a .csv file.', cause: error });
  }
  return (ip) => {
    const found = lookUp(reader, ip);
    const country = found?.country?.iso_code;
    const parts = (found?.subdivisions ?? []).map(({ iso_code: code }) => `${country}-${code}`);
    return [...parts.reverse(), country, found?.continent?.code].filter((region) => region !== undefined);
  };
}

/** The library throws for what is no address, and for databases that are damaged where the address leads. */
function lookUp(reader: Reader<CityResponse>, ip: string): CityResponse | null {
  try {
    return reader.get(ip);
  } catch {
    return null;
  }
}
