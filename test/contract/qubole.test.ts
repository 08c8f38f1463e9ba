import { describeEngine } from './engine.ts';
import { makeQuboleWorld } from './qubole-world.ts';

describeEngine('qubole', makeQuboleWorld, { http: true });
