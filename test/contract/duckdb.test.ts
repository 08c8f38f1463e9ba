import { describeEngine } from './engine.ts';
import { makeDuckdbWorld } from './duckdb-world.ts';

describeEngine('duckdb', makeDuckdbWorld);
