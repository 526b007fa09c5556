// An ONNX model as a pipeline declares it.
import { resolve } from 'node:path';
import type { ModelDefinition } from '../../ports.ts';
import { OnnxInstance } from './instance.ts';
import type { OnnxModel } from './instance.ts';
import { readModel } from './model-files.ts';
import { resolveOnnx, type OnnxOptions } from './options.ts';

/**
 * A model in an ONNX file, run by `onnxruntime-node`, which has to be installed beside (1.30 or newer).
 * @param file an `.onnx` file without external data; `FILE.sha256` and `FILE.golden.json` beside it are checked
 * @throws LastcallError `usage` that names the option
 */
export function onnx(file: string, options: OnnxOptions): ModelDefinition<OnnxModel> {
  const rules = resolveOnnx(file, options);
  const declaredPath = resolve(file);
  /** Hash of the file that the program declares, as it was when it was first read. */
  let declared: string | null = null;
  return {
    kind: 'onnx',
    schema: rules.signature,
    signature: rules.signature,
    version: rules.version,
    async create() {
      const instance = await OnnxInstance.open(declaredPath, rules, declared);
      declared ??= instance.hash();
      return instance;
    },
    async load(path) {
      declared ??= (await readModel(declaredPath)).hash;
      return OnnxInstance.open(resolve(path), rules, declared);
    },
  };
}
