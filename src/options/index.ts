// Options: what may be set, how it is read, and where each value came from. Pure; files and arguments are read in cli/.
export { suggestion } from '../base/nearest.ts';
export { type FileEntry, type Layers, type Origin, type Resolved, resolveSettings } from './resolve.ts';
export { argumentName, environmentName, type Setting } from './setting.ts';
export { parseValue, placeholderOf, type ValueKind, type ValueOf } from './value.ts';
