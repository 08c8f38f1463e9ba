import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Column } from './column.ts';
import type { OutputFile } from './output-file.ts';
import { type ParquetColumn, parquetColumn } from './parquet-values.ts';

/** A writer whose bytes go on to a file at the end of each row group. */
class FileBytes extends ByteWriter {
  readonly #file: OutputFile;

  constructor(file: OutputFile) {
    super();
    this.#file = file;
  }

  flush(): Promise<void> {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return this.#file.write(bytes);
  }
}

const ROW_GROUP_ROWS = 50_000;
const ROW_GROUP_CHARACTERS = 8 * 1024 * 1024;

/** The content of one Parquet file. */
export class ParquetFile {
  readonly #columns: readonly ParquetColumn[];
  readonly #bytes: FileBytes;
  readonly #writer: ParquetWriter;
  #values: unknown[][];
  #characters = 0;

  constructor(file: OutputFile, columns: readonly Column[]) {
    this.#columns = columns.map(parquetColumn);
    const elements = this.#columns.map(({ element }) => element);
    this.#bytes = new FileBytes(file);
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'schema', num_children: elements.length }, ...elements],
      createdBy: 'millrace redshift-data stand-in',
    });
    this.#values = columns.map(() => []);
  }

  async add(row: readonly (string | null)[]): Promise<void> {
    for (const [n, text] of row.entries()) {
      this.#values[n]!.push(text === null ? null : this.#columns[n]!.value(text));
      this.#characters += text?.length ?? 0;
    }
    if (this.#values[0]!.length >= ROW_GROUP_ROWS || this.#characters >= ROW_GROUP_CHARACTERS)
      await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#writer.finish();
    await this.#bytes.flush();
  }

  async #flush(): Promise<void> {
    if (this.#values[0]!.length === 0) return;
    await this.#writer.write({
      columnData: this.#columns.map(({ element }, n) => ({ name: element.name, data: this.#values[n]! })),
      rowGroupSize: this.#values[0]!.length,
    });
    this.#values = this.#columns.map(() => []);
    this.#characters = 0;
  }
}
