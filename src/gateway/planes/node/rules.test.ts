import { runRules } from '../suite/run-rules.ts';
import { NODE_PLANE } from './testing/subject.ts';

runRules(NODE_PLANE);
