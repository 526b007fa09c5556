// The gateway and its configuration are loaded with their first use: the front of `lastcall run` needs the plane alone, and
// no maps, limiters, watchers and files.

import type { GatewayConfig } from './config/compile.ts';
import type { AnalysisRule } from './config/schema.ts';
import type { GatewayOptions, RunningGateway } from './gateway.ts';

/** @throws LastcallError `usage` for what is wrong with the configuration, `fenced` if another gateway has this name */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const gateway = await import('./gateway.ts');
  return gateway.startGateway(options);
}

/** @throws LastcallError `usage` with file and line of what is wrong */
export async function loadConfig(path: string, workingDirectory: string): Promise<GatewayConfig> {
  const config = await import('./config/load.ts');
  return config.loadConfig(path, workingDirectory);
}

/** @throws LastcallError `usage` with file and line of what is wrong */
export async function loadAnalysis(path: string, workingDirectory: string): Promise<AnalysisRule> {
  const config = await import('./config/load.ts');
  return config.loadAnalysis(path, workingDirectory);
}
