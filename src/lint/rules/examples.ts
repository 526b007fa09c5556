// The manifests that examples of rules are made of: a server in a Deployment, and the Service before it. Rules add the
// lines that they are about.
import type { Example } from '../rule.ts';

interface Lines {
  /** Lines of the Deployment's spec, beside selector and template. */
  readonly spec?: string;
  /** Lines of the pod's spec. */
  readonly pod?: string;
  /** Lines of the container. */
  readonly container?: string;
  /** Lines of the pod's metadata. */
  readonly metadata?: string;
  /** Further documents. */
  readonly more?: string;
  readonly image?: string;
}

export function deployment({ spec, pod, container, metadata, more, image }: Lines): Example {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
${indented(spec, 2)}  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
${indented(metadata, 6)}    spec:
${indented(pod, 6)}      containers:
        - name: web
          image: ${image ?? 'registry.example/web:1'}
${indented(container, 10)}${more === undefined ? '' : `---\n${more}\n`}`;
  return { 'web.yaml': text };
}

export const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]`;

function indented(lines: string | undefined, width: number): string {
  if (lines === undefined) return '';
  return lines
    .split('\n')
    .map((line) => `${' '.repeat(width)}${line}\n`)
    .join('');
}
