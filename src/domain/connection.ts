/** A connection of the configuration that takes remote work. */
export interface Connection {
  kind: 'engine' | 'warehouse';
  name: string;
}
