import { describeEngine } from './engine.ts';
import { makeLivyWorld } from './livy-world.ts';

describeEngine('livy', makeLivyWorld, { http: true });
