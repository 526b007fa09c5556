// The configuration file, read and checked as a whole. Whatever is wrong is said with file and line, and nothing is used.
import { relative } from 'node:path';
import { isMap } from 'yaml';
import { z } from 'zod';
import { LastcallError } from '../../base/errors.ts';
import { checkYaml, parseYaml, readTrustedText } from '../../options/yaml-file.ts';
import { compile, type GatewayConfig } from './compile.ts';
import { complaintsOf } from './consistency.ts';
import { analysisSchema, type AnalysisRule, gatewaySchema } from './schema.ts';

/** Ten thousand routes have about a megabyte. */
const BYTES_MAX = 16 * 2 ** 20;

const checked = gatewaySchema.superRefine((file, context) => {
  for (const { path, message } of complaintsOf(file)) context.addIssue({ code: 'custom', path: [...path], message });
});

/** In lastcall.yaml the gateway has a section of its own beside the settings. */
const section = z.looseObject({ gateway: checked });

/**
 * @param path of a file of the gateway's own, or of a lastcall.yaml with a section `gateway`
 * @throws LastcallError `usage`, with file and line of everything that is wrong
 */
export function loadConfig(path: string, workingDirectory: string): GatewayConfig {
  const shown = shownPath(path, workingDirectory);
  return parseConfig(readTrustedText(path, shown, { givenBy: 'FILE', bytesMax: BYTES_MAX }), shown, path);
}

export function parseConfig(text: string, shown: string, path: string): GatewayConfig {
  const [document, second] = parseYaml(text, shown);
  if (second) {
    throw new LastcallError('usage', {
      what: 'there are two documents',
      on: second.at(second.document.contents),
      todo: 'Leave one.',
    });
  }
  const { contents } = document!.document;
  const inSection = isMap(contents) && contents.has('gateway');
  return compile(inSection ? checkYaml(document!, section).gateway : checkYaml(document!, checked), path);
}

/** The file of `lastcall rollout start --analysis FILE`. @throws LastcallError `usage` */
export function loadAnalysis(path: string, workingDirectory: string): AnalysisRule {
  const shown = shownPath(path, workingDirectory);
  return checkYaml(parseYaml(readTrustedText(path, shown, { givenBy: '--analysis' }), shown)[0]!, analysisSchema);
}

function shownPath(path: string, workingDirectory: string): string {
  const near = relative(workingDirectory, path);
  return near !== '' && near.length < path.length ? near : path;
}
