// Asks a metadata service: plain HTTP on an address that only this machine reaches, never through a proxy.
import { request } from 'node:http';

export interface MetadataAnswer {
  readonly status: number;
  readonly body: string;
}

export interface MetadataQuestion {
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly boundMs: number;
}

const BODY_MAX = 64 * 1024;

/** @throws Error if nobody answers in time */
export function askMetadata(
  url: string,
  { method = 'GET', headers = {}, boundMs }: MetadataQuestion,
): Promise<MetadataAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false, signal: AbortSignal.timeout(boundMs) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > BODY_MAX) asked.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
