// Lines of text that do not come from files: from standard input, or as messages of a log store.
import { messageOf } from '../../base/errors.ts';
import { BadRecord } from '../../stream/index.ts';
import { OTHER, readText, type FieldMap } from '../read-line.ts';
import type { Row } from './source.ts';

/** @param place where a person finds it */
export function rowOf(text: string, place: string, map: FieldMap): Row {
  if (text.trim() === '') return OTHER;
  try {
    return readText(text, map);
  } catch (error) {
    return new BadRecord(messageOf(error), text, place);
  }
}
