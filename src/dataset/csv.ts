/** Reads a CSV file (RFC 4180, UTF-8 with or without BOM, any line ends) into a header and rows that know their line, or says what is wrong with it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { InputError } from '../errors.ts';
import { quote } from '../quote.ts';
import { count, didYouMean, listing, names, unreadable } from './text.ts';

export interface Table {
  /** File name for messages, quoted. */
  name: string;
  /** Column names, unique where they are not blank; cells are verbatim, blanks around them included. */
  header: string[];
  /** At least one; each as long as the header. */
  rows: string[][];
  /** The line, from 1, on which a row (by its index) begins; a quoted cell may span several. */
  lineOf(row: number): number;
}

/**
 * @throws InputError when the file cannot be read, is not UTF-8, has an unbalanced quote, no header, no rows, a column name twice or rows of
 *   another number of fields (all their lines listed)
 */
export async function readTable(file: string): Promise<Table> {
  const name = quote(basename(file));
  const text = decodeText(await readBytes(file, name), name);
  const records = parseRecords(text, name);
  if (records.length === 0) {
    throw new InputError(`The CSV file ${name} is empty.`, 'Its first line must name the columns.');
  }
  const [header, ...rows] = records.map(({ cells }) => cells);
  if (rows.length === 0) {
    throw new InputError(`The CSV file ${name} has a header and no rows.`, 'Add a row for each image.');
  }
  const lineOf = (row: number) => lineAt(text, records[row].end);

  const repeated = header.filter((column, index) => column.trim() !== '' && header.indexOf(column) < index);
  if (repeated.length > 0) {
    throw new InputError(
      `The CSV file ${name} has more than one column ${names([...new Set(repeated)])}.`,
      'Give every column a name of its own in the first line.',
    );
  }
  const ragged = [...rows.keys()].filter((index) => rows[index].length !== header.length);
  if (ragged.length > 0) {
    const lines = listing(ragged, (index) => `line ${lineOf(index)}: ${count(rows[index].length, 'field')}`);
    throw new InputError(
      `The CSV file ${name} has ${count(header.length, 'column')}, but ${count(ragged.length, 'row')} of another length:\n${lines}`,
      'Put cells that contain commas or line ends in double quotes, and double the quotes inside them.',
    );
  }
  return { name, header, rows, lineOf };
}

/**
 * The index of a column.
 *
 * @param option what in the config names it, e.g. 'data.columns.label'
 * @throws InputError listing the columns there are and the nearest name
 */
export function columnIndex(table: Table, column: string, option: string): number {
  const index = table.header.indexOf(column);
  if (index >= 0) return index;
  const separator = table.header.length === 1 ? /[;\t|]/.exec(table.header[0])?.[0] : undefined;
  throw new InputError(
    `The CSV file ${table.name} has no column ${quote(column)} (${option}). Its columns: ${names(table.header)}.`,
    separator === undefined
      ? `Set ${option} to one of them.${didYouMean(column, table.header)}`
      : `The file seems to be separated by ${quote(separator)}: save it with commas.`,
  );
}

async function readBytes(file: string, name: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new InputError(`The CSV file ${name} ${unreadable(cause)}: ${quote(file)}.`, 'Check data.manifest.', {
      cause,
    });
  }
}

function decodeText(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`The CSV file ${name} is not UTF-8 text.`, 'Save it as CSV in UTF-8.', { cause });
  }
}

interface Parsed {
  cells: string[];
  /** Offset of the record's end in the UTF-8 text. */
  end: number;
}

function parseRecords(text: string, name: string): Parsed[] {
  const records: Parsed[] = [];
  try {
    parse(text, {
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells, { bytes }) => {
        records.push({ cells, end: bytes });
        return null;
      },
    });
    return records;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const { code } = cause;
    const problem =
      code === 'CSV_QUOTE_NOT_CLOSED' ? 'a double quote is opened and never closed' : 'a double quote inside a cell';
    throw new InputError(
      `The CSV file ${name} is malformed in the row that begins at line ${lineAt(text, records.at(-1)?.end ?? 0)}: ${problem}.`,
      'Put the whole cell in double quotes, and double the quotes inside it.',
      { cause },
    );
  }
}

/** The line, from 1, of the first text at or after a byte offset. */
function lineAt(text: string, offset: number): number {
  const bytes = Buffer.from(text);
  let end = offset;
  while (bytes[end] === 0x0a || bytes[end] === 0x0d) end++;
  return (bytes.toString('utf8', 0, end).match(/\r\n|\n|\r/g)?.length ?? 0) + 1;
}
