// `lastcall lint` over 1,000 manifests as a whole process, against a process that only parses the same files with the same
// YAML parser: what start-up, recognising, joining and forty rules cost beside reading.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pair } from './measure.ts';
import type { Bench } from './table.ts';

const BIN = fileURLToPath(new URL('../bin/lastcall.js', import.meta.url));
const YAML = import.meta.resolve('yaml');
const MANIFESTS = 1_000;

const PARSE_ONLY = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { parseAllDocuments } from '${YAML}';
  let documents = 0;
  for (const name of readdirSync('.')) documents += parseAllDocuments(readFileSync(name, 'utf8')).length;
  if (documents !== ${2 * MANIFESTS}) process.exit(3);
`;

export const lint: Bench = {
  about: 'lastcall lint over 1,000 manifests, against parsing them alone',
  async *run({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), 'lastcall-bench-lint-'));
    try {
      const bytes = writeManifests(folder);
      const timed = (name: string, words: readonly string[], code: number) => ({
        name,
        measure: async () => {
          const startedMs = performance.now();
          const { status, stderr } = spawnSync(process.execPath, words, {
            cwd: folder,
            encoding: 'utf8',
            maxBuffer: 2 ** 28,
          });
          if (status !== code) throw new Error(`${name} exited ${status}: ${stderr}`);
          return performance.now() - startedMs;
        },
      });
      const subject = timed('lastcall lint .', [BIN, 'lint', '.', '--json'], 1);
      const peer = timed('yaml alone', ['--input-type=module', '-e', PARSE_ONLY], 0);
      const result = await pair(subject, peer, {
        bench: 'lint',
        case: `${MANIFESTS} manifests`,
        unit: 'ms',
        rounds: quick ? 3 : 9,
      });
      yield { ...result, counts: { manifests: MANIFESTS, bytes } };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Deployments with a Service each, about as long as what people write; every tenth has a mistake. */
function writeManifests(folder: string): number {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (let number = 0; number < MANIFESTS; number++) {
    const text = manifest(`app-${number}`, number % 10 === 0 ? 0 : 60);
    bytes += text.length;
    writeFileSync(join(folder, `app-${number}.yaml`), text);
  }
  return bytes;
}

function manifest(name: string, grace: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: bench
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      terminationGracePeriodSeconds: ${grace}
      serviceAccountName: ${name}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
      containers:
        - name: ${name}
          image: registry.example/team/${name}:1.2.3
          args: ["--listen", ":8080", "--log-format=json"]
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: LOG_LEVEL
              value: info
          lifecycle:
            preStop:
              sleep:
                seconds: 10
          startupProbe:
            httpGet: { path: /livez, port: http }
            failureThreshold: 30
          livenessProbe:
            httpGet: { path: /livez, port: http }
          readinessProbe:
            httpGet: { path: /readyz, port: http }
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits: { memory: 256Mi }
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
}
